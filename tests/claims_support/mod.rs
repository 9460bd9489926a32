//! Claims put together in code, judged, and simulated ground to judge them on.

use std::path::{Path, PathBuf};

use groundtell::claim::{Asserts, Claim, Imagery, Kind, Place, Scenes, Window};
use groundtell::evidence::Outcome;
use groundtell::evidence::verdict::Verdict;
use groundtell::geom::aoi::Aoi;
use groundtell::geom::crs::{Crs, Transform};
use groundtell::geom::grid::Grid;
use groundtell::geom::window::Window as Pixels;
use groundtell::io::cog::Codec;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use groundtell::pipeline::check::request::{Asked, CheckRequest, Named};
use groundtell::pipeline::check::run;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::simulated::{Style, write};
use groundtell::recipe::Recipe;
use groundtell::simulate::{Date as When, Scenario, SimBand};
use jiff::civil::Date;
use tempfile::TempDir;

/// A claim of a kind in a box between two days.
pub(crate) fn claimed(number: usize, kind: Kind, bbox: [f64; 4], [from, to]: [Date; 2]) -> Asked {
    let claim = Claim {
        id: format!("box-{number}"),
        text: "it happened here".into(),
        source: "test".into(),
        source_sha256: None,
        made_at: None,
        asserts: Asserts::Occurred,
        place: Place::Bbox(bbox),
        location_error_m: 0.0,
        window: Window { from, to },
        kinds: vec![kind],
        smallest_effect: [(kind, kind.default_smallest_effect().unwrap_or(1.0))].into(),
        sides: Vec::new(),
        prior: None,
        imagery: Imagery::default(),
    };
    let [west, south, east, north] = bbox;
    let area = Aoi::from_bbox(&format!("{west},{south},{east},{north}")).unwrap().to_geojson();
    Asked { number, claim, area, area_notes: Vec::new(), named: Named::default() }
}

/// The same claims, numbered in their order.
pub(crate) fn numbered(mut claims: Vec<Asked>) -> Vec<Asked> {
    claims.iter_mut().zip(1..).for_each(|(asked, number)| asked.number = number);
    claims
}

/// The same claims on a pair of scenes.
pub(crate) fn on(scenes: &Scenes, mut claims: Vec<Asked>) -> Vec<Asked> {
    claims.iter_mut().for_each(|asked| asked.claim.imagery.scenes = Some(scenes.clone()));
    claims
}

/// Judges claims into `out`, with so many implants.
pub(crate) fn judged_into(out: &Path, claims: Vec<Asked>, implants: usize) -> Vec<Verdict> {
    let recipe = Recipe::default().with(&format!("evidence.implants={implants}")).unwrap();
    let request = CheckRequest {
        claims,
        files: Vec::new(),
        folder: PathBuf::new(),
        public: None,
        recipe,
        access: Default::default(),
    };
    run(&request, (out, false), &Silent, &Limits::default()).unwrap()
}

/// Judges claims, with so many implants.
pub(crate) fn judged(claims: Vec<Asked>, implants: usize) -> Vec<Verdict> {
    let folder = TempDir::new().unwrap();
    judged_into(&folder.path().join("out"), claims, implants)
}

/// How many of the verdicts came out so.
pub(crate) fn count(verdicts: &[Verdict], wanted: Outcome) -> usize {
    verdicts.iter().filter(|verdict| verdict.judgement.outcome == wanted).count()
}

/// A simulated pair on disk.
pub(crate) struct Ground {
    folder: TempDir,
    pub(crate) scenes: Scenes,
    pub(crate) days: [Date; 2],
    grid: Grid,
}

impl Ground {
    /// Writes the pair of a scenario.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let folder = TempDir::new().unwrap();
        let bands = [SimBand::B04, SimBand::B8A, SimBand::B11, SimBand::B12, SimBand::B03, SimBand::B02];
        let style = Style { baseline: "03.01", codec: Codec::Zstd(1), bands: &bands };
        let out = folder.path().join("pair");
        write(scenario, &style, (&out, false), &Silent).unwrap();
        let item = |side: &str| vec![out.join(side).join("item.json").display().to_string()];
        let scenes = Scenes { before: item("before"), after: item("after"), ..Scenes::default() };
        let day = |when| scenario.season.day(when).parse::<Date>().unwrap();
        let days = [day(When::Before).tomorrow().unwrap(), day(When::After)];
        Self { folder, scenes, days, grid: scenario.grid10 }
    }

    /// Hectares that truly burned in a box of so many metres around a column and row of 10 m.
    pub(crate) fn burned_ha(&self, (col, row): (f64, f64), metres: f64) -> f64 {
        let truth = tiff::open(&self.folder.path().join("pair/truth/burned.tif"), &Limits::default()).unwrap();
        let pixel = truth.info().grid.as_ref().unwrap().pixel().0;
        let corner = |at: f64| ((at * 10.0 - metres / 2.0) / pixel) as usize;
        let side = (metres / pixel) as usize;
        let Samples::U8(codes) =
            truth.read(0, &[0], Pixels::new(corner(col), corner(row), side, side)).unwrap().remove(0)
        else {
            panic!("a mask of bytes")
        };
        codes.iter().filter(|code| **code == 1).count() as f64 * pixel * pixel / 1e4
    }

    /// A box of so many metres around a column and row of 10 m.
    pub(crate) fn bbox(&self, (col, row): (f64, f64), metres: f64) -> [f64; 4] {
        let transform = Transform::new(self.grid.crs(), Crs::WGS84).unwrap();
        let half = metres / 20.0;
        let corner = |col, row| {
            let (x, y) = self.grid.to_map(col, row);
            transform.point(x, y).unwrap()
        };
        let ((west, north), (east, south)) = (corner(col - half, row - half), corner(col + half, row + half));
        [west, south, east, north]
    }

    /// Claims of a kind on boxes around places.
    pub(crate) fn claims(&self, kind: Kind, places: &[(f64, f64)], metres: f64) -> Vec<Asked> {
        let claims = places.iter().zip(1..);
        on(&self.scenes, claims.map(|(at, n)| claimed(n, kind, self.bbox(*at, metres), self.days)).collect())
    }
}
