//! The masks that dNBR alone gives: seeds, their support, the same upside down, and how many pixels stand where.

use super::{Ground, eligible};
use crate::error::Result;
use crate::geom::runs::Runs;
use crate::kernel::burn::Settings;
use crate::kernel::burn::background::Background;
use crate::kernel::burn::judge::Evidence;
use crate::kernel::burn::signs::{SOIL, Sign};
use crate::kernel::morphology::neighbours_at_least;
use crate::kernel::stats::Histogram;

/// The masks.
pub(super) struct Masks {
    /// Above the seed threshold, and no bared soil.
    first: Runs,
    /// Above the support threshold, and no bared soil.
    support: Runs,
    /// Greened up as much.
    greened: Runs,
    /// Greened up enough to support that.
    greened_support: Runs,
    /// May be found burned.
    pub(super) eligible: Runs,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    quiet: u64,
    soil: u64,
}

/// The thresholds of one class, in steps of plain dNBR.
struct Keys {
    seed: i32,
    support: i32,
    quiet: i32,
    greened: i32,
    greened_support: i32,
}

impl Keys {
    fn of(background: &Background, settings: &Settings) -> Self {
        Self {
            seed: background.seed_key(settings),
            support: background.support_key(settings),
            quiet: background.quiet_key(settings),
            greened: background.greened_key(settings),
            greened_support: background.greened_support_key(settings),
        }
    }

    /// The masks that hold an eligible pixel, in the order of [`Masks`].
    #[inline]
    fn bits(&self, step: i32, soil: bool) -> u8 {
        u8::from(step >= self.seed && !soil)
            | u8::from(step >= self.support && !soil) << 1
            | u8::from(step <= self.greened) << 2
            | u8::from(step <= self.greened_support) << 3
            | 1 << 4
    }
}

impl Masks {
    /// One pass over what is remembered.
    pub(super) fn gather(ground: &Ground<'_>) -> Result<Self> {
        let keys = ground.backgrounds.each_ref().map(|background| Keys::of(background, ground.settings));
        let (masks, counts) = ground.bit_masks::<5, Counts>("seeds", |counts, _, record, _| {
            let mut bits = ndarray::Array2::zeros(record.flags().raw_dim());
            let dnbr = record.dnbr()?;
            ndarray::Zip::from(&mut bits).and(record.flags()).and(&dnbr).for_each(|bits, flags, step| {
                if eligible(*flags) {
                    let keys = &keys[usize::from(flags & crate::kernel::burn::signs::GREEN != 0)];
                    let (step, soil) = (i32::from(*step), flags & SOIL != 0);
                    counts.quiet += u64::from(step < keys.quiet);
                    counts.soil += u64::from(soil && step >= keys.seed);
                    *bits = keys.bits(step, soil);
                }
            });
            Ok(bits)
        })?;
        let [first, support, greened, greened_support, eligible] = masks;
        let counts = counts
            .iter()
            .fold(Counts::default(), |sum, part| Counts { quiet: sum.quiet + part.quiet, soil: sum.soil + part.soil });
        Ok(Self { first, support, greened, greened_support, eligible, counts })
    }

    /// Pixels above the seed threshold whose neighbours support them.
    pub(super) fn core(&self, settings: &Settings) -> Runs {
        self.first.intersect(&neighbours_at_least(&self.support, settings.support))
    }

    /// What the background and the seeds give to judge the map by.
    pub(super) fn evidence(
        &self,
        classes: &[Histogram; 2],
        backgrounds: &[Background; 2],
        core: &Runs,
        signs: &[Sign],
        settings: &Settings,
    ) -> Evidence {
        let totals = classes.each_ref().map(|class| class.total() as f64);
        let seen = totals.iter().sum::<f64>().max(1.0);
        let mean = |of: fn(&Background) -> f64| {
            totals.iter().zip(backgrounds).map(|(total, background)| total * of(background)).sum::<f64>() / seen
        };
        let greened = self.greened.intersect(&neighbours_at_least(&self.greened_support, settings.support));
        Evidence {
            seen: self.eligible.pixels(),
            quiet: self.counts.quiet,
            shift: super::unit(mean(|background| f64::from(background.shift.abs()))),
            scatter: super::unit(mean(|background| background.sigma)),
            first: self.first.pixels(),
            soil: self.counts.soil,
            core: core.pixels(),
            greened: greened.pixels(),
            tells_char: signs.contains(&Sign::Char),
            ..Evidence::default()
        }
    }
}

/// Pixels from a dNBR on, the shift taken off.
pub(super) fn above(ground: &Ground<'_>, dnbr: f64) -> Result<Runs> {
    let height = (dnbr * super::STEPS).ceil() as i32;
    let ([above], _) = ground.bit_masks::<1, ()>("seeds", |(), _, record, _| {
        let steps = record.dnbr()?;
        let mut bits = ndarray::Array2::zeros(steps.raw_dim());
        ndarray::Zip::from(&mut bits).and(record.flags()).and(&steps).for_each(|bits, flags, step| {
            *bits = u8::from(eligible(*flags) && i32::from(*step) >= ground.of(*flags).shift + height);
        });
        Ok(bits)
    })?;
    Ok(above)
}
