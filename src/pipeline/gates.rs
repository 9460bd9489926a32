//! The figures behind the gates, gathered from a few small windows before the pair is measured.

use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;

use super::crew::guarded;
use super::prepared::Prepared;
use super::rig::{self, Purpose};
use super::side::SideTaps;
use crate::error::Result;
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
use crate::scene::sensor::Band;

/// Every how many pixels of a tie window radiometry looks, across and down.
const STRIDE: usize = 6;

/// One band on both dates over the same pixels; NaN where a date did not see.
type Pictures = [Array2<f32>; 2];

/// What one tie window shows.
struct TieWindow {
    shift: std::result::Result<Shift, Silence>,
    /// Reflectance before and after of some pixels, by role.
    pairs: Vec<(Role, Vec<(f32, f32)>)>,
}

/// All gates of a pair, in a fixed order; none when the recipe leaves them out.
///
/// # Errors
/// As tying the scenes to the grid. A window that cannot be read is left out: the measuring pass names it.
pub(super) fn judge(prepared: &Prepared) -> Result<Vec<Gate>> {
    let recipe = &prepared.request.recipe.gates;
    if !recipe.enabled {
        return Ok(Vec::new());
    }
    let roles = roles(prepared);
    let windows = tie_windows(prepared, &roles)?;
    let mut gates = vec![coregistered(&windows, &prepared.plan.grid, recipe)];
    let suns = [Side::Before, Side::After].map(|side| suns(prepared, side));
    gates.push(gate::sun_height(&suns.concat(), recipe));
    gates.push(gate::sun_difference(lowest(&suns[0]), lowest(&suns[1]), recipe));
    let orbits: Vec<_> = prepared.pair.scenes.iter().map(|scene| scene.product.relative_orbit).collect();
    gates.push(gate::orbits(&orbits));
    gates.extend(roles.iter().map(|(role, _)| {
        let all = windows.iter().flat_map(|window| &window.pairs);
        let pairs = all.filter(|(own, _)| own == role).flat_map(|(_, pairs)| pairs.iter().copied());
        gate::radiometry(role.name(), consistency(pairs), recipe)
    }));
    Ok(gates)
}

/// The bands that are compared: the near infrared first, in which windows are tied.
fn roles(prepared: &Prepared) -> Vec<(Role, Band)> {
    let pair = &prepared.pair;
    let wanted = [pair.nir, Role::Swir2, Role::Red];
    wanted.iter().filter_map(|role| pair.roles.iter().find(|(own, _)| own == role).copied()).collect()
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
fn tie_windows(prepared: &Prepared, roles: &[(Role, Band)]) -> Result<Vec<TieWindow>> {
    let (pair, recipe) = (&prepared.pair, &prepared.request.recipe);
    let side = coregistration::patch_side(recipe.gates.window_px);
    let (grid, windows) = layout(&prepared.plan.grid, prepared.plan.block, side, recipe.gates.tie_points);
    let taps = |side| rig::side(pair, side, roles, &grid, recipe, Purpose::Measure);
    let sides = [taps(Side::Before)?, taps(Side::After)?];
    let demands = Demands {
        side: recipe.gates.window_px,
        max_shift: recipe.gates.max_shift_px,
        min_reliability: recipe.gates.min_reliability,
    };
    let read = windows.par_iter().map_init(Fourier::new, |fourier, window| {
        guarded(|| tie_window(&sides, roles, *window, &demands, fourier)).ok()
    });
    Ok(read.flatten().collect())
}

/// The grid of the tie windows and where they lie on it. An area smaller than a window is widened, as far as
/// the scenes reach; one of many blocks has each window inside one block, so that few chunks are decoded.
fn layout(grid: &Grid, block: (usize, usize), side: usize, points: usize) -> (Grid, Vec<Window>) {
    let short = side.saturating_sub(grid.width().min(grid.height()));
    let pad = short.div_ceil(2);
    let wide = if pad > 0 { grid.pad(pad) } else { *grid };
    let along = |length: usize, block: usize| -> Vec<usize> {
        let nodes = (length / side).clamp(1, points);
        let node = |at: usize| {
            let centre = (2 * at + 1) * length / (2 * nodes);
            let start = centre.saturating_sub(side / 2).min(length.saturating_sub(side));
            // The start of the block, if the window fits into it behind that.
            let first = centre / block * block;
            let last = (first + block).min(length);
            if pad == 0 && last - first >= side { start.clamp(first, last - side) } else { start }
        };
        (0..nodes).map(node).collect()
    };
    let cols = along(wide.width(), block.0.max(1));
    let rows = along(wide.height(), block.1.max(1));
    let window = |col: usize, row: usize| Window::new(col, row, side, side).intersect(&wide.window());
    let windows = rows.iter().flat_map(|row| cols.iter().map(|col| window(*col, *row))).collect();
    (wide, windows)
}

fn tie_window(
    sides: &[SideTaps; 2],
    roles: &[(Role, Band)],
    window: Window,
    demands: &Demands,
    fourier: &mut Fourier,
) -> Result<TieWindow> {
    let bands = read(sides, roles, window)?;
    let gains = [sides[0].gain, sides[1].gain];
    let pairs = roles.iter().zip(&bands).map(|((role, _), pictures)| (*role, sampled(pictures, gains)));
    let pairs = pairs.collect();
    let shift = match bands.first().and_then(trimmed) {
        Some([before, after]) => coregistration::tie(before.view(), after.view(), demands, fourier)?,
        None => Err(Silence::TooFewSeen),
    };
    Ok(TieWindow { shift, pairs })
}

/// The bands of both dates over `window`, NaN where a date did not see.
fn read(sides: &[SideTaps; 2], roles: &[(Role, Band)], window: Window) -> Result<Vec<Pictures>> {
    let mut views = Vec::with_capacity(2);
    for side in sides {
        views.push(side.block(window)?.view(0..window.height)?);
    }
    let nothing = || Array2::from_elem(window.shape(), f32::NAN);
    let mut bands = Vec::with_capacity(roles.len());
    for (role, _) in roles {
        let mut pictures = [nothing(), nothing()];
        for (picture, view) in pictures.iter_mut().zip(&views) {
            let Some(plane) = view.plane(*role) else { continue };
            ndarray::Zip::from(picture).and(plane).and(&view.codes).for_each(|out, value, code| {
                *out = if mask::code_is_valid(*code) { *value } else { f32::NAN };
            });
        }
        bands.push(pictures);
    }
    Ok(bands)
}

/// Some pixels in reflectance, by the counts' gains.
fn sampled([before, after]: &Pictures, gains: [f32; 2]) -> Vec<(f32, f32)> {
    let (rows, cols) = before.dim();
    let places = (0..rows).step_by(STRIDE).flat_map(|row| (0..cols).step_by(STRIDE).map(move |col| (row, col)));
    places.map(|at| (before[at] * gains[0], after[at] * gains[1])).filter(|(a, b)| a.is_finite() && b.is_finite()).collect()
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
    fn windows_lie_inside_blocks_where_they_fit() {
        let (wide, windows) = layout(&grid(5490, 5490), (512, 512), 268, 3);
        assert_eq!((wide.width(), windows.len()), (5490, 9));
        for window in &windows {
            assert_eq!((window.width, window.height), (268, 268));
            assert_eq!(window.col / 512, (window.right() - 1) / 512, "{window:?}");
            assert_eq!(window.row / 512, (window.bottom() - 1) / 512, "{window:?}");
        }
    }

    #[test]
    fn a_small_area_is_widened() {
        let (wide, windows) = layout(&grid(50, 400), (512, 512), 268, 3);
        assert_eq!((wide.width(), wide.height(), windows.len()), (268, 618, 2));
        assert!(windows.iter().all(|window| window.width == 268 && window.bottom() <= 618));
        let (_, one) = layout(&grid(1, 1), (512, 512), 268, 3);
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
