//! Otsu's threshold on real fires: the F1 against the perimeters that plain numpy reaches.

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

use std::fs::File;
use std::path::{Path, PathBuf};

use groundtell::kernel::change::{BurnLayers, Epoch, burn_change};
use groundtell::kernel::reflectance::{Encoding, Plane, counts};
use groundtell::kernel::stats::Histogram;
use groundtell::kernel::threshold::{Strategy, at_least, kittler_illingworth, otsu};
use ndarray::{Array2, Zip};
use tiff::decoder::{Decoder, DecodingResult, Limits};

fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GROUNDTELL_REALDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/realdata"), PathBuf::from);
    let there = folder.is_dir();
    if !there {
        println!("skipped: no real data");
    }
    there.then_some(folder)
}

/// All samples of a file, pixel by pixel, and its rows and columns.
fn read(path: &Path) -> (DecodingResult, (usize, usize)) {
    let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap().with_limits(Limits::default());
    let (width, height) = decoder.dimensions().unwrap();
    (decoder.read_image().unwrap(), (height as usize, width as usize))
}

/// One band of a file whose bands are interleaved by pixel.
fn band(path: &Path, bands: usize, band: usize) -> Plane {
    let (samples, shape) = read(path);
    let mut plane = Plane::nothing(shape);
    let (values, valid) = (plane.values.view_mut(), plane.valid.view_mut());
    let every = |n: usize| (band..n).step_by(bands);
    match samples {
        DecodingResult::F64(all) => {
            let one: Vec<f64> = every(all.len()).map(|at| all[at]).collect();
            counts(&one, Encoding::PLAIN, values, valid).unwrap();
        }
        DecodingResult::F32(all) => {
            let one: Vec<f32> = every(all.len()).map(|at| all[at]).collect();
            counts(&one, Encoding::PLAIN, values, valid).unwrap();
        }
        DecodingResult::U8(all) => {
            let one: Vec<u8> = every(all.len()).map(|at| all[at]).collect();
            counts(&one, Encoding::PLAIN, values, valid).unwrap();
        }
        _ => panic!("{} holds another type", path.display()),
    }
    plane
}

fn dnbr(before: (&Path, &Path), bands: usize, nir: usize, swir2: usize) -> Array2<f32> {
    let [n1, s1] = [nir, swir2].map(|at| band(before.0, bands, at));
    let [n2, s2] = [nir, swir2].map(|at| band(before.1, bands, at));
    let before = Epoch { nir: n1.values.view(), swir2: s1.values.view(), red: None };
    let after = Epoch { nir: n2.values.view(), swir2: s2.values.view(), red: None };
    let valid = Array2::from_elem(n1.values.dim(), true);
    let mut dnbr = Array2::zeros(valid.dim());
    let layers = BurnLayers { dnbr: dnbr.view_mut(), rbr: None, rdnbr: None, dndvi: None };
    burn_change(&before, &after, valid.view(), 0.0, layers).unwrap();
    dnbr
}

/// F1 of `dnbr >= threshold` over the pixels that have a value.
fn f1(dnbr: &Array2<f32>, truth: &Array2<bool>, threshold: f64) -> f64 {
    let least = at_least(threshold);
    let (mut both, mut either) = (0u32, 0u32);
    Zip::from(dnbr).and(truth).for_each(|&value, &truth| {
        let known = !value.is_nan();
        both += u32::from(truth && value >= least);
        either += u32::from(value >= least) + u32::from(truth && known);
    });
    2.0 * f64::from(both) / f64::from(either)
}

fn histogram(dnbr: &Array2<f32>) -> Histogram {
    let mut histogram = Histogram::new();
    histogram.add_plane(dnbr.view());
    histogram
}

#[test]
fn otsu_on_california_fires() {
    let Some(folder) = real_data() else { return };
    // Measured with plain numpy at full resolution: the threshold and its F1.
    let due = [
        ("1-7_20200817", 0.0443, 0.600),
        ("10TH_20240624", 0.1006, 0.856),
        ("4-3_PUMA_20210624", 0.0502, 0.848),
        ("5-4_POTTERS__20200817", -0.3720, 0.496),
        ("5-6_CASCADE_CREEK_20200817", 0.7322, 0.109),
        ("66_20230515", 0.4024, 0.013),
        ("CLEAR_20240626", 0.2028, 0.697),
        ("DOVE_20241019", 0.0889, 0.956),
        ("KENNETH_20250109", -0.0458, 0.209),
    ];
    for (name, threshold, score) in due {
        let fire = folder.join("s2-calfire-pairs").join(name);
        let dnbr = dnbr((&fire.join("pre.tif"), &fire.join("post.tif")), 5, 3, 4);
        let truth = band(&fire.join("mask.tif"), 1, 0).values.mapv(|value| value == 1.0);
        let found = otsu(&histogram(&dnbr)).unwrap();
        let kittler = kittler_illingworth(&histogram(&dnbr)).unwrap();
        let (ours, other) = (f1(&dnbr, &truth, found), f1(&dnbr, &truth, kittler));
        println!("{name}: Otsu {found:.4} F1 {ours:.3}; Kittler-Illingworth {kittler:.4} F1 {other:.3}");
        assert!((found - threshold).abs() < 1e-9 && (ours - score).abs() < 6e-4, "{name}: {found} {ours}");
    }
}

#[test]
fn otsu_on_the_andes() {
    let Some(folder) = real_data() else { return };
    let folder = folder.join("l8-peru-2020");
    let stacks =
        ["stack_pre_red_nir_swir1_swir2.tif", "stack_post_red_nir_swir1_swir2.tif"].map(|name| folder.join(name));
    let dnbr = dnbr((&stacks[0], &stacks[1]), 4, 1, 3);
    let truth = band(&folder.join("author_severity_class.tif"), 1, 0).values.mapv(|class| class >= 4.0);
    let found = otsu(&histogram(&dnbr)).unwrap();
    println!("l8-peru-2020: Otsu {found:.4} F1 {:.3}", f1(&dnbr, &truth, found));
    assert!((found - 0.1336).abs() < 1e-9);
    assert!((f1(&dnbr, &truth, found) - 0.930).abs() < 6e-4);
    assert!(f1(&dnbr, &truth, 0.1) > 0.999, "the author's own threshold");
    let usual = Strategy::Otsu.threshold(&histogram(&dnbr), &histogram(&dnbr)).unwrap();
    println!("l8-peru-2020: Otsu of 256 bins {usual:.4} F1 {:.4}", f1(&dnbr, &truth, usual));
    assert!((usual - 0.131).abs() < 1e-3, "{usual}");
    assert!(f1(&dnbr, &truth, usual) >= 0.936);
}
