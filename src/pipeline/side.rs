//! One side of the pair as something to read from: its scenes mosaicked, their clouds told, their numbers
//! on one scale.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, Slice, Zip};

use super::reading::{Reading, give_codes, read_codes};
use super::spare;
use super::tap::{Classes, Tap};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::kernel::index::{Planes, Role};
use crate::kernel::mask::{self, Disc, Reason};

/// Cloud and shadow growth in pixels, and the halo that it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Growth of cloud.
    cloud: Disc,
    /// Growth of cloud shadow.
    shadow: Disc,
    /// Pixels of halo on every side.
    pub(super) halo: usize,
}

impl Growth {
    /// Growth by metres on `grid`.
    ///
    /// # Errors
    /// `Usage` when a radius is past what the kernel takes.
    pub(super) fn new(cloud_m: f64, shadow_m: f64, grid: &Grid) -> Result<Self> {
        let (width, height) = grid.pixel_metres();
        let disc = |metres: f64| Disc::new(metres / width, metres / height);
        let (cloud, shadow) = (disc(cloud_m)?, disc(shadow_m)?);
        let halo = [cloud.reach(), shadow.reach()].iter().map(|(x, y)| (*x).max(*y)).max().unwrap_or(0);
        Ok(Self { cloud, shadow, halo })
    }
}

/// One scene of a side.
pub(super) struct SceneTaps {
    /// Its class band, on the work grid grown by the halo.
    pub(super) classes: Option<(Classes, Tap)>,
    /// Its bands on the work grid, in the side's order of roles, each with the factor to the side's counts.
    pub(super) bands: Vec<(Tap, f32)>,
}

/// One side: scenes in order of precedence.
pub(super) struct SideTaps {
    /// The scenes.
    pub(super) scenes: Vec<SceneTaps>,
    /// What the bands stand for.
    pub(super) roles: Vec<Role>,
    /// Reflectance of one count.
    pub(super) gain: f32,
    /// Growth of cloud and shadow.
    pub(super) growth: Growth,
    /// Whether water and snow are told from indices where a scene has no class band.
    pub(super) water_from_indices: bool,
}

/// A window of one side, being read: class codes at once, a scene's bands when they are first needed.
pub(super) struct Block<'a> {
    side: &'a SideTaps,
    window: Window,
    codes: Vec<Array2<u8>>,
    bands: Vec<OnceCell<Vec<BandGroup<'a>>>>,
}

/// Bands that share a reading, with their places among the roles.
type BandGroup<'a> = (Reading<'a>, Vec<usize>);

/// What one side shows of some rows: counts by role, and why a pixel counts or not.
pub(super) struct View {
    planes: Vec<(Role, Array2<f32>)>,
    /// Reason codes.
    pub(super) codes: Array2<u8>,
}

impl SideTaps {
    /// Reads the class codes of `window`, grown; all clear for a scene without a class band.
    ///
    /// # Errors
    /// As [`read_codes`].
    pub(super) fn block(&self, window: Window) -> Result<Block<'_>> {
        let codes = self.scenes.iter().map(|scene| self.codes(scene, window)).collect::<Result<Vec<_>>>()?;
        Ok(Block { side: self, window, codes, bands: self.scenes.iter().map(|_| OnceCell::new()).collect() })
    }

    fn codes(&self, scene: &SceneTaps, window: Window) -> Result<Array2<u8>> {
        let Some((classes, tap)) = &scene.classes else {
            return Ok(Array2::from_elem(window.shape(), Reason::Clear.code()));
        };
        let halo = self.growth.halo;
        let around = Window::new(window.col, window.row, window.width + 2 * halo, window.height + 2 * halo);
        let codes = read_codes(tap, *classes, around)?;
        if halo == 0 {
            return Ok(codes);
        }
        let inner = Window::new(halo, halo, window.width, window.height);
        let mut grown = Array2::zeros(window.shape());
        mask::dilate(codes.view(), inner, self.growth.cloud, self.growth.shadow, grown.view_mut())?;
        give_codes(codes);
        Ok(grown)
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        self.codes.drain(..).for_each(give_codes);
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.planes.drain(..).for_each(|(_, plane)| spare::give_plane(plane));
    }
}

impl<'a> Block<'a> {
    /// By the classes alone, the best code of each pixel among the scenes': one that counts, else one that
    /// says more than "uncovered".
    pub(super) fn best(&self) -> Result<Cow<'_, Array2<u8>>> {
        let mut scenes = self.codes.iter();
        let mut best = scenes.next().map(Cow::Borrowed).ok_or_else(|| Error::bug("a side without a scene"))?;
        for other in scenes {
            Zip::from(best.to_mut()).and(other).for_each(|best, other| {
                if outranks(*other, *best) {
                    *best = *other;
                }
            });
        }
        Ok(best)
    }

    /// Bands and final codes of some rows of the window (counted from its first). Each pixel comes whole
    /// from the first scene in which it counts.
    ///
    /// # Errors
    /// As reading the bands.
    pub(super) fn view(&self, rows: Range<usize>) -> Result<View> {
        let mut view: Option<View> = None;
        for (scene, codes) in self.codes.iter().enumerate() {
            let codes = lines(codes, &rows);
            let adds = |have: &View| {
                Zip::from(&have.codes).and(&codes).fold(false, |any, have, new| any || outranks(*new, *have))
            };
            match &mut view {
                None => view = Some(self.scene(scene, &rows, codes.to_owned())?),
                Some(have) if adds(have) => have.fill_from(&self.scene(scene, &rows, codes.to_owned())?),
                Some(_) => {}
            }
        }
        view.ok_or_else(|| Error::bug("a side without a scene"))
    }

    /// Some rows of one scene.
    fn scene(&self, scene: usize, rows: &Range<usize>, codes: Array2<u8>) -> Result<View> {
        let counting = codes.iter().any(|code| mask::code_is_valid(*code));
        let planes = if counting { self.planes(scene, rows)? } else { Vec::new() };
        let nothing = || Array2::from_elem(codes.raw_dim(), f32::NAN);
        let mut planes = planes.into_iter();
        let planes = self.side.roles.iter().map(|role| (*role, planes.next().unwrap_or_else(nothing))).collect();
        let mut view = View { planes, codes };
        if counting {
            let planes: Vec<_> = view.planes.iter().map(|(_, plane)| plane.view()).collect();
            mask::strike_any_nan(&planes, Reason::Uncovered, view.codes.view_mut())?;
        }
        let classless = self.side.scenes.get(scene).is_some_and(|scene| scene.classes.is_none());
        if counting && classless && self.side.water_from_indices {
            view.tell_water(self.side.gain)?;
        }
        Ok(view)
    }

    /// The planes of some rows of one scene, in the order of the roles.
    fn planes(&self, scene: usize, rows: &Range<usize>) -> Result<Vec<Array2<f32>>> {
        let (Some(taps), Some(cell)) = (self.side.scenes.get(scene), self.bands.get(scene)) else {
            return Err(Error::bug("no such scene"));
        };
        if cell.get().is_none() {
            // Only this thread has the block, so the cell is still empty.
            let _ = cell.set(self.read(taps)?);
        }
        let window = Window { row: self.window.row + rows.start, height: rows.len(), ..self.window };
        let mut planes: Vec<Array2<f32>> = vec![Array2::default((0, 0)); taps.bands.len()];
        for (reading, places) in cell.get().into_iter().flatten() {
            for (place, mut plane) in places.iter().zip(reading.planes(window)?) {
                let factor = taps.bands[*place].1;
                if factor != 1.0 {
                    plane.mapv_inplace(|count| count * factor);
                }
                planes[*place] = plane;
            }
        }
        Ok(planes)
    }

    /// Reads a scene's bands over the whole window; those that share a reading are read together.
    fn read(&self, scene: &'a SceneTaps) -> Result<Vec<BandGroup<'a>>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, (tap, _)) in scene.bands.iter().enumerate() {
            match groups.iter_mut().find(|group| scene.bands[group[0]].0.shares_reading(tap)) {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        let read = groups.into_iter().map(|places| {
            let taps = places.iter().map(|place| &scene.bands[*place].0).collect();
            Ok((Reading::new(taps, self.window)?, places))
        });
        read.collect()
    }
}

/// Some rows of a plane.
pub(super) fn lines<'v, T>(plane: &'v Array2<T>, rows: &Range<usize>) -> ArrayView2<'v, T> {
    plane.slice_axis(Axis(0), Slice::from(rows.clone()))
}

impl View {
    /// Counts of a role; NaN where the code does not count.
    pub(super) fn plane(&self, role: Role) -> Option<&Array2<f32>> {
        self.planes.iter().find(|(own, _)| *own == role).map(|(_, plane)| plane)
    }

    /// All planes for an index; the one near infrared that is there stands for both.
    pub(super) fn known(&self) -> Planes<'_> {
        let mut known = Planes::new();
        for (role, plane) in &self.planes {
            known = known.with(*role, plane.view());
        }
        for (missing, other) in [(Role::Nir, Role::NirNarrow), (Role::NirNarrow, Role::Nir)] {
            if let (None, Some(plane)) = (self.plane(missing), self.plane(other)) {
                known = known.with(missing, plane.view());
            }
        }
        known
    }

    /// Marks water and snow by indices, where the bands for it are there.
    fn tell_water(&mut self, gain: f32) -> Result<()> {
        if self.plane(Role::Green).is_none() {
            return Ok(());
        }
        let mut codes = std::mem::take(&mut self.codes);
        let told = mask::water_or_snow(&self.known(), gain, codes.view_mut());
        self.codes = codes;
        told
    }

    /// Takes from `other` the pixels whose code says more than the own.
    fn fill_from(&mut self, other: &Self) {
        let take = Zip::from(&self.codes).and(&other.codes).map_collect(|have, new| outranks(*new, *have));
        for ((_, own), (_, new)) in self.planes.iter_mut().zip(&other.planes) {
            Zip::from(own).and(new).and(&take).for_each(|own, new, take| *own = if *take { *new } else { *own });
        }
        let codes = Zip::from(&mut self.codes).and(&other.codes).and(&take);
        codes.for_each(|own, new, take| *own = if *take { *new } else { *own });
    }
}

/// Whether a later scene's code is to replace an earlier one's.
fn outranks(new: u8, have: u8) -> bool {
    let uncovered = Reason::Uncovered.code();
    !mask::code_is_valid(have) && (mask::code_is_valid(new) || (have == uncovered && new != uncovered))
}
