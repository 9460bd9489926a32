//! Claims about real ground: fires that burned are corroborated where the scene can tell, and nothing else is.

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

#[allow(dead_code, reason = "each test binary uses a part")]
mod claims_support;
mod common;

use std::path::Path;

use claims_support::{claimed, count, judged, numbered, on};
use common::real_data;
use common::tif::Tif;
use groundtell::claim::{Kind, Scenes};
use groundtell::evidence::draw::Draw;
use groundtell::evidence::{LayerKind, Outcome};
use groundtell::geom::window::Window as Pixels;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use jiff::civil::Date;
use tempfile::TempDir;

/// A fire: its scenes, the days around it, and the truth.
struct Fire {
    name: String,
    scenes: Scenes,
    days: [Date; 2],
    burned: Vec<bool>,
    size: (usize, usize),
    corner: (f64, f64),
    pixel: f64,
}

impl Fire {
    fn open(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let alarm: Date = groundtell::time::date_in(&name).unwrap();
        let days = [alarm, alarm.checked_add(jiff::Span::new().days(14)).unwrap()];
        let path = |file: &str| folder.join(file).display().to_string();
        let scenes = Scenes {
            before: vec![path("pre.tif")],
            after: vec![path("post.tif")],
            before_date: Some(alarm.yesterday().unwrap()),
            after_date: Some(days[1]),
            scale: Some(1e-4),
            ..Scenes::default()
        };
        let truth = tiff::open(&folder.join("mask.tif"), &Limits::default()).unwrap();
        let info = truth.info();
        let size = (info.width, info.height);
        let Samples::U8(mask) = truth.read(0, &[0], Pixels::whole(size.0, size.1)).unwrap().remove(0) else {
            panic!("a mask of bytes")
        };
        let [west, pixel, _, north, ..] = info.grid.as_ref().unwrap().geotransform();
        let burned = mask.iter().map(|value| *value == 1).collect();
        Self { name, scenes, days, burned, size, corner: (west, north), pixel }
    }

    /// Share of a box of pixels inside the perimeter.
    fn share(&self, (col, row): (usize, usize), (width, height): (usize, usize)) -> f64 {
        let inside = (row..row + height).flat_map(|row| (col..col + width).map(move |col| row * self.size.0 + col));
        inside.filter(|at| self.burned[*at]).count() as f64 / (width * height) as f64
    }

    fn bbox(&self, (col, row): (usize, usize), (width, height): (usize, usize)) -> [f64; 4] {
        let (west, north) = (self.corner.0 + col as f64 * self.pixel, self.corner.1 - row as f64 * self.pixel);
        [west, north - height as f64 * self.pixel, west + width as f64 * self.pixel, north]
    }

    /// A box of 600 m in pixels.
    fn side(&self) -> (usize, usize) {
        let metres = self.pixel * 111_320.0;
        ((600.0 / (metres * self.corner.1.to_radians().cos())).round() as usize, (600.0 / metres).round() as usize)
    }
}

fn fires(data: &Path) -> Vec<Fire> {
    let folder = data.join("s2-calfire-pairs");
    let mut names = common::names(&folder);
    names.retain(|name| folder.join(name).is_dir());
    names.iter().map(|name| Fire::open(&folder.join(name))).collect()
}

#[test]
fn honesty_real_burns_are_corroborated_and_unburned_boxes_are_not() {
    let Some(data) = real_data() else { return };
    let (mut wrong, mut tried, mut corroborated) = (0, 0, 0);
    for fire in fires(&data) {
        let side = fire.side();
        let places = (0..fire.size.0 - side.0)
            .step_by(3)
            .flat_map(|col| (0..fire.size.1 - side.1).step_by(3).map(move |row| (col, row)));
        let most = places.clone().max_by(|a, b| fire.share(*a, side).total_cmp(&fire.share(*b, side))).unwrap();
        let mut claims = vec![claimed(1, Kind::BurnedFields, fire.bbox(most, side), fire.days)];
        let mut draw = Draw::new(7, 0);
        let clear: Vec<(usize, usize)> = places.filter(|place| fire.share(*place, side) == 0.0).collect();
        for number in 0..20.min(clear.len()) {
            let place = clear[draw.below(clear.len())];
            claims.push(claimed(number + 2, Kind::BurnedFields, fire.bbox(place, side), fire.days));
        }
        let verdicts = judged(on(&fire.scenes, claims), 100);
        let burned = verdicts[0].judgement.layer(LayerKind::Burn).unwrap();
        let placebos = burned.measured.placebos.first().map_or(0, |family| family.values.len());
        println!(
            "{}: {} of it burned: {:?}, {placebos} placebos, p {:?}, effect {:.1} ({:.1} to {:.1}) ha, power {:?}: {}",
            fire.name,
            fire.share(most, side),
            burned.outcome,
            burned.p_holm,
            burned.measured.effect.value,
            burned.measured.effect.low,
            burned.measured.effect.high,
            burned.measured.power.as_ref().map(|power| (power.at_smallest.value, power.detectable_at_80)),
            burned.because
        );
        let whole = burned.measured.observability.doubts.is_empty();
        let expected = if whole && placebos >= 19 { Outcome::Corroborates } else { Outcome::Inconclusive };
        assert_eq!(burned.outcome, expected, "{}: {}", fire.name, burned.because);
        assert!(!whole || placebos >= 19 || burned.because.contains("there is room for"), "{}", burned.because);
        corroborated += usize::from(burned.outcome == Outcome::Corroborates);
        let unburned = &verdicts[1..];
        let count = |wanted| count(unburned, wanted);
        println!(
            "   unburned: {} corroborate, {} contradict, {} inconclusive, {} not observable",
            count(Outcome::Corroborates),
            count(Outcome::Contradicts),
            count(Outcome::Inconclusive),
            count(Outcome::NotObservable)
        );
        wrong += count(Outcome::Corroborates);
        tried += unburned.len();
    }
    assert!(tried >= 150 && wrong * 20 <= tried, "{wrong} of {tried} unburned boxes");
    assert!(corroborated >= 1, "a clear fire with room for controls");
}

/// The dates of the wood near Toulouse, a file each.
fn bouconne(data: &Path, folder: &Path) -> Vec<(Date, String)> {
    let names = ["B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12"];
    let days = ["2018-04-29", "2018-05-13", "2018-07-08", "2018-08-15", "2018-09-15", "2018-10-15", "2018-11-15"];
    let raster = tiff::open(&data.join("s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif"), &Limits::default()).unwrap();
    let info = raster.info();
    let grid = info.grid.as_ref().unwrap();
    let whole = Pixels::whole(info.width, info.height);
    let band = |place: usize| match raster.read(0, &[place], whole).unwrap().remove(0) {
        Samples::I16(values) => values.into_iter().map(f32::from).collect::<Vec<f32>>(),
        other => panic!("{other:?}"),
    };
    let written = days.iter().enumerate().map(|(date, day)| {
        let bands = names.iter().enumerate().map(|(place, name)| ((*name).to_owned(), band(10 * date + place)));
        let tif = Tif {
            size: (info.width, info.height),
            bands: bands.collect(),
            float: true,
            epsg: Some(32631),
            transform: grid.geotransform(),
            nodata: None,
            tile: None,
        };
        let path = folder.join(format!("{day}.tif"));
        tif.write(&path);
        (day.parse().unwrap(), path.display().to_string())
    });
    written.collect()
}

#[test]
fn honesty_leaf_fall_over_a_real_wood_is_not_corroborated() {
    let Some(data) = real_data() else { return };
    let folder = TempDir::new().unwrap();
    let dates = bouconne(&data, folder.path());
    for pair in dates.windows(2) {
        let [(before, first), (after, second)] = pair else { panic!("two dates") };
        let scenes = Scenes {
            before: vec![first.clone()],
            after: vec![second.clone()],
            before_date: Some(*before),
            after_date: Some(*after),
            scale: Some(1e-4),
            ..Scenes::default()
        };
        let days = [before.tomorrow().unwrap(), *after];
        // Boxes of about 300 m over the frame of 2.3 by 2.5 km.
        let boxes = (0..9).map(|n| {
            let (west, south) = (1.2165 + 0.0085 * f64::from(n % 3), 43.6395 + 0.0065 * f64::from(n / 3));
            [west, south, west + 0.0037, south + 0.0027]
        });
        let kinds = [Kind::BurnedFields, Kind::ImpactArea];
        let claims = boxes.flat_map(|bbox| kinds.map(|kind| claimed(1, kind, bbox, days))).collect();
        let verdicts = judged(on(&scenes, numbered(claims)), 20);
        println!(
            "{before} to {after}: {} corroborate, {} not observable of {}",
            count(&verdicts, Outcome::Corroborates),
            count(&verdicts, Outcome::NotObservable),
            verdicts.len()
        );
        assert_eq!(count(&verdicts, Outcome::Corroborates), 0);
        assert!(count(&verdicts, Outcome::NotObservable) < verdicts.len(), "the boxes lie in the frame");
    }
}

#[test]
fn honesty_radar_corroborates_nothing_where_nothing_happened() {
    let Some(data) = real_data() else { return };
    let folder = data.join("s1-opera-rtc-nochange").display().to_string();
    let (mut placebos, mut verdicts) = (0, Vec::new());
    for window in [["2021-12-20", "2022-11-14"], ["2023-01-02", "2023-10-16"]] {
        let days = window.map(|day| day.parse::<Date>().unwrap());
        let boxes = (0..9).map(|n| {
            let (west, south) = (-119.775 + 0.009 * f64::from(n % 3), 34.434 + 0.008 * f64::from(n / 3));
            [west, south, west + 0.0045, south + 0.0035]
        });
        let mut claims: Vec<_> = boxes.map(|bbox| claimed(1, Kind::BuiltDamage, bbox, days)).collect();
        claims.iter_mut().for_each(|asked| asked.claim.imagery.stack = vec![folder.clone()]);
        verdicts.extend(judged(numbered(claims), 20));
    }
    for verdict in &verdicts {
        let layer = verdict.judgement.layer(LayerKind::Radar).unwrap();
        placebos += layer.measured.placebos.first().map_or(0, |family| family.values.len());
        println!("{:?} {:?} {}", layer.outcome, layer.p, layer.because);
    }
    assert_eq!(count(&verdicts, Outcome::Corroborates), 0);
    assert!(placebos >= 9 * 19, "boxes have room for controls: {placebos}");
}
