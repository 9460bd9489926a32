//! `groundtell search`: what a catalogue has of an area, and how much of the area each acquisition saw.

use std::fmt::Write;
use std::path::Path;

use super::args::Search;
use super::network::catalogue;
use super::period::{Span, between, span};
use super::progress::Progress;
use super::request;
use super::talk::Talk;
use crate::error::{Error, Kind, Result};
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::search::{Found, Sighting, Wanted, item_collection, open_place, search};
use crate::stac::catalogue::{Query, Source};
use crate::stac::entry::Place;
use crate::stac::pairs::{Pair, Rules};
use crate::text::{Foreign, inert_json, inert_line, shown_path};

/// Exit code of a search in which some classes could not be read.
const PARTIAL: u8 = 3;

pub(super) fn run(asked: &Search, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let source = Source::parse(&asked.catalogue)?;
    let query = query(asked, &source, &limits)?;
    let wanted = wanted(asked)?;
    if let Some(path) = &asked.out {
        refuse_to_replace(path, asked.overwrite)?;
    }
    let progress = Progress::new(talk)?;
    let access = asked.network.access()?;
    let catalogue = catalogue(source.place, &access, limits)?;
    let open = |place: &Place| open_place(place, &access, &limits);
    let ended = search(&catalogue, &query, &wanted, &open, &limits);
    progress.done();
    let mut found = ended?;
    found.notes.extend(access.notes());
    let document = item_collection(&found);
    if let Some(path) = &asked.out {
        let text = serde_json::to_string_pretty(&document).map_err(|error| Error::bug(error.to_string()))?;
        store::replace(path, format!("{}\n", inert_json(&text)).as_bytes())?;
    }
    talk.answer(&document, || text(&found, query.area.is_some(), asked))?;
    Ok(if found.sightings.iter().any(|sighting| sighting.trouble.is_some()) { PARTIAL } else { 0 })
}

fn query(asked: &Search, source: &Source, limits: &Limits) -> Result<Query> {
    let (from, to) = match &asked.datetime {
        Some(text) => span("--datetime", text)?,
        None => between(asked.from.as_deref(), asked.to.as_deref())?,
    };
    let own = source.collection.iter().filter(|_| asked.collection.is_empty());
    Ok(Query {
        collections: asked.collection.iter().chain(own).cloned().collect(),
        area: request::area(&asked.area, limits)?,
        from,
        to,
        updated_since: None,
        platform: asked.platform.clone(),
        limit: asked.limit.map(|limit| limit as usize),
    })
}

fn wanted(asked: &Search) -> Result<Wanted> {
    if !(0.0..=1.0).contains(&asked.clear) {
        return Err(Error::usage("--clear is a share from 0 to 1").hint("0.6 is the default"));
    }
    let rules = Rules { clear: asked.clear, ..Rules::default() };
    let window = asked.window.as_deref().filter(|_| asked.pairs).map(|text| window(span("--window", text)?));
    let pairs = window.transpose()?.map(|window| (window, rules));
    Ok(Wanted { shares: !asked.no_clear_share, pairs })
}

/// A claim's window has both ends.
fn window(span: Span) -> Result<(jiff::Timestamp, jiff::Timestamp)> {
    span.0
        .zip(span.1)
        .ok_or_else(|| Error::usage("--window needs both of its ends").hint("write it as 2024-08-01/2024-08-10"))
}

fn refuse_to_replace(path: &Path, overwrite: bool) -> Result<()> {
    if path.exists() && !overwrite {
        return Err(Error::new(Kind::Exists, "this is there already")
            .at(shown_path(path))
            .hint("name another file, or allow it with --overwrite"));
    }
    Ok(())
}

/// The table for people, and below it what is to be said of it.
fn text(found: &Found, has_area: bool, asked: &Search) -> String {
    let mut page = table(&found.sightings);
    let mut line = |words: String| page.extend([words.as_str(), "\n"]);
    if found.sightings.is_empty() {
        line("No acquisition answers.".to_owned());
    } else if !has_area && !asked.no_clear_share {
        line("No clear share: it is read over an area (--aoi, --bbox).".to_owned());
    }
    for sighting in &found.sightings {
        left_aside(sighting).into_iter().for_each(&mut line);
    }
    for note in &found.notes {
        line(format!("note: {}", inert_line(note)));
    }
    if let Some(proposal) = &found.proposal {
        line(format!("\n{} pairs", proposal.pairs.len()));
        proposal.pairs.iter().map(|pair| pair_line(pair, &found.sightings)).for_each(&mut line);
        proposal.reasons.iter().map(|reason| format!("  none: {reason}")).for_each(&mut line);
    }
    page
}

/// Duplicates of an acquisition, and why its classes could not be read.
fn left_aside(sighting: &Sighting) -> Vec<String> {
    let day = sighting.acquisition.day();
    let losers = sighting.acquisition.losers.iter();
    let mut lines: Vec<String> =
        losers.map(|loser| format!("{day}: {} is the same acquisition in an older form", loser.id)).collect();
    lines.extend(
        sighting.trouble.iter().map(|why| format!("{day}: clear share not known: {}", inert_line(&why.to_string()))),
    );
    lines
}

/// Columns of the table: title and width, right-aligned where numbers stand.
const COLUMNS: [&str; 8] = ["time (UTC)", "platform", "tile", "orbit", "sun z/az", "clear", "tile cloud", "item"];

/// One row for each acquisition; further items of it stand below its first.
fn table(sightings: &[Sighting]) -> String {
    if sightings.is_empty() {
        return String::new();
    }
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(sightings.iter().flat_map(cells));
    let width = |column: usize| rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count())).max();
    let widths: Vec<usize> = (0..COLUMNS.len() - 1).map(|column| width(column).unwrap_or(0)).collect();
    let mut page = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(page, "{cell:<width$}  ");
        }
        let _ = writeln!(page, "{}", row.last().map_or("", String::as_str));
    }
    page
}

fn cells(sighting: &Sighting) -> Vec<[String; COLUMNS.len()]> {
    let acquisition = &sighting.acquisition;
    let percent = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let first = acquisition.parts.first();
    let time = acquisition.datetime().strftime("%Y-%m-%d %H:%M").to_string();
    let sun = acquisition.sun().map_or("-".to_owned(), |(zenith, azimuth)| format!("{zenith:.0}/{azimuth:.0}"));
    let head = [
        time,
        Foreign::new(acquisition.platform().unwrap_or("-")).to_string(),
        first.and_then(|part| part.tile.clone()).unwrap_or("-".to_owned()),
        acquisition.orbit().map_or("-".to_owned(), |orbit| orbit.to_string()),
        sun,
        percent(sighting.shares.map(|shares| shares.clear)),
        percent(first.and_then(|part| part.declared_cloud)),
        first.map_or(String::new(), |part| part.id.to_string()),
    ];
    let further = acquisition.parts.iter().skip(1).map(|part| {
        let mut row = COLUMNS.map(|_| String::new());
        row[2] = part.tile.clone().unwrap_or("-".to_owned());
        row[6] = percent(part.declared_cloud);
        row[7] = part.id.to_string();
        row
    });
    std::iter::once(head).chain(further).collect()
}

fn pair_line(pair: &Pair, sightings: &[Sighting]) -> String {
    let of = |place: usize| {
        let acquisition = sightings.get(place).map(|sighting| &sighting.acquisition);
        let id = acquisition.and_then(|acquisition| acquisition.parts.first()).map(|part| part.id.to_string());
        id.unwrap_or_default()
    };
    let clear = pair.clear.map_or("clear share not read".to_owned(), |clear| format!("{:.0} % clear", clear * 100.0));
    let (before, after) = (of(pair.before), of(pair.after));
    format!(
        "  {before} -> {after}  {clear}, {:.0} days, sun {:.1}/{:.1} degrees apart",
        pair.days, pair.sun.0, pair.sun.1
    )
}
