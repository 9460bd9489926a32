//! The transaction under refusals, kills at every step, hostile manifests and a second run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::Kind;

/// A manifest as a run writes it.
fn manifest(files: &[Published]) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(&serde_json::json!({ "files": files })).unwrap())
}

fn run(out: &Path, files: &[(&str, &str)]) -> Result<Vec<Published>> {
    let stage = Stage::begin(out, true, &[])?;
    for (name, text) in files {
        stage.write(name, text.as_bytes())?;
    }
    stage.publish(manifest)
}

/// All files below a folder with their bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                walk(&path, root, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn names(folder: &Path) -> Vec<String> {
    tree(folder).into_keys().collect()
}

const OLD: &[(&str, &str)] = &[("a.txt", "old a"), ("layers/gone.tif", "old gone"), ("layers/kept.tif", "old kept")];
const NEW: &[(&str, &str)] = &[("a.txt", "new a"), ("deep/er/b.txt", "new b"), ("layers/kept.tif", "new kept")];

#[test]
fn a_new_folder_appears_complete() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let stage = Stage::begin(&out, false, &[]).unwrap();
    stage.write("b/c.txt", b"abc").unwrap();
    fs::write(stage.path_of("a.db").unwrap(), b"").unwrap();
    let mut scratch = stage.temporary("layer.0").unwrap();
    scratch.write_all(b"scratch").unwrap();
    assert!(!out.exists());
    let files = stage.publish(manifest).unwrap();
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(files[1], Published { path: "b/c.txt".into(), bytes: 3, sha256: abc.into() });
    assert_eq!(sha256_of(&out.join("b/c.txt")).unwrap(), abc);
    assert_eq!(names(root.path()), ["out/a.db", "out/b/c.txt", "out/manifest.json"]);
}

#[test]
fn dropping_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    stage.write("a", b"1").unwrap();
    assert_eq!(names(root.path()), [".out.groundtell-partial/a"]);
    drop(stage);
    assert!(names(root.path()).is_empty());
}

#[test]
fn an_unfinished_file_is_not_published() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    let mut file = stage.create("a").unwrap();
    file.write_all(b"half").unwrap();
    drop(file);
    assert_eq!(stage.publish(manifest).unwrap_err().kind(), Kind::Bug);
    assert!(names(root.path()).is_empty());
}

#[test]
fn refusals_before_any_work() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    let kind = |out: PathBuf, overwrite| Stage::begin(&out, overwrite, &[]).unwrap_err();
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full/notes.txt"), "mine").unwrap();
    assert_eq!(kind(at("full"), false).advice(), Some("add --overwrite, or let --out name a new folder"));
    assert_eq!([kind(at("full"), false).kind(), kind(at("full"), true).kind()], [Kind::Exists; 2]);
    fs::write(at("full/manifest.json"), r#"{"name": "a web page"}"#).unwrap();
    assert_eq!(kind(at("full"), true).kind(), Kind::Exists, "a manifest of somebody else");
    assert_eq!(kind(at("no/where"), true).kind(), Kind::Missing);
    assert_eq!(kind(at("full/notes.txt"), true).kind(), Kind::Usage);
    std::os::unix::fs::symlink(at("full"), at("link")).unwrap();
    assert_eq!(kind(at("link"), true).kind(), Kind::Usage);
    assert_eq!(kind(root.path().join("link/"), true).kind(), Kind::Usage, "a slash does not hide the link");
    assert_eq!(kind(PathBuf::from(".."), true).kind(), Kind::Usage);
    assert_eq!(kind(PathBuf::from("/proc/out"), true).kind(), Kind::Environment);
    fs::create_dir(at("empty")).unwrap();
    assert!(Stage::begin(&at("empty"), false, &[]).is_ok());
    assert_eq!(names(root.path()), ["full/manifest.json", "full/notes.txt", "link"]);
}

#[test]
fn inputs_stay_apart() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("safe/granule")).unwrap();
    fs::create_dir(root.path().join("x")).unwrap();
    fs::write(root.path().join("safe/granule/b4.tif"), "").unwrap();
    let begin = |out: &str, input: &str| Stage::begin(&root.path().join(out), true, &[root.path().join(input)]);
    for (out, input) in [("safe", "safe"), ("safe/out", "safe"), ("safe", "safe/granule/b4.tif"), ("x", "safe/../x")] {
        assert_eq!(begin(out, input).unwrap_err().kind(), Kind::Usage, "{out} and {input}");
    }
    assert!(begin("safer", "safe").is_ok());
}

#[test]
fn one_stage_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let first = Stage::begin(&out, false, &[]).unwrap();
    first.write("a", b"1").unwrap();
    assert_eq!(Stage::begin(&out, false, &[]).unwrap_err().kind(), Kind::Environment);
    first.publish(manifest).unwrap();
    assert!(Stage::begin(&out, true, &[]).is_ok());
}

#[test]
fn names_must_be_plain() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::begin(&root.path().join("out"), false, &[]).unwrap();
    for name in ["", "/etc/x", "../x", "a/../b", "./a", "a//b", ".hidden", "a\\b", "c:x", "a\nb", "manifest.json"] {
        assert!(stage.path_of(name).is_err(), "{name:?}");
    }
    assert!(stage.temporary("a/b").is_err());
    stage.write("a", b"").unwrap();
    assert!(stage.write("a", b"").is_err(), "twice");
}

#[test]
fn overwriting_replaces_ours_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    run(&out, OLD).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    run(&out, NEW).unwrap();
    let expected = ["a.txt", "deep/er/b.txt", "layers/kept.tif", "manifest.json", "notes.txt"];
    assert_eq!(names(&out), expected);
    assert_eq!(fs::read_to_string(out.join("a.txt")).unwrap(), "new a");
    assert_eq!(names(root.path()).len(), expected.len(), "nothing beside it");
}

#[test]
fn a_file_of_somebody_else_in_the_way_stops_before_anything_changes() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    run(&out, OLD).unwrap();
    fs::create_dir(out.join("deep")).unwrap();
    std::os::unix::fs::symlink(root.path(), out.join("deep/er")).unwrap();
    let before = tree(&out.join("layers"));
    assert_eq!(run(&out, NEW).unwrap_err().kind(), Kind::Exists);
    fs::remove_file(out.join("deep/er")).unwrap();
    fs::create_dir(out.join("deep/er")).unwrap();
    fs::write(out.join("deep/er/b.txt"), "mine").unwrap();
    assert_eq!(run(&out, NEW).unwrap_err().kind(), Kind::Exists);
    assert_eq!(tree(&out.join("layers")), before);
    assert!(out.join("manifest.json").exists());
}

#[test]
fn a_hostile_manifest_deletes_nothing_outside() {
    let root = tempfile::tempdir().unwrap();
    let (out, victim) = (root.path().join("out"), root.path().join("victim"));
    fs::create_dir_all(out.join("sub")).unwrap();
    fs::create_dir(&victim).unwrap();
    fs::write(victim.join("v.txt"), "precious").unwrap();
    std::os::unix::fs::symlink(&victim, out.join("door")).unwrap();
    let paths = ["../victim/v.txt", victim.join("v.txt").to_str().unwrap(), "sub/../../victim/v.txt", "./a", "", "sub"]
        .map(|path| serde_json::json!({ "path": path }));
    fs::write(out.join("manifest.json"), serde_json::json!({ "files": paths }).to_string()).unwrap();
    run(&out, &[("a.txt", "a")]).unwrap();
    assert!(out.join("sub").is_dir() && victim.join("v.txt").exists());
    let door = serde_json::json!({ "files": [{ "path": "door/v.txt" }] }).to_string();
    fs::write(out.join("manifest.json"), door).unwrap();
    fs::remove_file(out.join("a.txt")).unwrap();
    run(&out, &[("a.txt", "a")]).unwrap();
    assert!(victim.join("v.txt").exists(), "no link is followed");
}

/// P1: wherever a manifest stands, every file that it names is there with its hash.
fn assert_honest(out: &Path) {
    let Ok(text) = fs::read_to_string(out.join(MANIFEST)) else { return };
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap();
    for file in listed["files"].as_array().unwrap() {
        let hash = sha256_of(&out.join(file["path"].as_str().unwrap())).unwrap();
        assert_eq!(hash, file["sha256"].as_str().unwrap(), "{file}");
    }
}

/// Kills a run at each of its steps, reruns it (killed at another step, then undisturbed) and
/// compares with a run that nobody disturbed.
fn kill_everywhere(prepare: impl Fn(&Path)) {
    let undisturbed = tempfile::tempdir().unwrap();
    prepare(undisturbed.path());
    run(&undisturbed.path().join("out"), NEW).unwrap();
    let expected = tree(undisturbed.path());
    let mut points = 0;
    for step in 1.. {
        let root = tempfile::tempdir().unwrap();
        prepare(root.path());
        let out = root.path().join("out");
        let old = tree(root.path());
        disk::kill_at(Some(step));
        let finished = run(&out, NEW).is_ok();
        disk::kill_at(None);
        assert_honest(&out);
        for (name, bytes) in tree(root.path()).iter().filter(|(name, _)| name.starts_with("out/")) {
            let either = [old.get(name), expected.get(name)].contains(&Some(bytes));
            assert!(either || name == "out/.groundtell-replacing", "{name} is neither old nor new at step {step}");
        }
        if finished {
            break;
        }
        points += 1;
        disk::kill_at(Some(step * 7 % 23 + 1));
        run(&out, NEW).ok();
        disk::kill_at(None);
        run(&out, NEW).unwrap();
        assert_eq!(tree(root.path()), expected, "after a kill at step {step}");
    }
    assert!(points > 15, "only {points} steps could be killed");
}

#[test]
fn a_kill_at_any_step_of_a_first_run_heals() {
    kill_everywhere(|_| {});
}

#[test]
fn a_kill_at_any_step_of_an_overwrite_heals() {
    kill_everywhere(|root| {
        run(&root.join("out"), OLD).unwrap();
        fs::write(root.join("out/notes.txt"), "mine").unwrap();
    });
}

#[test]
fn text_is_bounded_and_must_be_text() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("t");
    fs::write(&path, "häuser").unwrap();
    assert_eq!(read_text(&path, 7).unwrap(), "häuser");
    assert_eq!(read_text(&path, 6).unwrap_err().kind(), Kind::Limit);
    fs::write(&path, b"ab\xff").unwrap();
    assert!(read_text(&path, 10).unwrap_err().to_string().contains("byte 2"));
    assert_eq!(read_text(&root.path().join("no"), 10).unwrap_err().kind(), Kind::Missing);
    assert_eq!(read_text(root.path(), 10).unwrap_err().kind(), Kind::Unsupported);
    assert_eq!(read_text(Path::new("/dev/zero"), 10).unwrap_err().kind(), Kind::Unsupported);
}
