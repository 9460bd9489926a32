//! The stack of a run: slices sorted into relative orbits, sides and dates, their scale told, what does not serve
//! left out by name.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::request::RadarRequest;
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::raster::{Dtype, with_samples};
use crate::io::stack::{Opened, Slice};
use crate::kernel::reflectance::{Encoding, counts_row};
use crate::kernel::sar::scale::Scale;
use crate::recipe::Statistic;
use crate::scene::sentinel1::Polarisation;

/// One file's band with the meaning of its numbers.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) slice: Slice,
    pub(super) scale: Scale,
}

/// All that one pass over the area saw on one day; the parts of a polarisation in order of precedence.
#[derive(Clone)]
pub(super) struct Day {
    pub(super) date: Date,
    /// VV, VH.
    pub(super) parts: [Vec<Part>; 2],
}

/// One relative orbit that serves.
pub(super) struct Orbit {
    /// Its number, where names tell.
    pub(super) number: Option<u16>,
    /// Days before and after, in order of time.
    pub(super) sides: [Vec<Day>; 2],
}

/// An orbit as the summary shows it.
#[derive(Debug, Clone, Serialize)]
pub struct OrbitFacts {
    /// Relative orbit; null where names do not tell.
    pub orbit: Option<u16>,
    /// Dates used before.
    pub before: Vec<Date>,
    /// Dates used after.
    pub after: Vec<Date>,
    /// Whether it was used; else `why`.
    pub used: bool,
    /// Why it was left out.
    pub why: Option<String>,
}

/// The stack.
pub(super) struct Stack {
    pub(super) orbits: Vec<Orbit>,
    /// All orbits, the ones left out too.
    pub(super) facts: Vec<OrbitFacts>,
    /// Polarisations of the orbits in use.
    pub(super) polarisations: Vec<Polarisation>,
    /// What decides.
    pub(super) statistic: Statistic,
    pub(super) scale: Scale,
    /// Whether the scale was told from the numbers.
    pub(super) detected: bool,
    pub(super) notes: Vec<String>,
}

impl Orbit {
    /// All days, before first.
    pub(super) fn days(&self) -> impl Iterator<Item = &Day> {
        self.sides.iter().flatten()
    }

    /// Its name in words.
    pub(super) fn name(&self) -> String {
        named(self.number)
    }
}

fn named(orbit: Option<u16>) -> String {
    orbit.map_or_else(|| "orbit unknown".into(), |number| format!("orbit {number}"))
}

impl Stack {
    /// Sorts what was opened.
    ///
    /// # Errors
    /// `Usage` for one date only, or too few on a side in every orbit, with the counts, and for numbers whose scale
    /// cannot be told; `Mismatch` for files of different scales; `Missing` for a polarisation that was asked for.
    pub(super) fn sorted(opened: Opened, request: &RadarRequest) -> Result<Self> {
        let recipe = &request.recipe.radar;
        let mut notes = opened.notes;
        let slices = of_orbit(opened.slices, request.orbit, &mut notes)?;
        one_date(&slices)?;
        let (scale, detected) = scale_of(&slices, request.scale)?;
        let polarisations: Vec<Polarisation> = Polarisation::ALL
            .into_iter()
            .filter(|wanted| slices.iter().any(|slice| slice.polarisation == *wanted))
            .collect();
        let statistic = statistic(recipe.statistic, &polarisations)?;
        if slices.iter().all(|slice| slice.orbit.is_none()) {
            notes.push("no name tells a relative orbit: all dates are taken to be of one".into());
        }
        let mut by_orbit: BTreeMap<Option<u16>, Vec<Slice>> = BTreeMap::new();
        slices.into_iter().for_each(|slice| by_orbit.entry(slice.orbit).or_default().push(slice));
        let (mut orbits, mut facts) = (Vec::new(), Vec::new());
        for (number, slices) in by_orbit {
            let orbit = Orbit { number, sides: sides(slices, scale, request) };
            let why = unfit(&orbit, recipe.min_dates, statistic);
            let dates = |side: usize| orbit.sides[side].iter().map(|day| day.date).collect::<Vec<_>>();
            facts.push(OrbitFacts {
                orbit: number,
                before: dates(0),
                after: dates(1),
                used: why.is_none(),
                why: why.clone(),
            });
            match why {
                Some(why) => notes.push(format!("{} was left out: {why}", orbit.name())),
                None => orbits.push(orbit),
            }
        }
        if orbits.is_empty() {
            return Err(too_few(&facts, request));
        }
        Ok(Self { orbits, facts, polarisations, statistic, scale, detected, notes })
    }

    /// First and last date of a side over all orbits in use.
    pub(super) fn reach(&self, side: usize) -> Option<(Date, Date)> {
        let dates = || self.orbits.iter().flat_map(|orbit| &orbit.sides[side]).map(|day| day.date);
        Some((dates().min()?, dates().max()?))
    }

    /// The slices in use, in a fixed order, with the side they belong to.
    pub(super) fn slices(&self) -> impl Iterator<Item = (usize, &Slice)> {
        let days = self
            .orbits
            .iter()
            .flat_map(|orbit| (0..2).flat_map(|side| orbit.sides[side].iter().map(move |day| (side, day))));
        days.flat_map(|(side, day)| day.parts.iter().flatten().map(move |part| (side, &part.slice)))
    }

    /// The orbit with most dates, which the omnibus test runs on.
    pub(super) fn longest(&self) -> usize {
        let mut longest = (0, 0);
        for (at, orbit) in self.orbits.iter().enumerate() {
            let dates = orbit.days().count();
            longest = if dates > longest.1 { (at, dates) } else { longest };
        }
        longest.0
    }
}

/// The slices of the orbit that was asked for.
fn of_orbit(slices: Vec<Slice>, asked: Option<u16>, notes: &mut Vec<String>) -> Result<Vec<Slice>> {
    let Some(asked) = asked else { return Ok(slices) };
    let all = slices.len();
    let kept: Vec<Slice> = slices
        .into_iter()
        .filter(|slice| slice.orbit.is_none_or(|own| own == asked))
        .map(|slice| Slice { orbit: Some(asked), ..slice })
        .collect();
    if kept.is_empty() {
        return Err(Error::missing(format!("no file is of relative orbit {asked}")).hint("leave --orbit out"));
    }
    if kept.len() < all {
        notes.push(format!("{} of {all} bands are of other relative orbits than {asked}", all - kept.len()));
    }
    Ok(kept)
}

fn one_date(slices: &[Slice]) -> Result<()> {
    let first = slices.first().map(|slice| slice.date);
    match first {
        Some(date) if slices.iter().all(|slice| slice.date == date) => {
            Err(Error::usage(format!("the stack holds one date only ({date}): there is nothing to compare"))
                .hint("give the dates before and after; radar needs at least two on each side"))
        }
        _ => Ok(()),
    }
}

fn statistic(asked: Statistic, there: &[Polarisation]) -> Result<Statistic> {
    let has = |wanted| there.contains(&wanted);
    let (vv, vh) = (has(Polarisation::Vv), has(Polarisation::Vh));
    let lacks = |what: &str| {
        Err(Error::missing(format!("the stack has no {what}")).hint("choose another with --set radar.statistic=auto"))
    };
    match asked {
        Statistic::Auto => Ok(if vh { Statistic::Vh } else { Statistic::Vv }),
        Statistic::Vv if !vv => lacks("VV"),
        Statistic::Vh if !vh => lacks("VH"),
        Statistic::Hotelling if !(vv && vh) => lacks("pair of VV and VH"),
        stated => Ok(stated),
    }
}

/// Days of both sides, slices of one day and polarisation together.
fn sides(slices: Vec<Slice>, scale: Scale, request: &RadarRequest) -> [Vec<Day>; 2] {
    let mut days: [BTreeMap<Date, Day>; 2] = Default::default();
    for slice in slices {
        let Some(after) = request.split.side(slice.date) else { continue };
        let day = days[usize::from(after)]
            .entry(slice.date)
            .or_insert_with(|| Day { date: slice.date, parts: Default::default() });
        let place = usize::from(slice.polarisation == Polarisation::Vh);
        day.parts[place].push(Part { slice, scale });
    }
    let [before, after] = days.map(|days| days.into_values().collect::<Vec<_>>());
    near(before, after, request)
}

/// The days that the recipe's windows leave: near the event, of the same season.
fn near(before: Vec<Day>, after: Vec<Day>, request: &RadarRequest) -> [Vec<Day>; 2] {
    let recipe = &request.recipe.radar;
    let days = |from: Date, to: Date| i64::from((to - from).get_days());
    let edge = |side: usize| match request.split {
        super::request::Split::Event(event) => Some(event),
        super::request::Split::Spans(first, second) => {
            if side == 0 {
                first.last
            } else {
                second.first
            }
        }
    };
    let within = |limit: Option<u32>, distance: Option<i64>| {
        limit.zip(distance).is_none_or(|(limit, distance)| distance <= i64::from(limit))
    };
    let after: Vec<Day> =
        after.into_iter().filter(|day| within(recipe.after_days, edge(1).map(|edge| days(edge, day.date)))).collect();
    let season = |day: &Day| {
        recipe.same_season_days.is_none_or(|limit| {
            after.iter().any(|other| anniversary_distance(day.date, other.date) <= i64::from(limit))
        })
    };
    let before = before
        .into_iter()
        .filter(|day| within(recipe.before_days, edge(0).map(|edge| days(day.date, edge))) && season(day))
        .collect();
    [before, after]
}

/// Days between two dates of the calendar, whatever the year.
fn anniversary_distance(one: Date, other: Date) -> i64 {
    let apart = i64::from((i32::from(one.day_of_year()) - i32::from(other.day_of_year())).abs());
    apart.min(365 - apart.min(365))
}

/// Why an orbit does not serve; None when it does.
fn unfit(orbit: &Orbit, least: usize, statistic: Statistic) -> Option<String> {
    let needs: &[usize] = match statistic {
        Statistic::Vv => &[0],
        Statistic::Hotelling => &[0, 1],
        _ => &[1],
    };
    let count =
        |side: usize| orbit.sides[side].iter().filter(|day| needs.iter().all(|at| !day.parts[*at].is_empty())).count();
    let [before, after] = [count(0), count(1)];
    (before.min(after) < least)
        .then(|| format!("{before} dates before and {after} after, {least} are needed on each side"))
}

fn too_few(facts: &[OrbitFacts], request: &RadarRequest) -> Error {
    let lines: Vec<String> = facts
        .iter()
        .map(|orbit| format!("{}: {}", named(orbit.orbit), orbit.why.as_deref().unwrap_or_default()))
        .collect();
    Error::usage(format!(
        "no relative orbit has enough dates on both sides ({}): {}",
        request.split.words(),
        lines.join("; ")
    ))
    .hint("add dates, or move the event; orbits are never mixed, since each sees the ground from another angle")
}

/// The one scale of all files, and whether it was told from their numbers.
fn scale_of(slices: &[Slice], stated: Option<Scale>) -> Result<(Scale, bool)> {
    if let Some(scale) = stated {
        return Ok((scale, false));
    }
    let mut found: Vec<(Scale, &Slice)> = Vec::new();
    for slice in slices {
        let Some(scale) = told(slice)? else { continue };
        if !found.iter().any(|(other, _)| *other == scale) {
            found.push((scale, slice));
        }
    }
    match found.as_slice() {
        [(scale, _)] => Ok((*scale, true)),
        [] => Err(Error::usage("nothing tells whether the numbers are power, decibels or decibels times 100")
            .at(slices.first().map_or_else(String::new, |slice| slice.name.to_string()))
            .hint("calibrate the files, or state the scale with --sar-scale linear, db or db100")),
        several => {
            let words: Vec<String> =
                several.iter().map(|(scale, slice)| format!("{} in {}", scale.word(), slice.name)).collect();
            Err(Error::mismatch(format!("the files hold different scales: {}", words.join(", ")))
                .hint("bring them to one scale, or state it with --sar-scale if the guess is wrong"))
        }
    }
}

/// The scale that a sample of a slice shows: its middle, else its quarters.
fn told(slice: &Slice) -> Result<Option<Scale>> {
    const SIDE: usize = 96;
    let info = slice.raster.info();
    let place = |across: usize, down: usize| {
        let (col, row) = (info.width * across / 4, info.height * down / 4);
        let window = Window::new(col.saturating_sub(SIDE / 2), row.saturating_sub(SIDE / 2), SIDE, SIDE);
        window.intersect(&Window::whole(info.width, info.height))
    };
    for (across, down) in [(2, 2), (1, 1), (3, 3), (3, 1), (1, 3)] {
        let values = values(slice, place(across, down))?;
        if let Some(scale) = Scale::detect(&values) {
            let whole = !matches!(info.bands.get(slice.band).map(|band| band.dtype), Some(Dtype::F32 | Dtype::F64));
            // Whole numbers hold no power below one.
            return Ok(Some(scale).filter(|scale| !(whole && *scale == Scale::Linear)));
        }
    }
    Ok(None)
}

/// The numbers of a window, NaN where the file has none.
///
/// # Errors
/// As reading the raster.
pub(super) fn values(slice: &Slice, window: Window) -> Result<Vec<f32>> {
    let nodata = slice.raster.info().bands.get(slice.band).and_then(|band| band.nodata);
    let encoding = Encoding { nodata, ..Encoding::PLAIN };
    let samples = slice.raster.read(0, &[slice.band], window)?;
    let mut out = vec![f32::NAN; window.len()];
    if let Some(samples) = samples.first() {
        with_samples!(samples, values => counts_row(values, encoding, &mut out));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_meets_over_the_new_year() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(anniversary_distance(date("2020-12-30"), date("2023-01-02")), 2);
        assert_eq!(anniversary_distance(date("2021-06-01"), date("2019-06-11")), 10);
    }
}
