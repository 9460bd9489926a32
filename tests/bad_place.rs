//! Bad areas, bad outputs, full disks, hostile words, offsets that do not agree: what is refused is refused by
//! name and before anything is written.

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
use std::process::{Command, Stdio};

use common::bench::Bench;
use common::tif::Tif;
use common::{contents, ended, json, names, program, run, shelf};
use groundtell::io::raster::Samples;

#[test]
fn bad_areas_are_refused_by_vertex() {
    let bench = Bench::new();
    let ring = |vertices: &str| format!(r#"{{"type":"Polygon","coordinates":[[{vertices}]]}}"#);
    let rows = [
        (String::new(), "not GeoJSON"),
        ("{".into(), "not GeoJSON"),
        ("[1,2]".into(), "not GeoJSON"),
        ("{}".into(), "no \"type\""),
        (r#"{"type":"FeatureCollection","features":[]}"#.into(), "no polygon"),
        (r#"{"type":"Polygon","coordinates":[]}"#.into(), "part 0: the polygon is empty"),
        (r#"{"type":"Point","coordinates":[36.2,50.5]}"#.into(), "a Point encloses no area"),
        (ring("[36.18,50.5],[36.2,50.5],[36.2,\"x\"],[36.18,50.5]"), "part 0, ring 0: vertex 2: "),
        (ring("[36.18,50.5],[36.2,1e308],[36.2,50.6],[36.18,50.5]"), "part 0, ring 0: vertex 1: the latitude"),
        (ring("[36.18,50.5],[NaN,50.5],[36.2,50.6],[36.18,50.5]"), "not GeoJSON"),
        (ring("[36.18,50.5],[36.18,50.5],[36.18,50.5],[36.18,50.5]"), "part 0"),
        (ring("[50.5,36.18],[50.5,36.2],[50.51,36.2],[50.5,36.18]"), ""),
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "not GeoJSON"),
    ];
    for (text, says) in rows {
        std::fs::write(bench.path().join("aoi.geojson"), text).unwrap();
        let swapped = says.is_empty();
        let file = if swapped { "outside every before scene" } else { "aoi.geojson: " };
        bench.refuses("a_20251105.tif", "b_20251125.tif", &["--aoi", "aoi.geojson"], &[file, says]);
    }
    std::fs::write(bench.path().join("aoi.geojson"), b"\xff\xfe{\0").unwrap();
    bench.refuses("a_20251105.tif", "b_20251125.tif", &["--aoi", "aoi.geojson"], &["aoi.geojson: ", "UTF-8"]);
    bench.refuses("a_20251105.tif", "b_20251125.tif", &["--aoi", "nowhere.geojson"], &["nowhere.geojson: "]);
    bench.refuses("a_20251105.tif", "b_20251125.tif", &["--aoi", "a_20251105.tif"], &["a_20251105.tif: ", "UTF-8"]);
    bench.refuses("a_20251105.tif", "b_20251125.tif", &["--aoi", "."], &["not a regular file"]);
}

#[test]
fn bad_boxes_are_refused() {
    let bench = Bench::new();
    for (text, says) in [
        ("0,0,1", "not four numbers"),
        ("a,b,c,d", "not four numbers"),
        ("nan,50,36,51", "not finite"),
        ("36.1,95,36.2,96", "latitude"),
        ("36.2,50.5,36.2,50.5", "encloses nothing"),
        ("36.2,50.52,36.21,50.51", "encloses nothing"),
        ("36.18500,50.51200,36.18501,50.51201", "covers the centre of no pixel"),
        ("50.5,36.18,50.51,36.2", "outside every before scene"),
        ("30,50,30.1,50.1", "a_20251105.tif"),
        ("-180,-85,180,85", "too large"),
    ] {
        bench.refuses("a_20251105.tif", "b_20251125.tif", &["--bbox", text], &[says]);
    }
    // One pixel is enough; half outside is cut by what is covered.
    bench.change("b_20251125.tif", &["--bbox", "36.185,50.512,36.1853,50.5122", "--out", "pixel"]).done();
    assert!(json(&bench.path().join("pixel/summary.json"))["aoi_ha"].as_f64().unwrap() < 0.2);
    bench.change("b_20251125.tif", &["--bbox", "36.17,50.51,36.185,50.52", "--out", "edge"]).done();
    let summary = json(&bench.path().join("edge/summary.json"));
    assert!(summary["not_seen_ha"]["not covered"].as_f64().unwrap() > 10.0, "{summary}");
}

#[test]
fn a_repaired_area_is_used_and_said() {
    let bench = Bench::new();
    let bow_tie = "[36.18,50.51],[36.19,50.52],[36.19,50.51],[36.18,50.52],[36.18,50.51]";
    std::fs::write(bench.path().join("aoi.json"), format!(r#"{{"type":"Polygon","coordinates":[[{bow_tie}]]}}"#))
        .unwrap();
    let text = bench.change("b_20251125.tif", &["--aoi", "aoi.json", "--out", "tie"]).done().data;
    assert!(text.contains("note: part 0"), "{text}");
}

#[test]
fn places_that_may_not_become_the_output_are_refused() {
    let bench = Bench::new();
    let folder = bench.path();
    std::os::unix::fs::symlink("old", folder.join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
    std::fs::create_dir(folder.join("foreign")).unwrap();
    std::fs::write(folder.join("foreign/thesis.txt"), "mine").unwrap();
    let here = folder.display().to_string();
    let before = contents(folder);
    for (out, overwrite, says) in [
        ("old", false, "old: the output folder is not empty"),
        ("foreign", false, "foreign: the output folder is not empty"),
        ("foreign", true, "no manifest.json of groundtell"),
        ("link", true, "symbolic link"),
        ("dangling", true, "symbolic link"),
        ("a_20251105.tif", true, "overlap"),
        ("b_20251125.tif", true, "overlap"),
        (&here, true, "overlap"),
        ("a_20251105.tif/x", true, "overlap"),
        ("nowhere/deep", true, "nowhere/deep: "),
        (".", true, "cannot become"),
        ("..", true, "cannot become"),
        ("/", true, "cannot become"),
        ("old/summary.json", true, "is a file"),
    ] {
        let more: &[&str] = if overwrite { &["--overwrite", "--out", out] } else { &["--out", out] };
        let ended = bench.change("b_20251125.tif", more);
        // Below a file nothing can be: that is told by the system.
        if ended.code != Some(4) || out != "a_20251105.tif/x" {
            ended.refused(2, &[says]);
        }
    }
    assert!(contents(folder) == before && !names(folder).iter().any(|name| name.contains("partial")));
    bench.change("b_20251125.tif", &["--out", "old", "--overwrite"]).done();
    assert_eq!(std::fs::read(folder.join("foreign/thesis.txt")).unwrap(), b"mine");
}

#[test]
fn two_runs_into_one_folder_do_not_mix() {
    let bench = Bench::new();
    let slow = ["simulate", "--out", "twice", "--size", "2048", "-j", "1"];
    let mut first = program(bench.path()).args(slow).stdout(Stdio::null()).spawn().unwrap();
    while !bench.path().join(".twice.groundtell-partial").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    bench.change("b_20251125.tif", &["--out", "twice"]).refused(4, &["another run is staging"]);
    first.kill().unwrap();
    first.wait().unwrap();
    bench.change("b_20251125.tif", &["--out", "twice"]).done();
}

/// Runs a shell script in a user namespace of its own, where it may mount; None where that is not permitted.
/// `$0` is the program, `$1` an empty folder.
fn mounted(bench: &Bench, script: &str) -> Option<common::Ended> {
    let folder = bench.path().join("mount");
    std::fs::create_dir_all(&folder).unwrap();
    let namespace = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]).current_dir(bench.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut probe = namespace();
    let allowed =
        probe.arg("mount -t tmpfs none \"$0\"").arg(&folder).output().is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: no user namespace to mount in");
        return None;
    }
    Some(ended(namespace().arg(script).arg(env!("CARGO_BIN_EXE_groundtell")).arg(&folder)))
}

#[test]
fn a_full_disk_ends_with_four_and_leaves_nothing() {
    let bench = Bench::new();
    let mut full = 0;
    // From a disk that holds not even a scratch file to one on which all is there but the last documents.
    for size in ["4k", "16k", "40k", "60k", "80k", "100k", "120k", "140k", "160k", "4m"] {
        let script = format!(
            "mount -t tmpfs -o size={size} none \"$1\" && \
             \"$0\" change --before a_20251105.tif --after b_20251125.tif --sensor s2 --out \"$1/new\" --dtype float32 >/dev/null; \
             code=$?; ls -A \"$1\"; exit $code"
        );
        let Some(ended) = mounted(&bench, &script) else { return };
        if ended.code == Some(0) {
            assert_eq!(ended.data, "new\n", "{size}");
            continue;
        }
        full += 1;
        assert_eq!(ended.data, "", "{size} left something behind");
        ended.refused(4, &["No space left on device"]);
    }
    assert!((4..10).contains(&full), "{full} disks were full");
}

#[test]
fn a_full_disk_leaves_the_old_output_whole() {
    let bench = Bench::new();
    let script = "mount -t tmpfs -o size=2m none \"$1\" && cp -r old \"$1/old\" && \
        dd if=/dev/zero of=\"$1/ballast\" bs=1k 2>/dev/null; truncate -s -60k \"$1/ballast\"; \
        \"$0\" change --before a_20251105.tif --after b_20251125.tif --sensor s2 --out \"$1/old\" --overwrite >/dev/null; \
        code=$?; ls -A \"$1\"; diff -r old \"$1/old\" && exit $code";
    let Some(ended) = mounted(&bench, script) else { return };
    assert_eq!(ended.data, "ballast\nold\n");
    ended.refused(4, &["No space left on device"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_refused() {
    let bench = Bench::new();
    let script = "mount -t tmpfs -o ro none \"$1\" && \
        exec \"$0\" change --before a_20251105.tif --after b_20251125.tif --sensor s2 --out \"$1/new\"";
    if let Some(ended) = mounted(&bench, script) {
        assert!(ended.data.is_empty());
        ended.refused(4, &["mount/", "Read-only file system"]);
    }
}

/// Every text that the program shows or writes, from a run that met hostile words.
fn shown(bench: &Bench, after: &str) -> Vec<(String, String)> {
    let run_it = bench.change(after, &["--out", "evil", "--overwrite", "--gpkg"]).done();
    let plan = bench.change(after, &["--plan"]).done();
    let json = bench.change(after, &["--plan", "--json"]).done();
    let inspect = run(bench.path(), &["inspect", after, "--measure"]).done();
    let listed = run(bench.path(), &["inspect", after, "--json"]).done();
    let refused = bench.pair(after, after, &["--out", "x"]).refused(2, &[]);
    let missed = run(bench.path(), &["score", "--mask", after, "--reference", &format!("{after}.geojson")]);
    let aoi = bench.change(after, &["--aoi", after, "--out", "x"]);
    let recipe = bench.change(after, &["--recipe", after, "--out", "x"]);
    let mut texts = Vec::new();
    for ended in [run_it, plan, json, inspect, listed, refused, missed, aoi, recipe] {
        texts.extend([("stdout".to_owned(), ended.data), ("stderr".to_owned(), ended.talk)]);
    }
    for (path, bytes) in contents(&bench.path().join("evil")) {
        let name = path.display().to_string();
        let text = if name.ends_with("json") {
            String::from_utf8(bytes).unwrap()
        } else {
            String::from_utf8_lossy(&bytes).into()
        };
        texts.push((name, text));
    }
    texts
}

#[test]
fn hostile_words_are_inert() {
    let bench = Bench::new();
    let words = [
        "\u{1b}]52;c;QQ==\u{7}",
        "\u{202e}fit.",
        "<script>alert(1)</script>",
        "\u{9b}31m",
        "=cmd|'/c calc'!A1",
        "a\nb",
    ];
    let mut evil = Tif::after();
    // One hostile name for each band that the line can do without, and two more bands.
    for (band, word) in words.iter().enumerate() {
        let plane = evil.bands[0].1.clone();
        evil.bands.push((format!("{word}{band}"), plane));
    }
    let names = ["evil_20251125.tif".to_owned(), format!("{}_20251125.tif", words[..5].concat().replace('/', "_"))];
    for name in names {
        bench.put(&name, &evil);
        for (place, text) in shown(&bench, &name) {
            let picture = place.ends_with("tif") || place.ends_with("gpkg") || place.ends_with("png");
            let bad =
                text.chars().filter(|c| (c.is_control() && !"\n\t".contains(*c)) || "\u{202e}\u{9b}".contains(*c));
            assert!(picture || bad.count() == 0, "{place}: {text:?}");
            // Binary files carry no foreign word at all.
            assert!(!picture || !text.contains("QQ=="), "{place}");
        }
    }
}

#[test]
fn offsets_that_are_declared_give_equal_numbers() {
    let shelf = shelf();
    let sides = ["03.01", "05.11"];
    for baseline in sides {
        let line = [
            "simulate",
            "--out",
            baseline,
            "--overwrite",
            "--size",
            "128",
            "--seed",
            "5",
            "--cloud",
            "0",
            "--baseline",
            baseline,
        ];
        run(&shelf, &line).done();
    }
    let mut made = Vec::new();
    for before in sides {
        for after in sides {
            let [first, second] = [format!("{before}/before/item.json"), format!("{after}/after/item.json")];
            let out = ["--out", "equal", "--overwrite", "--no-previews"];
            run(&shelf, &[&["change", "--before", &first, "--after", &second], &out[..]].concat()).done();
            let layers = contents(&shelf.join("equal/layers"));
            let burned = json(&shelf.join("equal/summary.json"))["burned_ha"].clone();
            made.push((layers, burned));
        }
    }
    assert!(
        made.windows(2).all(|pair| pair[0] == pair[1]),
        "{:?}",
        made.iter().map(|(_, burned)| burned).collect::<Vec<_>>()
    );
}

#[test]
fn offsets_that_contradict_the_pixels_are_refused() {
    let shelf = shelf();
    let line = [
        "simulate",
        "--out",
        "plain",
        "--overwrite",
        "--size",
        "128",
        "--seed",
        "5",
        "--cloud",
        "0",
        "--baseline",
        "03.01",
    ];
    run(&shelf, &line).done();
    // The item says that the offset is still in the numbers, and it is not.
    let item = std::fs::read_to_string(shelf.join("plain/after/item.json")).unwrap();
    let lying = item
        .replace("\"03.01\"", "\"05.11\"")
        .replace("\"offset\": 0.0", "\"offset\": -0.1")
        .replace("\"offset\": -0.0", "\"offset\": -0.1");
    std::fs::write(shelf.join("plain/after/lying.json"), lying).unwrap();
    let line = ["change", "--before", "plain/before/item.json", "--after", "plain/after/lying.json", "--out", "lies"];
    run(&shelf, &line).refused(2, &["SIMULATED_5_after", "lie below 900"]);
    assert!(!shelf.join("lies").exists());
}

#[test]
fn an_offset_on_one_side_alone_is_refused_or_told() {
    let bench = Bench::new();
    bench.put("c_20251125.tif", &Tif::after().mapped(|count| count + 1000.0));
    bench.put("d_20251105.tif", &Tif::before().mapped(|count| count + 1000.0));
    let says = ["c_20251125.tif", "offset"];
    bench.refuses("a_20251105.tif", "c_20251125.tif", &[], &says);
    bench.refuses("d_20251105.tif", "b_20251125.tif", &[], &["d_20251105.tif", "offset"]);
    // On both sides nothing can be seen of it, so it is said; told, all is as without it.
    let silent = bench.pair("d_20251105.tif", "c_20251125.tif", &["--out", "silent"]).done();
    assert!(silent.data.contains("doubtful") && silent.data.contains("--offset -0.1"), "{}", silent.data);
    bench.pair("d_20251105.tif", "c_20251125.tif", &["--offset", "-0.1", "--out", "told"]).done();
    let (Samples::I16(told), Samples::I16(old)) = (bench.layer("told", "dnbr").1, bench.layer("old", "dnbr").1) else {
        panic!("dNBR is in steps")
    };
    assert_eq!(told, old);
    assert!(Path::new(&bench.path().join("told/manifest.json")).exists());
}
