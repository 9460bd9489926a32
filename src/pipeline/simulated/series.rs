//! A simulated series: the same ground again and again under other skies, as a static STAC catalogue of one
//! folder a passage. Everything in it says SIMULATED.

use std::path::Path;

use jiff::civil::Date as Day;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Made, Sheet, Style, item, plain_items, publish, rasters};
use crate::error::{Error, Result};
use crate::io::store::Stage;
use crate::pipeline::crew::Watch;
use crate::simulate::{Date, Scenario};

/// One passage of the satellite.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// The day.
    pub day: Day,
    /// The ground as it was before the events of the scenario, or as they left it.
    pub ground: Date,
    /// Share of cloud.
    pub cloud: f32,
    /// Number of the sky; passages with the same number saw the same sky.
    pub look: u32,
    /// The processing baseline, such as `05.11`.
    pub baseline: String,
    /// Hours from passage to processing.
    pub processed_after_h: i64,
    /// Which of several items of the same passage it is.
    pub sequence: u32,
}

impl Pass {
    /// The item's identifier.
    pub fn id(&self) -> String {
        format!("SIMULATED_37UCR_{}_{}", self.day.strftime("%Y%m%d"), self.sequence)
    }

    fn taken(&self) -> Result<Timestamp> {
        format!("{}T08:30:00Z", self.day).parse().map_err(|_| Error::usage(format!("{} is no day", self.day)))
    }

    /// What a catalogue would tell of it.
    fn properties(&self, scenario: &Scenario) -> Result<Value> {
        let taken = self.taken()?;
        let processed = taken
            .checked_add(SignedDuration::from_hours(self.processed_after_h))
            .map_err(|_| Error::usage("the processing lies beyond the calendar"))?;
        let day = self.day.strftime("%Y%m%d");
        Ok(json!({
            "datetime": taken.to_string(), "created": processed.to_string(), "updated": processed.to_string(),
            "s2:generation_time": processed.to_string(), "s2:processing_baseline": self.baseline, "grid:code": "MGRS-37UCR",
            "sat:relative_orbit": 64, "view:sun_azimuth": scenario.season.sun_azimuth(), "eo:cloud_cover": (f64::from(self.cloud) * 1e3).round() / 10.0,
            "s2:datatake_id": format!("GS2A_{day}T083001_000064_N{}", self.baseline),
            "s2:datastrip_id": format!("S2A_SIMULATED_DS_{}_S{day}T083001_N{}", processed.strftime("%Y%m%dT%H%M%S"), self.baseline),
        }))
    }
}

/// Passages five days apart from `since` on, after which the ground is as `event` left it: 4 in 10 clear, 3 broken,
/// 3 closed.
///
/// # Errors
/// `Usage` for days beyond the calendar.
pub fn every_five_days(since: Day, event: Option<Day>, passes: u32, baseline: &str) -> Result<Vec<Pass>> {
    let pass = |number: u32| {
        let day = since.checked_add(jiff::Span::new().days(5 * i64::from(number)));
        let day = day.map_err(|_| Error::usage("the series ends beyond the calendar"))?;
        Ok(Pass {
            day,
            ground: if event.is_some_and(|event| day >= event) { Date::After } else { Date::Before },
            cloud: [0.02, 0.3, 0.97][[0, 0, 2, 1, 0, 2, 1, 0, 2, 1][number as usize % 10]],
            look: number + 1,
            baseline: baseline.to_owned(),
            processed_after_h: 6,
            sequence: 0,
        })
    };
    (0..passes).map(pass).collect()
}

/// Writes the passages of a scenario into `out`: `catalog.json` and a folder of bands with its `item.json` each.
///
/// # Errors
/// As publishing a folder; `Usage` for a scenario that makes no sense or a passage that is there twice.
pub fn write(
    (scenario, passes): (&Scenario, &[Pass]),
    style: &Style<'_>,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
) -> Result<Made> {
    let stage = Stage::begin(out, overwrite, &[])?;
    for pass in passes {
        passage(&stage, scenario, pass, style, watch)?;
    }
    let catalogue = format!("{:#}\n", catalogue(passes));
    stage.write("catalog.json", catalogue.as_bytes())?;
    publish(stage, scenario.describe().into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn passage(stage: &Stage, scenario: &Scenario, pass: &Pass, style: &Style<'_>, watch: &dyn Watch) -> Result<()> {
    let mut scenario = Scenario { look: pass.look, ..scenario.clone() };
    scenario.cloud_share = [pass.cloud; 2];
    let world = scenario.build()?;
    let (folder, day) = (format!("items/{}", pass.id()), pass.day.to_string());
    let sheet = Sheet { folder: &folder, day: &day };
    rasters(stage, &world, (pass.ground, sheet), style, &plain_items(&scenario), watch)?;
    let mut item = item(&scenario, pass.ground, style)?;
    item["id"] = json!(pass.id());
    item["collection"] = json!("simulated");
    let (Value::Object(own), Value::Object(said)) = (&mut item["properties"], pass.properties(&scenario)?) else {
        return Err(Error::bug("the properties of an item are no object"));
    };
    own.extend(said);
    stage.write(&format!("{folder}/item.json"), format!("{item:#}\n").as_bytes())
}

fn catalogue(passes: &[Pass]) -> Value {
    let link = |pass: &Pass| json!({ "rel": "item", "href": format!("./items/{}/item.json", pass.id()), "type": "application/geo+json" });
    json!({
        "type": "Catalog", "stac_version": "1.0.0", "id": "simulated-series",
        "description": "SIMULATED: nothing here was seen by a satellite",
        "links": passes.iter().map(link).collect::<Vec<_>>(),
    })
}
