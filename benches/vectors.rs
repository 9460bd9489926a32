//! From a mask to GeoJSON on three masks of a 2048-pixel scene: sparse, like the job's, dense noise; one thread.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

mod common;

use std::hint::black_box;

use common::{Noise, discs, grid, runs, settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundtell::geom::crs::{Crs, Transform};
use groundtell::geom::runs::Runs;
use groundtell::io::geojson::lonlat::{LonLat, Projection};
use groundtell::io::geojson::{Feature, Writer};
use groundtell::kernel::label::{Connectivity, Labels, label, sieve};
use groundtell::vector::trace::{PixelPolygon, trace};
use ndarray::Array2;
use serde_json::{Map, json};

const SIDE: usize = 2048;
const SIEVE: u64 = 13;

/// Isolated pixels and small discs; discs with frayed edges and specks, as a threshold leaves them;
/// 45 % of the pixels at random.
fn masks() -> [(&'static str, Runs); 3] {
    let mut noise = Noise::new(11);
    let sparse = discs(SIDE, 1, 200, 4.0);
    let burned = discs(SIDE, 2, 400, 18.0);
    let job = Array2::from_shape_fn((SIDE, SIDE), |at| noise.next() < if burned[at] { 0.85 } else { 0.01 });
    let dense = Array2::from_shape_fn((SIDE, SIDE), |_| noise.next() < 0.45);
    [("sparse", runs(sparse.view())), ("job", runs(job.view())), ("dense", runs(dense.view()))]
}

fn outlines(traced: &[Vec<PixelPolygon>]) -> Vec<LonLat> {
    let (grid, utm) = (grid(SIDE, SIDE), Crs::from_epsg(32637).expect("a known system"));
    let transform = Transform::new(utm, Crs::WGS84).expect("a known way");
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid: &grid, to_lonlat: &to_lonlat };
    traced.iter().map(|polygons| projection.outline(polygons).expect("on the globe")).collect()
}

fn geojson(outlines: &[LonLat], labels: &Labels) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), None).expect("memory");
    for (outline, pixels) in outlines.iter().zip(&labels.sizes) {
        let properties: Map<_, _> = [("pixels".to_owned(), json!(pixels))].into_iter().collect();
        writer.feature(&Feature { id: "", outline, properties: &properties }).expect("memory");
    }
    writer.finish().expect("memory")
}

/// All of it, from raw mask to bytes.
fn whole(mask: &Runs) -> Vec<u8> {
    let kept = sieve(mask, SIEVE, Connectivity::Four);
    let labels = label(&kept, Connectivity::Four);
    geojson(&outlines(&trace(&kept, &labels)), &labels)
}

fn vectors(criterion: &mut Criterion) {
    for (name, mask) in masks() {
        let mut group = criterion.benchmark_group(format!("vectors {name}"));
        group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
        group.bench_function("label", |bench| bench.iter(|| label(black_box(&mask), Connectivity::Four)));
        group.bench_function("sieve", |bench| bench.iter(|| sieve(black_box(&mask), SIEVE, Connectivity::Four)));
        let kept = sieve(&mask, SIEVE, Connectivity::Four);
        let labels = label(&kept, Connectivity::Four);
        group.bench_function("trace", |bench| bench.iter(|| trace(black_box(&kept), &labels)));
        let traced = trace(&kept, &labels);
        group.bench_function("to longitude and latitude", |bench| bench.iter(|| outlines(black_box(&traced))));
        let placed = outlines(&traced);
        group.bench_function("GeoJSON", |bench| bench.iter(|| geojson(black_box(&placed), &labels)));
        group.bench_function("whole", |bench| bench.iter(|| whole(black_box(&mask))));
    }
}

criterion_group! {
    name = all;
    config = settings();
    targets = vectors
}
criterion_main!(all);
