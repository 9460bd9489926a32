//! What unburned ground did between the dates: shift and spread of dNBR, from a histogram that burned ground is
//! part of.

use super::Settings;
use crate::kernel::stats::{Histogram, MAD_TO_SIGMA};

/// Steps of dNBR (1e-4) in a bin of the smoothed histogram.
const BIN: i32 = 50;
/// Bins of the smoothed histogram; it covers -1.5 to 1.5.
const BINS: usize = 600;
/// Step where the first bin begins.
const FIRST: i32 = -(BINS as i32 / 2) * BIN;
/// Values that a flank needs to be measured.
const FLANK: u64 = 20;
/// Steps per unit.
const STEPS: f64 = 1e4;

/// The unburned ground of one cover class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Background {
    /// Its dNBR, in steps of 1e-4: season, moisture, haze.
    pub shift: i32,
    /// Standard deviation in steps, kept within [`Settings::sigma`].
    pub sigma: f64,
}

impl Background {
    /// Of a class by its own histogram where that holds `enough` values, else by the scene's.
    ///
    /// The shift is the mode of the histogram: burned ground is a heap of its own or a tail, and moves it little
    /// (where a mean or median would follow it). A mode beyond [`Settings::max_shift`] is not that of unburned
    /// ground, and counts as none. The spread is 1.4826 times the median distance from the mode on the narrower
    /// flank, the one without the burn, or without the green-up.
    pub fn of(own: &Histogram, scene: &Histogram, enough: u64, settings: &Settings) -> Self {
        let found = if own.total() >= enough.max(1) {
            measured(own)
        } else if scene.total() >= enough.max(1) {
            measured(scene)
        } else {
            (0, 0.0)
        };
        let near = f64::from(found.0.abs()) <= settings.max_shift * STEPS;
        let [least, most] = settings.sigma.map(|sigma| sigma * STEPS);
        Self { shift: if near { found.0 } else { 0 }, sigma: found.1.max(least).min(most) }
    }

    /// The step of plain dNBR from which a pixel is a seed by its dNBR alone.
    pub fn seed_key(&self, settings: &Settings) -> i32 {
        self.shift + self.seed_height(settings)
    }

    /// The step of plain dNBR down from which ground greened up as strongly as a seed lost green.
    pub fn greened_key(&self, settings: &Settings) -> i32 {
        self.shift - self.seed_height(settings)
    }

    fn seed_height(&self, settings: &Settings) -> i32 {
        (settings.seed_z * self.sigma).max(settings.floor * STEPS).ceil() as i32
    }

    /// The step of plain dNBR from which a pixel supports its neighbours.
    pub fn support_key(&self, settings: &Settings) -> i32 {
        self.shift + (settings.support_z * self.sigma).ceil() as i32
    }

    /// The mirror image of [`support_key`](Self::support_key).
    pub fn greened_support_key(&self, settings: &Settings) -> i32 {
        self.shift - (settings.support_z * self.sigma).ceil() as i32
    }

    /// The step of plain dNBR below which a pixel may be control.
    pub fn quiet_key(&self, settings: &Settings) -> i32 {
        self.shift + (settings.control_z * self.sigma).ceil() as i32
    }

    /// The step of plain dNBR from which a pixel may be grown into.
    pub fn floor_key(&self, settings: &Settings) -> i32 {
        self.shift + (settings.floor * STEPS).ceil() as i32
    }
}

/// Mode and standard deviation in steps.
fn measured(histogram: &Histogram) -> (i32, f64) {
    let mode = mode(histogram);
    let lower = flank(histogram.steps().rev().filter(|(key, _)| *key < mode).collect(), mode);
    let upper = flank(histogram.steps().filter(|(key, _)| *key > mode).collect(), mode);
    let narrower = lower.into_iter().chain(upper).fold(f64::INFINITY, f64::min);
    (mode, if narrower.is_finite() { MAD_TO_SIGMA * narrower } else { 0.0 })
}

/// The middle of the fullest bin after smoothing twice with a box as wide as half the interquartile range.
fn mode(histogram: &Histogram) -> i32 {
    let mut bins = vec![0u64; BINS];
    for (key, count) in histogram.steps() {
        let bin = ((key - FIRST).div_euclid(BIN)).clamp(0, BINS as i32 - 1) as usize;
        bins[bin] += count;
    }
    let quantile = |q| histogram.quantile_key(q).unwrap_or(0);
    let range = f64::from(quantile(0.75) - quantile(0.25));
    let half = ((0.25 * range / f64::from(BIN) + 0.5).floor() as usize).max(1);
    let smooth = boxed(&boxed(&bins, half), half);
    // The first of equal bins, whatever the order of blocks.
    let fullest =
        smooth.iter().enumerate().fold((0, 0), |best, (bin, count)| if *count > best.1 { (bin, *count) } else { best });
    FIRST + fullest.0 as i32 * BIN + BIN / 2
}

/// Sums over `half` bins on either side.
fn boxed(bins: &[u64], half: usize) -> Vec<u64> {
    let window = |bin: usize| bins.get(bin.saturating_sub(half)..bins.len().min(bin + half + 1));
    (0..bins.len()).map(|bin| window(bin).map_or(0, |window| window.iter().sum())).collect()
}

/// The median distance from the mode of the steps of one flank, given from near to far.
fn flank(steps: Vec<(i32, u64)>, mode: i32) -> Option<f64> {
    let total: u64 = steps.iter().map(|(_, count)| count).sum();
    if total <= FLANK {
        return None;
    }
    let mut seen = 0;
    steps.into_iter().find_map(|(key, count)| {
        seen += count;
        (seen >= total.div_ceil(2)).then(|| f64::from(key.abs_diff(mode)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A peak at `middle` that is gone at `half` steps from it.
    fn heap(histogram: &mut Histogram, middle: i32, half: i32, count: u64) {
        (-half..=half).for_each(|away| {
            histogram.add_times(middle + away, count * (half - away.abs()) as u64 / half as u64);
        });
    }

    #[test]
    fn burned_ground_moves_neither_shift_nor_spread() {
        let settings = Settings::default();
        let mut unburned = Histogram::new();
        heap(&mut unburned, 310, 400, 100);
        let alone = Background::of(&unburned, &Histogram::new(), 100, &settings);
        heap(&mut unburned, 3000, 1500, 5);
        let both = Background::of(&unburned, &Histogram::new(), 100, &settings);
        assert!((alone.shift - 310).abs() <= 50 && (both.shift - 310).abs() <= 50, "{alone:?} {both:?}");
        assert!((both.sigma - alone.sigma).abs() < 60.0, "{alone:?} {both:?}");
    }

    #[test]
    fn a_mode_of_burned_ground_is_none() {
        let settings = Settings::default();
        let mut burned = Histogram::new();
        heap(&mut burned, 9000, 3000, 3);
        let found = Background::of(&burned, &burned, 100, &settings);
        assert_eq!((found.shift, found.sigma), (0, 900.0));
        assert_eq!(found.seed_key(&settings), 2700, "0.27 at most: what USGS calls moderate is a seed anywhere");
    }

    #[test]
    fn too_few_values_take_the_scene_or_nothing() {
        let settings = Settings::default();
        let (mut few, mut scene) = (Histogram::new(), Histogram::new());
        heap(&mut few, -900, 2, 3);
        heap(&mut scene, 200, 100, 9);
        let taken = Background::of(&few, &scene, 100, &settings);
        assert!((taken.shift - 200).abs() <= 50, "{taken:?}");
        assert_eq!(Background::of(&few, &few, 100, &settings), Background { shift: 0, sigma: 100.0 });
    }
}
