//! How a map by seed and grow came about, for the summary.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::control::Surroundings;
use super::object::Objects;
use super::{Ground, unit};
use crate::kernel::burn::judge::Evidence;
use crate::kernel::burn::membership::Membership;
use crate::kernel::burn::objects::Fate;
use crate::kernel::stats::Histogram;

/// The figures behind the map; dNBR in its own unit.
#[derive(Debug, Clone, Serialize)]
pub struct Seeding {
    /// Shift and standard deviation of unburned ground, and its pixels, by cover before.
    pub background: Map<String, Value>,
    /// Pixels quiet enough to be a control.
    pub quiet_pixels: u64,
    /// Pixels above the seed threshold whose neighbours support them.
    pub core_pixels: u64,
    /// Pixels that greened up as strongly.
    pub greened_pixels: u64,
    /// Pixels of soil laid bare (harvest, ploughing) above the seed threshold: left out.
    pub bared_soil_pixels: u64,
    /// Pixels of objects dropped because too few of them are seeds.
    pub weak_pixels: u64,
    /// Pixels of objects dropped because nothing speaks of char: leaf fall, drying.
    pub faded_pixels: u64,
    /// Where membership is one half, and how far control and seeds stand apart, by feature; used or not.
    pub features: Map<String, Value>,
    #[serde(skip)]
    offset: f64,
}

impl Seeding {
    pub(super) fn new(
        ground: &Ground<'_>,
        classes: &[Histogram; 2],
        evidence: &Evidence,
        surroundings: &Surroundings,
        objects: &Objects,
    ) -> Self {
        let totals = classes.each_ref().map(Histogram::total);
        let names = ["bare", "vegetation"].into_iter().zip(totals).zip(&ground.backgrounds);
        let background = names.map(|((name, pixels), own)| {
            (
                name.to_owned(),
                json!({ "pixels": pixels, "shift": unit(f64::from(own.shift)), "sigma": rounded(unit(own.sigma)) }),
            )
        });
        let weighted: f64 =
            totals.iter().zip(&ground.backgrounds).map(|(total, own)| *total as f64 * unit(f64::from(own.shift))).sum();
        Self {
            background: background.collect(),
            quiet_pixels: evidence.quiet,
            core_pixels: evidence.core,
            greened_pixels: evidence.greened,
            bared_soil_pixels: evidence.soil,
            weak_pixels: objects.grown(Fate::Weak),
            faded_pixels: objects.grown(Fate::Faded),
            features: features(surroundings, ground.settings.distinct),
            offset: weighted / totals.iter().sum::<u64>().max(1) as f64,
        }
    }

    /// The shift over both classes.
    pub(super) fn offset(&self) -> f64 {
        rounded(self.offset)
    }
}

fn features(surroundings: &Surroundings, distinct: f64) -> Map<String, Value> {
    let entry = |name: &str, fit: &Membership, unit: f64, used: bool| {
        let value = json!({ "half": rounded(fit.centre * unit), "distinct": rounded(fit.distinct), "used": used });
        (name.to_owned(), value)
    };
    let dnbr = surroundings.dnbr.iter().map(|fit| entry("dNBR", fit, unit(1.0), true));
    let signs = surroundings.signs.iter();
    let signs = signs.map(|(sign, fit)| entry(sign.name(), fit, sign.step(), fit.distinct >= distinct));
    dnbr.chain(signs).collect()
}

/// To four decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
