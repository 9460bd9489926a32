//! The pictures of a run: both dates in true and false colour, and dNBR with what was found.

use ndarray::{Array2, Zip};

use super::survey::{Coarse, Survey};
use crate::error::Result;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::io::store::Stage;
use crate::kernel::index::{Role, normalized_difference};
use crate::kernel::mask::{self, Reason};
use crate::report::preview::{self, Bands, Frame, Half};
use crate::report::ramp::{Cover, Legend, Ramp};
use crate::report::stretch::{Composite, Stretch};

/// What the pictures say around themselves.
pub(super) struct Captions {
    /// Date and sensor before and after.
    pub dates: [String; 2],
    /// What a reader must know before looking.
    pub notes: Vec<String>,
    /// Whether the data is simulated.
    pub simulated: bool,
    /// Whom the data is from.
    pub credit: String,
    /// Rings of the AOI in map coordinates.
    pub outline: Vec<Vec<(f64, f64)>>,
}

/// Draws every picture for which the bands are there.
///
/// # Errors
/// As drawing and writing.
pub(super) fn draw(stage: &Stage, survey: &Survey, nir: Role, found: &Runs, captions: &Captions) -> Result<()> {
    draw_colours(stage, survey, nir, captions)?;
    draw_dnbr(stage, survey, nir, found, captions)
}

/// Both dates in true and false colour, where the bands are there.
///
/// # Errors
/// As drawing and writing.
pub(super) fn draw_colours(stage: &Stage, survey: &Survey, nir: Role, captions: &Captions) -> Result<()> {
    let [before, after] = &survey.views;
    let masks = [seen(before), seen(after)];
    let sets = [
        ("true_colour", Bands::TrueColour, [Role::Red, Role::Green, Role::Blue]),
        ("false_colour", Bands::FalseColour, [Role::Swir2, nir, Role::Red]),
    ];
    for (name, bands, roles) in sets {
        let (Some(first), Some(second)) = (planes(before, roles), planes(after, roles)) else { continue };
        let composites =
            [Composite { bands: first, mask: masks[0].view() }, Composite { bands: second, mask: masks[1].view() }];
        let stretch = Stretch::shared(&composites)?;
        for (when, composite, date) in
            [("before", &composites[0], &captions.dates[0]), ("after", &composites[1], &captions.dates[1])]
        {
            let frame = captions.frame(title(bands), date, &survey.grid);
            let png = match bands {
                Bands::TrueColour => preview::true_colour(&frame, composite, &stretch)?,
                Bands::FalseColour => preview::false_colour(&frame, composite, &stretch)?,
            };
            stage.write(&format!("preview/{name}_{when}.png"), &png)?;
        }
        let frame = captions.frame(title(bands), &captions.bracket(), &survey.grid);
        let [first, second] = composites;
        let halves = [
            Half { caption: &captions.dates[0], composite: first },
            Half { caption: &captions.dates[1], composite: second },
        ];
        let png = preview::side_by_side(&frame, &halves[0], &halves[1], &stretch, bands)?;
        stage.write(&format!("preview/{name}.png"), &png)?;
    }
    Ok(())
}

fn draw_dnbr(stage: &Stage, survey: &Survey, nir: Role, found: &Runs, captions: &Captions) -> Result<()> {
    let [before, after] = &survey.views;
    let (Some(first), Some(second)) = (nbr(before, nir), nbr(after, nir)) else { return Ok(()) };
    let mut codes = Array2::zeros(before.codes.raw_dim());
    mask::merge(before.codes.view(), after.codes.view(), codes.view_mut())?;
    let unseen = codes.mapv(|code| u8::from(!mask::code_is_valid(code)));
    let outlined = coarse_mask(found, &survey.grid);
    let frame = captions.frame("dNBR: change of the burn ratio", &captions.bracket(), &survey.grid);
    let legend = Legend::dnbr(Cover::Other).outlined("found burned");
    let png = preview::index_map(
        &frame,
        (&first - &second).view(),
        unseen.view(),
        &Ramp::dnbr(),
        &legend,
        Some(outlined.view()),
    )?;
    stage.write("preview/dnbr.png", &png)
}

fn title(bands: Bands) -> &'static str {
    match bands {
        Bands::TrueColour => "True colour",
        Bands::FalseColour => "False colour (SWIR2, NIR, red)",
    }
}

impl Captions {
    fn frame(&self, title: &str, subtitle: &str, grid: &Grid) -> Frame {
        let mut frame = Frame::new(title, subtitle, *grid);
        frame.notes.clone_from(&self.notes);
        frame.stamp = self.simulated.then(|| "SIMULATED".into());
        frame.outline.clone_from(&self.outline);
        frame.corners = corners(grid);
        frame.credit.clone_from(&self.credit);
        frame
    }

    fn bracket(&self) -> String {
        format!("{} to {}", self.dates[0], self.dates[1])
    }
}

/// Longitude and latitude of the grid's corners: north-west, north-east, south-east, south-west.
pub(super) fn corners(grid: &Grid) -> Option<[(f64, f64); 4]> {
    let transform = Transform::new(grid.crs(), Crs::WGS84).ok()?;
    let (width, height) = (grid.width() as f64, grid.height() as f64);
    let at = |col: f64, row: f64| {
        let (x, y) = grid.to_map(col, row);
        transform.point(x, y)
    };
    Some([at(0.0, 0.0)?, at(width, 0.0)?, at(width, height)?, at(0.0, height)?])
}

/// 0 where a side saw the ground, else the reason.
pub(super) fn seen(view: &Coarse) -> Array2<u8> {
    view.codes.mapv(|code| if mask::code_is_valid(code) { Reason::Clear.code() } else { code })
}

pub(super) fn planes(view: &Coarse, roles: [Role; 3]) -> Option<[ndarray::ArrayView2<'_, f32>; 3]> {
    let [a, b, c] = roles.map(|role| view.plane(role).map(|plane| plane.view()));
    Some([a?, b?, c?])
}

pub(super) fn nbr(view: &Coarse, nir: Role) -> Option<Array2<f32>> {
    let (nir, swir) = (view.plane(nir)?, view.plane(Role::Swir2)?);
    Some(Zip::from(nir).and(swir).map_collect(|nir, swir| normalized_difference(*nir, *swir)))
}

/// The objects on the coarse grid: 1 where at least half of a coarse pixel is object.
pub(super) fn coarse_mask(found: &Runs, grid: &Grid) -> Array2<u8> {
    let factor =
        (found.width() as usize).div_ceil(grid.width()).max((found.height() as usize).div_ceil(grid.height())).max(1);
    let mut counts = Array2::<u32>::zeros((grid.height(), grid.width()));
    for run in found.as_slice() {
        for col in run.start..run.end {
            if let Some(count) = counts.get_mut((run.row as usize / factor, col as usize / factor)) {
                *count += 1;
            }
        }
    }
    let half = (factor * factor).div_ceil(2) as u32;
    counts.mapv(|count| u8::from(count >= half))
}
