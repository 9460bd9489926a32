//! The architecture as a test: no import runs up the floors, and edges know no kernel.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test may read and fail")]

use std::path::{Path, PathBuf};

/// Top-level modules and the floor each stands on.
const FLOORS: &[(&str, u8)] = &[
    ("error", 0),
    ("limits", 0),
    ("text", 0),
    ("time", 0),
    ("document", 0),
    ("address", 0),
    ("geom", 1),
    ("kernel", 2),
    ("scene", 3),
    ("recipe", 3),
    ("plan", 3),
    ("layer", 3),
    ("vector", 3),
    ("claim", 3),
    ("evidence", 3),
    ("hotspot", 3),
    ("simulate", 3),
    ("io", 4),
    ("stac", 4),
    ("report", 4),
    ("pipeline", 5),
    ("watch", 5),
    ("cli", 6),
    ("main", 6),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The top-level module that a source file belongs to.
fn module_of(path: &Path, src: &Path) -> String {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Modules named after `crate::` or `groundtell::` in code (comments are left out).
fn imports(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for root in ["crate::", "groundtell::"] {
            for rest in line.split(root).skip(1) {
                let list = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or(list));
                let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
                for part in parts {
                    let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    named.push(name);
                }
            }
        }
    }
    named
}

#[test]
fn no_import_runs_up_the_floors() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 10, "the walk found the sources");
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("lib.rs")) {
        let own = module_of(file, &src);
        let own_floor = floor(&own).unwrap_or_else(|| panic!("{own} has no floor: name it in tests/floors.rs"));
        for named in imports(&std::fs::read_to_string(file).unwrap()) {
            let Some(named_floor) = floor(&named) else { continue };
            let upwards = named_floor > own_floor;
            let edge_knows_kernel = own_floor == 4 && named == "kernel";
            if upwards || edge_knows_kernel {
                wrong.push(format!("{} (floor {own_floor}) imports {named} (floor {named_floor})", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_an_import() {
    assert_eq!(imports("use crate::{kernel::x, io}; let y = crate::cli::z;"), ["kernel", "io", "cli"]);
    assert!(imports("// use crate::cli;").is_empty());
}
