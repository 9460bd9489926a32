//! Claim files and the published schemas: the seed case, every schema as committed, and python's eyes on them
//! (`tests/oracle/check_schema.py`).

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

use common::run;
use groundtell::claim::{Claim, ClaimFile, Kind};
use groundtell::geom::aoi::Aoi;
use groundtell::limits::Limits;
use groundtell::watch::schema;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn committed_schemas_are_those_printed() {
    for (name, _) in schema::all() {
        let printed = run(here(), &["schema", name]).done().data;
        let committed = std::fs::read_to_string(here().join(format!("schemas/{name}.schema.json"))).unwrap_or_default();
        assert!(printed == committed, "stale: groundtell schema {name} > schemas/{name}.schema.json");
    }
    let files = common::names(&here().join("schemas"));
    assert_eq!(files.len(), schema::all().count(), "{files:?}");
}

#[test]
fn unknown_schemas_are_refused_and_completed() {
    let ended = run(here(), &["schema", "clam"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.talk.contains("'claim'") && ended.data.is_empty(), "{}", ended.talk);
    let script = run(here(), &["completions", "bash"]).done().data;
    assert!(script.contains("claim verdict watch"), "the names of the schemas are completed");
}

#[test]
fn python_agrees_about_the_schemas() {
    let script = here().join("tests/oracle/check_schema.py");
    let Ok(output) = Command::new("python3").arg(script).arg(here()).output() else { return };
    println!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.code() != Some(77) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn seed() -> Vec<Claim> {
    let text = std::fs::read(here().join("aoi/kupiansk/claims.toml")).unwrap();
    ClaimFile::from_bytes(&text, &Limits::default()).unwrap().claims
}

#[test]
fn the_seed_case_is_read() {
    let [fire, units] = seed().try_into().unwrap();
    assert!(fire.is_testable() && fire.untestable_reason().is_none());
    let sizes: Vec<_> = fire.smallest_effect.iter().map(|(kind, size)| (*kind, *size)).collect();
    assert_eq!(sizes, [(Kind::BurnedFields, 100.0), (Kind::ImpactArea, 10.0), (Kind::Thermal, 30.0)]);
    assert_eq!((fire.window.days(), fire.paths()), (16, vec!["aoi.geojson"]));
    assert!(!units.is_testable() && units.smallest_effect.is_empty());
    assert!(units.untestable_reason().is_some_and(|reason| reason.contains("ten metres")));
    assert!(fire.sides.is_empty() && units.sides.is_empty(), "no side is named");
    let area = std::fs::read(here().join("aoi/kupiansk/aoi.geojson")).unwrap();
    let hectares = Aoi::from_bytes(&area, &Limits::default()).unwrap().area_ha();
    fire.check_area(hectares, &Limits::default()).unwrap();
}

#[test]
fn a_claim_of_a_province_is_refused() {
    let [fire, _] = seed().try_into().unwrap();
    let error = fire.check_area(1_250_000.0, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), groundtell::Kind::Limit);
    assert!(error.to_string().contains("12500 km2, more than 10000 km2") && error.advice().is_some(), "{error}");
    assert!(fire.check_area(f64::NAN, &Limits::default()).is_err());
}
