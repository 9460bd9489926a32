//! From the deviates of the whole area to a decision: the null in use, and the rate of false discoveries by step.

use crate::error::{Error, Result};
use crate::kernel::sar::discovery::{Deviates, Discovery, Null, z_of};
use crate::recipe::{NullLaw, RadarRecipe};

/// The decision and how it came about.
pub(super) struct Decision {
    /// The null in use.
    pub(super) null: Null,
    /// The null that the area shows, where enough pixels were tested.
    pub(super) shown: Option<Null>,
    /// Whether it is in use.
    pub(super) empirical: bool,
    /// Pixels tested.
    pub(super) pixels: u64,
    /// Share of them below the nominal level by the theory, and by the null in use.
    pub(super) nominal: [f64; 2],
    /// Share of them discovered.
    pub(super) discovered: f64,
    discovery: Discovery,
    fdr: f32,
    min_steps: i32,
}

impl Decision {
    /// Decides.
    ///
    /// # Errors
    /// `Mismatch` when not one pixel could be tested.
    pub(super) fn of(deviates: &Deviates, recipe: &RadarRecipe) -> Result<Self> {
        let pixels = deviates.total();
        if pixels == 0 {
            return Err(Error::mismatch("no pixel of the area was seen on two dates before and two after")
                .hint("the files hold no data here, or values without variance; see 'groundtell inspect FILE'"));
        }
        let shown = deviates.null().filter(|_| pixels >= recipe.min_null);
        let empirical = recipe.null == NullLaw::Empirical && shown.is_some();
        let null = shown.filter(|_| empirical).unwrap_or(Null::THEORY);
        let discovery = deviates.discovered(&null);
        let fdr = recipe.fdr as f32;
        let found: u64 = deviates.steps().filter(|(key, _)| discovery.q(*key) <= fdr).map(|(_, count)| count).sum();
        Ok(Self {
            null,
            shown,
            empirical,
            pixels,
            nominal: [Null::THEORY, null].map(|null| deviates.share_below(&null, recipe.level)),
            discovered: found as f64 / pixels as f64,
            discovery,
            fdr,
            min_steps: (recipe.min_db * f64::from(super::record::PER_DB)).round() as i32,
        })
    }

    /// The deviate of a step against the null in use.
    pub(super) fn z(&self, key: i16) -> f32 {
        if key == i16::MIN { f32::NAN } else { self.null.calibrated(z_of(key)) as f32 }
    }

    /// The rate at which a step is discovered.
    pub(super) fn q(&self, key: i16) -> f32 {
        self.discovery.q(key)
    }

    /// Whether a step is discovered at the rate asked for.
    pub(super) fn is_discovered(&self, key: i16) -> bool {
        self.q(key) <= self.fdr
    }

    /// Whether a pixel changed: 1 it rose, -1 it fell, 0 neither.
    pub(super) fn sign(&self, key: i16, change: i16) -> i8 {
        let found = self.q(key) <= self.fdr && i32::from(change).abs() >= self.min_steps;
        match self.z(key) {
            z if found && z > 0.0 => 1,
            z if found && z < 0.0 => -1,
            _ => 0,
        }
    }
}
