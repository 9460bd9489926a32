//! The watch: the line walked once for every new acquisition over an area, and what that comes to over months.

pub mod alert;
pub mod baseline;
pub mod book;
pub mod job;
mod layers;
pub mod listing;
mod look;
pub mod notice;
pub mod pass;
pub mod publish;
pub mod record;
pub mod report;
pub mod schema;
pub mod shelf;
mod site;
pub mod spending;
pub mod track;

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::limits::Limits;
use crate::pipeline::crew::Watch;
use crate::recipe::Recipe;
use job::{Area, Job};
use shelf::Shelf;

/// An area of the job, its place read.
#[derive(Debug, Clone)]
pub struct Watched {
    /// As the job has it.
    pub area: Area,
    /// The place.
    pub aoi: Aoi,
    /// SHA-256 of the place's canonical text.
    pub digest: String,
}

/// Everything that a pass works with.
pub struct Desk<'a> {
    /// The job.
    pub job: &'a Job,
    /// Every tunable of the line.
    pub recipe: Recipe,
    /// Its SHA-256.
    pub recipe_hash: String,
    /// The areas.
    pub areas: Vec<Watched>,
    /// The folder.
    pub shelf: Shelf,
    /// Bounds on what is read.
    pub limits: Limits,
    /// The way to servers.
    pub access: Access,
    /// Progress, and the wish to stop.
    pub watch: &'a dyn Watch,
}

impl Desk<'_> {
    fn area(&self, place: usize) -> Result<&Watched> {
        self.areas.get(place).ok_or_else(|| Error::bug("an area that the job does not have"))
    }
}
