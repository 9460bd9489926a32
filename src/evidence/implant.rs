//! Events that never were, to learn what would have been found: their shape, their size, and what they do to a
//! pixel, from a library of real ones.

use super::draw::Draw;
use super::measurement::{Interval, PowerPoint};
use super::test::exact;
use crate::geom::runs::{Run, Runs};

/// Range of the median dNBR of light burns. Medians inside the agency perimeters of five Californian grass and shrub
/// fires of 2020 to 2024 against the unburned ground of the same scene are 0.14, 0.16, 0.21, 0.23 and 0.28.
const BURN_DNBR: [f64; 2] = [0.12, 0.28];
/// Spread of dNBR within such a fire: half the distance of its 16th and 84th percentiles is 0.05 to 0.1.
const BURN_SPREAD: f64 = 0.06;
/// Fall of ln NIR for one of dNBR: slopes of 1.2, 2.2, 2.5 and 2.8 in the same fires, 3.2 in an Andean grass fire.
const NIR_FALL: [f64; 2] = [1.2, 3.2];
/// Rise of MIRBI: 0.30 + 1.57 dNBR, with a spread of 0.19, in the Andean grass fire (Landsat 8, 2020).
const MIRBI: [f64; 3] = [0.30, 1.57, 0.19];

/// What a burn does to a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnMark {
    /// Rise of dNBR.
    pub dnbr: f64,
    /// Fall of the logarithm of near infrared.
    pub nir_fall: f64,
    /// Rise of MIRBI.
    pub mirbi: f64,
}

/// One burn: as severe as its draw has it.
#[derive(Debug, Clone, Copy)]
pub struct Burn {
    dnbr: f64,
    slope: f64,
}

impl Burn {
    /// A burn of a random severity.
    pub fn drawn(draw: &mut Draw) -> Self {
        Self { dnbr: draw.between(BURN_DNBR[0], BURN_DNBR[1]), slope: draw.between(NIR_FALL[0], NIR_FALL[1]) }
    }

    /// What it does to the next pixel.
    pub fn mark(&self, draw: &mut Draw) -> BurnMark {
        let dnbr = self.dnbr + BURN_SPREAD * normal(draw);
        BurnMark { dnbr, nir_fall: self.slope * dnbr, mirbi: MIRBI[0] + MIRBI[1] * dnbr + MIRBI[2] * normal(draw) }
    }
}

/// A standard normal deviate (Box & Muller 1958).
pub fn normal(draw: &mut Draw) -> f64 {
    let (radius, angle) = (1.0 - draw.unit(), draw.unit());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A disc of `pixels` pixels around a column and row, cut at a mask's edge. Pixels are `(width, height)` metres.
pub fn disc(pixels: f64, (col, row): (u32, u32), pixel: (f64, f64), size: (u32, u32)) -> Runs {
    let area = pixels * pixel.0 * pixel.1;
    let radius = (area / std::f64::consts::PI).sqrt();
    let reach = (radius / pixel.1).ceil() as i64;
    let run = |step: i64| {
        let half = (radius.powi(2) - (step as f64 * pixel.1).powi(2)).max(0.0).sqrt() / pixel.0;
        let (start, end) = ((f64::from(col) + 0.5 - half).round(), (f64::from(col) + 0.5 + half).round());
        Some(Run {
            row: u32::try_from(i64::from(row) + step).ok()?,
            start: start.max(0.0) as u32,
            end: end.max(0.0) as u32,
        })
    };
    Runs::from_unsorted(size.0, size.1, (-reach..=reach).filter_map(run).collect())
}

/// Which of so many sizes implant `number` has: every second one the size of interest, the others in turn.
pub fn size_of(number: usize, sizes: usize, interest: usize) -> usize {
    if number.is_multiple_of(2) || sizes < 2 {
        return interest;
    }
    let other = number / 2 % (sizes - 1);
    other + usize::from(other >= interest)
}

/// What became of one implant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Which of the sizes it had.
    pub size: usize,
    /// The layer's statistic over the placebo area with the implant in it.
    pub statistic: f64,
    /// What the detector found more than without it, in the layer's unit.
    pub recovered: f64,
    /// Whether that counts as found.
    pub found: bool,
}

/// Whether an implant counts as found: half of it at least, and no less than counts at all.
pub fn is_found(recovered: f64, size: f64, least: f64) -> bool {
    recovered > 0.0 && recovered >= least && recovered >= 0.5 * size
}

/// Power by size; `sizes` ascending, in the layer's unit.
pub fn curve(sizes: &[f64], trials: &[Trial]) -> Vec<PowerPoint> {
    let point = |(number, size): (usize, &f64)| {
        let own = || trials.iter().filter(move |trial| trial.size == number);
        let found = own().filter(|trial| trial.found).count() as u64;
        PowerPoint { size: *size, found: exact(found, own().count() as u64) }
    };
    sizes.iter().enumerate().map(point).collect()
}

/// The least size from which on four in five are found, linear between the sizes tried; none when even the largest
/// is found less often.
pub fn detectable_at_80(curve: &[PowerPoint]) -> Option<f64> {
    const ENOUGH: f64 = 0.8;
    let below = curve.iter().rposition(|point| point.found.share.value < ENOUGH);
    let Some(below) = below else { return curve.first().map(|point| point.size) };
    let (last, next) = (curve.get(below)?, curve.get(below + 1)?);
    let (from, to) = (last.found.share.value, next.found.share.value);
    Some(last.size + (next.size - last.size) * (ENOUGH - from) / (to - from).max(f64::EPSILON))
}

/// The largest effect that what was seen does not exclude: of the sizes tried the greatest that leaves as little to
/// be found as `recovered`, or less, in more than 5 % of its trials; 0 when none does.
pub fn hidden(sizes: &[f64], trials: &[Trial], recovered: f64) -> f64 {
    const EXCLUDED: f64 = 0.05;
    let share = |number: usize| {
        let own = || trials.iter().filter(move |trial| trial.size == number);
        let as_little = own().filter(|trial| trial.recovered <= recovered).count();
        (as_little as f64 + 0.5) / (own().count() + 1) as f64
    };
    let open = sizes.iter().enumerate().filter(|(number, _)| share(*number) > EXCLUDED);
    open.map(|(_, size)| *size).fold(0.0, f64::max)
}

/// Power at a size, with its interval.
pub fn power_at(curve: &[PowerPoint], size: f64) -> Interval {
    let near = curve.iter().min_by(|a, b| (a.size - size).abs().total_cmp(&(b.size - size).abs()));
    near.map_or(Interval { value: 0.0, low: 0.0, high: 1.0 }, |point| point.found.share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(found: &[(usize, bool, f64)]) -> Vec<Trial> {
        found
            .iter()
            .map(|(size, found, recovered)| Trial { size: *size, statistic: 0.0, recovered: *recovered, found: *found })
            .collect()
    }

    #[test]
    fn discs_have_their_size() {
        for pixels in [1.0, 25.0, 250.0, 5000.0] {
            let disc = disc(pixels, (200, 200), (20.0, 20.0), (400, 400));
            let found = disc.pixels() as f64;
            assert!((found / pixels - 1.0).abs() < 0.17 || (found - pixels).abs() < 2.5, "{pixels}: {found}");
        }
        assert!(disc(100.0, (0, 0), (20.0, 20.0), (400, 400)).pixels() < 40, "cut at the edge");
    }

    #[test]
    fn power_is_read_off_the_curve() {
        let mut found = vec![(0, false, 0.0); 10];
        found.extend((0..10).map(|n| (1, n < 6, f64::from(n < 6) * 2.0)));
        found.extend([(2, true, 4.0); 10]);
        let (sizes, trials) = ([1.0, 2.0, 4.0], trials(&found));
        let curve = curve(&sizes, &trials);
        assert_eq!(curve[1].found.share.value, 0.6);
        assert_eq!(detectable_at_80(&curve), Some(3.0));
        assert_eq!(power_at(&curve, 2.0).value, 0.6);
        assert_eq!(hidden(&sizes, &trials, 0.0), 2.0, "forty percent of that size leave nothing");
        assert_eq!(hidden(&sizes, &trials, 3.0), 2.0);
        assert_eq!(hidden(&sizes, &trials, 5.0), 4.0);
        assert_eq!(detectable_at_80(&curve[..2]), None);
    }

    #[test]
    fn half_of_the_implants_have_the_size_of_interest() {
        let sizes: Vec<usize> = (0..12).map(|number| size_of(number, 4, 2)).collect();
        assert_eq!(sizes, [2, 0, 2, 1, 2, 3, 2, 0, 2, 1, 2, 3]);
        assert_eq!(size_of(5, 1, 0), 0);
    }

    #[test]
    fn burns_are_of_the_library() {
        let mut draw = Draw::new(3, 0);
        let marks: Vec<BurnMark> = (0..4000).map(|_| Burn::drawn(&mut draw).mark(&mut draw)).collect();
        let mean = |of: fn(&BurnMark) -> f64| marks.iter().map(of).sum::<f64>() / marks.len() as f64;
        assert!((mean(|mark| mark.dnbr) - 0.20).abs() < 0.01);
        assert!((mean(|mark| mark.nir_fall) - 0.44).abs() < 0.02);
        assert!((mean(|mark| mark.mirbi) - 0.614).abs() < 0.02);
    }
}
