//! Odd and broken TIFFs through the program: never a crash, never slow, always a word on which file; and what is
//! read is read as GDAL reads it.

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
use std::path::Path;
use std::time::Duration;

use common::{Ended, oracle, real_data, run};
use rayon::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

/// What one file may cost.
const SLOW: Duration = Duration::from_secs(2);

/// 8-bit CMYK, which GDAL turns into RGBA and this reader gives as stored.
const CMYK: [&str; 6] = [
    "image-tiff/images__cmyk-3c-8b.tiff",
    "image-tiff/images__cmyk-4c-8b.tiff",
    "image-tiff/images__seq__seq-4c-8b-cmyk-352ac1da.tiff",
    "image-tiff/images__tiled-cmyk-i8.tif",
    "image-tiff/libtiffpic__depth__flower-separated-contig-08.tif",
    "image-tiff/libtiffpic__depth__flower-separated-planar-08.tif",
];

/// Files by outcome of `inspect --checksum`.
const INSPECTED: [(&str, usize); 6] = [
    ("read, CMYK as stored", 6),
    ("read, equal to GDAL", 212),
    ("refused as malformed (GDAL reads it)", 3),
    ("refused as malformed (GDAL too)", 4),
    ("refused as unsupported (GDAL reads it)", 36),
    ("refused as unsupported (GDAL too)", 2),
];

/// Runs of `change` by exit code: hardly any of these files has a grid and two bands.
const CHANGED: [(Option<i32>, usize); 2] = [(Some(0), 1), (Some(2), 525)];

/// Ended by itself, soon, with a code for inputs, and with the file's name where it failed.
fn behaves(ended: &Ended, names: &[&str]) -> Result<(), String> {
    let code = ended.code.ok_or("ended by a signal")?;
    let base = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    if !matches!(code, 0 | 2 | 3) {
        return Err(format!("code {code}: {}", ended.talk));
    }
    if ended.took > SLOW {
        return Err(format!("took {:?}", ended.took));
    }
    if code == 2 && !names.iter().any(|name| ended.talk.contains(&base(name))) {
        return Err(format!("names no file: {}", ended.talk));
    }
    if names.iter().any(|name| ended.talk.contains(&format!("{name}: {name}"))) {
        return Err(format!("names the file twice: {}", ended.talk));
    }
    if code == 2 && !ended.talk.contains("\n\nhint: ") {
        return Err(format!("gives no hint: {}", ended.talk));
    }
    Ok(())
}

/// What `inspect --checksum` made of a file, in a word for the table.
fn outcome(name: &str, ended: &Ended, gdal: &Value) -> Result<String, String> {
    let answer = ended.json();
    if ended.code == Some(2) {
        let by_gdal = if gdal["error"].is_string() { "GDAL too" } else { "GDAL reads it" };
        return Ok(format!("refused as {} ({by_gdal})", answer["error"]["kind"].as_str().unwrap()));
    }
    let sum = &answer[0]["rasters"][0]["checksum"];
    match &gdal["sha256"] {
        Value::Null => Ok("read, GDAL fails".into()),
        theirs if theirs == sum => Ok("read, equal to GDAL".into()),
        // Lossy pictures come out as the system's decoder has them.
        _ if answer[0]["rasters"][0]["format"].as_str().is_some_and(|format| format.contains("by GDAL")) => {
            Ok("read by the system's GDAL".into())
        }
        _ if CMYK.contains(&name) => Ok("read, CMYK as stored".into()),
        theirs => Err(format!("{sum} and not {theirs}")),
    }
}

#[test]
fn inspect_reads_as_gdal_does_or_refuses() {
    let Some(data) = real_data().map(|data| data.join("nasty-tiffs")) else { return };
    let oracle = oracle("nasty.json");
    let files: Vec<(&String, &Value)> = oracle["files"].as_object().unwrap().iter().collect();
    let outcomes: Vec<(&str, Result<String, String>)> = files
        .par_iter()
        .map(|(name, gdal)| {
            let ended = run(&data, &["inspect", "--checksum", "--json", "-j", "1", name]);
            (name.as_str(), behaves(&ended, &[name]).and_then(|()| outcome(name, &ended, gdal)))
        })
        .collect();
    let mut table = BTreeMap::<&str, usize>::new();
    let mut wrong = Vec::new();
    for (name, outcome) in &outcomes {
        match outcome {
            Ok(word) => *table.entry(word).or_default() += 1,
            Err(words) => wrong.push(format!("{name}: {words}")),
        }
    }
    println!("{} files through inspect --checksum", files.len());
    table.iter().for_each(|(word, count)| println!("{count:4} {word}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The system's GDAL reads more, and which depends on its version.
    assert!(cfg!(feature = "gdal") || table == BTreeMap::from(INSPECTED), "{table:?}");
}

/// An exit code, or what was wrong.
type Code = Result<Option<i32>, String>;

/// `change` from a file to another, and to itself with its bands the other way round.
fn changes(data: &Path, before: &str, after: &str) -> Vec<Code> {
    let scratch = TempDir::new().unwrap();
    let out = scratch.path().join("out").display().to_string();
    let plain = ["change", "--before", before, "--after", after, "--sensor", "s2", "--scale", "0.0001", "-j", "1"];
    let flipped = ["--before-bands", "B8A=1,B12=2", "--after-bands", "B8A=2,B12=1"];
    [("--no-previews", after), ("--json", before)]
        .iter()
        .map(|(flag, after)| {
            let mut line = plain.to_vec();
            line[4] = after;
            let ended = run(data, &[&line, &flipped[..], &["--out", &out, "--overwrite", flag]].concat());
            behaves(&ended, &[before, after])?;
            let left = common::names(scratch.path());
            let whole = ended.code != Some(2) || left.is_empty() || left == ["out"];
            if whole { Ok(ended.code) } else { Err(format!("left behind: {left:?}")) }
        })
        .collect()
}

#[test]
fn change_takes_no_harm_from_any_file() {
    let Some(data) = real_data().map(|data| data.join("nasty-tiffs")) else { return };
    let oracle = oracle("nasty.json");
    let files: Vec<&String> = oracle["files"].as_object().unwrap().keys().collect();
    let next = |at: usize| files[(at + 1) % files.len()];
    let outcomes: Vec<(usize, Vec<Code>)> =
        (0..files.len()).into_par_iter().map(|at| (at, changes(&data, files[at], next(at)))).collect();
    let mut table = BTreeMap::<Option<i32>, usize>::new();
    let mut wrong = Vec::new();
    for (at, outcomes) in &outcomes {
        for outcome in outcomes {
            match outcome {
                Ok(code) => *table.entry(*code).or_default() += 1,
                Err(words) => wrong.push(format!("{} and {}: {words}", files[*at], next(*at))),
            }
        }
    }
    println!("{} runs of change; by exit code: {table:?}", 2 * files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The system's GDAL reads more, and which depends on its version.
    assert!(cfg!(feature = "gdal") || table == BTreeMap::from(CHANGED), "{table:?}");
}
