//! `groundtell search` as the program does it: list, unite, look at the area, propose pairs, write an item collection.

mod collection;
mod shares;

use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;

pub use collection::item_collection;
pub use shares::{Shares, shares};

use crate::error::{Error, Kind, Result};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::opening::open_tiff;
use crate::io::raster::Raster;
use crate::io::tiff::TiffRaster;
use crate::limits::Limits;
use crate::stac::catalogue::{Catalogue, Query};
use crate::stac::dedupe::acquisitions;
use crate::stac::entry::{Acquisition, Place};
use crate::stac::pairs::{Candidate, Proposal, Rules, propose};

/// What opens the raster of a class band, wherever it lies.
pub type OpenClasses<'a> = &'a (dyn Fn(&Place) -> Result<Arc<dyn Raster>> + Sync);

/// What is wanted beside the listing.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whether the clear share is read; it needs an area.
    pub shares: bool,
    /// The window that pairs are proposed for, and what is asked of them.
    pub pairs: Option<((Timestamp, Timestamp), Rules)>,
}

/// An acquisition that was found.
#[derive(Debug)]
pub struct Sighting {
    /// The acquisition.
    pub acquisition: Acquisition,
    /// What it saw of the area; none where that was not asked for, or its items carry no classes.
    pub shares: Option<Shares>,
    /// Why the classes could not be read, where they could not.
    pub trouble: Option<Error>,
}

/// What a search came to.
#[derive(Debug)]
pub struct Found {
    /// By time.
    pub sightings: Vec<Sighting>,
    /// Pairs, where they were asked for.
    pub proposal: Option<Proposal>,
    /// What was left aside, fit to be shown.
    pub notes: Vec<String>,
}

/// Opens a raster on this machine or, where `access` is open, on a server.
///
/// # Errors
/// As the reader of GeoTIFF and the way there.
pub fn open_place(place: &Place, access: &Access, limits: &Limits) -> Result<Arc<dyn Raster>> {
    match place {
        Place::File(path) => open_tiff(path, limits),
        Place::Web(address) => {
            access.remember(address)?;
            let file = access.open(address)?;
            Ok(Arc::new(TiffRaster::from_bytes(file, address.to_string(), limits)?))
        }
    }
}

/// Searches a catalogue. Classes that cannot be read are a trouble of their acquisition, not the end.
///
/// # Errors
/// As [`Catalogue::list`]; `Interrupted` when a signal asked to stop.
pub fn search(
    catalogue: &Catalogue<'_>,
    query: &Query,
    wanted: &Wanted,
    open: OpenClasses<'_>,
    limits: &Limits,
) -> Result<Found> {
    let listing = catalogue.list(query)?;
    let area = query.area.as_ref().filter(|_| wanted.shares);
    let united = acquisitions(listing.entries);
    // The order of the results is that of the acquisitions, whichever is read first.
    let sightings: Vec<Sighting> =
        united.into_par_iter().map(|acquisition| looked_at(acquisition, area, open, limits)).collect();
    let stopped = sightings.iter().filter_map(|sighting| sighting.trouble.as_ref());
    if let Some(stop) = stopped.into_iter().find(|trouble| trouble.kind() == Kind::Interrupted) {
        return Err(stop.clone_words());
    }
    let proposal = wanted.pairs.as_ref().map(|(window, rules)| {
        let of = |sighting| -> Candidate<'_> { candidate(sighting) };
        propose(&sightings.iter().map(of).collect::<Vec<_>>(), *window, rules, area.is_some())
    });
    Ok(Found { sightings, proposal, notes: listing.notes })
}

fn candidate(sighting: &Sighting) -> Candidate<'_> {
    Candidate { acquisition: &sighting.acquisition, clear: sighting.shares.map(|shares| shares.clear) }
}

fn looked_at(acquisition: Acquisition, area: Option<&Aoi>, open: OpenClasses<'_>, limits: &Limits) -> Sighting {
    let read = area.map_or(Ok(None), |area| shares(&acquisition, area, open, limits));
    let (shares, trouble) = match read {
        Ok(shares) => (shares, None),
        Err(error) => (None, Some(error)),
    };
    Sighting { acquisition, shares, trouble }
}
