//! The documents of a radar run, and the moment it becomes visible.

use serde_json::{Map, Value, json};

use super::decision::Decision;
use super::layers::{Kind, Written};
use super::measure::Measured;
use super::objects::Found;
use super::prepared::RadarPrepared;
use super::record::class;
use super::summary::{LIMITS, RadarSummary, Test};
use crate::error::Result;
use crate::io::access::Access;
use crate::io::raster::Dtype;
use crate::io::store::{self, Stage};
use crate::kernel::sar::contrast::Variance;
use crate::pipeline::grid_facts;
use crate::pipeline::item::{file, footprint, statistics};
use crate::pipeline::publish::{Run, release, rounded, write_summary};
use crate::pipeline::summary::{Dates, Reliability};
use crate::recipe::NullLaw;
use crate::stac::asset::{Asset, Band, Class, Media};
use crate::stac::item::{Item, Source, When};

/// The command as the manifest names it.
pub(in crate::pipeline) const COMMAND: &str = "change --sar";
/// Share of the AOI that must be tested before the figures stand for it.
const ENOUGH_SEEN: f64 = 0.5;
/// Spread of the null from which the dates are said to be far from independent.
const WIDE: f64 = 1.5;
/// Centre of the null from which the area is said to have changed as a whole.
const OFF: f64 = 0.5;
/// Share of discovered pixels from which an empirical null is told from changed ground too.
const MUCH: f64 = 0.1;
/// Share of samples without power from which that is said.
const DARK: f64 = 0.01;

/// The summary of what was measured, decided and found.
pub(super) fn summarised(
    prepared: &RadarPrepared,
    measured: &Measured,
    decision: &Decision,
    found: &Found,
) -> RadarSummary {
    let (stack, recipe) = (&prepared.stack, &prepared.request.recipe.radar);
    let areas = &found.areas;
    let aoi_ha = areas.hectares(|code| code != class::OUTSIDE);
    let valid_share = if aoi_ha > 0.0 { areas.hectares(class::is_seen) / aoi_ha } else { 0.0 };
    let unseen = class::ALL.iter().filter(|(code, ..)| !class::is_seen(*code) && *code != class::OUTSIDE);
    let not_seen = unseen.filter_map(|(wanted, words, _)| {
        let hectares = areas.hectares(|code| code == *wanted);
        (hectares > 0.0).then(|| ((*words).to_owned(), json!(rounded(hectares))))
    });
    let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    let mut warnings = prepared.request.aoi_notes.clone();
    warnings.extend(stack.notes.iter().cloned());
    warnings.extend(remarks(prepared));
    RadarSummary {
        groundtell: env!("CARGO_PKG_VERSION"),
        kind: "radar_change",
        simulated: prepared.simulated(),
        dates: Dates {
            before: day(stack.reach(0).map(|(_, last)| last)),
            after: day(stack.reach(1).map(|(first, _)| first)),
        },
        split: prepared.request.split,
        orbits: stack.facts.clone(),
        polarisations: stack.polarisations.clone(),
        scale: stack.scale,
        scale_detected: stack.detected,
        grid: grid_facts(&prepared.plan.grid),
        aoi_ha: rounded(aoi_ha),
        valid_share: rounded(valid_share),
        not_seen_ha: not_seen.collect(),
        test: Test {
            method: prepared.method(),
            statistic: stack.statistic,
            variances: prepared.variances(),
            pixels: decision.pixels,
            null: decision.null,
            null_law: if decision.empirical { NullLaw::Empirical } else { NullLaw::Theory },
            null_shown: decision.shown,
            level: recipe.level,
            share_theory: rounded(decision.nominal[0]),
            share_nominal: rounded(decision.nominal[1]),
            fdr: recipe.fdr,
            share_discovered: rounded(decision.discovered),
            omnibus_orbit: stack.orbits.get(stack.longest()).and_then(|orbit| orbit.number),
        },
        rise_ha: rounded(found.hectares(true)),
        fall_ha: rounded(found.hectares(false)),
        specks_ha: rounded(areas.hectares(|code| code == class::SPECK)),
        objects: found.objects.len() as u64,
        reliability: Reliability::from_reasons(doubts(prepared, measured, decision, valid_share)),
        warnings,
        failed_blocks: measured.failed.clone(),
        limits: LIMITS,
    }
}

/// What is worth knowing, and no reason to doubt.
fn remarks(prepared: &RadarPrepared) -> Vec<String> {
    let mut remarks = Vec::new();
    if prepared.stack.detected {
        remarks.push(format!("the numbers were taken for {} by what they look like", prepared.stack.scale.word()));
    }
    for (orbit, variance) in prepared.stack.orbits.iter().zip(prepared.variances()) {
        if variance == Variance::Pooled {
            remarks.push(format!(
                "{}: a side has fewer than {} dates, so both share one variance",
                orbit.name(),
                prepared.request.recipe.radar.welch_dates
            ));
        }
    }
    remarks
}

/// Why a reader should not lean on the figures.
fn doubts(prepared: &RadarPrepared, measured: &Measured, decision: &Decision, valid_share: f64) -> Vec<String> {
    let mut doubts = Vec::new();
    let recipe = &prepared.request.recipe.radar;
    if !measured.failed.is_empty() {
        doubts.push(format!("{} blocks could not be read", measured.failed.len()));
    }
    if valid_share < ENOUGH_SEEN {
        doubts.push(format!("only {:.0} % of the area could be tested", 100.0 * valid_share));
    }
    let [samples, dark] = measured.samples;
    if dark as f64 > DARK * samples as f64 {
        let share = 100.0 * dark as f64 / samples as f64;
        doubts.push(format!("{share:.1} % of the samples hold zero or negative power and count as missing"));
    }
    doubts.extend(short_of_a_year(prepared));
    if recipe.null == NullLaw::Empirical && !decision.empirical {
        doubts.push(format!(
            "{} pixels are too few to show what unchanged ground does here: the theory was used, which takes dates for independent",
            decision.pixels
        ));
    }
    if let Some(shown) = decision.shown {
        if shown.spread > WIDE {
            doubts.push(format!(
                "most pixels vary {:.1} times as much as independent dates would: seasons, moisture or years differ between the sides",
                shown.spread
            ));
        }
        if shown.centre.abs() > OFF {
            let way = if shown.centre > 0.0 { "rose" } else { "fell" };
            doubts.push(format!(
                "the area as a whole {way} (median deviate {:.1}): moisture, season or calibration, or an event that covers most of it; a larger area would tell",
                shown.centre
            ));
        }
    }
    if decision.empirical && decision.discovered > MUCH {
        doubts.push(format!(
            "{:.0} % of the pixels changed: what unchanged ground does was told from changed ground too",
            100.0 * decision.discovered
        ));
    }
    doubts
}

/// Orbits whose dates before span less than a year cannot tell a season from an event.
fn short_of_a_year(prepared: &RadarPrepared) -> Option<String> {
    let (first, last) = prepared.stack.reach(0)?;
    let days = (last - first).get_days();
    (days < 330).then(|| format!("the dates before span {days} days: a change of season cannot be told from an event"))
}

/// Writes the documents and makes the stage visible, manifest last.
///
/// # Errors
/// As writing and publishing.
pub(super) fn publish(
    prepared: &RadarPrepared,
    stage: Stage,
    summary: &RadarSummary,
    found: &Found,
    layers: &[Written],
) -> Result<()> {
    let about = json!({
        "groundtell": summary.groundtell, "dates": summary.dates, "split": summary.split, "method": summary.test.method,
        "null": summary.test.null, "reliability": summary.reliability, "simulated": summary.simulated,
        "note": if summary.simulated { "SIMULATED: nothing here was seen by a satellite" } else { summary.limits },
    });
    found.write(&stage, &about, &shared(summary))?;
    write_summary(&stage, summary)?;
    stage.write("item.json", &item(prepared, &stage, summary, layers)?)?;
    let recipe = &prepared.request.recipe;
    let request = prepared.request.record()?;
    let (inputs, access) = (&prepared.files, &Access::default());
    release(stage, Run { command: COMMAND, simulated: summary.simulated, request, recipe, inputs, access })
}

/// What every object of a run shares.
fn shared(summary: &RadarSummary) -> Map<String, Value> {
    let values = [
        ("kind", json!(summary.kind)),
        ("date_before", json!(summary.dates.before)),
        ("date_after", json!(summary.dates.after)),
        ("clear_share", json!(summary.valid_share)),
        ("reliability", json!(summary.reliability.state)),
        ("simulated", json!(summary.simulated)),
    ];
    values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The STAC Item.
fn item(prepared: &RadarPrepared, stage: &Stage, summary: &RadarSummary, layers: &[Written]) -> Result<Vec<u8>> {
    let (geometry, bbox) = footprint(prepared.area.as_ref(), &prepared.plan.grid)?;
    let mut assets = layers.iter().map(|layer| raster(prepared, stage, layer)).collect::<Result<Vec<_>>>()?;
    assets.push(file(stage, "objects", "change.geojson", "Objects", Media::GeoJson, "data")?);
    if stage.holds("preview/ratio.png") {
        assets.push(file(stage, "preview-ratio", "preview/ratio.png", "Change in dB", Media::Png, "overview")?);
    }
    assets.push(file(stage, "summary", "summary.json", "Summary", Media::Json, "metadata")?);
    let mut sources: Vec<Source> = Vec::new();
    for path in &prepared.files {
        sources.push(Source { href: path.to_string_lossy().into_owned(), title: None });
    }
    let item = Item {
        id: identifier(prepared, summary)?,
        title: format!("Radar change {}", prepared.bracket()),
        description: if summary.simulated {
            "SIMULATED: nothing here was seen by a satellite".into()
        } else {
            summary.limits.into()
        },
        geometry,
        bbox,
        when: When::days(
            prepared.stack.reach(0).map(|(first, _)| first),
            prepared.stack.reach(1).map(|(_, last)| last),
        )?,
        lineage: summary.test.method.clone(),
        properties: vec![
            ("groundtell:simulated".into(), json!(summary.simulated)),
            ("groundtell:valid_share".into(), json!(summary.valid_share)),
            ("groundtell:rise_ha".into(), json!(summary.rise_ha)),
            ("groundtell:fall_ha".into(), json!(summary.fall_ha)),
            ("groundtell:reliability".into(), json!(summary.reliability.state)),
        ],
        assets,
        derived_from: sources,
    };
    item.to_bytes()
}

/// A name that the same request over the same inputs gets again.
fn identifier(prepared: &RadarPrepared, summary: &RadarSummary) -> Result<String> {
    let grid = serde_json::to_string(&summary.grid).unwrap_or_default();
    let dates = serde_json::to_string(&summary.orbits).unwrap_or_default();
    let seed = format!("radar {dates} {grid} {}", prepared.request.recipe.to_toml()?);
    let sum = store::sha256_hex(seed.as_bytes());
    Ok(format!("groundtell-radar-{}-{}", prepared.bracket().replace(['/', '.'], "-"), &sum[..12]))
}

fn raster(prepared: &RadarPrepared, stage: &Stage, layer: &Written) -> Result<Asset> {
    let about = &layer.about;
    let mut asset = file(stage, &about.name, &format!("layers/{}.tif", about.name), &about.name, Media::Cog, "data")?;
    let step = match about.kind {
        Kind::Number(step) if layer.dtype == Dtype::I16 => Some(step),
        _ => None,
    };
    let classes = if about.kind == Kind::Classes { &class::ALL[..] } else { &[] };
    asset.grid = Some(prepared.plan.grid);
    asset.bands = vec![Band {
        name: about.name.clone(),
        description: about.words.clone(),
        dtype: layer.dtype,
        nodata: Some(match layer.dtype {
            Dtype::U8 => f64::from(class::OUTSIDE),
            Dtype::U16 => f64::from(super::layers::UNTESTED),
            Dtype::I16 => f64::from(crate::pipeline::sink::NODATA),
            _ => f64::NAN,
        }),
        scale: step,
        offset: None,
        unit: about.unit.map(str::to_owned),
        statistics: (layer.stats.valid > 0 && matches!(about.kind, Kind::Number(_)))
            .then(|| statistics(&layer.stats, step.unwrap_or(1.0))),
        classes: classes.iter().map(|(code, words, _)| stac_class(*code, words)).collect(),
    }];
    Ok(asset)
}

fn stac_class(code: u8, words: &str) -> Class {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    Class {
        value: i64::from(code),
        name: words.chars().map(plain).collect(),
        description: words.to_owned(),
        colour: None,
    }
}
