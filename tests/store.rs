//! The output folder on a disk that runs full.

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

use std::fs;
use std::path::Path;
use std::process::Command;

use groundtell::io::spool::Spool;
use groundtell::io::store::Stage;
use groundtell::{Error, Kind};

/// Set for the child that has a disk of its own of 2 MiB.
const SMALL_DISK: &str = "GROUNDTELL_TEST_SMALL_DISK";

fn assert_full(error: &Error) {
    assert_eq!(error.kind(), Kind::Environment, "{error:?}");
    assert!(error.advice().is_some_and(|hint| hint.contains("disk is full")), "{error:?}");
}

/// Runs in a child; see the test below. In the parent it does nothing.
#[test]
fn child_fills_a_small_disk() {
    let Some(folder) = std::env::var_os(SMALL_DISK) else { return };
    let out = Path::new(&folder).join("out");
    let first = Stage::begin(&out, false, &[]).unwrap();
    first.write("a.txt", b"old").unwrap();
    first.publish(|_| Ok(br#"{"files":[{"path":"a.txt"}]}"#.to_vec())).unwrap();
    let stage = Stage::begin(&out, true, &[]).unwrap();
    stage.write("a.txt", b"new").unwrap();
    assert_full(&stage.write("b.bin", &vec![1; 8 << 20]).unwrap_err());
    let spool = Spool::new(stage.temporary("tiles").unwrap());
    assert_full(&(0..100).map(|index| spool.put(index, &[7; 1 << 20])).find_map(Result::err).unwrap());
    drop(stage);
    let stage = Stage::begin(&out, true, &[]).unwrap();
    stage.write("a.txt", b"new").unwrap();
    assert_full(&stage.publish(|_| Ok(vec![b' '; 8 << 20])).unwrap_err());
    assert_eq!(fs::read_to_string(out.join("a.txt")).unwrap(), "old");
    assert!(out.join("manifest.json").exists());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no staging folder is left");
    println!("the old output stands");
}

#[test]
fn a_full_disk_leaves_the_old_output() {
    let root = tempfile::tempdir().unwrap();
    let child = Command::new("unshare")
        .args(["-Urm", "sh", "-c", "mount -t tmpfs -o size=2m none \"$0\" && exec \"$@\""])
        .arg(root.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child_fills_a_small_disk", "--nocapture"])
        .env(SMALL_DISK, root.path())
        .output();
    let Ok(child) = child else { return println!("skipped: no unshare") };
    let (said, complained) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    if complained.contains("unshare:") || complained.contains("unshare failed") || complained.contains("mount:") {
        return println!("skipped: no private mounts");
    }
    assert!(said.contains("the old output stands"), "{said}\n{complained}");
}
