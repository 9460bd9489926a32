//! The kernels of change without a model against numpy and scipy, on a synthetic scene made here as it was there.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;

use common::oracle;
use groundtell::kernel::change::{CvaBand, cva_magnitude};
use groundtell::kernel::irmad::{Canonical, Frame, MOST_ITERATIONS, Moments, no_change_probability, settled, step};
use groundtell::kernel::pca_kmeans::{BEFORE, Clusters, Components, SIDE, block_moments};
use groundtell::kernel::pif::{regressions, trains};
use ndarray::{Array2, ArrayView2, Axis, Slice, array};
use serde_json::Value;

const ROWS: usize = 64;
const COLS: usize = 90;

/// splitmix64, as the oracle's script has it.
fn hashed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn uniform(stream: u64, at: usize) -> f64 {
    (hashed(at as u64 + (stream << 32)) >> 40) as f64 / f64::from(1 << 24)
}

fn bell(stream: u64, at: usize) -> f64 {
    (0..4).map(|k| uniform(stream * 4 + k, at)).sum::<f64>() - 2.0
}

/// Rows of `bands` bands before, then after.
fn synthetic(bands: usize) -> Array2<f32> {
    Array2::from_shape_fn((2 * bands, ROWS * COLS), |(row, at)| {
        let b = row % bands;
        let band = b as f64;
        let before = (400.0
            + uniform(1, at) * (600.0 + 150.0 * band)
            + uniform(2, at) * (900.0 - 250.0 * band)
            + 60.0 * bell(100 + b as u64, at))
        .floor();
        let changed = f64::from(u8::from(at / COLS < 16 && at % COLS < 20));
        let after =
            (before * 1.125 + 50.0 + 45.0 * bell(200 + b as u64, at) + changed * (300.0 - 170.0 * band)).floor();
        (if row < bands { before } else { after }) as f32
    })
}

/// Tiles of `width` pixels, the last one shorter.
fn tiles(pixels: &Array2<f32>, width: usize) -> Vec<ArrayView2<'_, f32>> {
    let cut = |start: usize| pixels.slice_axis(Axis(1), Slice::from(start..pixels.ncols().min(start + width)));
    (0..pixels.ncols()).step_by(width).map(cut).collect()
}

fn merged(parts: impl Iterator<Item = Moments>, variables: usize) -> Moments {
    parts.fold(Moments::empty(variables), |mut sum, part| {
        sum.merge(&part);
        sum
    })
}

/// All correlations on the way, and the last frame.
fn iterated(pixels: &Array2<f32>, width: usize) -> (Vec<Vec<f64>>, Frame) {
    let tiles = tiles(pixels, width);
    let first = merged(tiles.iter().map(|tile| Moments::plain(tile.view())), pixels.nrows());
    let mut frame = Frame::new(Canonical::solve(&first).unwrap()).unwrap();
    let mut rhos = vec![frame.rho.clone()];
    while rhos.len() < MOST_ITERATIONS {
        let moments = merged(tiles.iter().map(|tile| frame.weighed(tile.view()).unwrap()), pixels.nrows());
        frame = frame.refined(&Canonical::solve(&moments).unwrap());
        let moved = step(&frame.rho, rhos.last().map(Vec::as_slice));
        rhos.push(frame.rho.clone());
        if settled(moved) {
            break;
        }
    }
    (rhos, frame)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn every_iteration_is_as_scipy_has_it() {
    let oracle = oracle("irmad.json");
    for case in oracle["synthetic"].as_array().unwrap() {
        let bands = case["bands"].as_u64().unwrap() as usize;
        let pixels = synthetic(bands);
        for width in [5760, 1000, 257] {
            let (rhos, frame) = iterated(&pixels, width);
            let due: Vec<Vec<f64>> = case["rho"].as_array().unwrap().iter().map(numbers).collect();
            assert_eq!(rhos.len(), due.len(), "{bands} bands");
            let worst = rhos.iter().flatten().zip(due.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let chi = frame.chi_square(pixels.view()).unwrap();
            let (mut far, mut unlike) = (0.0f64, 0.0f64);
            for pixel in case["pixels"].as_array().unwrap() {
                let [row, col, due, p] = numbers(pixel)[..] else { panic!() };
                let ours = chi[row as usize * COLS + col as usize];
                far = far.max((ours - due).abs() / due.max(1.0));
                unlike = unlike.max((no_change_probability(ours, bands) - p).abs());
            }
            println!(
                "{bands} bands, tiles of {width}: rho {worst:.1e}, chi-square {far:.1e}, probability {unlike:.1e}"
            );
            assert!(worst < 1e-6 && far < 1e-4 && unlike < 1e-4, "{bands} bands: {worst:e} {far:e} {unlike:e}");
        }
    }
}

#[test]
fn the_tail_is_as_scipy_has_it() {
    for case in oracle("irmad.json")["tail"].as_array().unwrap() {
        let [n, x, due] = numbers(case)[..] else { panic!() };
        let ours = no_change_probability(x, n as usize);
        assert!((ours - due).abs() <= 1e-10 * due, "{n} {x}: {ours:e} {due:e}");
    }
    assert!(no_change_probability(f64::NAN, 3).is_nan());
}

#[test]
fn what_cannot_be_solved_is_refused_by_name() {
    let said = |pixels: Array2<f32>| Canonical::solve(&Moments::plain(pixels.view())).unwrap_err().to_string();
    let pixels = synthetic(2);
    let few = pixels.slice_axis(Axis(1), Slice::from(0..30)).to_owned();
    assert!(said(few).contains("too few pixels"));
    assert!(said(Array2::zeros((4, 0))).contains("too few pixels"));
    let mut constant = pixels.clone();
    constant.row_mut(3).fill(7.0);
    let said_constant = said(constant);
    assert!(said_constant.contains("singular") && said_constant.contains("after"), "{said_constant}");
    let mut twin = pixels.clone();
    twin.row_mut(1).assign(&pixels.row(0).mapv(|value| 2.0 * value + 3.0));
    let said_twin = said(twin);
    assert!(said_twin.contains("singular") && said_twin.contains("before"), "{said_twin}");
    let mut copy = pixels.clone();
    for band in 0..2 {
        copy.row_mut(2 + band).assign(&pixels.row(band).mapv(|value| 0.5 * value + 100.0));
    }
    assert!(said(copy).contains("but for a linear change"));
    let frame = Frame::new(Canonical::solve(&Moments::plain(pixels.view())).unwrap()).unwrap();
    assert!(frame.weighed(array![[1.0], [2.0]].view()).is_err());
}

#[test]
fn the_regression_and_its_tests_are_as_scipy_has_them() {
    let due = &oracle("irmad.json")["pif"];
    let pixels = synthetic(4);
    let unchanged = |at: &usize| !(at / COLS < 16 && at % COLS < 20);
    let moments = |training: bool| {
        let own: Vec<usize> =
            (0..ROWS * COLS).filter(unchanged).filter(|at| trains(7, at / COLS, at % COLS) == training).collect();
        Moments::plain(pixels.select(Axis(1), &own).view())
    };
    let (train, test) = (moments(true), moments(false));
    assert_eq!(
        (train.pixels + test.pixels, train.pixels),
        (due["pixels"].as_u64().unwrap(), due["train"].as_u64().unwrap())
    );
    let names = ["a", "b", "c", "d"];
    let fits = regressions(&train, &test, &names).unwrap();
    for (fit, due) in fits.iter().zip(due["bands"].as_array().unwrap()) {
        let ours = [fit.slope, fit.intercept, fit.r, fit.t, fit.t_p, fit.f, fit.f_p];
        for (ours, key) in ours.iter().zip(["slope", "intercept", "r", "t", "t_p", "f", "f_p"]) {
            let due = due[key].as_f64().unwrap();
            assert!((ours - due).abs() <= 1e-8 * due.abs().max(1.0), "{key} of {}: {ours} {due}", fit.band);
        }
    }
    let few = Moments::plain(pixels.select(Axis(1), &(0..400).collect::<Vec<_>>()).view());
    assert!(regressions(&few, &few, &names).unwrap_err().to_string().contains("800 pixels"));
    let mut noise = pixels.clone();
    noise.row_mut(5).iter_mut().enumerate().for_each(|(at, value)| *value = uniform(9, at) as f32);
    let noise = Moments::plain(noise.view());
    let said = regressions(&noise, &noise, &names).unwrap_err().to_string();
    assert!(said.contains("in b ") && said.contains("0.9 is needed"), "{said}");
}

#[test]
fn the_clusters_are_as_numpy_has_them() {
    let due = &oracle("irmad.json")["pca_kmeans"];
    let pixels = synthetic(3);
    let (shift, sigma) = (numbers(&due["shift"]), numbers(&due["sigma"]));
    let plane = |row: usize, shift: f32| {
        pixels.row(row).mapv(|value| value + shift).into_shape_with_order((ROWS, COLS)).unwrap()
    };
    let before: Vec<_> = (0..3).map(|band| plane(band, shift[band] as f32)).collect();
    let after: Vec<_> = (3..6).map(|row| plane(row, 0.0)).collect();
    let bands: Vec<CvaBand<'_>> = (0..3)
        .map(|band| CvaBand { before: before[band].view(), after: after[band].view(), sigma: sigma[band] as f32 })
        .collect();
    let mut valid = Array2::from_elem((ROWS, COLS), true);
    (40..43).for_each(|row| (10..30).for_each(|col| valid[(row, col)] = false));
    let mut image = Array2::zeros((ROWS, COLS));
    cva_magnitude(&bands, valid.view(), image.view_mut()).unwrap();
    let components = Components::of(&block_moments(image.view())).unwrap();
    let close = |ours: &[f64], due: &Value, what: &str| {
        for (ours, due) in ours.iter().zip(numbers(due)) {
            assert!((ours - due).abs() < 1e-5 * due.abs().max(1.0), "{what}: {ours} {due}");
        }
    };
    close(&components.mean, &due["mean"], "mean");
    close(&components.values, &due["values"], "values");
    for (vector, due) in components.vectors.iter().zip(due["vectors"].as_array().unwrap()) {
        close(vector, due, "vectors");
    }
    let mut wide = Array2::from_elem((ROWS + SIDE - 1, COLS + SIDE - 1), f32::NAN);
    image.indexed_iter().for_each(|((row, col), value)| wide[(row + BEFORE, col + BEFORE)] = *value);
    let features = components.features(wide.view());
    let values: Vec<f32> = image.iter().copied().filter(|value| value.is_finite()).collect();
    assert_eq!(features.len(), values.len());
    let (mut clusters, mut rounds) = (Clusters::start(&components), 0);
    let members = loop {
        let members = clusters.members(&features, &values);
        rounds += 1;
        let moved = clusters.moved(&members);
        if moved == clusters {
            break members;
        }
        clusters = moved;
    };
    assert_eq!(Some(rounds), due["rounds"].as_u64());
    for (centre, due) in clusters.0.iter().zip(due["centres"].as_array().unwrap()) {
        close(centre, due, "centres");
    }
    let changed = members.changed().unwrap();
    let mut features = features.iter();
    let classes: Vec<String> = image
        .rows()
        .into_iter()
        .map(|row| {
            let class = |value: &f32| match value.is_finite() {
                false => '?',
                true if clusters.nearest(features.next().unwrap()) == changed => '#',
                true => '.',
            };
            row.iter().map(class).collect()
        })
        .collect();
    let due: Vec<&str> = due["classes"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    assert_eq!(classes, due);
}

#[test]
fn an_image_without_two_classes_is_refused() {
    let said = |image: Array2<f32>| Components::of(&block_moments(image.view())).unwrap_err().to_string();
    assert!(said(Array2::zeros((36, 36))).contains("only 81 whole blocks"));
    assert!(said(Array2::from_elem((64, 64), 3.0)).contains("the same everywhere"));
}
