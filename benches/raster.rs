//! Reading and writing tiles: decoded bytes a second for each codec and predictor, one thread.
//! The files are made by the crate's own writer in a folder that goes again.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

mod common;

use std::hint::black_box;
use std::path::Path;

use common::{Layer, digital_numbers, dnbr, encoded, settings, write_cog};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundtell::geom::window::Window;
use groundtell::io::cog::{Codec, Reduce, Spec};
use groundtell::io::raster::Raster;
use groundtell::io::tiff;
use groundtell::limits::Limits;

const SIDE: usize = 2048;
const TILE: usize = 512;

/// Types with the predictor that the writer gives them, and what they stand for.
fn layers() -> [(&'static str, Layer); 4] {
    [
        ("u16 predictor 2", Layer::U16(digital_numbers(SIDE, 1))),
        ("i16 predictor 2", Layer::I16(dnbr(SIDE, 2).mapv(|value| (value * 1e4) as i16))),
        ("f32 predictor 3", Layer::F32(dnbr(SIDE, 2))),
        ("u8 classes", Layer::U8(common::classes(SIDE, 3))),
    ]
}

const CODECS: [(&str, Codec); 5] = [
    ("none", Codec::None),
    ("zstd 1", Codec::Zstd(1)),
    ("deflate 1", Codec::Deflate(1)),
    ("deflate 6", Codec::Deflate(6)),
    ("deflate 9", Codec::Deflate(9)),
];

fn plain(codec: Codec) -> impl FnOnce(&mut Spec) {
    move |spec| (spec.codec, spec.tile, spec.overviews) = (codec, TILE, Reduce::None)
}

fn read_all(path: &Path) {
    let file = tiff::open(path, &Limits::default()).expect("a file of our own");
    for row in (0..SIDE).step_by(TILE) {
        for col in (0..SIDE).step_by(TILE) {
            black_box(file.read(0, &[0], Window::new(col, row, TILE, TILE)).expect("a sound tile"));
        }
    }
}

fn reading(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (kind, layer) in layers() {
        let mut group = criterion.benchmark_group(format!("read {kind}"));
        group.throughput(Throughput::Bytes(layer.bytes()));
        for (name, codec) in CODECS {
            let out = folder.path().join("read");
            write_cog(&out, "layer.tif", &layer, plain(codec));
            group.bench_function(name, |bench| bench.iter(|| read_all(&out.join("layer.tif"))));
        }
    }
}

/// Predictor, compression, statistics and the scratch file, without the disk's time for the finished file.
fn writing(criterion: &mut Criterion) {
    for (kind, layer) in layers() {
        let mut group = criterion.benchmark_group(format!("write {kind}"));
        group.throughput(Throughput::Bytes(layer.bytes()));
        for (name, codec) in CODECS {
            group.bench_function(name, |bench| bench.iter(|| encoded(black_box(&layer), plain(codec))));
        }
        group.bench_function("zstd 1 with overviews", |bench| {
            let tiled = |spec: &mut Spec| spec.tile = TILE;
            bench.iter(|| encoded(black_box(&layer), tiled));
        });
    }
}

criterion_group! {
    name = raster;
    config = settings();
    targets = reading, writing
}
criterion_main!(raster);
