//! One side of the pair as something to read from: its scenes mosaicked, their clouds told, their numbers
//! on one scale.

use ndarray::{Array2, Zip};

use super::tap::{Classes, Tap, read_codes, read_planes};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::kernel::index::{Planes, Role};
use crate::kernel::mask::{self, Disc, Reason};
use crate::kernel::reflectance::Plane;

/// Cloud and shadow growth in pixels, and the halo that it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Growth of cloud.
    pub cloud: Disc,
    /// Growth of cloud shadow.
    pub shadow: Disc,
    /// Pixels of halo on every side.
    pub halo: usize,
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
        let reach = [cloud.reach(), shadow.reach()];
        let halo = reach.iter().map(|(x, y)| (*x).max(*y)).max().unwrap_or(0);
        Ok(Self { cloud, shadow, halo })
    }

    /// No growth at all.
    pub(super) fn none() -> Self {
        Self { cloud: Disc::NONE, shadow: Disc::NONE, halo: 0 }
    }
}

/// One scene of a side.
pub(super) struct SceneTaps {
    /// Its class band, on the work grid grown by the halo.
    pub classes: Option<(Classes, Tap)>,
    /// Its bands on the work grid, in the side's order of roles, each with the factor to the side's counts.
    pub bands: Vec<(Tap, f32)>,
}

/// One side: scenes in order of precedence.
pub(super) struct SideTaps {
    /// The scenes.
    pub scenes: Vec<SceneTaps>,
    /// What the bands stand for.
    pub roles: Vec<Role>,
    /// Reflectance of one count.
    pub gain: f32,
    /// Growth of cloud and shadow.
    pub growth: Growth,
    /// Whether water and snow are told from indices where a scene has no class band.
    pub water_from_indices: bool,
}

/// What one side shows of a window: counts by role, and why a pixel counts or not.
pub(super) struct View {
    planes: Vec<(Role, Array2<f32>)>,
    /// Reason codes.
    pub codes: Array2<u8>,
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
}

impl SideTaps {
    /// Class codes of every scene over `window`, grown; all clear for a scene without a class band.
    ///
    /// # Errors
    /// As [`read_codes`].
    pub(super) fn codes(&self, window: Window) -> Result<Vec<Array2<u8>>> {
        self.scenes.iter().map(|scene| self.scene_codes(scene, window)).collect()
    }

    fn scene_codes(&self, scene: &SceneTaps, window: Window) -> Result<Array2<u8>> {
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
        Ok(grown)
    }

    /// The best code of each pixel among the scenes': one that counts, else one that says more than "uncovered".
    pub(super) fn best(codes: &[Array2<u8>]) -> Result<Array2<u8>> {
        let mut scenes = codes.iter();
        let mut best = scenes.next().cloned().ok_or_else(|| Error::bug("a side without a scene"))?;
        for other in scenes {
            Zip::from(&mut best).and(other).for_each(|best, other| {
                if outranks(*other, *best) {
                    *best = *other;
                }
            });
        }
        Ok(best)
    }

    /// Bands and final codes over `window`, given the scenes' class codes there. Each pixel comes whole from
    /// the first scene in which it counts.
    ///
    /// # Errors
    /// As [`read_planes`].
    pub(super) fn view(&self, window: Window, codes: &[Array2<u8>]) -> Result<View> {
        let mut view: Option<View> = None;
        for (scene, codes) in self.scenes.iter().zip(codes) {
            let needed = match &view {
                None => true,
                Some(view) => {
                    Zip::from(&view.codes).and(codes).fold(false, |any, have, new| any || outranks(*new, *have))
                }
            };
            if !needed {
                continue;
            }
            let fresh = self.scene_view(scene, window, codes.clone())?;
            match &mut view {
                None => view = Some(fresh),
                Some(view) => view.fill_from(&fresh),
            }
        }
        view.ok_or_else(|| Error::bug("a side without a scene"))
    }

    fn scene_view(&self, scene: &SceneTaps, window: Window, mut codes: Array2<u8>) -> Result<View> {
        let counting = codes.iter().any(|code| mask::code_is_valid(*code));
        let planes = if counting {
            self.scene_planes(scene, window)?
        } else {
            self.roles.iter().map(|_| Plane::nothing(window.shape())).collect()
        };
        for plane in &planes {
            mask::strike(plane.valid.view(), Reason::Uncovered, codes.view_mut())?;
        }
        let planes: Vec<(Role, Array2<f32>)> =
            self.roles.iter().copied().zip(planes.into_iter().map(|plane| plane.values)).collect();
        let mut view = View { planes, codes };
        if scene.classes.is_none() && self.water_from_indices && counting {
            view.tell_water(self.gain)?;
        }
        Ok(view)
    }

    /// Bands of one scene; those that share a reading are read together.
    fn scene_planes(&self, scene: &SceneTaps, window: Window) -> Result<Vec<Plane>> {
        let mut planes: Vec<Option<Plane>> = scene.bands.iter().map(|_| None).collect();
        for first in 0..scene.bands.len() {
            if planes[first].is_some() {
                continue;
            }
            let group: Vec<usize> = (first..scene.bands.len())
                .filter(|other| scene.bands[*other].0.shares_reading(&scene.bands[first].0))
                .collect();
            let taps: Vec<&Tap> = group.iter().map(|index| &scene.bands[*index].0).collect();
            for (index, mut plane) in group.iter().zip(read_planes(&taps, window)?) {
                let factor = scene.bands[*index].1;
                if factor != 1.0 {
                    plane.values.mapv_inplace(|count| count * factor);
                }
                planes[*index] = Some(plane);
            }
        }
        planes.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| Error::bug("a band was not read"))
    }
}

impl View {
    /// Takes from `other` the pixels whose code says more than the own.
    fn fill_from(&mut self, other: &Self) {
        let take = Zip::from(&self.codes).and(&other.codes).map_collect(|have, new| outranks(*new, *have));
        for ((_, own), (_, new)) in self.planes.iter_mut().zip(&other.planes) {
            Zip::from(own).and(new).and(&take).for_each(|own, new, take| {
                if *take {
                    *own = *new;
                }
            });
        }
        Zip::from(&mut self.codes).and(&other.codes).and(&take).for_each(|own, new, take| {
            if *take {
                *own = *new;
            }
        });
    }
}

/// Whether a later scene's code is to replace an earlier one's.
fn outranks(new: u8, have: u8) -> bool {
    let uncovered = Reason::Uncovered.code();
    !mask::code_is_valid(have) && (mask::code_is_valid(new) || (have == uncovered && new != uncovered))
}
