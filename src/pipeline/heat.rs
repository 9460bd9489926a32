//! Heat over a claim's area: hotspot files into one archive, and the archive's answer with all other places looked at
//! side by side.

use std::path::Path;

use rayon::prelude::*;

use crate::claim::Window;
use crate::error::{Error, Result};
use crate::evidence::heat::{Question, Survey};
use crate::evidence::measurement::Measurement;
use crate::geom::aoi::Aoi;
use crate::hotspot::archive::{Archive, Tally};
use crate::hotspot::footprint::Footprint;
use crate::hotspot::table::Table;
use crate::io;
use crate::limits::Limits;
use crate::recipe::{HeatRecipe, Recipe};
use crate::text::shown_path;

/// One archive of all detections in `paths` (CSV of FIRMS, plain or gzip). A file without rows adds nothing.
///
/// # Errors
/// Those of [`io::hotspot::read`], of the first file that cannot be read; `Limit` when they hold too many rows together.
pub fn archive<P: AsRef<Path> + Sync>(paths: &[P], recipe: &HeatRecipe, limits: &Limits) -> Result<Archive> {
    let tables: Vec<Result<Table>> = paths.par_iter().map(|path| io::hotspot::read(path.as_ref(), limits)).collect();
    let (mut detections, mut tally) = (Vec::new(), Tally::default());
    for (path, table) in paths.iter().zip(tables) {
        let table = table?;
        tally.skipped += table.skipped;
        tally.faults.extend(table.fault.map(|fault| format!("{}: {fault}", shown_path(path.as_ref()))));
        detections.extend(table.detections);
        if detections.len() as u64 > limits.hotspot_rows {
            return Err(Error::limit(format!("the files hold more than {} rows together", limits.hotspot_rows))
                .hint("cut the tables to the country and the years that matter"));
        }
    }
    Ok(Archive::new(detections, tally, (recipe.persistent_days, recipe.silence_days)))
}

/// What the archive says of an area (grown by the location error in metres) in a window; `smallest` is the smallest
/// effect of interest in detections. The same for any number of threads.
///
/// # Errors
/// `Usage` for a window that ends before it begins, `Limit` for an outline that is too rich.
pub fn measure(
    archive: &Archive,
    (area, error_m): (&Aoi, f64),
    window: Window,
    smallest: f64,
    recipe: &Recipe,
) -> Result<Measurement> {
    let place = Footprint::new(area, error_m)?;
    let question = Question::new(place, window, smallest)?;
    let survey = Survey::new(archive, &question, (&recipe.heat, &recipe.evidence));
    let elsewhere = (0..survey.places()).into_par_iter().map(|number| survey.elsewhere(number)).collect();
    Ok(survey.measurement(elsewhere))
}
