//! `groundtell simulate`: a seeded pair with a known truth.

use super::args::{SeasonName, Simulate};
use super::progress::Progress;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::pipeline::codec;
use crate::pipeline::simulated::{Made, Style, series, write};
use crate::scene::scale::Baseline;
use crate::simulate::{Events, Scenario, Season, SimBand};
use crate::text::shown_path;

pub(super) fn run(asked: &Simulate, talk: &Talk) -> Result<u8> {
    let scenario = scenario(asked)?;
    let progress = Progress::new(talk)?;
    if let Some(passes) = asked.passes {
        return series(asked, &scenario, passes, talk);
    }
    let style = Style { baseline: &asked.baseline, codec: codec(&asked.codec)?, bands: &bands(asked)? };
    let made = write(&scenario, &style, (&asked.out, asked.overwrite), &progress);
    progress.done();
    let made = made?;
    let out = shown_path(&asked.out);
    let next = format!("change --before {out}/before/item.json --after {out}/after/item.json --out {out}-change");
    talk.answer(&made, || text(&made, &next))
}

/// A series on the ground of the scenario.
fn series(asked: &Simulate, scenario: &Scenario, passes: u32, talk: &Talk) -> Result<u8> {
    let passes = series::every_five_days(asked.since, asked.event, passes, &asked.baseline)?;
    let scenario = Scenario { events: Events { burned: asked.burned as f32, ..Events::none() }, ..scenario.clone() };
    let progress = Progress::new(talk)?;
    let style = Style { baseline: &asked.baseline, codec: codec(&asked.codec)?, bands: &bands(asked)? };
    let made = series::write((&scenario, &passes), &style, (&asked.out, asked.overwrite), &progress);
    progress.done();
    let made = made?;
    let out = shown_path(&asked.out);
    talk.answer(&made, || text(&made, &format!("search --catalogue {out}/catalog.json")))
}

fn scenario(asked: &Simulate) -> Result<Scenario> {
    let season = match asked.season {
        SeasonName::LateNovember => Season::LateNovember,
        SeasonName::Spring => Season::Spring,
        SeasonName::Summer => Season::Summer,
    };
    let baseline = Baseline::parse(&asked.baseline)
        .ok_or_else(|| Error::usage(format!("--baseline {:?}: expected a form such as 05.11", asked.baseline)))?;
    let mut scenario = Scenario::new(asked.seed, asked.size as usize, season)?;
    scenario.cloud_share = [asked.cloud as f32; 2];
    scenario.events = Events { burned: asked.burned as f32, ..Events::usual(season) };
    scenario.offset_dn = if baseline >= Baseline::WITH_OFFSET { 1000 } else { 0 };
    if let Some(origin) = &asked.origin {
        let [x, y] = origin[..] else {
            return Err(Error::usage("--origin: expected EASTING,NORTHING, such as 390000,5515000"));
        };
        let side = scenario.grid10.width();
        scenario.grid10 = Grid::new(Crs::from_epsg(32637)?, (x, y), (10.0, 10.0), (side, side))?;
    }
    scenario.check()?;
    Ok(scenario)
}

/// The bands that were asked for, in the order of wavelength.
fn bands(asked: &Simulate) -> Result<Vec<SimBand>> {
    let Some(names) = &asked.bands else { return Ok(SimBand::ALL.to_vec()) };
    let known = |name: &String| SimBand::ALL.iter().any(|band| band.name().eq_ignore_ascii_case(name));
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(Error::usage(format!("--bands: there is no simulated band {name:?}"))
            .hint("bands are B02 to B08, B8A, B11 and B12"));
    }
    let wanted = |band: &&SimBand| names.iter().any(|name| band.name().eq_ignore_ascii_case(name));
    Ok(SimBand::ALL.iter().filter(wanted).copied().collect())
}

fn text(made: &Made, next: &str) -> String {
    let scenario: String = made.scenario.iter().map(|(key, value)| format!("{key:<14} {value}\n")).collect();
    format!("{scenario}{} files, {:.1} MB\nnext: groundtell {next}\n", made.files, made.bytes as f64 / 1e6)
}
