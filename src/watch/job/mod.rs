//! A watch job: TOML in, a job out, or one error that says where and what to write instead.

mod form;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::form::{AreaForm, JobForm, WebhookForm};
use super::track::State;
use crate::address::Address;
use crate::document::{Document, Field};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// A job, checked; its files not read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its label.
    pub id: String,
    /// Where new scenes are listed, as it is written.
    pub catalogue: String,
    /// Collections; empty for what the catalogue's name stands for.
    pub collections: Vec<String>,
    /// The first day.
    pub since: Date,
    /// Days that are listed again.
    pub look_back_days: u32,
    /// Share of an area that must be clear for a look.
    pub least_clear: f64,
    /// Acquisitions of one pass.
    pub per_pass: usize,
    /// What looks are held against.
    pub baseline: Baseline,
    /// Recipe file, from the job's folder on.
    pub recipe: Option<PathBuf>,
    /// Keys of the recipe to change.
    pub set: Vec<String>,
    /// Folder of the watch, from the job's folder on.
    pub out: PathBuf,
    /// The areas.
    pub areas: Vec<Area>,
    /// Who is told of what.
    pub alerts: Alerts,
}

/// An area to watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Its label.
    pub id: String,
    /// Its name for people.
    pub name: Option<Foreign>,
    /// Where it is.
    pub place: Place,
}

/// Where an area is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// In a GeoJSON file, from the job's folder on.
    File(PathBuf),
    /// West, south, east, north in degrees.
    Bbox([f64; 4]),
}

/// What a look is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Baseline {
    /// Which acquisitions.
    pub strategy: Strategy,
    /// How many of them, for median_clear.
    #[schemars(range(min = 1, max = 20))]
    pub scenes: usize,
    /// Share of the area that each must have seen clearly.
    #[schemars(range(min = 0, max = 1))]
    pub least_clear: f64,
    /// Days around the same day of last year, for same_season.
    #[schemars(range(min = 1, max = 90))]
    pub season_days: i32,
}

/// Which acquisitions a look is held against. While an object is followed, only those before it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The clear one before.
    PreviousClear,
    /// The last clear ones; of each pixel the date whose NBR is the median.
    MedianClear,
    /// The clear one nearest to the same day a year ago.
    SameSeason,
}

/// Who is told of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    /// False alerts that an area may give in a year.
    pub false_alerts_per_year: f64,
    /// States that are told.
    pub states: Vec<State>,
    /// A program and its arguments.
    pub command: Vec<String>,
    /// An address.
    pub webhook: Option<Webhook>,
}

/// An address that alerts are posted to.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// The address.
    pub address: Address,
    /// The environment variable with the secret.
    pub secret_env: String,
}

impl Job {
    /// The job in TOML `text`.
    ///
    /// # Errors
    /// `Malformed`, placed at line, column and path, for text that is no job or a field that is wrong; `Limit` for
    /// too much of it.
    pub fn from_toml(text: &str, limits: &Limits) -> Result<Self> {
        if text.len() as u64 > limits.claim_bytes {
            return Err(Error::limit(format!("the job has {} bytes, more than {}", text.len(), limits.claim_bytes)));
        }
        let hint = "'groundtell schema watch' prints what a job holds";
        Document::parse(text).and_then(|document| job(&document, limits)).map_err(|error| error.hint(hint))
    }

    /// The folder that a job's paths start from.
    pub fn folder_of(path: &Path) -> PathBuf {
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
    }
}

fn job(document: &Document<'_>, limits: &Limits) -> Result<Job> {
    let form: JobForm = document.read()?;
    label(&form.id, &document.key("id"))?;
    if form.catalogue.trim().is_empty() {
        return Err(document.key("catalogue").malformed("no catalogue is named"));
    }
    let within = |name: &str, value: f64, least: f64, most: f64| match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(document.key(name).malformed(format!("{value} is not within {least}..{most}"))),
    };
    within("look_back_days", f64::from(form.look_back_days), 14.0, 400.0)?;
    within("least_clear", form.least_clear, 0.0, 1.0)?;
    within("per_pass", f64::from(form.per_pass), 1.0, 1e5)?;
    let areas = areas(form.area, &document.key("area"), limits)?;
    Ok(Job {
        alerts: alerts(form.alerts, &document.key("alerts"))?,
        baseline: baseline(form.baseline, &document.key("baseline"))?,
        id: form.id,
        catalogue: form.catalogue,
        collections: form.collections,
        since: form.since.0,
        look_back_days: form.look_back_days,
        least_clear: form.least_clear,
        per_pass: form.per_pass as usize,
        recipe: form.recipe.map(PathBuf::from),
        set: form.set,
        out: PathBuf::from(form.out.unwrap_or_else(|| "watch".into())),
        areas,
    })
}

/// A label that may stand in any document and be the name of a folder.
fn label(id: &str, field: &Field<'_>) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.starts_with(|c: char| c.is_ascii_alphanumeric()) && id.chars().all(plain) && id.len() <= 64 {
        return Ok(());
    }
    Err(field
        .malformed(format!("\"{}\" is no label", Foreign::new(id)))
        .hint("up to 64 letters, digits, hyphens, underscores and full stops, such as kupiansk-north"))
}

fn areas(forms: Vec<AreaForm>, list: &Field<'_>, limits: &Limits) -> Result<Vec<Area>> {
    if forms.is_empty() || forms.len() > limits.claims {
        return Err(list.malformed(format!("{} areas: 1 to {} are watched", forms.len(), limits.claims)));
    }
    let mut ids = BTreeSet::new();
    let mut areas = Vec::new();
    for (number, form) in forms.into_iter().enumerate() {
        let field = list.item(number);
        label(&form.id, &field.key("id"))?;
        if !ids.insert(form.id.to_lowercase()) {
            let problem = format!("another area of the job is called \"{}\" too", form.id);
            return Err(field
                .key("id")
                .malformed(problem)
                .hint("give each area an id of its own; case does not count"));
        }
        let place = match (form.aoi, form.bbox) {
            (Some(path), None) => Place::File(PathBuf::from(path)),
            (None, Some(edges)) => Place::Bbox(edges),
            _ => return Err(field.malformed("an area is given by aoi or by bbox, and by one of them")),
        };
        areas.push(Area { id: form.id, name: form.name.map(Foreign::new), place });
    }
    Ok(areas)
}

fn baseline(baseline: Baseline, field: &Field<'_>) -> Result<Baseline> {
    if !(1..=20).contains(&baseline.scenes) {
        return Err(field.key("scenes").malformed(format!("{} is not within 1..20", baseline.scenes)));
    }
    if !(0.0..=1.0).contains(&baseline.least_clear) {
        return Err(field.key("least_clear").malformed(format!("{} is not within 0..1", baseline.least_clear)));
    }
    if !(1..=90).contains(&baseline.season_days) {
        return Err(field.key("season_days").malformed(format!("{} is not within 1..90", baseline.season_days)));
    }
    Ok(baseline)
}

fn alerts(form: form::AlertsForm, field: &Field<'_>) -> Result<Alerts> {
    let rate = form.false_alerts_per_year;
    if !(rate > 0.0 && rate <= 1000.0) {
        let problem = format!("{rate} is not above 0 and at most 1000");
        return Err(field.key("false_alerts_per_year").malformed(problem).hint("for example: 0.5, one in two years"));
    }
    let webhook = form.webhook.map(|form| webhook(form, &field.key("webhook"))).transpose()?;
    Ok(Alerts { false_alerts_per_year: rate, states: form.states, command: form.command, webhook })
}

fn webhook(form: WebhookForm, field: &Field<'_>) -> Result<Webhook> {
    let address = Address::parse(&form.url).map_err(|error| field.key("url").around(error))?;
    if !address.is_encrypted() && !address.is_loopback() {
        return Err(field.key("url").malformed("an alert is posted by https only, except to this machine"));
    }
    Ok(Webhook { address, secret_env: form.secret_env })
}

/// The JSON Schema of a job, after its TOML is turned into JSON.
pub fn schema() -> schemars::Schema {
    crate::claim::schema::of_toml::<JobForm>()
}
