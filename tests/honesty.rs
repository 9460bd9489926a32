//! What a verdict must never do, on simulated ground with a known truth.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may read, print and fail"
)]

#[allow(dead_code, reason = "each test binary uses a part")]
mod claims_support;

use claims_support::{Ground, count, judged, judged_into, numbered};
use groundtell::claim::{Asserts, Kind};
use groundtell::evidence::Outcome;
use groundtell::evidence::draw::Draw;
use groundtell::evidence::measurement::Movement;
use groundtell::simulate::{Drift, Events, Scenario, Season, Shape};
use tempfile::TempDir;

/// Pixels of 10 m a side: 12 km.
const SIDE: usize = 1200;

/// Ground of a season on which only what is named happens.
fn calm(seed: u64, season: Season) -> Scenario {
    let scenario = Scenario::new(seed, SIDE, season).unwrap();
    Scenario { cloud_share: [0.0, 0.0], events: Events::none(), ..scenario }
}

/// Places all over the ground, well inside it.
fn places(seed: u64, count: usize) -> Vec<(f64, f64)> {
    let mut draw = Draw::new(seed, 0);
    let mut at = || draw.between(80.0, SIDE as f64 - 80.0);
    (0..count).map(|_| (at(), at())).collect()
}

/// A disc of hectares.
fn burn(centre: (f64, f64), hectares: f64) -> Shape {
    let radius = (hectares * 100.0 / std::f64::consts::PI).sqrt();
    Shape::Ellipse { centre, radii: (radius, radius), turn: 0.0 }
}

#[test]
fn honesty_1_places_without_an_event_are_hardly_ever_corroborated() {
    let (mut wrong, mut tried) = (0, 0);
    for (seed, season) in [(1, Season::Summer), (2, Season::LateNovember), (3, Season::Spring)] {
        let usual = Scenario::new(seed, SIDE, season).unwrap();
        let ground = Ground::of(&Scenario { events: Events { burned: 0.0, ..Events::usual(season) }, ..usual });
        let mut claims = ground.claims(Kind::BurnedFields, &places(seed, 30), 600.0);
        claims.extend(ground.claims(Kind::ImpactArea, &places(seed + 9, 15), 600.0));
        let verdicts = judged(numbered(claims), 10);
        let (burned, changed) = verdicts.split_at(30);
        println!("{season:?}: {} of {} corroborate", count(burned, Outcome::Corroborates), burned.len());
        wrong += count(burned, Outcome::Corroborates);
        tried += burned.len();
        assert_eq!(count(changed, Outcome::Corroborates), 0, "change of no known kind on open ground");
    }
    assert!(wrong * 20 <= tried, "{wrong} of {tried}");
}

#[test]
fn honesty_2_events_of_the_smallest_size_are_hardly_ever_contradicted() {
    let (mut wrong, mut tried, mut right) = (0, 0, 0);
    for seed in [4, 5, 6] {
        let spots: Vec<(f64, f64)> =
            (0..36).map(|n| (150.0 + f64::from(n % 6) * 180.0, 150.0 + f64::from(n / 6) * 180.0)).collect();
        let burns = spots.iter().map(|at| burn(*at, 10.0)).collect();
        let ground = Ground::of(&Scenario { events: Events { burns, ..Events::none() }, ..calm(seed, Season::Summer) });
        // A burn where nothing carries fuel is none: only those count that burned.
        let spots: Vec<(f64, f64)> = spots.into_iter().filter(|at| ground.burned_ha(*at, 500.0) >= 9.0).collect();
        let verdicts = judged(ground.claims(Kind::BurnedFields, &spots, 600.0), 100);
        wrong += count(&verdicts, Outcome::Contradicts);
        tried += verdicts.len();
        right += count(&verdicts, Outcome::Corroborates);
    }
    println!("{right} of {tried} corroborated, {wrong} contradicted");
    assert!(tried >= 30 && wrong * 20 <= tried, "{wrong} of {tried}");
}

#[test]
fn honesty_3_and_4_sides_change_nothing_and_the_opposite_assertion_swaps() {
    let spots = [(300.0, 300.0), (900.0, 900.0), (600.0, 300.0)];
    let events = Events { burns: vec![burn(spots[0], 25.0)], ..Events::none() };
    let ground = Ground::of(&Scenario { events, ..calm(7, Season::Summer) });
    let written = |asserts: Asserts, sides: [&str; 2]| {
        let mut claims = ground.claims(Kind::BurnedFields, &spots, 600.0);
        for asked in &mut claims {
            asked.claim.asserts = asserts;
            asked.claim.sides = sides.map(String::from).to_vec();
        }
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("out");
        let verdicts = judged_into(&out, claims, 100);
        let mut bytes = Vec::new();
        for number in 1..=spots.len() {
            for name in ["verdict.json", "evidence.geojson", "item.json"] {
                bytes.extend(std::fs::read(out.join(format!("claim-{number:02}/{name}"))).unwrap());
            }
        }
        for name in ["layers/burn.tif", "layers/dnbr.tif", "change.geojson"] {
            bytes.extend(std::fs::read(out.join("scenes-01").join(name)).unwrap());
        }
        (verdicts, bytes)
    };
    let (one, bytes) = written(Asserts::Occurred, ["the north", "the south"]);
    let (_, same) = written(Asserts::Occurred, ["the south", "the north"]);
    assert_eq!(bytes, same, "named sides reach no byte of the evidence");
    let (other, _) = written(Asserts::DidNotOccur, ["the north", "the south"]);
    let outcomes: Vec<Outcome> = one.iter().map(|verdict| verdict.judgement.outcome).collect();
    println!("{outcomes:?}");
    assert_eq!(outcomes[0], Outcome::Corroborates, "{:?}", one[0].judgement.why);
    assert!(outcomes.contains(&Outcome::Contradicts), "{:?}", one[1].judgement.why);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one.judgement.outcome.swapped(), other.judgement.outcome);
        let measured = |verdict: &groundtell::evidence::verdict::Verdict| {
            serde_json::to_value(&verdict.judgement.layers[0].measured).unwrap()
        };
        assert_eq!(measured(one), measured(other));
        if let (Some(one), Some(other)) = (&one.judgement.strength, &other.judgement.strength) {
            assert!((one.ratio * other.ratio - 1.0).abs() < 1e-3, "{one:?} {other:?}");
        }
    }
}

#[test]
fn honesty_a_place_that_burns_every_year_is_not_corroborated() {
    let spot = (300.0, 300.0);
    let of = |seed: u64, burned: bool| {
        let burns = if burned { vec![burn(spot, 25.0)] } else { Vec::new() };
        Ground::of(&Scenario { events: Events { burns, ..Events::none() }, ..calm(seed, Season::Summer) })
    };
    let this = of(7, true);
    for (other, expected) in [(false, Outcome::Corroborates), (true, Outcome::Inconclusive)] {
        // The same ground in another year: the same seed.
        let years = [of(7, other), of(7, false)];
        let mut claims = this.claims(Kind::BurnedFields, &[spot], 600.0);
        claims[0].claim.imagery.controls = years.iter().map(|year| year.scenes.clone()).collect();
        let verdicts = judged(claims, 20);
        let layer = &verdicts[0].judgement.layers[0];
        let temporal = layer.measured.placebos.iter().find(|family| family.movement == Movement::Temporal).unwrap();
        assert_eq!((temporal.values.len(), temporal.exceeding), (2, u64::from(other)), "{temporal:?}");
        assert_eq!(layer.outcome, expected, "{}", layer.because);
    }
}

#[test]
fn honesty_5_cloud_only_takes_certainty_away() {
    let spots: Vec<(f64, f64)> =
        (0..9).map(|n| (250.0 + f64::from(n % 3) * 350.0, 250.0 + f64::from(n / 3) * 350.0)).collect();
    let burns = spots.iter().step_by(2).map(|at| burn(*at, 25.0)).collect();
    let clear = Scenario { events: Events { burns, ..Events::none() }, ..calm(8, Season::Summer) };
    let verdicts = |cloud: f32| {
        let ground = Ground::of(&Scenario { cloud_share: [0.0, cloud], ..clear.clone() });
        judged(ground.claims(Kind::BurnedFields, &spots, 600.0), 100)
    };
    let plain = verdicts(0.0);
    assert!(count(&plain, Outcome::Corroborates) >= 3 && count(&plain, Outcome::Contradicts) >= 2);
    for cloud in [0.3, 0.7] {
        let clouded = verdicts(cloud);
        println!("cloud {cloud}: {} not observable", count(&clouded, Outcome::NotObservable));
        for (plain, clouded) in plain.iter().zip(&clouded) {
            let (before, after) = (plain.judgement.outcome, clouded.judgement.outcome);
            let softer = matches!(after, Outcome::NotObservable | Outcome::Inconclusive);
            assert!(
                before == after || softer,
                "cloud {cloud}: {before:?} became {after:?}: {:?}",
                clouded.judgement.why
            );
        }
    }
}

#[test]
fn honesty_6_what_is_no_event_is_never_corroborated() {
    let summer = calm(10, Season::Summer);
    let autumn = calm(11, Season::LateNovember);
    let with = |scenario: &Scenario, events: Events| Scenario { events, ..scenario.clone() };
    let none = Events::none;
    let cases = [
        ("offset of 0.1", Scenario { drift: Drift { haze: 0.1, ..Drift::NONE }, ..summer.clone() }),
        ("gain", Scenario { drift: Drift { gain: 1.3, ..Drift::NONE }, ..summer.clone() }),
        ("shift of a pixel", Scenario { shift_px: (2.0, 0.0), ..summer.clone() }),
        ("green-up", with(&calm(12, Season::Spring), Events { green_up: 0.6, ..none() })),
        ("ploughing", with(&autumn, Events { ploughing: 0.25, ..none() })),
        ("harvest", with(&summer, Events { harvest: 0.4, ..none() })),
        ("snow", with(&autumn, Events { snow: 0.3, ..none() })),
        ("leaf fall", with(&autumn, Events { leaf_fall: 0.8, ..none() })),
        ("flood", with(&summer, Events { flood: 0.03, ..none() })),
    ];
    for (name, scenario) in cases {
        let ground = Ground::of(&scenario);
        let kinds = [Kind::BurnedFields, Kind::ImpactArea];
        let claims = kinds.iter().flat_map(|kind| ground.claims(*kind, &places(20, 15), 600.0)).collect();
        let verdicts = judged(numbered(claims), 10);
        println!("{name}: {} of {} corroborate", count(&verdicts, Outcome::Corroborates), verdicts.len());
        let wrong = verdicts.iter().find(|verdict| verdict.judgement.outcome == Outcome::Corroborates);
        assert!(wrong.is_none(), "{name}: {:?}", wrong.map(|verdict| &verdict.judgement.why));
    }
}
