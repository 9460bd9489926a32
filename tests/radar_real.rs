//! Radar on real stacks: false alarms where nothing happened, and detection of dated disturbances. Run with `--nocapture` for
//! the tables.

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

use common::real_data;
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::kernel::sar::discovery::{Deviates, key_of};
use groundtell::limits::Limits;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::radar::request::{RadarRequest, Split};
use groundtell::pipeline::radar::summary::RadarSummary;
use groundtell::pipeline::radar::{RadarPrepared, run};
use groundtell::recipe::Recipe;
use jiff::civil::Date;
use tempfile::TempDir;

/// Runs `change --sar FOLDER --event EVENT` with the defaults but `sets`.
fn made(folder: &Path, event: Date, sets: &[&str], out: &Path) -> RadarSummary {
    let plain = ["output.previews=false", "output.hash_inputs=false", "output.dtype=float32"];
    let recipe = plain.iter().chain(sets).fold(Recipe::default(), |recipe, set| recipe.with(set).unwrap());
    let request = RadarRequest {
        paths: vec![folder.to_owned()],
        split: Split::Event(event),
        scale: None,
        orbit: None,
        aoi: None,
        aoi_notes: Vec::new(),
        recipe,
    };
    let prepared = RadarPrepared::new(request, None, &Limits::default()).unwrap();
    run(&prepared, out, true, &Silent).unwrap()
}

/// A float layer of a run: columns, values.
fn layer(out: &Path, name: &str) -> (usize, Vec<f32>) {
    let raster = tiff::open(&out.join(format!("layers/{name}.tif")), &Limits::default()).unwrap();
    let (width, height) = (raster.info().width, raster.info().height);
    match raster.read(0, &[0], Window::whole(width, height)).unwrap().remove(0) {
        Samples::F32(values) => (width, values),
        other => panic!("{other:?}"),
    }
}

/// The dates of the no-change stack.
fn opera_dates(folder: &Path) -> Vec<Date> {
    let mut dates: Vec<Date> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.ends_with("_VH.tif").then(|| groundtell::time::date_in(&name).unwrap())
        })
        .collect();
    dates.sort_unstable();
    dates
}

/// Share of p < 0.05 in the eastern half, the null told from the western one.
fn held_out((width, z): &(usize, Vec<f32>)) -> f64 {
    let mut halves = [Deviates::default(), Deviates::default()];
    z.iter().enumerate().for_each(|(at, z)| halves[usize::from(at % width >= width / 2)].add(key_of(*z)));
    halves[1].share_below(&halves[0].null().unwrap(), 0.05)
}

/// Every split in time that leaves two dates on a side, both polarisations, without and with the default multilook.
#[test]
fn where_nothing_happened_alarms_are_as_rare_as_stated() {
    let Some(data) = real_data() else { return };
    let folder = data.join("s1-opera-rtc-nochange");
    let dates = opera_dates(&folder);
    assert_eq!(dates.len(), 21);
    let place = TempDir::new().unwrap();
    let out = place.path().join("out");
    println!("polarisation,looks,first_after,before,after,theory,spread,nominal,held_out,discovered");
    let mut beyond = Vec::new();
    let mut apart = Vec::new();
    for polarisation in ["vv", "vh"] {
        for looks in [1, 3] {
            for k in 2..dates.len() - 1 {
                let sets = [format!("radar.statistic={polarisation}"), format!("radar.multilook={looks}")];
                let summary = made(&folder, dates[k].yesterday().unwrap(), &[&sets[0], &sets[1]], &out);
                let test = &summary.test;
                let apart_share = held_out(&layer(&out, &format!("z_{polarisation}")));
                println!(
                    "{polarisation},{looks},{},{k},{},{:.4},{:.3},{:.4},{apart_share:.4},{:.4}",
                    dates[k],
                    dates.len() - k,
                    test.share_theory,
                    test.null.spread,
                    test.share_nominal,
                    test.share_discovered
                );
                assert_eq!((test.pixels, summary.orbits[0].orbit), (10_000, Some(137)));
                assert!(test.share_discovered <= 0.005, "{polarisation} {looks} {k}: {}", test.share_discovered);
                if !(0.04..=0.06).contains(&test.share_nominal) {
                    beyond.push((polarisation, looks, k, test.share_nominal));
                }
                apart.push(apart_share);
            }
        }
    }
    apart.sort_by(f64::total_cmp);
    println!("held out: median {:.4}, from {:.4} to {:.4}", apart[apart.len() / 2], apart[0], apart[apart.len() - 1]);
    println!("outside of 4 to 6 %: {beyond:?}");
    // With the multilook the last three dates vary less than the eighteen before: fewer alarms than stated, never more.
    assert!(beyond.iter().all(|(_, looks, k, share)| *looks == 3 && *k == 18 && *share < 0.04), "{beyond:?}");
    assert!((0.04..=0.06).contains(&apart[apart.len() / 2]));
}

/// A reference point: column and row on the stack's grid, the date of a disturbance.
struct Point {
    at: (usize, usize),
    disturbed: Option<Date>,
}

fn points(folder: &Path) -> Vec<Point> {
    let text = std::fs::read_to_string(folder.join("reference_disturbance_points.csv")).unwrap();
    let point = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let metres = |text: &str| text.parse::<f64>().unwrap();
        let at = ((metres(fields[0]) - 806_880.0) / 30.0, (2_147_820.0 - metres(fields[1])) / 30.0);
        Point { at: (at.0 as usize, at.1 as usize), disturbed: fields[2].trim().parse().ok() }
    };
    text.lines().skip(1).map(point).collect()
}

/// The chance that a disturbed point has the greater score; ties count half.
fn auc(scores: &[(f32, bool)]) -> f64 {
    let of = |wanted: bool| scores.iter().filter(move |(_, disturbed)| *disturbed == wanted).map(|(score, _)| *score);
    let (mut wins, mut pairs) = (0.0, 0.0);
    for disturbed in of(true) {
        for calm in of(false) {
            pairs += 1.0;
            wins += if disturbed > calm {
                1.0
            } else if disturbed == calm {
                0.5
            } else {
                0.0
            };
        }
    }
    wins / pairs
}

/// Each disturbed point is tested at its own date. The undisturbed ones have none: the n-th of them in the file takes the
/// date of the n-th disturbed one, so that both have the same dates. All dates before, a year after.
#[test]
fn disturbances_stand_out_in_vh() {
    let Some(data) = real_data() else { return };
    let folder = data.join("s1-bago-timeseries");
    let points = points(&folder);
    let mut dates = points.iter().filter_map(|point| point.disturbed).collect::<Vec<_>>().into_iter();
    let mut by_date: BTreeMap<Date, Vec<&Point>> = BTreeMap::new();
    for point in &points {
        by_date.entry(point.disturbed.or_else(|| dates.next()).unwrap()).or_default().push(point);
    }
    assert_eq!(by_date.values().map(Vec::len).sum::<usize>(), 300);
    let place = TempDir::new().unwrap();
    let out: PathBuf = place.path().join("out");
    println!("looks,layer,auc");
    for looks in [1, 3, 5] {
        let mut scores: BTreeMap<&str, Vec<(f32, bool)>> = BTreeMap::new();
        for (event, points) in &by_date {
            made(&folder, *event, &[&format!("radar.multilook={looks}"), "radar.after_days=365"], &out);
            for name in ["ratio_vh", "z_vh", "ratio_vv", "z_vv"] {
                let (width, values) = layer(&out, name);
                for point in points {
                    let score = values[point.at.1 * width + point.at.0].abs();
                    scores.entry(name).or_default().push((score, point.disturbed.is_some()));
                }
            }
        }
        let areas: BTreeMap<&str, f64> = scores.iter().map(|(name, scores)| (*name, auc(scores))).collect();
        areas.iter().for_each(|(name, auc)| println!("{looks},{name},{auc:.3}"));
        // The log-ratio ranks disturbances; t does not (a stable canopy has a large t for a small change).
        let due = if looks == 1 { 0.755 } else { 0.78 };
        assert!(areas["ratio_vh"] >= due, "{looks}: {areas:?}");
        assert!(areas["z_vh"] > 0.62, "{looks}: {areas:?}");
    }
}
