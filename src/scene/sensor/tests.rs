//! Tests of names and tables.

use super::*;
use crate::error::Kind;

fn names_to(names: &[&str]) -> (Sensor, Vec<Option<Band>>) {
    resolve(names, None).unwrap_or_else(|error| panic!("{names:?}: {error}"))
}

#[test]
fn each_sensor_is_known_by_its_numbers() {
    use Band::{Blue, Coastal, Green, Nir, NirNarrow, QaPixel, Red, RedEdge1, Swir1, Swir2};
    for (names, sensor, bands) in [
        (&["B2", "B3", "B4", "B8", "B12"][..], Sensor::Sentinel2, &[Blue, Green, Red, Nir, Swir2][..]),
        (&["B04", "b8a", "B11"], Sensor::Sentinel2, &[Red, NirNarrow, Swir1]),
        (
            &["B02_10m", "B05 (705 nm)", "B8A, central wavelength 865 nm"],
            Sensor::Sentinel2,
            &[Blue, RedEdge1, NirNarrow],
        ),
        (&["B2", "B3", "B4", "B5", "B6", "B7"], Sensor::Landsat8to9, &[Blue, Green, Red, Nir, Swir1, Swir2]),
        (&["SR_B1", "SR_B5", "SR_B6", "QA_PIXEL"], Sensor::Landsat8to9, &[Coastal, Nir, Swir1, QaPixel]),
        (&["B1", "B2", "B3", "B4", "B5", "B7"], Sensor::Landsat4to7, &[Blue, Green, Red, Nir, Swir1, Swir2]),
    ] {
        let (found, got) = names_to(names);
        assert_eq!(found, sensor, "{names:?}");
        assert_eq!(got, bands.iter().map(|band| Some(*band)).collect::<Vec<_>>(), "{names:?}");
    }
}

#[test]
fn names_by_meaning_need_no_number() {
    assert_eq!(
        names_to(&["red", "nir", "swir22"]),
        (Sensor::Generic, vec![Some(Band::Red), Some(Band::Nir), Some(Band::Swir2)])
    );
    assert_eq!(names_to(&["nir", "nir08", "scl"]).0, Sensor::Sentinel2);
    assert_eq!(names_to(&["swir1", "swir2"]).1, [Some(Band::Swir1), Some(Band::Swir2)]);
    assert_eq!(
        names_to(&["coastal", "nir08", "qa_pixel"]),
        (Sensor::Landsat8to9, vec![Some(Band::Coastal), Some(Band::Nir), Some(Band::QaPixel)])
    );
    assert_eq!(names_to(&["red", "nir08"]).1, [Some(Band::Red), Some(Band::Nir)]);
    assert_eq!(names_to(&["B4", "B5", "SCL"]).1, [Some(Band::Red), Some(Band::RedEdge1), Some(Band::Scl)]);
}

#[test]
fn what_fits_two_sensors_asks() {
    for names in [&["B4", "B5"][..], &["B04"], &["SR_B5", "SR_B7"]] {
        let error = resolve(names, None).unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch, "{names:?}");
        assert!(error.advice().unwrap().contains("--sensor"));
    }
    let (_, bands) = resolve(&["SR_B5", "SR_B7"], Some(Sensor::Landsat8to9)).unwrap();
    assert_eq!(bands, [Some(Band::Nir), Some(Band::Swir2)]);
}

#[test]
fn unknown_names_are_kept_out() {
    let (_, bands) = names_to(&["B8", "AOT", "TCI", "B13", "B0", "ST_B10", "", "B\u{661}"]);
    assert_eq!(bands.iter().filter(|band| band.is_some()).count(), 1);
    assert_eq!(resolve(&["ST_B10", "SR_B6"], None).unwrap().1, [None, Some(Band::Swir1)]);
    assert_eq!(resolve(&["B6"], Some(Sensor::Landsat4to7)).unwrap().1, [None], "thermal");
}

#[test]
fn a_band_named_twice_is_an_error() {
    let error = resolve(&["B8", "B08"], None).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert_eq!(error.problem(), "both B8 and B08 are the band nir");
    assert!(resolve(&["B4", "red", "B8"], None).is_err());
}

#[test]
fn the_burn_ratio_takes_the_narrow_infrared() {
    assert_eq!(nbr_nir(&[Band::Nir, Band::NirNarrow, Band::Swir2]), Some(Band::NirNarrow));
    assert_eq!(nbr_nir(&[Band::Nir, Band::Swir2]), Some(Band::Nir));
    assert_eq!(nbr_nir(&[Band::Red]), None);
    assert_eq!(Sensor::Sentinel2.resolution(Band::NirNarrow), Some(20.0));
    assert_eq!(Sensor::Landsat4to7.resolution(Band::Coastal), None);
}

#[test]
fn file_names_give_the_sensor_away() {
    assert_eq!(Sensor::in_file_name("T33UUU_20170216T102101_B02.jp2"), Some(Sensor::Sentinel2));
    assert_eq!(Sensor::in_file_name("S2A_37UCR_20251120_0_L2A"), Some(Sensor::Sentinel2));
    assert_eq!(Sensor::in_file_name("LC08_L2SP_003071_20200725_20200908_02_T1_SR_B5.TIF"), Some(Sensor::Landsat8to9));
    assert_eq!(Sensor::in_file_name("Tests_B5.tif"), None);
    assert_eq!(Sensor::parse("Sentinel-2B"), Some(Sensor::Sentinel2));
    assert_eq!(Sensor::parse("LANDSAT_8"), Some(Sensor::Landsat8to9));
}
