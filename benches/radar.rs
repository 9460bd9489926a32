//! The radar kernels over a block of a stack that one thread works on: pixels a second, one thread.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

mod common;

use std::hint::black_box;

use common::{Noise, settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundtell::kernel::sar::contrast::contrast;
use groundtell::kernel::sar::filter::{lee, multilook};
use groundtell::kernel::sar::hotelling::hotelling;
use groundtell::kernel::sar::omnibus::changes;
use groundtell::kernel::sar::student;
use ndarray::{Array2, ArrayView2};

const SHAPE: (usize, usize) = (128, 512);
const DATES: usize = 30;
const BEFORE: usize = 20;

/// Power with speckle of four looks.
fn stack(seed: u64) -> Vec<Array2<f32>> {
    let mut noise = Noise::new(seed);
    let mut speckle = || (0..4).map(|_| -(1.0 - noise.next()).ln()).sum::<f64>() / 4.0;
    (0..DATES).map(|_| Array2::from_shape_fn(SHAPE, |_| (0.05 * speckle()) as f32)).collect()
}

fn radar(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("radar");
    group.throughput(Throughput::Elements((SHAPE.0 * SHAPE.1) as u64));
    let stacks = [stack(1), stack(2)];
    let [vv, vh]: [Vec<ArrayView2<'_, f32>>; 2] =
        stacks.each_ref().map(|planes| planes.iter().map(|plane| plane.view()).collect());
    for (name, least) in [("t of 20 and 10 dates, Welch", 6), ("t of 20 and 10 dates, pooled", 100)] {
        group.bench_function(name, |bench| {
            bench.iter(|| contrast(black_box(&vv[..BEFORE]), black_box(&vv[BEFORE..]), least).expect("one shape"));
        });
    }
    group.bench_function("Hotelling of 20 and 10 dates", |bench| {
        let (before, after) = ((&vv[..BEFORE], &vh[..BEFORE]), (&vv[BEFORE..], &vh[BEFORE..]));
        bench.iter(|| hotelling(black_box(before), black_box(after)).expect("one shape"));
    });
    group.bench_function("omnibus of 30 dates", |bench| {
        bench.iter(|| changes(black_box(&[&vv, &vh]), 4.4, 1e-4).expect("one shape"));
    });
    group.bench_function("multilook 3 by 3", |bench| bench.iter(|| multilook(black_box(vv[0]), 3)));
    group.bench_function("Lee 3 by 3", |bench| bench.iter(|| lee(black_box(vv[0]), 4.4)));
    group.bench_function("deviate of t, 3 degrees", |bench| {
        bench.iter(|| (0..SHAPE.0 * SHAPE.1).map(|n| student::deviate((n % 100) as f64 * 0.05, 3.0)).sum::<f64>());
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = radar }
criterion_main!(benches);
