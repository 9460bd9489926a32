//! `groundtell verify`: damage is found, a hostile manifest opens nothing, a replay gives every byte again.

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

use std::path::Path;
use std::process::Command;

use common::{change, copied, json, pair, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A finished run on the pair, `result` in a folder of its own.
fn finished() -> TempDir {
    let folder = TempDir::new().unwrap();
    run(folder.path(), &[change(), vec!["--out", "result", "--no-previews"]].concat()).done();
    folder
}

/// Changes the manifest of a run.
fn forged(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("manifest.json");
    let mut manifest = json(&path);
    change(&mut manifest);
    std::fs::write(path, manifest.to_string()).unwrap();
}

#[test]
fn verify_finds_every_damage() {
    let folder = finished();
    let intact = run(folder.path(), &["verify", "result"]).done();
    assert!(intact.data.contains("8 files checked: all as the manifest says"), "{}", intact.data);
    let dnbr = folder.path().join("result/layers/dnbr.tif");
    let mut bytes = std::fs::read(&dnbr).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&dnbr, &bytes).unwrap();
    std::fs::remove_file(folder.path().join("result/change.geojson")).unwrap();
    let ended = run(folder.path(), &["verify", "result", "--json"]);
    assert_eq!(ended.code, Some(2));
    let report = ended.json();
    assert_eq!((&report["intact"], &report["checked"]), (&json!(false), &json!(8)));
    let faults = report["faults"].to_string();
    assert!(
        faults.contains("layers/dnbr.tif: the checksum differs") && faults.contains("change.geojson: "),
        "{faults}"
    );
}

#[test]
fn verify_opens_nothing_that_a_hostile_manifest_names() {
    let folder = finished();
    let result = folder.path().join("result");
    // Whoever opens a pipe that nobody writes to waits for ever, and the test's deadline tells.
    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    pipe(&folder.path().join("canary"));
    std::fs::remove_file(result.join("layers/rbr.tif")).unwrap();
    pipe(&result.join("layers/rbr.tif"));
    std::fs::remove_file(result.join("layers/cva.tif")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", result.join("layers/cva.tif")).unwrap();
    let canary = folder.path().join("canary").display().to_string();
    let outside = ["../canary", "../../../../etc/passwd", &canary, "layers/../../canary", "a\u{1b}[31m\u{202e}b"];
    forged(&result, |manifest| {
        for path in outside {
            let entry = json!({ "path": path, "bytes": 1, "sha256": "0".repeat(64) });
            manifest["files"].as_array_mut().unwrap().push(entry);
        }
    });
    let ended = run(folder.path(), &["verify", "result"]);
    assert_eq!(ended.code, Some(2), "{}", ended.talk);
    assert_eq!(ended.data.matches("a path outside the folder").count(), outside.len(), "{}", ended.data);
    assert_eq!(ended.data.matches("not a regular file").count(), 2, "{}", ended.data);
    assert!(!ended.data.contains(['\u{1b}', '\u{202e}']) && !ended.data.contains("root:"), "{}", ended.data);
}

#[test]
fn verify_refuses_what_is_no_run() {
    let folder = finished();
    run(folder.path(), &["verify", "nowhere"]).refused(2, &["nowhere/manifest.json"]);
    std::fs::write(folder.path().join("result/manifest.json"), "{").unwrap();
    run(folder.path(), &["verify", "result"]).refused(2, &["result: manifest.json: "]);
}

#[test]
fn a_replay_gives_every_byte_again() {
    let folder = finished();
    let ended = run(folder.path(), &["verify", "result", "--replay"]).done();
    assert!(ended.data.contains("replayed: every byte came out again"), "{}", ended.data);
    // Recorded checksums that the replay does not meet are named.
    forged(&folder.path().join("result"), |manifest| manifest["files"][0]["sha256"] = "0".repeat(64).into());
    let ended = run(folder.path(), &["verify", "result", "--replay"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.data.contains("differs on replay: change.geojson"), "{}", ended.data);
}

#[test]
fn a_replay_of_changed_inputs_or_a_forged_request_is_refused() {
    let folder = TempDir::new().unwrap();
    copied(pair(), &folder.path().join("sim"));
    let line = ["change", "--before", "sim/before/item.json", "--after", "sim/after/item.json", "--out", "result"];
    run(folder.path(), &line).done();
    let replay = || run(folder.path(), &["verify", "result", "--replay"]);
    replay().done();
    let item = folder.path().join("sim/before/item.json");
    let text = std::fs::read_to_string(&item).unwrap();
    std::fs::write(&item, text.replace("SIMULATED_3_before", "SIMULATED_4_before")).unwrap();
    replay().refused(2, &["sim/before/item.json: ", "its checksum differs"]);
    std::fs::remove_file(&item).unwrap();
    replay().refused(2, &["sim/before/item.json: "]);
    std::fs::write(&item, text).unwrap();
    replay().done();
    let result = folder.path().join("result");
    forged(&result, |manifest| manifest["recipe"]["output"]["preview_px"] = 0.into());
    assert_eq!(replay().code, Some(2));
    forged(&result, |manifest| manifest["inputs"][0]["path"] = "/dev/zero".into());
    replay().refused(2, &["/dev/zero: this is not a regular file"]);
    forged(&result, |manifest| manifest["request"] = json!({ "before": 1 }));
    assert_eq!(replay().code, Some(2));
    run(folder.path(), &["verify", pair().to_str().unwrap(), "--replay"]).refused(2, &["'simulate'"]);
}
