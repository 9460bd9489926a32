//! The watch job as it is written, key by key. Its JSON Schema is made of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Baseline, Strategy};
use crate::claim::Day;
use crate::watch::track::State;

/// A watch job of groundtell (TOML): which areas are looked at whenever a catalogue has something new of them, what
/// each look is held against, and who is told.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(title = "groundtell watch job")]
pub(super) struct JobForm {
    /// A label: letters, digits, hyphen, underscore, full stop.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub(super) id: String,
    /// Where new scenes are listed: earth-search, earth-search-c1, planetary-computer, the address of a STAC API or
    /// catalogue, or a catalogue's file (from this file's folder on).
    #[schemars(regex(pattern = r"\S"))]
    pub(super) catalogue: String,
    /// Collections of the catalogue; empty for what its name stands for, or for all of a file.
    #[serde(default)]
    pub(super) collections: Vec<String>,
    /// The first day that is looked at.
    pub(super) since: Day,
    /// The areas, [[area]] once for each.
    #[schemars(length(min = 1, max = 1000))]
    pub(super) area: Vec<AreaForm>,
    /// Days before the newest acquisition that are listed again on every pass, for what comes late or is processed
    /// again.
    #[serde(default = "look_back_days")]
    #[schemars(range(min = 14, max = 400))]
    pub(super) look_back_days: u32,
    /// Share of an area that an acquisition must have seen clearly to be looked at.
    #[serde(default = "least_clear")]
    #[schemars(range(min = 0, max = 1))]
    pub(super) least_clear: f64,
    /// Acquisitions of all areas that one pass works off; the rest waits for the next.
    #[serde(default = "per_pass")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) per_pass: u32,
    /// What a look is held against.
    #[serde(default)]
    pub(super) baseline: Baseline,
    /// A recipe file (from this file's folder on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recipe: Option<String>,
    /// Keys of the recipe to change, such as "burn.min_area_ha=1".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) set: Vec<String>,
    /// The folder of the watch (from this file's folder on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) out: Option<String>,
    /// Who is told of what.
    #[serde(default)]
    pub(super) alerts: AlertsForm,
}

/// An area: aoi or bbox.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Area", extend("oneOf" = [{ "required": ["aoi"] }, { "required": ["bbox"] }]))]
pub(super) struct AreaForm {
    /// A label that no other area of the job has.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub(super) id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub(super) name: Option<String>,
    /// A GeoJSON file with polygons in longitude and latitude (from this file's folder on). This or bbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aoi: Option<String>,
    /// West, south, east, north in degrees. This or aoi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = -180, max = 180)))]
    pub(super) bbox: Option<[f64; 4]>,
}

/// Who is told of what. `alerts.jsonl` and `alerts.geojson` are written in any case.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
#[schemars(rename = "Alerts")]
pub(super) struct AlertsForm {
    /// How many false alerts an area may give in a year, if unchanged ground varies as its control does.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    pub(super) false_alerts_per_year: f64,
    /// The states that command and webhook are told of; a revision is told whenever the state before it was.
    pub(super) states: Vec<State>,
    /// A program and its arguments; it gets each alert as one JSON document on stdin. No shell reads it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub(super) command: Vec<String>,
    /// An address that each alert is posted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) webhook: Option<WebhookForm>,
}

impl Default for AlertsForm {
    fn default() -> Self {
        let states = vec![State::First, State::Provisional, State::Confirmed, State::Finished];
        Self { false_alerts_per_year: 0.5, states, command: Vec::new(), webhook: None }
    }
}

/// An address that each alert is posted to, signed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Webhook")]
pub(super) struct WebhookForm {
    /// The address.
    #[schemars(regex(pattern = r"^https?://"))]
    pub(super) url: String,
    /// The name of the environment variable that holds the secret for the signature (HMAC-SHA256 of the body, in the
    /// header X-Groundtell-Signature).
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(super) secret_env: String,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { strategy: Strategy::MedianClear, scenes: 3, least_clear: 0.6, season_days: 30 }
    }
}

fn look_back_days() -> u32 {
    21
}

fn least_clear() -> f64 {
    0.2
}

fn per_pass() -> u32 {
    50
}
