//! The same bytes for any number of threads and any size of block: every file of the output folder.

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

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{contents, run, shelf};

/// An outline that cuts blocks at an angle, with a hole and a second part.
const AREA: &str = r#"{"type":"MultiPolygon","coordinates":[
    [[[36.183,50.472],[36.24,50.476],[36.25,50.505],[36.215,50.512],[36.186,50.498],[36.183,50.472]],
     [[36.205,50.484],[36.222,50.483],[36.215,50.494],[36.205,50.484]]],
    [[[36.236,50.508],[36.248,50.507],[36.246,50.513],[36.236,50.508]]]]}"#;

/// The files of one run, and their names and sums for the message.
fn made(folder: &Path, more: &[&str], threads: &str, block: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let line = ["change", "--before", "same/before", "--after", "same/after/item.json", "--aoi", "area.geojson"];
    let rest = ["--out", "made", "--overwrite", "--gpkg", "-j", threads, "--block", block, "--quiet"];
    let ended = run(folder, &[&line, &rest[..], more].concat()).done();
    let mut files = contents(&folder.join("made"));
    files.insert("stdout".into(), ended.data.into_bytes());
    files
}

fn all_the_same(more: &[&str], runs: &[(&str, &str)]) {
    let folder = shelf();
    let expected = made(&folder, more, "1", "512");
    assert!(expected.contains_key(Path::new("manifest.json")) && expected.contains_key(Path::new("summary.json")));
    assert!(expected.len() >= 17, "{:?}", expected.keys());
    for (threads, block) in runs {
        let other = made(&folder, more, threads, block);
        let keys = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&expected), keys(&other));
        let differing: Vec<_> =
            expected.iter().filter(|(name, bytes)| other[*name] != **bytes).map(|(name, _)| name).collect();
        assert!(differing.is_empty(), "--threads {threads} --block {block}: {differing:?}");
    }
}

#[test]
fn neither_threads_nor_blocks_change_a_byte() {
    let folder = shelf();
    let line = ["simulate", "--out", "same", "--overwrite", "--size", "512", "--seed", "11", "--cloud", "0.15"];
    run(&folder, &line).done();
    std::fs::write(folder.join("area.geojson"), AREA).unwrap();
    // 10 m: coarse bands are interpolated, and blocks cut the interpolation.
    let fine = ["--resolution", "10", "--layers", "dnbr,rbr,rdnbr,cva,dndvi,nbr_after,bais2_before"];
    let threads = ["1", "2", "5"];
    let all: Vec<_> = threads.iter().flat_map(|n| ["64", "200", "512", "1024"].map(|px| (*n, px))).collect();
    all_the_same(&fine, &all);
    // 20 m: fine bands are averaged. Floats show the last bit.
    all_the_same(
        &["--dtype", "float32", "--threshold", "kittler"],
        &[("5", "64"), ("2", "200"), ("1", "1024"), ("2", "33")],
    );
    // A grid of its own: everything is resampled.
    all_the_same(
        &["--dtype", "float32", "--resolution", "17", "--threshold", "quantile:0.99"],
        &[("5", "64"), ("2", "200")],
    );
}
