//! The kernels of the burn map against numpy and scipy: `tests/oracle/burn.json`, made by `make_burn.py`.

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

use common::tif::Tif;
use common::{oracle, run};
use groundtell::geom::runs::{Run, Runs};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::kernel::burn::Settings;
use groundtell::kernel::burn::background::Background;
use groundtell::kernel::burn::membership::{Membership, Score, SignCounts};
use groundtell::kernel::burn::objects::{Fate, Marks};
use groundtell::kernel::burn::shape::shapes;
use groundtell::kernel::burn::signs::{self, GREEN, Ground, SOIL, Sign};
use groundtell::kernel::label::{Connectivity, fill_holes, label, remove_small};
use groundtell::kernel::morphology::{close, grow, neighbours_at_least, open_by_reconstruction};
use groundtell::kernel::stats::Histogram;
use groundtell::limits::Limits;
use ndarray::Array2;
use serde_json::Value;
use tempfile::TempDir;

const SIGNS: [(Sign, &str); 3] = [(Sign::Fall, "fall"), (Sign::Dark, "dark"), (Sign::Char, "char")];

fn whole(value: &Value) -> Vec<i32> {
    value.as_array().unwrap().iter().map(|number| number.as_i64().unwrap() as i32).collect()
}

/// The made-up scene of the oracle.
struct Scene {
    oracle: Value,
    size: (usize, usize),
}

impl Scene {
    fn new() -> Self {
        let oracle = oracle("burn.json");
        let size = ["height", "width"].map(|key| oracle[key].as_u64().unwrap() as usize);
        Self { oracle, size: (size[0], size[1]) }
    }

    fn band(&self, side: &str, name: &str) -> Array2<f32> {
        let place = self.oracle["bands"].as_array().unwrap().iter().position(|band| band == name).unwrap();
        let counts = whole(&self.oracle[side][place]).into_iter().map(|count| count as f32).collect();
        Array2::from_shape_vec(self.size, counts).unwrap()
    }

    fn runs(&self, rows: &Value) -> Runs {
        let width = self.size.1 as u32;
        let pixels = rows.as_array().unwrap().iter().enumerate().flat_map(|(row, hex)| {
            let bits = u64::from_str_radix(hex.as_str().unwrap(), 16).unwrap();
            let set = (0..width).filter(move |col| bits >> (width - 1 - col) & 1 == 1);
            set.map(move |start| Run { row: row as u32, start, end: start + 1 })
        });
        Runs::from_unsorted(width, self.size.0 as u32, pixels.collect())
    }

    fn mask(&self, name: &str) -> Runs {
        self.runs(&self.oracle[name])
    }

    fn plane(&self, value: &Value) -> Array2<i32> {
        Array2::from_shape_vec(self.size, whole(value)).unwrap()
    }

    /// The pixels where `keep` holds.
    fn where_(&self, keep: impl Fn(usize, usize) -> bool) -> Runs {
        let (height, width) = self.size;
        let all = (0..height).flat_map(|row| (0..width).map(move |col| (row, col)));
        let runs = all.filter(|(row, col)| keep(*row, *col)).map(|(row, col)| Run {
            row: row as u32,
            start: col as u32,
            end: col as u32 + 1,
        });
        Runs::from_unsorted(width as u32, height as u32, runs.collect())
    }

    fn background(&self, class: usize) -> Background {
        let pair = &self.oracle["background"][class];
        Background { shift: pair[0].as_i64().unwrap() as i32, sigma: pair[1].as_f64().unwrap() }
    }
}

fn set(mask: &Runs, row: usize, col: usize) -> bool {
    mask.contains(col as u32, row as u32)
}

#[test]
fn signs_and_flags_are_numpys() {
    let scene = Scene::new();
    let bands = ["before", "after"].map(|side| ["B8A", "B12", "B04", "B11"].map(|name| scene.band(side, name)));
    let [before, after] = bands.each_ref().map(|[nir, swir2, red, swir1]| Ground {
        nir: nir.view(),
        swir2: swir2.view(),
        red: Some(red.view()),
        swir1: Some(swir1.view()),
    });
    let mut flags = Array2::zeros(scene.size);
    signs::flags(&before, &after, 1e-4, &Settings::default(), flags.view_mut()).unwrap();
    assert_eq!(flags.mapv(i32::from), scene.plane(&scene.oracle["flags"]));
    for (sign, name) in SIGNS {
        let mut steps = Array2::zeros(scene.size);
        signs::sign(sign, &before, &after, 1e-4, steps.view_mut()).unwrap();
        let due = scene.plane(&scene.oracle["signs"][name]);
        // A logarithm's last bit may put a value on the other side of half a step.
        let off = steps.indexed_iter().filter(|(at, step)| i32::from(**step) != due[*at]);
        let off: Vec<_> = off.map(|(at, step)| (i32::from(*step) - due[at]).abs()).collect();
        assert!(off.len() <= 2 && off.iter().all(|step| *step == 1), "{name}: {off:?}");
    }
}

#[test]
fn background_and_seeds_are_numpys() {
    let scene = Scene::new();
    let settings = Settings::default();
    let (steps, flags) = (scene.plane(&scene.oracle["steps"]), scene.plane(&scene.oracle["flags"]));
    let eligible = scene.mask("eligible");
    let mut classes = [Histogram::new(), Histogram::new()];
    for ((row, col), step) in steps.indexed_iter().filter(|((row, col), _)| set(&eligible, *row, *col)) {
        classes[usize::from(flags[(row, col)] & i32::from(GREEN) != 0)].add_key(*step);
    }
    let found = classes.each_ref().map(|own| Background::of(own, &Histogram::new(), 200, &settings));
    for (class, found) in found.iter().enumerate() {
        let due = scene.background(class);
        assert!(found.shift == due.shift && (found.sigma - due.sigma).abs() < 1e-9, "{found:?} {due:?}");
    }
    let of = |row, col| &found[usize::from(flags[(row, col)] & i32::from(GREEN) != 0)];
    let bare = |row, col| flags[(row, col)] & i32::from(SOIL) != 0;
    let here = |row, col| set(&eligible, row, col);
    let above = |key: fn(&Background, &Settings) -> i32| {
        scene.where_(|row, col| here(row, col) && !bare(row, col) && steps[(row, col)] >= key(of(row, col), &settings))
    };
    let below = |key: fn(&Background, &Settings) -> i32| {
        scene.where_(|row, col| here(row, col) && steps[(row, col)] <= key(of(row, col), &settings))
    };
    let first = above(Background::seed_key);
    assert_eq!(first, scene.mask("first"));
    let support = neighbours_at_least(&above(Background::support_key), settings.support);
    assert_eq!(first.intersect(&support), scene.mask("core"));
    let support = neighbours_at_least(&below(Background::greened_support_key), settings.support);
    assert_eq!(below(Background::greened_key).intersect(&support), scene.mask("greened"));
    let quiet = scene.where_(|row, col| here(row, col) && steps[(row, col)] < of(row, col).quiet_key(&settings));
    assert_eq!(quiet.pixels(), scene.oracle["quiet"].as_u64().unwrap());
}

/// dNBR with the shift taken off, and the planes of signs.
fn features(scene: &Scene) -> (Array2<i32>, Vec<Array2<i32>>) {
    let flags = scene.plane(&scene.oracle["flags"]);
    let shifts = [0, 1].map(|class| scene.background(class).shift);
    let mut above = scene.plane(&scene.oracle["steps"]);
    above.zip_mut_with(&flags, |step, flags| *step -= shifts[usize::from(flags & i32::from(GREEN) != 0)]);
    (above, SIGNS.iter().map(|(_, name)| scene.plane(&scene.oracle["signs"][name])).collect())
}

fn membership(scene: &Scene, name: &str) -> Membership {
    let fit = &scene.oracle["memberships"][name];
    let [centre, slope, distinct] = ["centre", "slope", "distinct"].map(|key| fit[key].as_f64().unwrap());
    Membership { centre, slope, distinct }
}

#[test]
fn score_and_growth_are_numpys() {
    let scene = Scene::new();
    let settings = Settings::default();
    let (above, planes) = features(&scene);
    let fits: Vec<_> = SIGNS.iter().map(|(sign, name)| (*sign, membership(&scene, name))).collect();
    let score = Score::new(&membership(&scene, "dnbr"), &fits, &settings);
    let flags = scene.plane(&scene.oracle["flags"]);
    let eligible = scene.mask("eligible");
    let of = |row, col| f64::from(score.of(above[(row, col)], |place| planes[place][(row, col)] as i8));
    let likely = scene.where_(|row, col| {
        let free = set(&eligible, row, col) && flags[(row, col)] & i32::from(SOIL) == 0;
        free && of(row, col) >= settings.grow_score && f64::from(above[(row, col)]) >= settings.floor * 1e4
    });
    let candidates = neighbours_at_least(&likely, settings.majority).intersect(&eligible);
    assert_eq!(candidates, scene.mask("candidates"));
    let strong = scene.where_(|row, col| of(row, col) >= settings.seed_score);
    let seeds = scene.mask("core").intersect(&strong);
    assert_eq!(seeds, scene.mask("seeds"));
    let grown = grow(&candidates, &seeds, Connectivity::Eight);
    assert_eq!(grown, scene.mask("grown"));
    let opened = open_by_reconstruction(&close(&grown, 1), Connectivity::Eight);
    let filled = fill_holes(&opened, 1.0, &|_| 0.09, Connectivity::Eight);
    assert_eq!(remove_small(&filled, 0.3, &|_| 0.09, Connectivity::Eight), scene.mask("generalised"));
}

#[test]
fn memberships_lie_between_control_and_seeds() {
    let scene = Scene::new();
    let (above, planes) = features(&scene);
    let first = scene.mask("first");
    let quiet = scene.mask("eligible").subtract(&scene.where_(|row, col| {
        let flags = scene.plane(&scene.oracle["flags"])[(row, col)];
        let own = scene.background(usize::from(flags & i32::from(GREEN) != 0));
        f64::from(above[(row, col)]) >= 2.0 * own.sigma
    }));
    // The ring is made of cells of two by two pixels around the core.
    let mut cells = Array2::from_elem((scene.size.0.div_ceil(2), scene.size.1.div_ceil(2)), false);
    for run in scene.mask("core").as_slice() {
        (run.start..run.end).for_each(|col| cells[(run.row as usize / 2, col as usize / 2)] = true);
    }
    let ring = groundtell::kernel::ring::ring(cells.view(), (60.0, 60.0), 180.0, 2000.0).unwrap();
    let control = quiet.intersect(&scene.where_(|row, col| ring[(row / 2, col / 2)]));
    assert_eq!(control.pixels(), scene.oracle["control"].as_u64().unwrap());
    let counts = |mask: &Runs, plane: &Array2<i32>| {
        let mut counts = SignCounts::default();
        let inside = plane.indexed_iter().filter(|((row, col), _)| set(mask, *row, *col));
        inside.for_each(|(_, step)| counts.add(*step as i8));
        counts
    };
    for ((_, name), plane) in SIGNS.iter().zip(&planes) {
        let found = Membership::between(&counts(&control, plane), &counts(&first, plane)).unwrap();
        let due = membership(&scene, name);
        for (ours, due) in [(found.centre, due.centre), (found.slope, due.slope), (found.distinct, due.distinct)] {
            assert!((ours - due).abs() <= 1e-9 * due.abs().max(1.0), "{name}: {found:?} {due}");
        }
    }
    let histogram = |mask: &Runs| {
        let mut histogram = Histogram::new();
        let inside = above.indexed_iter().filter(|((row, col), _)| set(mask, *row, *col));
        inside.for_each(|(_, step)| histogram.add_key(*step));
        histogram
    };
    let found = Membership::between(&histogram(&control), &histogram(&first)).unwrap();
    assert!((found.centre - membership(&scene, "dnbr").centre).abs() < 1e-9, "{found:?}");
}

#[test]
fn objects_and_shapes_are_numpys() {
    let scene = Scene::new();
    let settings = Settings::default();
    let generalised = scene.mask("generalised");
    let (grown, seeds) = (scene.mask("grown"), scene.mask("seeds"));
    let (above, planes) = features(&scene);
    let flags = scene.plane(&scene.oracle["flags"]);
    let labels = label(&generalised, Connectivity::Eight);
    let mut marks = vec![Marks::default(); labels.count];
    for (run, object) in generalised.as_slice().iter().zip(&labels.of_run) {
        let marks = &mut marks[*object as usize];
        for (row, col) in (run.start..run.end).map(|col| (run.row as usize, col as usize)) {
            if set(&grown, row, col) {
                marks.add_grown(flags[(row, col)] as u8, above[(row, col)], set(&seeds, row, col));
                SIGNS.iter().zip(&planes).for_each(|((sign, _), plane)| {
                    marks.add_sign(*sign, plane[(row, col)] as i8);
                });
            } else {
                marks.add_other(flags[(row, col)] as u8);
            }
        }
    }
    let control_char = scene.oracle["control_char"].as_f64().unwrap();
    let due = scene.oracle["objects"].as_array().unwrap();
    assert_eq!(due.len(), labels.count);
    let shapes = shapes(&generalised, &labels, (30.0, 30.0));
    for ((due, marks), shape) in due.iter().zip(&marks).zip(&shapes) {
        assert_eq!([marks.grown, marks.seeds], ["grown", "seeds"].map(|key| due[key].as_u64().unwrap()));
        assert_eq!(format!("{:?}", Fate::of(marks, Some(control_char), &settings)), due["fate"].as_str().unwrap());
        let pairs = [
            (marks.mean_dnbr(), "mean_dnbr"),
            (marks.mean_sign(Sign::Char) - control_char, "rise"),
            (shape.perimeter_m, "perimeter_m"),
            (shape.elongation, "elongation"),
            (shape.rectangularity, "rectangularity"),
            (shape.compactness, "compactness"),
        ];
        for (ours, key) in pairs {
            assert!((ours - due[key].as_f64().unwrap()).abs() < 1e-9 * ours.abs().max(1.0), "{key}: {ours} {due}");
        }
    }
}

/// The scene of one side as a file.
fn tif(scene: &Scene, side: &str) -> Tif {
    let bands = scene.oracle["bands"].as_array().unwrap().iter().enumerate().map(|(place, name)| {
        let counts = whole(&scene.oracle[side][place]).into_iter().map(|count| count as f32).collect();
        (name.as_str().unwrap().to_owned(), counts)
    });
    Tif {
        size: (scene.size.1, scene.size.0),
        bands: bands.collect(),
        transform: [300_000.0, 30.0, 0.0, 5_600_040.0, 0.0, -30.0],
        ..Tif::before()
    }
}

#[test]
fn the_whole_line_maps_what_numpy_maps() {
    let scene = Scene::new();
    let folder = TempDir::new().unwrap();
    for side in ["before", "after"] {
        tif(&scene, side).write(folder.path().join(format!("{side}.tif")));
    }
    let line = "change --before before.tif --after after.tif --scale 0.0001 --offset 0 --no-previews --out run --json";
    let summary = run(folder.path(), &line.split(' ').collect::<Vec<_>>()).done().json();
    let raster = tiff::open(&folder.path().join("run/layers/burn.tif"), &Limits::default()).unwrap();
    let (width, height) = (raster.info().width, raster.info().height);
    assert_eq!((height, width), scene.size);
    let Samples::U8(codes) = raster.read(0, &[0], Window::whole(width, height)).unwrap().remove(0) else { panic!() };
    assert!(codes.iter().all(|code| *code <= 1), "water is seen, and not burned");
    assert_eq!(scene.where_(|row, col| codes[row * width + col] == 1), scene.mask("burned"));
    let seeding = &summary["seeding"];
    assert_eq!(seeding["core_pixels"], scene.mask("core").pixels());
    assert_eq!(seeding["greened_pixels"], scene.mask("greened").pixels());
    assert_eq!(seeding["quiet_pixels"], scene.oracle["quiet"]);
    assert_eq!(summary["offsets"]["control_pixels"], scene.oracle["control"]);
    let features = common::json(&folder.path().join("run/change.geojson"));
    let burned = &features["features"][0]["properties"];
    assert_eq!(features["features"].as_array().unwrap().len(), 1);
    assert_eq!(burned["charred"], true);
    assert!(burned["score"].as_f64().unwrap() > 0.8 && burned["rivals"]["leaf_fall_or_drying"].as_f64().unwrap() < 0.1);
    assert!(
        (burned["perimeter_m"].as_f64().unwrap() - scene.oracle["objects"][0]["perimeter_m"].as_f64().unwrap()).abs()
            < 5.0
    );
}
