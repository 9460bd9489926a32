//! Tests of the decision: the cases of the fault matrix, row 8, and their neighbours.

use super::*;
use crate::error::Kind;
use crate::scene::sensor::Sensor;

fn at(below: f64, p1: f64, p99: f64) -> Measured {
    Measured { n: 10_000, share_dn_below_900: below, p1, p99 }
}

fn dark() -> Vec<(Band, Measured)> {
    vec![(Band::Blue, at(0.4, 180.0, 2600.0)), (Band::Nir, at(0.002, 1300.0, 5200.0))]
}

fn lifted() -> Vec<(Band, Measured)> {
    vec![(Band::Blue, at(0.0, 1180.0, 3600.0)), (Band::Nir, at(0.0, 2300.0, 6200.0))]
}

fn baseline(text: &str) -> Declared {
    Declared { baseline: Baseline::parse(text), ..Declared::default() }
}

fn sentinel2(declared: &Declared, measured: &[(Band, Measured)]) -> Result<Decision> {
    decide(Sensor::Sentinel2, false, declared, measured, None, None)
}

#[test]
fn baselines_are_read_and_ordered() {
    assert_eq!(Baseline::parse("04.00"), Some(Baseline::WITH_OFFSET));
    assert_eq!(Baseline::parse("N0509"), Some(Baseline { major: 5, minor: 9 }));
    assert!(Baseline::parse("02.14") < Some(Baseline::WITH_OFFSET));
    for text in ["", "4.0", "N05x9", "05099", "é.00"] {
        assert_eq!(Baseline::parse(text), None, "{text}");
    }
}

#[test]
fn an_unchanged_target_has_equal_reflectance_on_both_sides_of_baseline_4() {
    let old = sentinel2(&baseline("03.01"), &dark()).unwrap();
    let new = sentinel2(&baseline("04.00"), &lifted()).unwrap();
    assert_eq!(old.scale.offset_dn, 0.0);
    assert_eq!(new.scale.offset_dn, -1000.0);
    assert!((old.scale.reflectance(1500.0) - new.scale.reflectance(2500.0)).abs() < 1e-15);
    assert_eq!(new.confidence, Confidence::High);
    assert_eq!(new.declared, "processing baseline 04.00");
    assert!(new.used.starts_with("reflectance = 0.0001 * (DN -1000)"), "{}", new.used);
}

#[test]
fn an_offset_that_was_applied_before_is_not_applied_again() {
    let flagged = Declared { offset_already_applied: Some(true), ..baseline("05.10") };
    assert_eq!(sentinel2(&flagged, &dark()).unwrap().scale.offset_dn, 0.0);
    let tagged = Declared { raster_band_offset: Some(-0.1), raster_band_scale: Some(1e-4), ..flagged };
    let decision = sentinel2(&tagged, &dark()).unwrap();
    assert_eq!(decision.scale.offset_dn, 0.0);
    assert!(decision.warnings[0].contains("-1000"), "{:?}", decision.warnings);
}

#[test]
fn pixels_that_contradict_the_declaration_are_an_error() {
    let tagged = Declared { raster_band_offset: Some(-0.1), raster_band_scale: Some(1e-4), ..Declared::default() };
    let added = Declared { boa_add_offset: Some(-1000.0), ..Declared::default() };
    for declared in [baseline("04.00"), tagged, added] {
        let error = sentinel2(&declared, &dark()).unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch);
        assert!(error.problem().contains("40.0 % of the valid pixels of blue"), "{error}");
        assert!(error.advice().unwrap().contains("--offset"));
        assert_eq!(sentinel2(&declared, &lifted()).unwrap().scale.offset_dn, -1000.0);
    }
}

#[test]
fn the_one_percent_is_the_border_and_odd_bands_do_not_count() {
    let border = |below| vec![(Band::Red, at(below, 950.0, 3000.0))];
    assert!(sentinel2(&baseline("04.00"), &border(0.01)).is_ok());
    assert!(sentinel2(&baseline("04.00"), &border(0.0101)).is_err());
    let odd = [Band::Scl, Band::Cirrus, Band::Coastal, Band::WaterVapour].map(|band| (band, at(1.0, 3.0, 9.0)));
    assert!(sentinel2(&baseline("04.00"), &odd).is_ok());
    let few = [(Band::Red, Measured { n: 99, ..at(1.0, 3.0, 9.0) })];
    assert_eq!(sentinel2(&baseline("04.00"), &few).unwrap().confidence, Confidence::Medium);
}

#[test]
fn without_a_declaration_the_pixels_speak_or_a_warning_does() {
    let measured = sentinel2(&Declared::default(), &dark()).unwrap();
    assert_eq!((measured.scale.offset_dn, measured.confidence), (0.0, Confidence::Medium));
    assert!(measured.warnings.is_empty());
    let assumed = sentinel2(&Declared::default(), &lifted()).unwrap();
    assert_eq!(assumed.confidence, Confidence::Low);
    assert!(assumed.warnings[0].contains("--offset -0.1"));
    assert_eq!(sentinel2(&Declared::default(), &[]).unwrap().confidence, Confidence::Low);
}

#[test]
fn an_old_baseline_beats_a_declared_offset_and_says_so() {
    let both = Declared { boa_add_offset: Some(-1000.0), ..baseline("02.14") };
    let decision = sentinel2(&both, &dark()).unwrap();
    assert_eq!(decision.scale.offset_dn, 0.0);
    assert_eq!(decision.warnings.len(), 1);
    let bright = sentinel2(&baseline("02.14"), &lifted()).unwrap();
    assert!(bright.warnings[0].contains("--offset -0.1"));
}

#[test]
fn the_user_has_the_last_word() {
    let told = |sensor, scale, offset| decide(sensor, false, &baseline("04.00"), &dark(), scale, offset);
    assert_eq!(told(Sensor::Sentinel2, None, Some(0.0)).unwrap().scale, Scale { gain: 1e-4, offset_dn: 0.0 });
    let lifted = told(Sensor::Sentinel2, None, Some(-0.1)).unwrap();
    assert!((lifted.scale.offset_dn + 1000.0).abs() < 1e-9);
    assert_eq!(lifted.confidence, Confidence::Told);
    assert_eq!(told(Sensor::Generic, Some(0.5), Some(1.0)).unwrap().scale.reflectance(4.0), 3.0);
    assert_eq!(told(Sensor::Generic, None, Some(1.0)).unwrap_err().kind(), Kind::Usage);
    for (scale, offset) in [(0.0, 0.0), (f64::NAN, 0.0), (1.0, f64::INFINITY)] {
        assert_eq!(told(Sensor::Sentinel2, Some(scale), Some(offset)).unwrap_err().kind(), Kind::Usage);
    }
}

#[test]
fn landsat_goes_by_name_and_range() {
    let landsat = |named, measured: &[(Band, Measured)]| {
        let declared = Declared { landsat_collection2: named, ..Declared::default() };
        decide(Sensor::Landsat8to9, false, &declared, measured, None, None)
    };
    let collection2 = [(Band::Red, at(0.0, 7600.0, 16_000.0))];
    let decision = landsat(true, &collection2).unwrap();
    assert!((decision.scale.reflectance(10_000.0) - 0.075).abs() < 1e-12);
    assert_eq!(decision.confidence, Confidence::High);
    assert_eq!(landsat(false, &collection2).unwrap().confidence, Confidence::Medium);
    assert_eq!(landsat(true, &dark()).unwrap_err().kind(), Kind::Mismatch);
    assert_eq!(landsat(false, &dark()).unwrap_err().kind(), Kind::Missing);
    assert_eq!(landsat(false, &[]).unwrap_err().kind(), Kind::Missing);
}

#[test]
fn floating_point_is_reflectance_unless_it_cannot_be() {
    let float = |measured: &[(Band, Measured)], declared: &Declared| {
        decide(Sensor::Sentinel2, true, declared, measured, None, None)
    };
    let fine = [(Band::Red, at(1.0, 0.02, 0.4))];
    assert_eq!(float(&fine, &baseline("04.00")).unwrap().scale, Scale::NONE);
    let error = float(&dark(), &Declared::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Mismatch);
    assert!(error.advice().unwrap().contains("--scale 0.0001"));
    let tagged = Declared { raster_band_scale: Some(1e-4), ..Declared::default() };
    assert_eq!(float(&dark(), &tagged).unwrap().scale.gain, 1e-4);
}

#[test]
fn tags_speak_for_a_sensor_that_is_not_known() {
    let tagged = Declared { raster_band_scale: Some(2e-4), raster_band_offset: Some(-0.1), ..Declared::default() };
    let generic = |declared: &Declared| decide(Sensor::Generic, false, declared, &dark(), None, None);
    let scale = generic(&tagged).unwrap().scale;
    assert!((scale.reflectance(1000.0) - 0.1).abs() < 1e-15);
    assert_eq!(generic(&Declared::default()).unwrap_err().kind(), Kind::Missing);
}

#[test]
fn a_jump_in_every_band_is_the_mark_of_a_mistaken_offset() {
    let plain = Scale { gain: 1e-4, offset_dn: 0.0 };
    let error = compare((&dark(), plain), (&lifted(), plain)).unwrap_err();
    assert_eq!(error.kind(), Kind::Mismatch);
    assert!(error.problem().contains("+0.100"), "{error}");
    assert!(compare((&lifted(), plain), (&dark(), plain)).is_err());
    compare((&dark(), plain), (&lifted(), Scale { offset_dn: -1000.0, ..plain })).unwrap();
    let snow = vec![(Band::Blue, at(0.0, 5180.0, 9000.0)), (Band::Nir, at(0.0, 2300.0, 9000.0))];
    compare((&dark(), plain), (&snow, plain)).unwrap();
    compare((&dark()[..1], plain), (&lifted()[..1], plain)).unwrap();
}

#[test]
fn percentiles_are_of_nearest_rank() {
    let numbers: Vec<f64> = (1..=1000).rev().map(f64::from).chain([f64::NAN, f64::INFINITY]).collect();
    let measured = Measured::of(&numbers).unwrap();
    assert_eq!((measured.n, measured.p1, measured.p99), (1000, 10.0, 990.0));
    assert!((measured.share_dn_below_900 - 0.899).abs() < 1e-12);
    assert_eq!(Measured::of(&[f64::NAN]), None);
    assert_eq!(Measured::of(&[7.0]).unwrap().p99, 7.0);
}
