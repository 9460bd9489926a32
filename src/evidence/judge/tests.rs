//! The rules one by one: a measurement that corroborates, and what each change of it makes of the verdict.

use super::*;
use crate::claim::{Imagery, Place, Window};
use crate::evidence::measurement::{Bracket, Interval, Observability, Power, Rival};
use crate::evidence::test::{exact, ranked};

fn claim(asserts: Asserts, kinds: &[Kind]) -> Claim {
    let day = |text: &str| text.parse().unwrap();
    Claim {
        id: "a".into(),
        text: "it burned".into(),
        source: "a test".into(),
        source_sha256: None,
        made_at: None,
        asserts,
        place: Place::Bbox([37.0, 49.0, 37.1, 49.1]),
        location_error_m: 0.0,
        window: Window { from: day("2025-07-04"), to: day("2025-07-28") },
        kinds: kinds.to_vec(),
        smallest_effect: [(Kind::BurnedFields, 10.0)].into(),
        sides: Vec::new(),
        prior: None,
        imagery: Imagery::default(),
    }
}

/// Forty hectares burned where hardly any placebo did.
fn burned() -> Measurement {
    let interval = |value: f64, low: f64, high: f64| Interval { value, low, high };
    Measurement {
        layer: LayerKind::Burn,
        unit: "ha",
        statistic: "share".into(),
        value: Some(0.4),
        seen: 40.0,
        usual: 0.0,
        effect: interval(40.0, 30.0, 50.0),
        effect_ha: interval(40.0, 30.0, 50.0),
        least: 0.3,
        observability: Observability { share: 1.0, window_share: 1.0, blockers: vec![], doubts: vec![] },
        placebos: vec![ranked(Movement::Spatial, 0.4, vec![0.0; 99], vec![], String::new())],
        false_alarms: None,
        power: Some(Power {
            curve: vec![],
            detectable_at_80: None,
            smallest_effect: 10.0,
            at_smallest: exact(95, 100).share,
            statistics: vec![0.1; 20],
            closed_form: None,
            words: String::new(),
        }),
        bracket: Some(Bracket { after: None, until: None, overlap: 1.0, before_window: false }),
        rivals: vec![],
        looked_after_days: Some(0),
        notes: vec![],
        days: vec![],
    }
}

/// Nothing burned, and it would have been seen.
fn bare() -> Measurement {
    let none = Interval { value: 0.0, low: 0.0, high: 0.0 };
    let placebos = vec![ranked(Movement::Spatial, 0.0, vec![0.0; 99], vec![], String::new())];
    Measurement { value: Some(0.0), seen: 0.0, effect: none, effect_ha: none, placebos, ..burned() }
}

fn verdict(asserts: Asserts, measured: Vec<Measurement>) -> Judgement {
    judge(&claim(asserts, &[Kind::BurnedFields]), measured, &EvidenceRecipe::default())
}

/// The outcome of a measurement changed in one way, and why.
fn changed(mut measured: Measurement, change: impl FnOnce(&mut Measurement)) -> (Outcome, String) {
    change(&mut measured);
    let judged = verdict(Asserts::Occurred, vec![measured]);
    (judged.outcome, judged.layers[0].because.clone())
}

#[test]
fn each_lack_makes_it_inconclusive_and_is_named() {
    assert_eq!(changed(burned(), |_| {}).0, Outcome::Corroborates);
    let rival = |score| Rival { name: "stubble burning".into(), score, words: "a field of straw".into() };
    type Change = Box<dyn FnOnce(&mut Measurement)>;
    let lacks: Vec<(Change, &str)> = vec![
        (Box::new(|own| own.observability.doubts.push("leaf fall".into())), "doubtful, since leaf fall"),
        (
            Box::new(|own| own.placebos[0] = ranked(Movement::Spatial, 0.4, vec![0.0; 18], vec![], String::new())),
            "room for 18",
        ),
        (Box::new(|own| own.placebos.clear()), "room for 0"),
        (
            Box::new(|own| own.placebos[0] = ranked(Movement::Spatial, 0.4, vec![0.5; 99], vec![], String::new())),
            "p 1.000",
        ),
        (Box::new(|own| own.effect.low = -1.0), "none at all"),
        (Box::new(|own| own.effect.low = 0.2), "as small as 0.2 ha"),
        (Box::new(|own| own.bracket = None), "nothing tells when"),
        (Box::new(|own| own.bracket.as_mut().unwrap().overlap = 0.4), "only 40 %"),
        (Box::new(move |own| own.rivals.push(rival(0.5))), "stubble burning explains it as well"),
    ];
    for (change, words) in lacks {
        let (outcome, because) = changed(burned(), change);
        assert!(outcome == Outcome::Inconclusive && because.contains(words), "{words}: {outcome:?} {because}");
    }
    assert_eq!(changed(burned(), move |own| own.rivals.push(rival(0.49))).0, Outcome::Corroborates);
}

#[test]
fn what_nobody_could_see_comes_before_all_else() {
    for base in [burned(), bare()] {
        assert_eq!(
            changed(base.clone(), |own| own.observability.blockers.push("snow".into())),
            (Outcome::NotObservable, "snow".into())
        );
        assert_eq!(changed(base.clone(), |own| own.observability.share = 0.49).0, Outcome::NotObservable);
        assert_eq!(changed(base.clone(), |own| own.value = None).0, Outcome::NotObservable);
        let (outcome, because) = changed(base, |own| own.looked_after_days = Some(31));
        assert!(outcome == Outcome::NotObservable && because.contains("gone after 30"), "{because}");
    }
}

#[test]
fn absence_contradicts_only_where_presence_would_have_shown() {
    assert_eq!(changed(bare(), |_| {}).0, Outcome::Contradicts);
    let inconclusive = [
        changed(bare(), |own| own.observability.share = 0.79),
        changed(bare(), |own| own.observability.window_share = 0.79),
        changed(bare(), |own| own.observability.doubts.push("shade".into())),
        changed(bare(), |own| own.power.as_mut().unwrap().at_smallest.value = 0.79),
        changed(bare(), |own| own.effect.high = 10.0),
        changed(bare(), |own| own.power = None),
    ];
    for (outcome, because) in inconclusive {
        assert_eq!(outcome, Outcome::Inconclusive, "{because}");
    }
}

#[test]
fn a_mark_that_was_there_before_contradicts() {
    let early = |own: &mut Measurement| own.bracket.as_mut().unwrap().before_window = true;
    assert_eq!(changed(burned(), early), (Outcome::Contradicts, "the mark was there before the window".into()));
}

#[test]
fn few_other_years_can_veto_and_cannot_bear_out() {
    let years = |values: Vec<f64>| {
        move |own: &mut Measurement| {
            own.placebos.push(ranked(Movement::Temporal, 0.4, values, vec![], String::new()));
        }
    };
    assert_eq!(changed(burned(), years(vec![0.0; 4])).0, Outcome::Corroborates);
    assert_eq!(changed(burned(), years(vec![0.0, 0.5, 0.0, 0.0])).0, Outcome::Inconclusive);
    assert_eq!(changed(burned(), years(vec![0.5; 30])).0, Outcome::Inconclusive);
}

#[test]
fn the_opposite_assertion_swaps_and_families_must_agree() {
    assert_eq!(verdict(Asserts::DidNotOccur, vec![burned()]).outcome, Outcome::Contradicts);
    assert_eq!(verdict(Asserts::DidNotOccur, vec![bare()]).outcome, Outcome::Corroborates);
    let heat = |base: Measurement| Measurement { layer: LayerKind::Heat, unit: "detections", ..base };
    let both = |one, other| verdict(Asserts::Occurred, vec![one, heat(other)]);
    assert_eq!(both(burned(), burned()).outcome, Outcome::Corroborates);
    let conflict = both(burned(), bare());
    assert_eq!(conflict.outcome, Outcome::Inconclusive);
    assert_eq!(conflict.why[0], "The layers contradict each other.");
    let blind = Measurement { value: None, ..burned() };
    assert_eq!(both(blind.clone(), burned()).outcome, Outcome::Corroborates);
    assert_eq!(both(blind.clone(), blind.clone()).outcome, Outcome::NotObservable);
    assert_eq!(verdict(Asserts::Occurred, vec![]).outcome, Outcome::NotObservable);
}

#[test]
fn a_layer_that_does_not_bear_on_the_claim_decides_nothing() {
    let torn = judge(&claim(Asserts::Occurred, &[Kind::ImpactArea]), vec![burned()], &EvidenceRecipe::default());
    assert_eq!(torn.outcome, Outcome::NotObservable);
    let position = judge(&claim(Asserts::Occurred, &[Kind::FirePosition]), vec![], &EvidenceRecipe::default());
    assert!(position.headline.starts_with("Not testable"), "{}", position.headline);
}

#[test]
fn many_layers_make_each_p_count_for_less() {
    let weak = || {
        let mut values = vec![0.0; 39];
        values[0] = 0.5;
        Measurement { placebos: vec![ranked(Movement::Spatial, 0.4, values, vec![], String::new())], ..burned() }
    };
    assert_eq!(verdict(Asserts::Occurred, vec![weak()]).outcome, Outcome::Corroborates);
    let heat = Measurement { layer: LayerKind::Heat, ..weak() };
    let two = verdict(Asserts::Occurred, vec![weak(), heat]);
    assert_eq!((two.layers[0].p, two.layers[0].p_holm), (Some(0.05), Some(0.1)));
    assert_eq!(two.outcome, Outcome::Inconclusive);
}

#[test]
fn families_multiply_and_layers_of_one_do_not() {
    let ratio = |layers: Vec<Measurement>| verdict(Asserts::Occurred, layers).strength.unwrap().ratio;
    let optical = Measurement { layer: LayerKind::OpticalChange, ..burned() };
    let heat = Measurement { layer: LayerKind::Heat, ..burned() };
    let one = ratio(vec![burned()]);
    assert!((one - 95.0).abs() < 1.0, "power 0.95 over p 0.01: {one}");
    assert_eq!(ratio(vec![burned(), optical]), one);
    assert!((ratio(vec![burned(), heat]) / (one * one) - 1.0).abs() < 1e-3);
    assert!(ratio(vec![bare()]) < 0.1);
}

#[test]
fn words_of_causes_weapons_and_sides_are_only_disclaimed() {
    for judged in [verdict(Asserts::Occurred, vec![burned()]), verdict(Asserts::DidNotOccur, vec![bare()])] {
        let said = [judged.headline.clone(), judged.why.join(" "), judged.unseen.join(" ")].join(" ").to_lowercase();
        for word in ["artillery", "weapon", "army", "attack", "shell"] {
            assert!(!said.contains(word), "{word}: {said}");
        }
        assert!(judged.limits.contains("cannot be determined"));
        assert!(judged.why.len() <= 5);
    }
}
