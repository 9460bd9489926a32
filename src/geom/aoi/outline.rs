//! Checks of one polygon's rings: closed, long enough, and in one piece over the antimeridian.

use super::walk::{Part, Position};
use crate::error::{Error, Result};

/// A polygon whose rings are closed and continuous: longitudes may pass 180, as far as a ring
/// goes over the antimeridian.
pub(super) struct Outline {
    /// Where it stood.
    pub(super) place: String,
    /// The outer ring, its last position equal to its first.
    pub(super) exterior: Vec<Position>,
    /// The holes, likewise.
    pub(super) holes: Vec<Vec<Position>>,
}

/// Says what is wrong with a position that is not on earth.
pub(super) fn on_earth(lon: f64, lat: f64) -> std::result::Result<(), String> {
    if !lon.is_finite() || !lat.is_finite() {
        Err(format!("the position {lon}, {lat} is not finite"))
    } else if lon.abs() > 180.0 {
        Err(format!("the longitude {lon:e} is not within -180..180"))
    } else if lat.abs() > 90.0 {
        Err(format!("the latitude {lat:e} is not within -90..90"))
    } else {
        Ok(())
    }
}

/// Closes and unrolls the rings of a part; says in `notes` what was done.
pub(super) fn checked(part: Part, notes: &mut Vec<String>) -> Result<Outline> {
    let Part { place, rings } = part;
    let mut rings = rings.into_iter().enumerate().map(|(i, mut ring)| {
        let at = format!("{place}, ring {i}");
        let ready = close(&mut ring, &at, notes).and_then(|()| unroll(&mut ring, &at, notes));
        ready.map(|()| ring).map_err(|error| error.at(&at))
    });
    let exterior = rings.next().unwrap_or_else(|| Err(Error::malformed("the polygon is empty").at(&place)))?;
    let mut holes = rings.collect::<Result<Vec<_>>>()?;
    holes.iter_mut().for_each(|hole| bring_near(hole, &exterior));
    Ok(Outline { place, exterior, holes })
}

/// Repeats the first position at the end, where that is missing.
fn close(ring: &mut Vec<Position>, at: &str, notes: &mut Vec<String>) -> Result<()> {
    let (first, last) = (ring.first().copied(), ring.last().copied());
    if let (Some(first), true) = (first, first != last) {
        ring.push(first);
        notes.push(format!("{at}: the ring was not closed; its first position was repeated at the end"));
    }
    match ring.len() {
        0..4 => Err(Error::malformed(format!("a ring needs at least 4 positions, this one has {}", ring.len()))),
        _ => Ok(()),
    }
}

/// Makes longitudes continuous where neighbours lie more than 180 degrees apart. A step of
/// exactly 360 degrees stays: that is how the outline of the whole world is written.
fn unroll(ring: &mut [Position], at: &str, notes: &mut Vec<String>) -> Result<()> {
    let (mut turns, mut crossings) = (0.0, Vec::new());
    let mut before = ring.first().map_or(0.0, |first| first.0);
    for (index, (lon, _)) in ring.iter_mut().enumerate() {
        let step = *lon - before;
        before = *lon;
        if step.abs() > 180.0 && step.abs() < 360.0 {
            turns -= 360.0 * step.signum();
            crossings.push(index);
        }
        *lon += turns;
    }
    if turns != 0.0 {
        return Err(Error::malformed("the ring goes around a pole")
            .hint("cut the polygon at the antimeridian and lead it along the pole (RFC 7946, 3.1.9)"));
    }
    if let Some(index) = crossings.first() {
        let before = index.saturating_sub(1);
        notes.push(format!(
            "{at}: vertices {before} and {index} lie more than 180 degrees apart; taken as crossing the antimeridian"
        ));
    }
    Ok(())
}

/// Moves a hole by a turn, if only that brings it within the longitudes of its exterior.
fn bring_near(hole: &mut [Position], exterior: &[Position]) {
    let span = |ring: &[Position]| {
        ring.iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (lon, _)| (least.min(*lon), most.max(*lon)))
    };
    let ((west, east), (least, most)) = (span(exterior), span(hole));
    let fits = |turn: &f64| least + turn >= west && most + turn <= east;
    if let Some(turn) = [0.0, 360.0, -360.0].into_iter().find(fits) {
        hole.iter_mut().for_each(|(lon, _)| *lon += turn);
    }
}
