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

mod common;

use std::path::{Path, PathBuf};

use common::real_data;
use groundtell::claim::{Asserts, Claim, Imagery, Kind, Place, Scenes, Window};
use groundtell::evidence::draw::Draw;
use groundtell::evidence::verdict::Verdict;
use groundtell::evidence::{LayerKind, Outcome};
use groundtell::geom::aoi::Aoi;
use groundtell::geom::window::Window as Pixels;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use groundtell::pipeline::check::request::{Asked, CheckRequest, Named};
use groundtell::pipeline::check::run;
use groundtell::pipeline::crew::Silent;
use groundtell::recipe::Recipe;
use jiff::civil::Date;
use tempfile::TempDir;

/// A claim that fields burned in a box between two days.
fn claimed(number: usize, bbox: [f64; 4], [from, to]: [Date; 2], scenes: &Scenes) -> Asked {
    let claim = Claim {
        id: format!("box-{number}"),
        text: "fields burned here".into(),
        source: "test".into(),
        source_sha256: None,
        made_at: None,
        asserts: Asserts::Occurred,
        place: Place::Bbox(bbox),
        location_error_m: 0.0,
        window: Window { from, to },
        kinds: vec![Kind::BurnedFields],
        smallest_effect: [(Kind::BurnedFields, 10.0)].into(),
        sides: Vec::new(),
        prior: None,
        imagery: Imagery { scenes: Some(scenes.clone()), ..Imagery::default() },
    };
    let [west, south, east, north] = bbox;
    let area = Aoi::from_bbox(&format!("{west},{south},{east},{north}")).unwrap().to_geojson();
    Asked { number, claim, area, area_notes: Vec::new(), named: Named::default() }
}

fn judged(claims: Vec<Asked>) -> Vec<Verdict> {
    let folder = TempDir::new().unwrap();
    let recipe = Recipe::default().with("evidence.implants=100").unwrap();
    let request = CheckRequest { claims, files: Vec::new(), folder: PathBuf::new(), public: None, recipe };
    run(&request, (&folder.path().join("out"), false), &Silent, &Limits::default()).unwrap()
}

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
    let (mut wrong, mut tried) = (0, 0);
    for fire in fires(&data) {
        let side = fire.side();
        let places = (0..fire.size.0 - side.0)
            .step_by(3)
            .flat_map(|col| (0..fire.size.1 - side.1).step_by(3).map(move |row| (col, row)));
        let most = places.clone().max_by(|a, b| fire.share(*a, side).total_cmp(&fire.share(*b, side))).unwrap();
        let mut claims = vec![claimed(1, fire.bbox(most, side), fire.days, &fire.scenes)];
        let mut draw = Draw::new(7, 0);
        let clear: Vec<(usize, usize)> = places.filter(|place| fire.share(*place, side) == 0.0).collect();
        for number in 0..20.min(clear.len()) {
            let place = clear[draw.below(clear.len())];
            claims.push(claimed(number + 2, fire.bbox(place, side), fire.days, &fire.scenes));
        }
        let verdicts = judged(claims);
        let burned = verdicts[0].judgement.layer(LayerKind::Burn).unwrap();
        let placebos = burned.measured.placebos[0].values.len();
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
        let outcomes: Vec<Outcome> = verdicts[1..].iter().map(|verdict| verdict.judgement.outcome).collect();
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        println!(
            "   unburned: {} corroborate, {} contradict, {} inconclusive, {} not observable",
            count(Outcome::Corroborates),
            count(Outcome::Contradicts),
            count(Outcome::Inconclusive),
            count(Outcome::NotObservable)
        );
        wrong += count(Outcome::Corroborates);
        tried += outcomes.len();
    }
    assert!(wrong * 20 <= tried, "{wrong} of {tried} unburned boxes");
}
