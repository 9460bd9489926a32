//! The figures behind the gates, gathered from a few small windows before the pair is measured.

use ndarray::{Array2, Axis, Slice, Zip};
use rayon::prelude::*;

use super::crew::guarded;
use super::prepared::Prepared;
use super::rig::{self, Purpose};
use super::side::{Growth, SideTaps};
use super::survey::Survey;
use crate::error::{Error, Result};
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::kernel::coregistration::{self, Demands, Fourier, Shift, Silence};
use crate::kernel::index::Role;
use crate::kernel::mask;
use crate::kernel::radiometry::consistency;
use crate::plan::Side;
use crate::recipe::GatesRecipe;
use crate::scene::gate::{self, Gate, Ties};
use crate::scene::sun::Sun;

/// Pixels that radiometry looks at, about.
const LOOKED_AT: usize = 20_000;

/// One band on both dates over the same pixels; NaN where a date did not see.
type Pictures = [Array2<f32>; 2];

/// What one tie window shows.
struct TieWindow {
    shift: std::result::Result<Shift, Silence>,
    /// Reflectance before and after of some pixels.
    pairs: Vec<(f32, f32)>,
}

/// All gates of a pair, in a fixed order; none when the recipe leaves them out. Radiometry goes by the survey
/// where one was taken, else by the tie windows, which show the near infrared alone.
///
/// # Errors
/// As tying the scenes to the grid. A window that cannot be read is left out: the measuring pass names it.
pub(super) fn judge(prepared: &Prepared, survey: Option<&Survey>) -> Result<Vec<Gate>> {
    let recipe = &prepared.request.recipe.gates;
    if !recipe.enabled {
        return Ok(Vec::new());
    }
    let windows = tie_windows(prepared)?;
    let mut gates = vec![coregistered(&windows, &prepared.plan.grid, recipe)];
    let suns = [Side::Before, Side::After].map(|side| suns(prepared, side));
    gates.push(gate::sun_height(&suns.concat(), recipe));
    gates.push(gate::sun_difference(lowest(&suns[0]), lowest(&suns[1]), recipe));
    let orbits: Vec<_> = prepared.pair.scenes.iter().map(|scene| scene.product.relative_orbit).collect();
    gates.push(gate::orbits(&orbits));
    gates.extend(radiometry(prepared.pair.nir, &windows, survey, recipe));
    Ok(gates)
}

fn radiometry(nir: Role, windows: &[TieWindow], survey: Option<&Survey>, recipe: &GatesRecipe) -> Vec<Gate> {
    let judged = |role: Role, found| gate::radiometry(role.name(), found, recipe);
    let Some(survey) = survey else {
        let pairs = windows.iter().flat_map(|window| window.pairs.iter().copied());
        return vec![judged(nir, consistency(pairs))];
    };
    let [before, after] = &survey.views;
    let stride = (before.codes.len() / LOOKED_AT).isqrt().max(1);
    let roles = [nir, Role::Swir2, Role::Red].into_iter();
    let bands = roles.filter_map(|role| {
        let pictures = [seen(before.plane(role)?, &before.codes), seen(after.plane(role)?, &after.codes)];
        Some(judged(role, consistency(sampled(&pictures, [1.0; 2], stride).into_iter())))
    });
    bands.collect()
}

fn coregistered(windows: &[TieWindow], grid: &Grid, recipe: &GatesRecipe) -> Gate {
    let mut ties = Ties::default();
    for window in windows {
        match window.shift {
            Ok(shift) => ties.kept.push(shift),
            Err(silence) => ties.silent.push(silence),
        }
    }
    gate::coregistration(&ties, grid.pixel_metres(), recipe)
}

/// The tie windows, in raster order.
fn tie_windows(prepared: &Prepared) -> Result<Vec<TieWindow>> {
    let (pair, recipe) = (&prepared.pair, &prepared.request.recipe);
    let side = coregistration::patch_side(recipe.gates.window_px);
    let halo = Growth::new(recipe.mask.cloud_dilation_m, recipe.mask.shadow_dilation_m, &prepared.plan.grid)?.halo;
    let (grid, windows) = layout(&prepared.plan.grid, chunks(prepared), (side, halo), recipe.gates.tie_points);
    let nir: Vec<_> = pair.roles.iter().filter(|(role, _)| *role == pair.nir).copied().collect();
    let taps = |side| rig::side(pair, side, &nir, &grid, recipe, Purpose::Measure);
    let sides = [taps(Side::Before)?, taps(Side::After)?];
    let stride = (windows.iter().map(Window::len).sum::<usize>() / LOOKED_AT).isqrt().max(1);
    let demands = Demands {
        side: recipe.gates.window_px,
        max_shift: recipe.gates.max_shift_px,
        min_reliability: recipe.gates.min_reliability,
    };
    let read = windows.par_iter().map_init(Fourier::new, |fourier, window| {
        guarded(|| tie_window(&sides, pair.nir, (*window, stride), &demands, fourier)).ok()
    });
    Ok(read.flatten().collect())
}

/// Where the chunks of a raster lie on a grid, in its pixels: start of the first, and length.
#[derive(Debug, Clone, Copy)]
struct Chunks {
    start: f64,
    length: f64,
}

impl Chunks {
    /// The stretch of pixels inside the chunk that holds `centre`, without `halo` at either end.
    fn around(self, centre: usize, halo: usize) -> (usize, usize) {
        let number = ((centre as f64 - self.start) / self.length).floor();
        let first = self.start + number * self.length;
        (
            (first.ceil().max(0.0)) as usize + halo,
            ((first + self.length).floor().max(0.0) as usize).saturating_sub(halo),
        )
    }
}

/// The chunks of the near infrared of the first scene, across and down.
fn chunks(prepared: &Prepared) -> Option<[Chunks; 2]> {
    let pair = &prepared.pair;
    let (_, band) = pair.roles.iter().find(|(role, _)| *role == pair.nir)?;
    let product = &pair.scenes.first()?.product;
    let info = product.rasters.get(product.locate(*band)?.raster)?.info();
    let (source, work) = (info.grid.as_ref().ok()?, &prepared.plan.grid);
    let (x, y) = source.origin();
    let (col, row) = work.to_pixel(x, y);
    let across = info.chunk.0 as f64 * source.pixel().0 / work.pixel().0;
    let down = info.chunk.1 as f64 * source.pixel().1 / work.pixel().1;
    let sound = source.crs() == work.crs() && across >= 1.0 && down >= 1.0;
    sound.then_some([Chunks { start: col, length: across }, Chunks { start: row, length: down }])
}

/// The grid of the tie windows and where they lie on it: on the black squares of a chessboard. An area smaller
/// than a window is widened, as far as the scenes reach; else each window, with the halo that masking reads, lies
/// inside one chunk of the file where it fits, so that little is decoded.
fn layout(
    grid: &Grid,
    chunks: Option<[Chunks; 2]>,
    (side, halo): (usize, usize),
    points: usize,
) -> (Grid, Vec<Window>) {
    let pad = side.saturating_sub(grid.width().min(grid.height())).div_ceil(2);
    let wide = if pad > 0 { grid.pad(pad) } else { *grid };
    let along = |length: usize, chunks: Option<Chunks>| -> Vec<usize> {
        let nodes = (length / side).clamp(1, points);
        let node = |at: usize| {
            let centre = (2 * at + 1) * length / (2 * nodes);
            let start = centre.saturating_sub(side / 2).min(length.saturating_sub(side));
            let inside = chunks.filter(|_| pad == 0).map(|chunks| chunks.around(centre, halo));
            match inside.map(|(first, end)| (first, end.min(length))) {
                Some((first, end)) if first + side <= end => start.clamp(first, end - side),
                _ => start,
            }
        };
        (0..nodes).map(node).collect()
    };
    let cols = along(wide.width(), chunks.map(|[across, _]| across));
    let rows = along(wide.height(), chunks.map(|[_, down]| down));
    let window = |col: usize, row: usize| Window::new(col, row, side, side).intersect(&wide.window());
    let nodes =
        rows.iter().enumerate().flat_map(|(r, row)| cols.iter().enumerate().map(move |(c, col)| (c + r, *col, *row)));
    let black = nodes.filter(|(colour, ..)| colour % 2 == 0);
    (wide, black.map(|(_, col, row)| window(col, row)).collect())
}

fn tie_window(
    sides: &[SideTaps; 2],
    nir: Role,
    (window, stride): (Window, usize),
    demands: &Demands,
    fourier: &mut Fourier,
) -> Result<TieWindow> {
    let picture = |side: &SideTaps| {
        let view = side.block(window)?.view(0..window.height)?;
        let plane = view.plane(nir).ok_or_else(|| Error::bug("no near infrared"))?;
        Ok(seen(plane, &view.codes))
    };
    let pictures = [picture(&sides[0])?, picture(&sides[1])?];
    let pairs = sampled(&pictures, [sides[0].gain, sides[1].gain], stride);
    let shift = match trimmed(&pictures) {
        Some([before, after]) => coregistration::tie(before.view(), after.view(), demands, fourier)?,
        None => Err(Silence::TooFewSeen),
    };
    Ok(TieWindow { shift, pairs })
}

/// A band, NaN where its date did not see.
fn seen(plane: &Array2<f32>, codes: &Array2<u8>) -> Array2<f32> {
    let value = |value: &f32, code: &u8| if mask::code_is_valid(*code) { *value } else { f32::NAN };
    Zip::from(plane).and(codes).map_collect(value)
}

/// Some pixels in reflectance, by the counts' gains.
fn sampled([before, after]: &Pictures, gains: [f32; 2], stride: usize) -> Vec<(f32, f32)> {
    let (rows, cols) = before.dim();
    let places = (0..rows).step_by(stride).flat_map(|row| (0..cols).step_by(stride).map(move |col| (row, col)));
    places
        .map(|at| (before[at] * gains[0], after[at] * gains[1]))
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect()
}

/// Both pictures cut to the rows and columns in which both dates saw anything.
fn trimmed(pictures: &Pictures) -> Option<Pictures> {
    let [before, after] = pictures;
    let seen = |at: (usize, usize)| before[at].is_finite() && after[at].is_finite();
    let (rows, cols) = before.dim();
    let row = |row: &usize| (0..cols).any(|col| seen((*row, col)));
    let col = |col: &usize| (0..rows).any(|row| seen((row, *col)));
    let (top, bottom) = ((0..rows).find(row)?, (0..rows).rfind(row)? + 1);
    let (left, right) = ((0..cols).find(col)?, (0..cols).rfind(col)? + 1);
    let cut = |picture: &Array2<f32>| {
        picture.slice_axis(Axis(0), Slice::from(top..bottom)).slice_axis(Axis(1), Slice::from(left..right)).to_owned()
    };
    Some([cut(before), cut(after)])
}

/// The sun over each scene of a side: as its metadata have it, else estimated, else unknown.
fn suns(prepared: &Prepared, side: Side) -> Vec<Option<Sun>> {
    let latitude = latitude(&prepared.plan.grid);
    let scenes = prepared.pair.side(side);
    let sun = scenes.map(|scene| {
        let product = &scene.product;
        let told = product.sun_zenith.map(|zenith| Sun { zenith, azimuth: product.sun_azimuth, estimated: false });
        told.or_else(|| Some(Sun::at_overpass(product.date?, latitude?)))
    });
    sun.collect()
}

/// Latitude of the grid's centre.
fn latitude(grid: &Grid) -> Option<f64> {
    let (x, y) = grid.centre();
    let transform = Transform::new(grid.crs(), Crs::WGS84).ok()?;
    transform.point(x, y).map(|(_, latitude)| latitude)
}

/// The lowest sun of a side; unknown when none is known.
fn lowest(suns: &[Option<Sun>]) -> Option<Sun> {
    suns.iter().flatten().copied().max_by(|a, b| a.zenith.total_cmp(&b.zenith))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(width: usize, height: usize) -> Grid {
        Grid::new(Crs::from_epsg(32637).unwrap(), (500_000.0, 5_500_000.0), (20.0, 20.0), (width, height)).unwrap()
    }

    #[test]
    fn windows_lie_inside_chunks_where_they_fit() {
        let chunks = Chunks { start: -100.0, length: 512.0 };
        let (wide, windows) = layout(&grid(5490, 5490), Some([chunks; 2]), (268, 5), 3);
        assert_eq!((wide.width(), windows.len()), (5490, 5));
        for window in &windows {
            assert_eq!((window.width, window.height), (268, 268));
            assert_eq!((window.col + 100 - 5) / 512, (window.right() + 100 + 4) / 512, "{window:?}");
            assert_eq!((window.row + 100 - 5) / 512, (window.bottom() + 100 + 4) / 512, "{window:?}");
        }
        let strips = [Chunks { start: 0.0, length: 5490.0 }, Chunks { start: 0.0, length: 1.0 }];
        assert_eq!(layout(&grid(5490, 5490), Some(strips), (268, 5), 3).1.len(), 5, "strips are no hindrance");
    }

    #[test]
    fn a_small_area_is_widened() {
        let (wide, windows) = layout(&grid(50, 400), None, (268, 5), 3);
        assert_eq!((wide.width(), wide.height(), windows.len()), (268, 618, 1));
        assert!(windows.iter().all(|window| window.width == 268 && window.bottom() <= 618));
        let (_, one) = layout(&grid(1, 1), None, (268, 5), 3);
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn trimming_keeps_what_both_saw() {
        let mut before = Array2::from_elem((6, 5), 1.0f32);
        before.row_mut(0).fill(f32::NAN);
        let mut after = Array2::from_elem((6, 5), 2.0f32);
        after.column_mut(4).fill(f32::NAN);
        let [a, b] = trimmed(&[before, after]).unwrap();
        assert_eq!((a.dim(), b.dim()), ((5, 4), (5, 4)));
        assert!(trimmed(&[Array2::from_elem((2, 2), f32::NAN), Array2::zeros((2, 2))]).is_none());
    }
}
