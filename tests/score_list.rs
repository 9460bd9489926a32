//! `groundtell score --list`: one command recomputes an accuracy table.

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

use common::{pair, run};
use groundtell::io::csv;
use tempfile::TempDir;

/// A list of a simulated pair, of its truth as a mask, and of a scene that is not there.
fn list(folder: &TempDir) {
    let at = |path: &str| pair().join(path).display().to_string();
    let (before, after, truth) = (at("before/item.json"), at("after/item.json"), at("truth/burned.tif"));
    let rows = format!(
        "# made for a test\nname,before,after,reference,mask\nrun,{before},{after},{truth},\n\
         mask,,,{truth},{truth}\n\"no, none\",{before},nowhere.tif,{truth},\nshare alone,{before},{after},,\n"
    );
    std::fs::write(folder.path().join("scenes.csv"), rows).unwrap();
}

#[test]
fn a_list_becomes_csv_and_json() {
    let folder = TempDir::new().unwrap();
    list(&folder);
    let ended = run(folder.path(), &["score", "--list", "scenes.csv"]);
    assert_eq!(ended.code, Some(3), "{}", ended.talk);
    let rows = csv::rows(&ended.data).unwrap();
    assert_eq!(
        rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
        ["name", "run", "mask", "no, none", "share alone"]
    );
    assert!(rows[1][1].parse::<f64>().unwrap() > 0.3, "{:?}", rows[1]);
    assert!(["ok", "doubtful"].contains(&rows[1][9].as_str()));
    assert_eq!((rows[2][1].as_str(), rows[2][9].as_str()), ("1.0000", ""));
    assert!(rows[3][11].contains("nowhere.tif"), "{:?}", rows[3]);
    assert!(rows[4][1].is_empty() && rows[4][8].parse::<f64>().unwrap() > 0.0, "{:?}", rows[4]);
    let table = run(folder.path(), &["score", "--list", "scenes.csv", "--json"]).json();
    assert_eq!(table["scenes"][1]["f1"], 1.0);
    assert_eq!((&table["all"]["scenes"], &table["scenes"][2]["f1"]), (&2.into(), &serde_json::Value::Null));
    assert_eq!(common::names(folder.path()), ["scenes.csv"], "nothing of the runs is left");
}

#[test]
fn another_recipe_gives_another_table() {
    let folder = TempDir::new().unwrap();
    list(&folder);
    let burned = |more: &[&str]| {
        let table = run(folder.path(), &[&["score", "--list", "scenes.csv", "--json"], more].concat()).json();
        table["scenes"][0]["burned_ha"].as_f64().unwrap()
    };
    assert!(burned(&["--set", "burn.threshold=0.6"]) < burned(&["--set", "burn.threshold=0.1"]));
}

#[test]
fn broken_lists_are_refused_by_row() {
    let folder = TempDir::new().unwrap();
    let refused = |rows: &str, says: &[&str]| {
        std::fs::write(folder.path().join("scenes.csv"), rows).unwrap();
        run(folder.path(), &["score", "--list", "scenes.csv"]).refused(2, says);
    };
    refused("name,befor,after\n", &["scenes.csv", "befor"]);
    refused("name,before,after\na,b,c\nd,e\n", &["scenes.csv: scene 2", "neither"]);
    refused("name,before,after,scale\na,b,c,thick\n", &["scene 1", "scale", "thick"]);
    refused("", &["empty"]);
    refused("name,before\n\"a,b\n", &["line 2", "never closed"]);
    let both = run(folder.path(), &["score", "--list", "scenes.csv", "--mask", "m.tif"]);
    assert_eq!(both.code, Some(2));
    assert_eq!(run(folder.path(), &["score"]).code, Some(2));
}
