//! An accuracy table: scenes of a list, each run (or its mask taken as it is) and scored against its reference.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

use super::crew::Watch;
use super::request::{Request, SideRequest};
use super::scoring::{Question, Scores, score};
use super::summary::Summary;
use super::{Prepared, run};
use crate::error::{Error, Result};
use crate::io::access::Access;
use crate::io::csv;
use crate::io::store::{self, Scratch};
use crate::limits::Limits;
use crate::recipe::Recipe;
use crate::text::{Foreign, shown_path};

/// Columns that a list may have.
const COLUMNS: [&str; 12] = [
    "name",
    "before",
    "after",
    "reference",
    "mask",
    "bands",
    "before_bands",
    "after_bands",
    "scale",
    "offset",
    "before_date",
    "after_date",
];

/// One scene of a list. Several paths of a side are parted by `;`, bands by blanks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// What it is called.
    pub name: String,
    /// The scenes before.
    pub before: Vec<PathBuf>,
    /// The scenes after.
    pub after: Vec<PathBuf>,
    /// The reference; without one only the burned share is told.
    pub reference: Option<PathBuf>,
    /// A mask to be scored instead of a run.
    pub mask: Option<PathBuf>,
    /// Band names before and after.
    pub bands: [Option<Vec<String>>; 2],
    /// Reflectance per unit of the files' numbers, and its summand.
    pub scale: [Option<f64>; 2],
    /// Dates before and after.
    pub dates: [Option<Date>; 2],
}

/// How one scene came out; null where a figure is not defined.
#[derive(Debug, Clone, Default, Serialize)]
#[allow(missing_docs, reason = "as in the summary and the scores")]
pub struct Outcome {
    pub name: String,
    pub f1: Option<f64>,
    pub ce: Option<f64>,
    pub oe: Option<f64>,
    pub iou: Option<f64>,
    /// Of dNBR.
    pub auc: Option<f64>,
    pub pixels: Option<u64>,
    pub burned_ha: Option<f64>,
    /// Of what was seen.
    pub burned_share: Option<f64>,
    pub state: Option<String>,
    pub reasons: Vec<String>,
    /// Why there are no figures.
    pub error: Option<String>,
}

/// F1 over some scenes.
#[derive(Debug, Clone, Serialize)]
pub struct Average {
    /// Scenes with an F1.
    pub scenes: usize,
    /// Their mean; null without any.
    pub mean_f1: Option<f64>,
    /// Their median.
    pub median_f1: Option<f64>,
    /// The least.
    pub least_f1: Option<f64>,
}

/// The table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// One row a scene, in the order of the list.
    pub scenes: Vec<Outcome>,
    /// Over those that call themselves reliable.
    pub ok: Average,
    /// Over all.
    pub all: Average,
}

/// The scenes of a list (CSV with a header); relative paths count from the list's folder.
///
/// # Errors
/// `Malformed` for a broken table, `Usage` with the row for an unknown column or a value that is none.
pub fn scenes(path: &Path, limits: &Limits) -> Result<Vec<Scene>> {
    let hint = "a list is CSV with a header, such as name,before,after,reference,scale";
    let place = |error: Error| error.at(shown_path(path)).hint(hint);
    let rows = csv::rows(&store::read_text(path, limits.text_bytes)?).map_err(place)?;
    let Some((header, rows)) = rows.split_first() else { return Err(place(Error::malformed("the list is empty"))) };
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        let problem = format!("there is no column {:?}", Foreign::new(unknown.clone()).to_string());
        return Err(place(Error::usage(problem).hint(format!("columns are {}", COLUMNS.join(", ")))));
    }
    let base = path.parent().unwrap_or(Path::new(""));
    let scene = |(number, row): (usize, &Vec<String>)| {
        Scene::of(&Fields { header, row }, base).map_err(|error| place(error.at(format!("scene {}", number + 1))))
    };
    rows.iter().enumerate().map(scene).collect()
}

/// One row under its header.
struct Fields<'a> {
    header: &'a [String],
    row: &'a [String],
}

impl Fields<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let place = self.header.iter().position(|column| column == name)?;
        self.row.get(place).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        let wrong = |text: &str| Error::usage(format!("{name} {:?} is none", Foreign::new(text).to_string()));
        self.text(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    fn bands(&self, own: &str) -> Option<Vec<String>> {
        let names = self.text(own).or_else(|| self.text("bands"))?;
        Some(names.split_whitespace().map(str::to_owned).collect())
    }
}

impl Scene {
    fn of(fields: &Fields<'_>, base: &Path) -> Result<Self> {
        let paths = |name: &str| {
            let text = fields.text(name).unwrap_or_default();
            text.split(';').map(str::trim).filter(|path| !path.is_empty()).map(|path| base.join(path)).collect()
        };
        let scene = Self {
            name: fields.text("name").or_else(|| fields.text("before")).unwrap_or_default().to_owned(),
            before: paths("before"),
            after: paths("after"),
            reference: fields.text("reference").map(|path| base.join(path)),
            mask: fields.text("mask").map(|path| base.join(path)),
            bands: ["before_bands", "after_bands"].map(|own| fields.bands(own)),
            scale: [fields.parsed("scale")?, fields.parsed("offset")?],
            dates: [fields.parsed("before_date")?, fields.parsed("after_date")?],
        };
        match (&scene.mask, scene.before.is_empty() || scene.after.is_empty()) {
            (None, true) => Err(Error::usage("neither before and after nor a mask")),
            _ => Ok(scene),
        }
    }

    fn request(&self, recipe: &Recipe) -> Request {
        let side = |paths: &[PathBuf], place: usize| SideRequest {
            paths: paths.to_vec(),
            bands: self.bands.get(place).cloned().flatten(),
            sensor: None,
            date: self.dates.get(place).copied().flatten(),
        };
        let [scale, offset] = self.scale;
        Request {
            before: side(&self.before, 0),
            after: side(&self.after, 1),
            scale,
            offset,
            aoi: None,
            aoi_notes: Vec::new(),
            recipe: recipe.clone(),
            access: Access::default(),
        }
    }

    /// Runs or takes the mask, and scores it.
    fn outcome(&self, recipe: &Recipe, watch: &dyn Watch, limits: &Limits) -> Result<Outcome> {
        let own = |mask: &Path, layer: Option<&Path>| {
            let question = |reference| Question { mask, reference, layer, at_least: None };
            self.reference.as_deref().map(|reference| score(question(reference), watch, limits)).transpose()
        };
        if let Some(mask) = &self.mask {
            return Ok(Outcome::new(&self.name, own(mask, None)?.as_ref(), None));
        }
        let folder = Scratch::new()?;
        let out = folder.path().join("run");
        let summary = run(&Prepared::new(self.request(recipe), None, limits)?, &out, false, watch)?;
        let scores = own(&out.join("layers/burn.tif"), Some(&out.join("layers/dnbr.tif")))?;
        Ok(Outcome::new(&self.name, scores.as_ref(), Some(&summary)))
    }
}

/// Runs and scores every scene. A scene that cannot be worked off keeps its row with the reason; pictures are not
/// made, and nothing of the runs is kept.
///
/// # Errors
/// `Interrupted` when `watch` stops it.
pub fn table(scenes: &[Scene], recipe: &Recipe, watch: &dyn Watch, limits: &Limits) -> Result<Table> {
    let mut recipe = recipe.clone();
    recipe.output.previews = false;
    recipe.output.hash_inputs = false;
    recipe.output.layers = vec!["dnbr".into()];
    let mut found = Vec::new();
    for scene in scenes {
        found.push(match scene.outcome(&recipe, watch, limits) {
            Ok(outcome) => outcome,
            Err(error) if error.kind() == crate::Kind::Interrupted => return Err(error),
            Err(error) => Outcome { name: scene.name.clone(), error: Some(error.to_string()), ..Outcome::default() },
        });
    }
    let ok = found.iter().filter(|row| row.state.as_deref() == Some("ok"));
    Ok(Table { ok: Average::of(ok), all: Average::of(found.iter()), scenes: found })
}

impl Outcome {
    fn new(name: &str, scores: Option<&Scores>, summary: Option<&Summary>) -> Self {
        let seen = summary.map(|summary| summary.aoi_ha * summary.valid_share).filter(|seen| *seen > 0.0);
        Self {
            name: name.to_owned(),
            f1: scores.and_then(|scores| scores.f1),
            ce: scores.and_then(|scores| scores.ce),
            oe: scores.and_then(|scores| scores.oe),
            iou: scores.and_then(|scores| scores.iou),
            auc: scores.and_then(|scores| scores.auc),
            pixels: scores.map(|scores| scores.pixels),
            burned_ha: summary.map(|summary| summary.burned_ha),
            burned_share: summary.zip(seen).map(|(summary, seen)| summary.burned_ha / seen),
            state: summary.map(|summary| summary.reliability.state.to_owned()),
            reasons: summary.map(|summary| summary.reliability.reasons.clone()).unwrap_or_default(),
            error: None,
        }
    }

    fn fields(&self) -> [String; 12] {
        let figure = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
        [
            self.name.clone(),
            figure(self.f1),
            figure(self.ce),
            figure(self.oe),
            figure(self.iou),
            figure(self.auc),
            self.pixels.map(|pixels| pixels.to_string()).unwrap_or_default(),
            figure(self.burned_ha),
            figure(self.burned_share),
            self.state.clone().unwrap_or_default(),
            self.reasons.join("; "),
            self.error.clone().unwrap_or_default(),
        ]
    }
}

impl Average {
    fn of<'a>(rows: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut f1: Vec<f64> = rows.filter_map(|row| row.f1).collect();
        f1.sort_by(f64::total_cmp);
        let (lower, upper) = (f1.get(f1.len().saturating_sub(1) / 2), f1.get(f1.len() / 2));
        Self {
            scenes: f1.len(),
            mean_f1: (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64),
            median_f1: lower.zip(upper).map(|(lower, upper)| f64::midpoint(*lower, *upper)),
            least_f1: f1.first().copied(),
        }
    }
}

impl Table {
    /// The rows as CSV with a header.
    pub fn to_csv(&self) -> String {
        let header = [
            "name",
            "f1",
            "ce",
            "oe",
            "iou",
            "auc",
            "pixels",
            "burned_ha",
            "burned_share",
            "state",
            "reasons",
            "error",
        ];
        let rows = self.scenes.iter().map(|row| csv::line(row.fields().iter().map(String::as_str)));
        std::iter::once(csv::line(header)).chain(rows).collect()
    }

    /// Whether every scene could be worked off.
    pub fn is_whole(&self) -> bool {
        self.scenes.iter().all(|row| row.error.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_of_few() {
        let rows = |f1: &[f64]| f1.iter().map(|f1| Outcome { f1: Some(*f1), ..Outcome::default() }).collect::<Vec<_>>();
        let average = |f1: &[f64]| Average::of(rows(f1).iter());
        assert_eq!(average(&[]).median_f1, None);
        assert_eq!((average(&[0.9]).median_f1, average(&[0.9, 0.1, 0.5]).median_f1), (Some(0.9), Some(0.5)));
        let four = average(&[0.2, 0.4, 0.8, 1.0]);
        assert_eq!((four.scenes, four.median_f1, four.least_f1), (4, Some(0.4f64.midpoint(0.8)), Some(0.2)));
    }

    #[test]
    fn a_row_needs_scenes_or_a_mask() {
        let header: Vec<String> = ["name", "before", "after", "mask", "scale", "bands"].map(String::from).to_vec();
        let scene = |row: &[&str]| {
            let row: Vec<String> = row.iter().map(|field| (*field).to_owned()).collect();
            Scene::of(&Fields { header: &header, row: &row }, Path::new("at"))
        };
        let both = scene(&["a", "x;y", "z", "", "1e-4", "B4 B8"]).unwrap();
        assert_eq!(both.before, [Path::new("at/x"), Path::new("at/y")]);
        assert_eq!((both.scale, both.bands[1].as_deref().map(<[String]>::len)), ([Some(1e-4), None], Some(2)));
        assert!(scene(&["a", "", "z", "m.tif"]).is_ok());
        assert!(scene(&["a", "x", "", "", "", ""]).is_err());
        assert!(scene(&["a", "x", "z", "", "much", ""]).is_err());
    }
}
