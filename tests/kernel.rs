//! The kernels against numpy, scipy and GDAL: `tests/oracle/kernel.json`, made by `make_kernel.py`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may read, print and fail"
)]

use groundtell::geom::window::Window;
use groundtell::kernel::change::{self, BurnLayers, CvaBand, Epoch};
use groundtell::kernel::index::{Index, Planes, Role};
use groundtell::kernel::mask::{Disc, dilate};
use groundtell::kernel::reflectance::Plane;
use groundtell::kernel::resample::{self, Factor, Patch};
use groundtell::kernel::stats::{self, Histogram};
use groundtell::kernel::threshold;
use ndarray::Array2;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/kernel.json")).unwrap()
}

/// A nested list as an array; null is NaN.
fn array(value: &Value) -> Array2<f64> {
    let rows: Vec<&Vec<Value>> = value.as_array().unwrap().iter().map(|row| row.as_array().unwrap()).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, col)| rows[row][col].as_f64().unwrap_or(f64::NAN))
}

fn plane(value: &Value) -> Array2<f32> {
    array(value).mapv(|value| value as f32)
}

fn codes(value: &Value) -> Array2<u8> {
    array(value).mapv(|value| value as u8)
}

fn list(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key}"))
}

fn size(value: &Value, key: &str) -> usize {
    value[key].as_u64().unwrap() as usize
}

#[track_caller]
fn assert_close(ours: &Array2<f32>, due: &Array2<f32>, what: &str) {
    assert_eq!(ours.dim(), due.dim(), "{what}");
    for ((at, &one), &other) in ours.indexed_iter().zip(due) {
        let close = (one - other).abs() <= 1e-6 * other.abs().max(1.0);
        assert!(close || (one.is_nan() && other.is_nan()), "{what} at {at:?}: {one} and {other}");
    }
}

#[track_caller]
fn assert_equal_bits(ours: &Array2<f32>, due: &Array2<f32>, what: &str) {
    for ((at, one), other) in ours.indexed_iter().zip(due) {
        let equal = one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan());
        assert!(equal, "{what} at {at:?}: {one} and {other}");
    }
}

#[test]
fn indices_are_numpys() {
    let oracle = oracle();
    let names = [
        ("B", Role::Blue),
        ("G", Role::Green),
        ("R", Role::Red),
        ("RE1", Role::RedEdge1),
        ("RE2", Role::RedEdge2),
        ("RE3", Role::RedEdge3),
        ("N", Role::Nir),
        ("N2", Role::NirNarrow),
        ("S1", Role::Swir1),
        ("S2", Role::Swir2),
    ];
    let bands: Vec<(Role, Array2<f32>)> =
        names.iter().map(|(name, role)| (*role, plane(&oracle["counts"][name]))).collect();
    let planes = bands.iter().fold(Planes::new(), |planes, (role, band)| planes.with(*role, band.view()));
    for index in Index::ALL {
        let due = plane(&oracle["index"][index.name()]);
        let mut ours = Array2::zeros(due.dim());
        index.evaluate(&planes, 1e-4, ours.view_mut()).unwrap();
        assert_close(&ours, &due, index.name());
        assert!(ours.iter().any(|value| value.is_nan()) && ours.iter().any(|value| !value.is_nan()));
        if index.is_scale_invariant() && index != Index::Kndvi {
            assert_equal_bits(&ours, &due, index.name());
        }
    }
}

#[test]
fn burn_ratios_are_numpys_bit_for_bit() {
    let oracle = &oracle()["change"];
    let band = |date: &str, name: &str| plane(&oracle[date][name]);
    let (n1, s1, r1) = (band("pre", "N"), band("pre", "S"), band("pre", "R"));
    let (n2, s2, r2) = (band("post", "N"), band("post", "S"), band("post", "R"));
    let before = Epoch { nir: n1.view(), swir2: s1.view(), red: Some(r1.view()) };
    let after = Epoch { nir: n2.view(), swir2: s2.view(), red: Some(r2.view()) };
    let valid = array(&oracle["valid"]).mapv(|value| value != 0.0);
    let mut out: [Array2<f32>; 4] = std::array::from_fn(|_| Array2::zeros(n1.dim()));
    let [dnbr, rbr, rdnbr, dndvi] = &mut out;
    let layers = BurnLayers {
        dnbr: dnbr.view_mut(),
        rbr: Some(rbr.view_mut()),
        rdnbr: Some(rdnbr.view_mut()),
        dndvi: Some(dndvi.view_mut()),
    };
    change::burn_change(&before, &after, valid.view(), 0.0, layers).unwrap();
    for (ours, name) in out.iter().zip(["dnbr", "rbr", "rdnbr", "dndvi"]) {
        assert_equal_bits(ours, &plane(&oracle[name]), name);
    }
    let mut classes = Array2::zeros(n1.dim());
    change::classify(out[0].view(), classes.view_mut()).unwrap();
    assert_eq!(classes, codes(&oracle["class"]));

    let sigma = list(&oracle["sigma"]);
    let pairs = [(&n1, &n2), (&s1, &s2), (&r1, &r2)];
    let bands: Vec<CvaBand<'_>> = pairs
        .iter()
        .zip(sigma)
        .map(|((one, other), sigma)| CvaBand { before: one.view(), after: other.view(), sigma })
        .collect();
    let mut magnitude = Array2::zeros(n1.dim());
    change::cva_magnitude(&bands, valid.view(), magnitude.view_mut()).unwrap();
    assert_close(&magnitude, &plane(&oracle["magnitude"]), "CVA");
    let mut octant = Array2::zeros(n1.dim());
    change::cva_direction(&before, &after, valid.view(), octant.view_mut()).unwrap();
    assert_eq!(octant, codes(&oracle["octant"]));
}

#[test]
fn an_offset_and_missing_bands() {
    let (nir, swir2) = (Array2::from_elem((1, 1), 3000.0f32), Array2::from_elem((1, 1), 1000.0f32));
    let (before, after) = (
        Epoch { nir: nir.view(), swir2: swir2.view(), red: None },
        Epoch { nir: swir2.view(), swir2: nir.view(), red: None },
    );
    let valid = Array2::from_elem((1, 1), true);
    let (mut dnbr, mut other) = (Array2::zeros((1, 1)), Array2::zeros((1, 1)));
    let layers = BurnLayers { dnbr: dnbr.view_mut(), rbr: None, rdnbr: None, dndvi: None };
    change::burn_change(&before, &after, valid.view(), 0.25, layers).unwrap();
    assert_eq!(dnbr[(0, 0)], 0.75);
    let mut octant = Array2::zeros((1, 1));
    change::cva_direction(&before, &after, valid.view(), octant.view_mut()).unwrap();
    assert_eq!(octant[(0, 0)], 2, "near infrared down, shortwave infrared up");
    let layers = BurnLayers { dnbr: dnbr.view_mut(), rbr: None, rdnbr: None, dndvi: Some(other.view_mut()) };
    assert!(change::burn_change(&before, &after, valid.view(), 0.0, layers).is_err());
    let small = Array2::from_elem((1, 2), true);
    let layers = BurnLayers { dnbr: dnbr.view_mut(), rbr: None, rdnbr: None, dndvi: None };
    assert!(change::burn_change(&before, &after, small.view(), 0.0, layers).is_err());
    assert!(change::cva_magnitude(&[], valid.view(), other.view_mut()).is_err());
}

#[test]
fn growing_is_scipys() {
    let oracle = &oracle()["dilate"];
    let before = codes(&oracle["codes"]);
    for case in oracle["cases"].as_array().unwrap() {
        let disc = |name: &str| {
            let radius = case[name].as_array().unwrap();
            Disc::new(radius[0].as_f64().unwrap(), radius[1].as_f64().unwrap()).unwrap()
        };
        let mut grown = Array2::zeros(before.dim());
        let window = Window::whole(before.ncols(), before.nrows());
        dilate(before.view(), window, disc("cloud"), disc("shadow"), grown.view_mut()).unwrap();
        assert_eq!(grown, codes(&case["codes"]), "{}", case["cloud"]);
    }
}

#[test]
fn thresholds_and_statistics_are_numpys() {
    for case in oracle()["threshold"].as_array().unwrap() {
        let values = list(&case["values"]);
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.add(value));
        let close = |ours: Option<f64>, key: &str| {
            let due = number(case, key);
            assert!((ours.unwrap() - due).abs() < 1e-9, "{key}: {ours:?} and {due}");
        };
        close(threshold::otsu(&histogram), "otsu");
        close(threshold::kittler_illingworth(&histogram), "kittler");
        close(histogram.mean(), "mean");
        close(histogram.mad(), "mad");
        close(histogram.quantile_key(0.5).map(f64::from), "median_key");
        close(histogram.quantile_key(0.9).map(f64::from), "percentile_90");
        let (median, sigma) = stats::robust_sigma(&values).unwrap();
        close(Some(median), "median");
        close(Some(sigma), "sigma");
    }
}

#[test]
fn resampling_is_numpys_and_gdals() {
    let oracle = &oracle()["resample"];
    let (holes, full) = (Plane::from_values(plane(&oracle["plane"])), Plane::from_values(plane(&oracle["full"])));
    let window = Window::whole(holes.values.ncols(), holes.values.nrows());
    let factor = |case: &Value| Factor::new(size(case, "x"), size(case, "y")).unwrap();
    for case in oracle["average"].as_array().unwrap() {
        let coarse = resample::average(holes.view(), factor(case));
        assert_equal_bits(&coarse.values, &plane(&case["values"]), "average");
        assert_eq!(coarse.valid, coarse.values.mapv(|value| !value.is_nan()));
    }
    for case in oracle["refined"].as_array().unwrap() {
        let source = if size(case, "holes") == 1 { &holes } else { &full };
        let patch = Patch::plane(source.view(), window).unwrap();
        let fine = Window::whole(window.width * size(case, "x"), window.height * size(case, "y"));
        let nearest = resample::refine_nearest(&patch, factor(case), fine).unwrap();
        assert_equal_bits(&nearest.values, &plane(&case["nearest"]), "nearest");
        let smooth = resample::refine_bilinear(&patch, factor(case), fine).unwrap();
        assert_close(&smooth.values, &plane(&case["bilinear"]), "bilinear");
    }
    let at = array(&oracle["at"]);
    let positions = Array2::from_shape_fn((1, at.nrows()), |(_, point)| (at[(point, 0)], at[(point, 1)]));
    let read = resample::bilinear_at(&Patch::plane(full.view(), window).unwrap(), positions.view());
    let due = Array2::from_shape_vec((1, at.nrows()), list(&oracle["read"])).unwrap();
    assert_close(&read.values, &due, "bilinear at positions");
    let classes = codes(&oracle["classes"]);
    assert_eq!(resample::mode(classes.view(), Factor::new(2, 2).unwrap()), codes(&oracle["mode"]));
}
