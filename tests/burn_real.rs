//! The burn map on real scenes, with default settings: accuracy, what it says of itself, and what it must not find.

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
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use common::real_data;
use common::tif::Tif;
use groundtell::geom::window::Window;
use groundtell::io::csv;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::table::{Table, scenes, table};
use groundtell::recipe::Recipe;
use tempfile::TempDir;

/// Runs and scores the scenes of a list.
fn scored(rows: &str) -> Table {
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("scenes.csv");
    std::fs::write(&list, rows).unwrap();
    let limits = Limits::default();
    let found = table(&scenes(&list, &limits).unwrap(), &Recipe::default(), &Silent, &limits).unwrap();
    print!("{}", found.to_csv());
    assert!(found.is_whole(), "{:?}", found.scenes);
    found
}

fn fires(data: &Path) -> Vec<(String, PathBuf)> {
    let folder = data.join("s2-calfire-pairs");
    let mut names = common::names(&folder);
    names.retain(|name| folder.join(name).is_dir());
    names.into_iter().map(|name| (name.clone(), folder.join(name))).collect()
}

#[test]
fn californian_fires_against_their_perimeters() {
    let Some(data) = real_data() else { return };
    let mut rows = "name,before,after,reference,scale\n".to_owned();
    for (name, folder) in fires(&data) {
        let [pre, post, mask] = ["pre.tif", "post.tif", "mask.tif"].map(|file| folder.join(file).display().to_string());
        writeln!(rows, "{name},{pre},{post},{mask},1e-4").unwrap();
    }
    let found = scored(&rows);
    assert_eq!(found.scenes.len(), 9);
    println!("{:?}", found.ok);
    assert!(found.ok.scenes >= 5, "{:?}", found.ok);
    assert!(found.ok.mean_f1.unwrap() >= 0.91 && found.ok.median_f1.unwrap() >= 0.90, "{:?}", found.ok);
    assert!(found.ok.least_f1.unwrap() >= 0.85, "{:?}", found.ok);
    // What the traps are called: everything burned, harvest, green-up and seams, light burn under a canopy.
    let traps = [
        ("5-6_CASCADE", "hardly any unburned control"),
        ("66_", "harvest or ploughing"),
        ("KENNETH", "greened up"),
        ("1-7_", "still green"),
    ];
    for (name, words) in traps {
        let row = found.scenes.iter().find(|row| row.name.starts_with(name)).unwrap();
        assert_eq!(row.state.as_deref(), Some("doubtful"), "{name}");
        assert!(row.reasons.iter().any(|reason| reason.contains(words)), "{name}: {:?}", row.reasons);
    }
}

#[test]
fn with_the_dates_swapped_hardly_anything_burned() {
    let Some(data) = real_data() else { return };
    let mut rows = "name,before,after,scale\n".to_owned();
    for (name, folder) in fires(&data) {
        let [pre, post] = ["pre.tif", "post.tif"].map(|file| folder.join(file).display().to_string());
        writeln!(rows, "{name},{post},{pre},1e-4").unwrap();
    }
    for row in scored(&rows).scenes {
        let (share, ok) = (row.burned_share.unwrap(), row.state.as_deref() == Some("ok"));
        assert!(share <= 0.02 && !(ok && share > 0.001), "{}: {share} {:?}", row.name, row.reasons);
    }
}

#[test]
fn an_andean_grass_fire() {
    let Some(data) = real_data() else { return };
    let folder = data.join("l8-peru-2020");
    let scratch = TempDir::new().unwrap();
    let mut polygons = common::json(&folder.join("author_burned_area_wgs84.geojson"));
    // Of the author's polygons class 1 is the unburned rest.
    polygons["features"].as_array_mut().unwrap().retain(|feature| feature["properties"]["DN"] == 2);
    let area = scratch.path().join("burned.geojson");
    std::fs::write(&area, polygons.to_string()).unwrap();
    let [pre, post] =
        ["pre", "post"].map(|side| folder.join(format!("stack_{side}_red_nir_swir1_swir2.tif")).display().to_string());
    let rows =
        format!("name,before,after,reference,bands\nperu,{pre},{post},{},red nir swir16 swir22\n", area.display());
    let found = scored(&rows);
    assert_eq!(found.ok.scenes, 1);
    assert!(found.ok.mean_f1.unwrap() >= 0.93, "{:?}", found.ok);
}

/// Size, transform and floats of a raster of one band.
fn plane(path: &Path) -> ((usize, usize), [f64; 6], Vec<f32>) {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    let values = match raster.read(0, &[0], Window::whole(info.width, info.height)).unwrap().remove(0) {
        Samples::F32(values) => values,
        Samples::U16(values) => values.into_iter().map(f32::from).collect(),
        Samples::I16(steps) => {
            let scale = info.bands[0].scale.unwrap_or(1.0);
            steps
                .into_iter()
                .map(|step| if step == i16::MIN { f32::NAN } else { (f64::from(step) * scale) as f32 })
                .collect()
        }
        other => panic!("{other:?}"),
    };
    ((info.width, info.height), info.grid.as_ref().unwrap().geotransform(), values)
}

#[test]
fn a_fire_known_by_its_burn_ratio_alone() {
    let Some(data) = real_data() else { return };
    let folder = data.join("s2-llutxent-2018");
    let (size, transform, nir) = plane(&folder.join("antes_B8A.tif"));
    let (_, _, swir2) = plane(&folder.join("antes_B12.tif"));
    // Nothing (0) on either band is no ratio: NaN.
    let ratio = nir.iter().zip(&swir2).map(|(nir, swir2)| (nir - swir2) / (nir + swir2));
    let before = Tif {
        size,
        bands: vec![("NBR".to_owned(), ratio.collect())],
        float: true,
        epsg: Some(4326),
        transform,
        nodata: None,
        tile: None,
    };
    let scratch = TempDir::new().unwrap();
    let path = scratch.path().join("before.tif");
    before.write(&path);
    let rows = format!(
        "name,before,after,reference,bands\nllutxent,{},{},{},NBR\n",
        path.display(),
        folder.join("NBR_despues.tif").display(),
        folder.join("fire_perimeter_wgs84.geojson").display()
    );
    let found = scored(&rows);
    assert!(found.all.mean_f1.unwrap() >= 0.92, "{:?}", found.all);
}

#[test]
fn a_wood_through_its_seasons_never_burned() {
    let Some(data) = real_data() else { return };
    let file = data.join("s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif").display().to_string();
    let names = ["B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12"];
    let bands = |date: usize| {
        let band = |(place, name): (usize, &&str)| format!("{name}={}", 10 * date + place + 1);
        names.iter().enumerate().map(band).collect::<Vec<_>>().join(" ")
    };
    let mut rows = "name,before,after,scale,before_bands,after_bands\n".to_owned();
    for date in 0..6 {
        writeln!(rows, "{date},{file},{file},1e-4,{},{}", bands(date), bands(date + 1)).unwrap();
        writeln!(rows, "{date} swapped,{file},{file},1e-4,{},{}", bands(date + 1), bands(date)).unwrap();
    }
    let found = scored(&rows).scenes;
    for row in &found {
        assert!(row.burned_share.unwrap() <= 0.002, "{}: {:?}", row.name, row.burned_share);
    }
    let autumn = found.iter().find(|row| row.name == "5").unwrap();
    assert_eq!(autumn.state.as_deref(), Some("doubtful"));
    assert!(autumn.reasons.iter().any(|reason| reason.contains("leaf fall")), "{:?}", autumn.reasons);
}

/// Pearson's correlation.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

#[test]
fn basins_burned_as_the_usgs_has_them() {
    let Some(data) = real_data() else { return };
    let folder = data.join("l7-usgs-fires");
    let text = std::fs::read_to_string(folder.join("basin_truth.csv")).unwrap();
    let table = csv::rows(&text).unwrap();
    let column = |name: &str| table[0].iter().position(|own| own == name).unwrap_or_else(|| panic!("{name}"));
    let (basin, fire, truth) = (column("Fire_SegID"), column("fire_id"), column("usgs_mean_dnbr_div1000"));
    let mut fires: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for row in &table[1..] {
        let path = |side: &str| folder.join(&row[fire]).join(format!("{}_{side}.tif", row[basin]));
        if !path("before").is_file() {
            continue;
        }
        let scratch = TempDir::new().unwrap();
        let [before, after] = ["before", "after"].map(|side| path(side).display().to_string());
        let line = [
            "change",
            "--before",
            &before,
            "--after",
            &after,
            "--bands",
            "B1,B2,B3,B4,B5,B7",
            "--sensor",
            "landsat7",
            "--scale",
            "2.75e-5",
            "--offset",
            "-0.2",
            "--layers",
            "dnbr",
            "--no-previews",
            "--out",
            "run",
        ];
        common::run(scratch.path(), &line).done();
        let (_, _, dnbr) = plane(&scratch.path().join("run/layers/dnbr.tif"));
        let seen: Vec<f64> = dnbr.into_iter().filter(|value| !value.is_nan()).map(f64::from).collect();
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        fires.entry(row[fire].clone()).or_default().push((mean, row[truth].parse().unwrap()));
    }
    let due = [("lb", 0.90), ("wal", 0.91), ("har", 0.98), ("gld", 0.99), ("cs", 0.81), ("mmt", 0.69)];
    for (fire, least) in due {
        let r = correlation(&fires[fire]);
        println!("{fire}: r {r:.3} over {} basins", fires[fire].len());
        assert!(r >= least - 0.005, "{fire}: {r}");
    }
}
