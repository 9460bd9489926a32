//! One iteration of IR-MAD over tiles as the line keeps them, and its parts: pixels a second, one thread.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundtell::kernel::irmad::{Canonical, Frame, Moments};
use ndarray::Array2;

const PIXELS: usize = 256 * 256;

/// Two dates of so many bands that share a light and a cover, each with a noise of its own.
fn tile(bands: usize) -> Array2<f32> {
    let noise = |stream: usize, at: usize| {
        let mixed = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ ((stream as u64) << 40 | 0x5851_F42D));
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32 / (1 << 24) as f32
    };
    Array2::from_shape_fn((2 * bands, PIXELS), |(row, at)| {
        let band = (row % bands) as f32;
        let ground = 400.0 + noise(1, at) * (600.0 + 150.0 * band) + noise(2, at) * (900.0 - 250.0 * band);
        (ground + 60.0 * noise(10 + row % bands, at) + 45.0 * noise(40 + row, at)).floor()
    })
}

fn iteration(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("irmad");
    group.throughput(Throughput::Elements(PIXELS as u64));
    for bands in [1, 3, 4, 5, 6, 10] {
        let pixels = tile(bands);
        let moments = Moments::plain(pixels.view());
        let frame = Frame::new(Canonical::solve(&moments).expect("the bands differ")).expect("few bands");
        group.bench_function(format!("iteration, {bands} bands"), |bench| {
            bench.iter(|| frame.weighed(black_box(pixels.view())).expect("one shape"));
        });
    }
    let pixels = tile(4);
    let frame =
        Frame::new(Canonical::solve(&Moments::plain(pixels.view())).expect("the bands differ")).expect("few bands");
    group.bench_function("first moments, 4 bands", |bench| bench.iter(|| Moments::plain(black_box(pixels.view()))));
    group.bench_function("chi-square in f64, 4 bands", |bench| {
        bench.iter(|| frame.chi_square(black_box(pixels.view())).expect("one shape"));
    });
    group.finish();
}

criterion_group!(benches, iteration);
criterion_main!(benches);
