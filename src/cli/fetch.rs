//! `check --fetch`: the pair of scenes that a catalogue has for a claim.

use std::path::PathBuf;

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::network::{catalogue, kept};
use crate::claim::{Claim, Scenes};
use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::limits::Limits;
use crate::pipeline::search::{Sighting, Wanted, open_place, search};
use crate::stac::catalogue::{Query, Source};
use crate::stac::entry::Place;
use crate::stac::pairs::Rules;
use crate::text::{Foreign, inert_line};
use crate::time::midnight;

/// Days before the window in which a scene before it is looked for.
const DAYS_BEFORE: i32 = 120;

/// A catalogue that pairs are fetched from.
pub(super) struct Fetch<'a> {
    /// As the user named it.
    pub(super) catalogue: &'a str,
    /// The way to servers.
    pub(super) access: &'a Access,
    pub(super) limits: &'a Limits,
    /// What hears what was found.
    pub(super) note: &'a dyn Fn(&str),
}

impl Fetch<'_> {
    /// The best pair for a claim: from one orbit, under one sun, clear over the area. None, with the reasons on stderr,
    /// where the catalogue has none.
    ///
    /// # Errors
    /// As searching the catalogue.
    pub(super) fn pair(&self, claim: &Claim, area: &Aoi) -> Result<Option<Scenes>> {
        let source = Source::parse(self.catalogue)?;
        let catalogue = catalogue(source.place, self.access, *self.limits)?;
        let window = (midnight(claim.window.from)?, last_moment(claim.window.to)?);
        let query = Query {
            collections: source.collection.into_iter().collect(),
            area: Some(area.clone()),
            from: Some(midnight(claim.window.from.saturating_sub(Span::new().days(DAYS_BEFORE)))?),
            to: Some(window.1),
            ..Query::default()
        };
        let wanted = Wanted { shares: true, pairs: Some((window, Rules::default())) };
        let open = |place: &Place| open_place(place, self.access, self.limits);
        let found = search(&catalogue, &query, &wanted, &open, self.limits)?;
        found.notes.iter().for_each(|note| (self.note)(&format!("note: {}", inert_line(note))));
        let proposal = found.proposal.unwrap_or_default();
        let name = Foreign::new(&claim.id);
        let best = proposal
            .pairs
            .first()
            .and_then(|pair| Some((found.sightings.get(pair.before)?, found.sightings.get(pair.after)?)));
        let Some((before, after)) = best else {
            (self.note)(&format!("claim {name}: no pair of scenes was found"));
            proposal.reasons.iter().for_each(|reason| (self.note)(&format!("  {}", inert_line(reason))));
            return Ok(None);
        };
        (self.note)(&format!("claim {name}: {} against {}", shown(after), shown(before)));
        Ok(Some(Scenes { before: self.places(before)?, after: self.places(after)?, ..Scenes::default() }))
    }

    /// Where the items of an acquisition lie, without credentials.
    fn places(&self, sighting: &Sighting) -> Result<Vec<String>> {
        let place = |place: &Place| match place {
            Place::File(path) => Ok(path.to_string_lossy().into_owned()),
            Place::Web(address) => {
                Ok(kept(&PathBuf::from(address.whole()), self.access)?.to_string_lossy().into_owned())
            }
        };
        sighting.acquisition.parts.iter().map(|part| place(&part.place)).collect()
    }
}

/// An acquisition by its items.
fn shown(sighting: &Sighting) -> String {
    let ids = sighting.acquisition.parts.iter().map(|part| part.id.to_string()).collect::<Vec<_>>().join(", ");
    let clear = sighting.shares.map_or(String::new(), |shares| format!(" ({:.0} % clear)", 100.0 * shares.clear));
    format!("{ids}{clear}")
}

/// The last second of a day, UTC.
fn last_moment(day: Date) -> Result<Timestamp> {
    Ok(midnight(day.saturating_add(Span::new().days(1)))?
        .saturating_sub(Span::new().seconds(1))
        .unwrap_or(Timestamp::MAX))
}
