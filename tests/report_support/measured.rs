//! Measurements and judgements with figures such as real layers give.

use groundtell::claim::Window;
use groundtell::evidence::draw::Draw;
use groundtell::evidence::measurement::{
    Bracket, DayCount, Interval, Measurement, Movement, Observability, Placebos, Power, PowerPoint, Rival,
};
use groundtell::evidence::test::{balance, exact, holm, median, ranked};
use groundtell::evidence::verdict::{Judgement, LayerVerdict, Strength};
use groundtell::evidence::{LayerKind, Outcome};
use jiff::civil::{Date, date};

/// Seeded values around `middle`, never below 0.
fn spread(seed: u64, count: usize, middle: f64, width: f64) -> Vec<f64> {
    let value = |number| {
        let mut draw = Draw::new(seed, number as u64);
        let bell = (0..6).map(|_| draw.unit()).sum::<f64>() - 3.0;
        (middle + width * bell).max(0.0)
    };
    (0..count).map(value).collect()
}

/// What a layer of a case is made of.
pub(super) struct Seen {
    pub(super) layer: LayerKind,
    pub(super) unit: &'static str,
    pub(super) value: f64,
    pub(super) seen: f64,
    pub(super) usual: (f64, f64),
    pub(super) detectable: Option<f64>,
    pub(super) smallest: f64,
    pub(super) sizes: Vec<f64>,
}

fn interval(value: f64, half: f64) -> Interval {
    Interval { value, low: value - half, high: value + half }
}

fn power(seen: &Seen) -> Power {
    let middle = seen.detectable.unwrap_or(seen.smallest * 6.0) / 1.6;
    let share = |size: f64| 1.0 / (1.0 + (-3.0 * (size / middle).ln()).exp());
    let curve =
        seen.sizes.iter().map(|size| PowerPoint { size: *size, found: exact((40.0 * share(*size)) as u64, 40) });
    let at = exact((40.0 * share(seen.smallest)) as u64, 40);
    Power {
        curve: curve.collect(),
        statistics: vec![],
        detectable_at_80: seen.detectable,
        smallest_effect: seen.smallest,
        at_smallest: at.share,
        closed_form: seen.detectable.map(|size| size * 0.9),
        words: "40 implants a size on placebo areas, dNBR drawn from the library of burns".to_owned(),
    }
}

pub(super) fn measured(seen: &Seen, seed: u64) -> Measurement {
    let spatial = spread(seed, 199, seen.usual.0, seen.usual.1);
    let temporal = spread(seed + 1, 99, seen.usual.0 * 1.2, seen.usual.1);
    let usual = median(&spatial) * seen.seen / seen.value.max(1e-9);
    let alike = vec![balance("cropland share", 0.82, &spread(seed + 2, 40, 0.8, 0.1))];
    let placed: Vec<Placebos> = vec![
        ranked(Movement::Spatial, seen.value, spatial, alike, "Drawn 10 to 60 km away on like land.".to_owned()),
        ranked(Movement::Temporal, seen.value, temporal, vec![], "Days of the same season, 2017 to 2024.".to_owned()),
    ];
    let effect = interval(seen.seen - usual, (seen.seen * 0.15).max(0.4));
    Measurement {
        layer: seen.layer,
        unit: seen.unit,
        statistic: "share of the area that burned".to_owned(),
        value: Some(seen.value),
        seen: seen.seen,
        usual,
        effect,
        effect_ha: effect,
        least: 0.3,
        observability: Observability { share: 0.97, window_share: 1.0, blockers: vec![], doubts: vec![] },
        placebos: placed,
        false_alarms: Some(exact(6, 199)),
        power: Some(power(seen)),
        bracket: Some(Bracket {
            after: Some(date(2025, 7, 14)),
            until: Some(date(2025, 7, 29)),
            overlap: 0.93,
            before_window: false,
        }),
        rivals: vec![
            Rival {
                name: "stubble burning".to_owned(),
                score: 0.35,
                words: "few straight field edges, wind-driven tongues".to_owned(),
            },
            Rival {
                name: "harvest or ploughing".to_owned(),
                score: 0.2,
                words: "shortwave infrared rose as char does".to_owned(),
            },
        ],
        looked_after_days: Some(4),
        notes: vec![],
        days: vec![],
    }
}

pub(super) fn judged(outcome: Outcome, because: &str, ratio: f64, words: &str, measured: Measurement) -> LayerVerdict {
    let p = measured.placebos.iter().map(|placebos| placebos.p).fold(0.0, f64::max);
    let strength = Some(Strength { ratio, cap: [0.005, 200.0], words: words.to_owned() });
    LayerVerdict { outcome, because: because.to_owned(), p: Some(p), p_holm: None, strength, measured }
}

pub(super) fn judgement(
    outcome: Outcome,
    headline: &str,
    why: &[&str],
    unseen: &[&str],
    mut layers: Vec<LayerVerdict>,
) -> Judgement {
    let p: Vec<f64> = layers.iter().filter_map(|layer| layer.p).collect();
    for (layer, corrected) in layers.iter_mut().filter(|layer| layer.p.is_some()).zip(holm(&p)) {
        layer.p_holm = Some(corrected);
    }
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Judgement {
        outcome,
        headline: headline.to_owned(),
        why: owned(why),
        unseen: owned(unseen),
        strength: layers.first().and_then(|layer| layer.strength.clone()),
        posterior: None,
        layers,
        limits: "What is seen is consistent with fire; cause, weapon and responsible side cannot be determined from these layers.".to_owned(),
    }
}

pub(super) fn summer_layer(layer: LayerKind) -> Seen {
    let sizes = vec![0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
    Seen {
        layer,
        unit: "ha",
        value: 0.21,
        seen: 86.4,
        usual: (0.02, 0.02),
        detectable: Some(4.2),
        smallest: 10.0,
        sizes,
    }
}

pub(super) fn heat(count_on: impl Fn(Date) -> u64, window: Window, seed: u64) -> Measurement {
    let first = window.from.checked_sub(jiff::ToSpan::days(16)).unwrap();
    let dates = first.series(jiff::ToSpan::days(1)).take(48);
    let days: Vec<DayCount> = dates.map(|date| DayCount { date, count: count_on(date), usual: 0.35 }).collect();
    let seen =
        days.iter().filter(|day| (window.from..=window.to).contains(&day.date)).map(|day| day.count).sum::<u64>();
    let sizes = vec![1.0, 2.0, 3.0, 5.0, 8.0, 12.0];
    let made = Seen {
        layer: LayerKind::Heat,
        unit: "detections",
        value: ((seen as f64 + 0.5) / 4.35).ln(),
        seen: seen as f64,
        usual: (0.9, 0.6),
        detectable: None,
        smallest: 5.0,
        sizes,
    };
    let mut heat = measured(&made, seed);
    heat.statistic = "ln((seen + 0.5) / (usual + 0.5))".to_owned();
    heat.effect_ha = interval(seen as f64 * 14.0, 40.0);
    (heat.days, heat.bracket) = (days, None);
    heat
}
