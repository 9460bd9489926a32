//! Heat as evidence: whether a place had more thermal detections in the window than it, and places like it, have in
//! that season (METHODS 8 and 10). Counts are compared by rank; as Poisson they would raise false alarms one time in
//! six, because fires come in clusters.

mod effect;
mod placebo;
mod power;
mod rival;
mod season;
mod survey;
#[cfg(test)]
mod tests;
mod words;

pub use season::Count;
pub use survey::{Elsewhere, Survey};

use crate::claim::Window;
use crate::error::{Error, Result};
use crate::hotspot::archive::Archive;
use crate::hotspot::day::{self, Stretch};
use crate::hotspot::footprint::Footprint;
use crate::recipe::{EvidenceRecipe, HeatRecipe};

use super::measurement::Measurement;

/// What is asked of the archive.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where.
    pub place: Footprint,
    /// Days of the claim.
    pub window: Stretch,
    /// The smallest effect of interest in detections.
    pub smallest: f64,
}

impl Question {
    /// A question, if the window is one.
    ///
    /// # Errors
    /// `Usage` for a window that ends before it begins.
    pub fn new(place: Footprint, window: Window, smallest: f64) -> Result<Self> {
        let stretch = Stretch { from: day::number(window.from), to: day::number(window.to) };
        if stretch.days() == 0 {
            let (from, to) = (window.from, window.to);
            return Err(Error::usage(format!("the window ends ({to}) before it begins ({from})"))
                .hint("give the first and the last day of the claimed event"));
        }
        Ok(Self { place, window: stretch, smallest })
    }
}

/// All that the archive says to a question, on one thread; [`Survey`] has the same in parts that may run side by
/// side.
pub fn measure(archive: &Archive, question: &Question, recipes: (&HeatRecipe, &EvidenceRecipe)) -> Measurement {
    let survey = Survey::new(archive, question, recipes);
    let elsewhere = (0..survey.places()).map(|number| survey.elsewhere(number)).collect();
    survey.measurement(elsewhere)
}
