//! The whole line, from two folders on disk to a published one, on a simulated pair of 2048 pixels (10 m) a side,
//! and on a full tile when `GROUNDTELL_BENCH_FULL` is set. Threads: those of the machine.

#![allow(clippy::expect_used, missing_docs, reason = "a bench may fail")]

mod common;

use std::path::{Path, PathBuf};

use common::settings;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundtell::io::cog::Codec;
use groundtell::limits::Limits;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::request::{Request, SideRequest};
use groundtell::pipeline::{Prepared, run, simulated};
use groundtell::recipe::Recipe;
use groundtell::simulate::{Scenario, Season, SimBand};

const SMALL: usize = 2048;
const FULL: usize = 10_980;

fn request(pair: &Path, recipe: Recipe) -> Request {
    let side = |name: &str| SideRequest { paths: vec![pair.join(name)], bands: None, sensor: None, date: None };
    let (before, after) = (side("before"), side("after"));
    Request {
        before,
        after,
        scale: None,
        offset: None,
        aoi: None,
        aoi_notes: Vec::new(),
        recipe,
        access: Default::default(),
    }
}

/// A job as a person would run it, then with each costly part left out or added.
fn recipes() -> Vec<(&'static str, Recipe)> {
    let set = |changes: &[&str]| {
        changes.iter().try_fold(Recipe::default(), |recipe, change| recipe.with(change)).expect("keys of the recipe")
    };
    vec![
        ("usual", Recipe::default()),
        ("without pictures", set(&["output.previews=false"])),
        ("dNBR alone", set(&["output.previews=false", "output.layers=[\"dnbr\"]"])),
        ("DEFLATE", set(&["output.previews=false", "output.codec=deflate"])),
        ("10 m grid", set(&["output.previews=false", "grid.resolution=10"])),
    ]
}

fn lines(criterion: &mut Criterion, side: usize, pair: &Path, out: PathBuf) {
    let mut group = criterion.benchmark_group(format!("line {side}"));
    group.throughput(Throughput::Elements((side * side) as u64));
    for (name, recipe) in recipes() {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let request = request(pair, recipe.clone());
                let prepared = Prepared::new(request, None, &Limits::default()).expect("a sound pair");
                run(&prepared, &out, true, &Silent).expect("a run")
            });
        });
    }
}

fn sizes(criterion: &mut Criterion) {
    let full = std::env::var_os("GROUNDTELL_BENCH_FULL").map(|_| FULL);
    for side in [SMALL].into_iter().chain(full) {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let pair = folder.path().join("pair");
        let scenario = Scenario::new(37, side, Season::LateNovember).expect("a side that fits");
        let style = simulated::Style { baseline: "05.11", codec: Codec::COMMON, bands: &SimBand::ALL };
        simulated::write(&scenario, &style, (&pair, false), &Silent).expect("a disk with room");
        lines(criterion, side, &pair, folder.path().join("out"));
    }
}

criterion_group! {
    name = line;
    config = settings();
    targets = sizes
}
criterion_main!(line);
