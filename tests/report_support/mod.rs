//! Claims with their evidence as `check` would hand them to the report: one for each outcome, and a hostile one.

mod measured;
mod pictures;

use std::collections::BTreeMap;

use groundtell::claim::{Asserts, Claim, Imagery, Kind, Place, Window};
use groundtell::evidence::measurement::{Bracket, Measurement, Observability, Rival};
use groundtell::evidence::verdict::{Judgement, LayerVerdict};
use groundtell::evidence::{LayerKind, Outcome};
use groundtell::report::html::{self, Fact, Look, Overlay, Page};
use jiff::civil::{Date, date};

use measured::{Seen, heat, judged, judgement, measured, summer_layer};
use pictures::overlays;

/// Everything that a page borrows.
pub(crate) struct Case {
    pub(crate) claim: Claim,
    pub(crate) judgement: Judgement,
    pub(crate) area: String,
    pub(crate) objects: String,
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) looks: Vec<Look>,
    pub(crate) simulated: bool,
}

impl Case {
    pub(crate) fn page(&self) -> Page<'_> {
        let fact = |label: &str, value: &str| Fact { label: label.to_owned(), value: value.to_owned() };
        Page {
            claim: &self.claim,
            judgement: &self.judgement,
            simulated: self.simulated,
            area: &self.area,
            area_ha: 412.6,
            objects: &self.objects,
            overlays: self.overlays.clone(),
            looks: self.looks.clone(),
            methods: html::standard_methods(&self.judgement),
            settings: vec![fact("recipe", "default"), fact("seed", "20251128"), fact("implants per size", "40")],
            provenance: vec![
                fact("claim and recipe", &"3f9a".repeat(16)),
                fact("before: S2B_MSIL2A_20251103T083019_N0511_R021_T37UDR.SAFE", &"77c1".repeat(16)),
                fact("after: S2A_MSIL2A_20251128T083311_N0511_R021_T37UDR.SAFE", &"b0e4".repeat(16)),
            ],
            credits: vec!["Contains modified Copernicus Sentinel data 2025".to_owned()],
            program: "groundtell 0.1.0".to_owned(),
        }
    }

    pub(crate) fn html(&self) -> String {
        html::render(&self.page()).unwrap()
    }
}

/// One case an outcome, by name.
pub(crate) fn outcomes() -> Vec<(&'static str, Case)> {
    vec![
        ("corroborates", burned()),
        ("contradicts", unburned()),
        ("inconclusive", leaf_fall()),
        ("not-observable", clouded()),
    ]
}

fn claim(id: &str, text: &str, source: &str, kinds: &[(Kind, f64)], window: Window) -> Claim {
    Claim {
        id: id.to_owned(),
        text: text.to_owned(),
        source: source.to_owned(),
        source_sha256: Some("9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab".to_owned()),
        made_at: window.to.tomorrow().ok(),
        asserts: Asserts::Occurred,
        place: Place::Bbox([37.55, 49.68, 37.63, 49.74]),
        location_error_m: 500.0,
        window,
        kinds: kinds.iter().map(|(kind, _)| *kind).collect(),
        smallest_effect: kinds.iter().copied().collect::<BTreeMap<_, _>>(),
        sides: vec!["NEVER-SHOWN-SIDE".to_owned()],
        prior: None,
        imagery: Imagery::default(),
    }
}

const SUMMER: Window = Window { from: date(2025, 7, 15), to: date(2025, 7, 25) };
const AUTUMN: Window = Window { from: date(2025, 11, 15), to: date(2025, 11, 28) };

fn burned() -> Case {
    let layers = vec![
        judged(
            Outcome::Corroborates,
            "86 ha burned where 8 ha are usual; 0 of 199 other places and 0 of 99 other times show as much, and the date fits.",
            134.0,
            "moderately strong support",
            measured(&summer_layer(LayerKind::Burn), 11),
        ),
        judged(
            Outcome::Corroborates,
            "The same ground changed; it shares the sky with the burn layer and adds no strength.",
            58.0,
            "moderate support",
            measured(&summer_layer(LayerKind::OpticalChange), 21),
        ),
        judged(
            Outcome::Inconclusive,
            "Detections rose, but other years and places show as much at a rate of 7 %.",
            4.0,
            "weak support",
            heat(
                |date| u64::from(date.month() == 7) * [0, 0, 1, 6, 9, 3, 1, 0, 0, 2][date.day() as usize % 10],
                SUMMER,
                31,
            ),
        ),
    ];
    let headline = "Public imagery corroborates the claim: 86 ha of fields burned inside the area between 14 and 29 July 2025, ten times what is usual there.";
    let why = [
        "86 ha burned (73 to 99 ha, 95 %), against 8 ha usual: effect 78 ha.",
        "None of 199 other places and none of 99 other times shows as much: p = 0.010, after correction 0.030.",
        "The burn was not there on 14 July and was there on 29 July; 93 % of that span lies in the claimed window.",
        "No other explanation fits as well: the nearest is stubble burning, at 35 %.",
        "A burn of the claimed size would have been found with 95 % probability.",
    ];
    let unseen = ["3 % of the area was under cloud or shadow.", "Single craters: a pixel is ten metres wide."];
    let text =
        "Satellite imagery shows that wide stretches of farmland south of the town burned in the third week of July.";
    Case {
        claim: claim(
            "kupiansk-summer",
            text,
            "Regional newspaper, front page",
            &[(Kind::BurnedFields, 10.0), (Kind::Thermal, 5.0)],
            SUMMER,
        ),
        judgement: judgement(Outcome::Corroborates, headline, &why, &unseen, layers),
        area: AREA.to_owned(),
        objects: OBJECTS.to_owned(),
        overlays: overlays("14 Jul 2025", "29 Jul 2025", true),
        looks: looks(date(2025, 7, 14), date(2025, 7, 29)),
        simulated: true,
    }
}

fn unburned() -> Case {
    let seen = Seen { value: 0.002, seen: 0.9, ..summer_layer(LayerKind::Burn) };
    let mut measured = measured(&seen, 41);
    measured.bracket = None;
    measured.rivals = vec![];
    let layers = vec![judged(
        Outcome::Contradicts,
        "A burn of 10 ha would have been found with 95 % probability; at most 1.4 ha burned.",
        0.02,
        "moderate support for the opposite",
        measured,
    )];
    let mut case = Case {
        judgement: judgement(
            Outcome::Contradicts,
            "Public imagery contradicts the claim: nothing of that size burned, and it would have been seen.",
            &[
                "At most 1.4 ha burned; the claim starts at 10 ha.",
                "97 % of the area was seen on 29 July, four days after the window.",
            ],
            &[],
            layers,
        ),
        overlays: overlays("14 Jul 2025", "29 Jul 2025", false),
        objects: EMPTY.to_owned(),
        ..burned()
    };
    case.claim.id = "kupiansk-summer-none".to_owned();
    case.simulated = false;
    case
}

fn leaf_fall() -> Case {
    let seen = Seen {
        value: 0.09,
        seen: 37.0,
        usual: (0.08, 0.04),
        detectable: Some(61.0),
        ..summer_layer(LayerKind::OpticalChange)
    };
    let mut measured = measured(&seen, 51);
    measured.bracket = Some(Bracket {
        after: Some(date(2025, 11, 3)),
        until: Some(date(2025, 11, 28)),
        overlap: 0.52,
        before_window: false,
    });
    measured.rivals.insert(
        0,
        Rival { name: "leaf fall".to_owned(), score: 0.9, words: "woods all around changed alike".to_owned() },
    );
    measured.observability.doubts = vec!["sun 71 degrees from the zenith".to_owned()];
    let layers = vec![
        judged(
            Outcome::Inconclusive,
            "What changed is no more than other places show, and leaf fall explains it as well.",
            0.9,
            "no support either way",
            measured,
        ),
        judged(
            Outcome::Inconclusive,
            "No detection; in November of other years shelling left none either (power 0 %).",
            1.0,
            "no support either way",
            heat(|_| 0, AUTUMN, 61),
        ),
    ];
    let headline = "Inconclusive: the ground changed, but no more than elsewhere in late November, and heat would not have been seen in any case.";
    let text = "Satellite imagery from late November shows heavy artillery fire near the city.\n\u{201c}It is plain to see,\u{201d} he said.";
    Case {
        claim: claim(
            "kupiansk-late-november",
            text,
            "Leonid Sharov, reported by TASS",
            &[(Kind::ImpactArea, 5.0), (Kind::Thermal, 5.0)],
            AUTUMN,
        ),
        judgement: judgement(
            Outcome::Inconclusive,
            headline,
            &["37 ha changed, 33 ha are usual.", "Leaf fall explains it at 90 %."],
            &["11 of 14 days were overcast."],
            layers,
        ),
        area: AREA.to_owned(),
        objects: OBJECTS.to_owned(),
        overlays: overlays("3 Nov 2025", "28 Nov 2025", true),
        looks: looks(date(2025, 11, 3), date(2025, 11, 28)),
        simulated: true,
    }
}

fn clouded() -> Case {
    let blocked = Measurement {
        value: None,
        observability: Observability {
            share: 0.08,
            window_share: 1.0,
            blockers: vec!["cloud and shadow over 92 % of the area on 28 Nov 2025".to_owned()],
            doubts: vec![],
        },
        placebos: vec![],
        false_alarms: None,
        power: None,
        bracket: None,
        rivals: vec![],
        looked_after_days: None,
        ..measured(&summer_layer(LayerKind::Burn), 71)
    };
    let because = "8 % of the area could be seen; under 50 % nothing is said.".to_owned();
    let layer = LayerVerdict {
        outcome: Outcome::NotObservable,
        because,
        p: None,
        p_holm: None,
        strength: None,
        measured: blocked,
    };
    let mut case = Case {
        judgement: judgement(
            Outcome::NotObservable,
            "Nobody could have seen it in public imagery: cloud lay over the area on every pass.",
            &["Only 8 % of the area was clear."],
            &["92 % of the area, under cloud on 28 November.", "Radar: no scene was given."],
            vec![layer],
        ),
        overlays: vec![],
        objects: EMPTY.to_owned(),
        looks: vec![],
        simulated: false,
        ..leaf_fall()
    };
    case.claim.asserts = Asserts::DidNotOccur;
    case.claim.id = "kupiansk-cloud".to_owned();
    case
}

/// Every foreign text is an attack; `address` is where it tries to call.
pub(crate) fn hostile(address: &str) -> Case {
    let attacks = [
        "<script>document.documentElement.dataset.owned=1;alert(1)</script>".to_owned(),
        format!("\"><img src={address}/i onerror=\"document.documentElement.dataset.owned=2;alert(2)\">"),
        "</script></style></title></textarea>--><svg onload=alert(3)><script>document.documentElement.dataset.owned=3</script>".to_owned(),
        format!("javascript:alert(4) <link rel=stylesheet href={address}/l> <meta http-equiv=refresh content='0;url={address}/m'>"),
        format!("</svg><iframe src={address}/f></iframe>' style='background:url({address}/b)' \u{202e}gpj.\u{1b}]52;c;x\u{7}\u{0}{{{{7*7}}}}"),
    ];
    let attack = attacks.join(" ");
    let mut case = burned();
    case.claim.id.clone_from(&attack);
    case.claim.text = format!("{attack}\n{}", "x".repeat(1 << 20));
    case.claim.source = format!("javascript:alert(5)//{attack}");
    case.claim.source_sha256 = Some(attack.clone());
    let judgement = &mut case.judgement;
    (judgement.headline, judgement.limits) = (attack.clone(), attack.clone());
    (judgement.why, judgement.unseen) = (attacks.to_vec(), attacks.to_vec());
    for layer in &mut judgement.layers {
        layer.because.clone_from(&attack);
        layer.measured.statistic.clone_from(&attack);
        layer.measured.notes = attacks.to_vec();
        layer.measured.observability.doubts = attacks.to_vec();
        layer.measured.rivals.iter_mut().for_each(|rival| rival.name.clone_from(&attack));
        layer.measured.placebos.iter_mut().for_each(|placebos| placebos.words.clone_from(&attack));
        layer.measured.power.iter_mut().for_each(|power| power.words.clone_from(&attack));
    }
    for overlay in &mut case.overlays {
        (overlay.name, overlay.description) = (attack.clone(), attack.clone());
    }
    case.looks.iter_mut().for_each(|look| look.words.clone_from(&attack));
    let mut objects: serde_json::Value = serde_json::from_str(&case.objects).unwrap();
    objects["features"][0]["properties"]["name"] = attack.into();
    case.objects = objects.to_string();
    case
}

fn looks(before: Date, after: Date) -> Vec<Look> {
    let look = |date| Look { date, words: "Sentinel-2".to_owned() };
    vec![look(before), look(after)]
}

const AREA: &str = r#"{"type":"Polygon","coordinates":[[[37.565,49.69],[37.615,49.685],[37.625,49.715],[37.59,49.73],[37.56,49.715],[37.565,49.69]]]}"#;
const EMPTY: &str = r#"{"type":"FeatureCollection","features":[]}"#;
const OBJECTS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","id":"burn-1","properties":{"area_ha":61.2,"mean_dnbr":0.31},"geometry":{"type":"Polygon","coordinates":[[[37.58,49.7],[37.596,49.698],[37.602,49.708],[37.59,49.714],[37.578,49.709],[37.58,49.7]]]}},
{"type":"Feature","id":"burn-2","properties":{"area_ha":25.2,"mean_dnbr":0.27},"geometry":{"type":"Polygon","coordinates":[[[37.605,49.7],[37.615,49.699],[37.614,49.706],[37.604,49.705],[37.605,49.7]]]}}]}"#;
