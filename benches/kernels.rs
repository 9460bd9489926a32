//! Every kernel over blocks that fit the cache (512 pixels a side, as the line works): pixels a second, one thread.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

mod common;

use std::hint::black_box;

use common::{classes, counts, digital_numbers, discs, dnbr, settings};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use groundtell::geom::window::Window;
use groundtell::kernel::change::{BurnLayers, CvaBand, Epoch, burn_change, classify, cva_direction, cva_magnitude};
use groundtell::kernel::index::{Index, Planes, Role};
use groundtell::kernel::mask::{self, Disc, Reason, codes_of_scl, dilate, merge, strike, validity};
use groundtell::kernel::reflectance::{Encoding, Plane, counts as to_counts};
use groundtell::kernel::resample::{
    Factor, Patch, average, bilinear_at, mode, nearest_at, refine_bilinear, refine_nearest,
};
use groundtell::kernel::ring::ring;
use groundtell::kernel::stats::{DnHistogram, Histogram};
use groundtell::kernel::threshold::{kittler_illingworth, otsu};
use ndarray::Array2;

const SIDE: usize = 512;
const SHAPE: (usize, usize) = (SIDE, SIDE);

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// A group that counts pixels of the result.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    group
}

fn indices(criterion: &mut Criterion) {
    let mut group = group(criterion, "index");
    let planes: Vec<Plane> = (1..).take(Role::ALL.len()).map(|seed| counts(SIDE, seed)).collect();
    let bands = Role::ALL
        .iter()
        .zip(&planes)
        .fold(Planes::new(), |bands, (role, plane)| bands.with(*role, plane.values.view()));
    let mut out = Array2::zeros(SHAPE);
    for index in Index::ALL {
        group.bench_function(index.name(), |bench| {
            bench.iter(|| index.evaluate(black_box(&bands), 1e-4, out.view_mut()).expect("all bands"));
        });
    }
}

fn change(criterion: &mut Criterion) {
    let mut group = group(criterion, "change");
    let planes: Vec<Plane> = (1..7).map(|seed| counts(SIDE, seed)).collect();
    let epoch = |first: usize| Epoch {
        nir: planes[first].values.view(),
        swir2: planes[first + 1].values.view(),
        red: Some(planes[first + 2].values.view()),
    };
    let (before, after) = (epoch(0), epoch(3));
    let valid = planes[0].valid.view();
    let mut layers = [(); 4].map(|()| Array2::zeros(SHAPE));
    let [dnbr_out, rbr, rdnbr, dndvi] = &mut layers;
    group.bench_function("burn_change dNBR", |bench| {
        bench.iter(|| {
            let layers = BurnLayers { dnbr: dnbr_out.view_mut(), rbr: None, rdnbr: None, dndvi: None };
            burn_change(black_box(&before), &after, valid, 0.0, layers).expect("one shape");
        });
    });
    group.bench_function("burn_change dNBR RBR dNDVI", |bench| {
        bench.iter(|| {
            let (dnbr, rbr) = (dnbr_out.view_mut(), Some(rbr.view_mut()));
            let layers = BurnLayers { dnbr, rbr, rdnbr: None, dndvi: Some(dndvi.view_mut()) };
            burn_change(black_box(&before), &after, valid, 0.0, layers).expect("one shape");
        });
    });
    group.bench_function("burn_change all four", |bench| {
        bench.iter(|| {
            let (dnbr, rbr) = (dnbr_out.view_mut(), Some(rbr.view_mut()));
            let layers = BurnLayers { dnbr, rbr, rdnbr: Some(rdnbr.view_mut()), dndvi: Some(dndvi.view_mut()) };
            burn_change(black_box(&before), &after, valid, 0.0, layers).expect("one shape");
        });
    });
    let vector: Vec<CvaBand<'_>> = (0..3)
        .map(|band| CvaBand { before: planes[band].values.view(), after: planes[band + 3].values.view(), sigma: 40.0 })
        .collect();
    group.bench_function("cva_magnitude of three bands", |bench| {
        bench.iter(|| cva_magnitude(black_box(&vector), valid, dnbr_out.view_mut()).expect("one shape"));
    });
    let mut octants = Array2::zeros(SHAPE);
    group.bench_function("cva_direction", |bench| {
        bench.iter(|| cva_direction(black_box(&before), &after, valid, octants.view_mut()).expect("one shape"));
    });
    let change = dnbr(SIDE, 9);
    group.bench_function("classify", |bench| {
        bench.iter(|| classify(black_box(change.view()), octants.view_mut()).expect("one shape"));
    });
}

fn samples(criterion: &mut Criterion) {
    let mut group = group(criterion, "counts");
    let numbers = digital_numbers(SIDE, 1).into_raw_vec_and_offset().0;
    let floats: Vec<f32> = numbers.iter().map(|dn| f32::from(*dn)).collect();
    let mut plane = Plane::nothing(SHAPE);
    let sentinel = Encoding { nodata: Some(0.0), zero_is_nodata: true, offset_counts: -1000.0 };
    let landsat = Encoding { offset_counts: -0.2 / 2.75e-5, ..sentinel };
    group.bench_function("u16, whole offset", |bench| {
        bench.iter(|| {
            to_counts(black_box(&numbers), sentinel, plane.values.view_mut(), plane.valid.view_mut())
                .expect("one shape")
        });
    });
    group.bench_function("u16, broken offset", |bench| {
        bench.iter(|| {
            to_counts(black_box(&numbers), landsat, plane.values.view_mut(), plane.valid.view_mut()).expect("one shape")
        });
    });
    group.bench_function("f32", |bench| {
        bench.iter(|| {
            to_counts(black_box(&floats), Encoding::PLAIN, plane.values.view_mut(), plane.valid.view_mut())
                .expect("one shape")
        });
    });
}

fn masks(criterion: &mut Criterion) {
    let mut group = group(criterion, "mask");
    let (scl, other) = (classes(SIDE, 3), classes(SIDE, 5));
    let (mut codes, mut second, mut out) = (Array2::zeros(SHAPE), Array2::zeros(SHAPE), Array2::zeros(SHAPE));
    group.bench_function("codes_of_scl", |bench| {
        bench.iter(|| codes_of_scl(black_box(scl.view()), codes.view_mut()).expect("one shape"));
    });
    codes_of_scl(scl.view(), codes.view_mut()).expect("one shape");
    codes_of_scl(other.view(), second.view_mut()).expect("one shape");
    group.bench_function("merge", |bench| {
        bench.iter(|| merge(black_box(codes.view()), second.view(), out.view_mut()).expect("one shape"));
    });
    let mut valid = Array2::from_elem(SHAPE, false);
    group.bench_function("validity", |bench| {
        bench.iter(|| validity(black_box(codes.view()), valid.view_mut()).expect("one shape"));
    });
    group.bench_function("strike", |bench| {
        bench.iter(|| strike(black_box(valid.view()), Reason::Uncovered, out.view_mut()).expect("one shape"));
    });
    group.bench_function("count", |bench| bench.iter(|| mask::count(black_box(codes.view()))));
    for (name, cloud, shadow) in [("dilate by 5 and 3 pixels", 5.0, 3.0), ("dilate by 10 and 6 pixels", 10.0, 6.0)] {
        let disc = |radius| Disc::new(radius, radius).expect("a small disc");
        let whole = Window::whole(SIDE, SIDE);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                dilate(black_box(codes.view()), whole, disc(cloud), disc(shadow), out.view_mut()).expect("one shape")
            });
        });
    }
}

fn statistics(criterion: &mut Criterion) {
    let mut group = group(criterion, "statistics");
    let change = dnbr(SIDE, 9);
    let mut histogram = Histogram::new();
    group.bench_function("Histogram::add_plane", |bench| bench.iter(|| histogram.add_plane(black_box(change.view()))));
    let numbers = digital_numbers(SIDE, 1).into_raw_vec_and_offset().0;
    let mut levels = DnHistogram::new();
    group.bench_function("DnHistogram::add", |bench| bench.iter(|| levels.add(black_box(&numbers))));
    group.finish();
    let mut group = criterion.benchmark_group("threshold");
    group.bench_function("otsu", |bench| bench.iter(|| otsu(black_box(&histogram))));
    group.bench_function("kittler_illingworth", |bench| bench.iter(|| kittler_illingworth(black_box(&histogram))));
}

/// Averages count the pixels that are read, refinements those that are made.
fn resampling(criterion: &mut Criterion) {
    let mut group = group(criterion, "resample");
    let (fine, codes) = (counts(SIDE, 1), classes(SIDE, 3));
    let two = Factor::new(2, 2).expect("a factor");
    group.bench_function("average 2x2", |bench| bench.iter(|| average(black_box(fine.view()), two)));
    group.bench_function("mode 2x2", |bench| bench.iter(|| mode(black_box(codes.view()), two)));
    let coarse = counts(SIDE / 2, 1);
    let patch = Patch::plane(coarse.view(), Window::whole(SIDE / 2, SIDE / 2)).expect("one shape");
    let whole = Window::whole(SIDE, SIDE);
    group.bench_function("refine_bilinear by 2", |bench| {
        bench.iter(|| refine_bilinear(black_box(&patch), two, whole).expect("a patch that holds it"));
    });
    group.bench_function("refine_nearest by 2", |bench| {
        bench.iter(|| refine_nearest(black_box(&patch), two, whole).expect("a patch that holds it"));
    });
    let at = |(row, col): (usize, usize)| (col as f64 * 0.499 + 0.3, row as f64 * 0.499 + 0.2);
    let positions = Array2::from_shape_fn(SHAPE, at);
    group.bench_function("bilinear_at", |bench| bench.iter(|| bilinear_at(black_box(&patch), positions.view())));
    group.bench_function("nearest_at", |bench| bench.iter(|| nearest_at(black_box(&patch), positions.view())));
}

fn rings(criterion: &mut Criterion) {
    let mut group = group(criterion, "ring");
    let marked = discs(SIDE, 7, 6, 25.0);
    group.bench_function("9 to 100 cells", |bench| {
        bench.iter(|| ring(black_box(marked.view()), (20.0, 20.0), 180.0, 2000.0).expect("a ring"));
    });
    group.bench_function("3 to 20 cells", |bench| {
        bench.iter(|| ring(black_box(marked.view()), (100.0, 100.0), 300.0, 2000.0).expect("a ring"));
    });
}

criterion_group! {
    name = kernels;
    config = settings();
    targets = indices, change, samples, masks, statistics, resampling, rings
}
criterion_main!(kernels);
