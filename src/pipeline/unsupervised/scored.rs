//! What every method comes to: a statistic of change for each tested pixel, the law that it follows without change,
//! and where change begins on it.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::tiles::{Store, Tile};
use super::vectors::Spread;
use crate::error::Result;
use crate::kernel::cutoff::{Sizes, Tails};
use crate::kernel::irmad::{no_change_probabilities, no_change_probability};
use crate::kernel::pif::Fit;
use crate::recipe::{ChangeRecipe, Cutoff};

/// The statistic of all tested pixels, and what is known of it.
pub(super) struct Scored<'a> {
    /// The statistic in tiles; with PCA-k-means the cluster (1: changed) behind it.
    pub store: Store<'a>,
    /// How large it is.
    pub sizes: Sizes,
    /// What it follows without change.
    pub law: Law,
    /// How it came about.
    pub details: Details,
    /// Why a reader should not lean on it, in words.
    pub doubts: Vec<String>,
}

/// The law of a statistic without change.
pub(super) enum Law {
    /// Chi-square with so many degrees of freedom.
    ChiSquare(usize),
    /// That of the control.
    Control(Tails),
    /// None: clusters decide.
    Clusters,
}

/// How a method went, for the summary.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Details {
    /// IR-MAD.
    Irmad {
        /// Iterations until the canonical correlations settled, or the most that are allowed.
        iterations: usize,
        /// Whether they settled: max |d rho| < 0.001.
        converged: bool,
        /// The last max |d rho|.
        last_step: f64,
        /// Canonical correlations of the last iteration, in falling order.
        rho: Vec<f64>,
        /// Mean weight of the last iteration: the share of the tested pixels that defines "no change".
        no_change_share: f64,
        /// Normalisation of the date after to the date before by invariant pixels.
        normalisation: Normalisation,
    },
    /// Change vectors.
    Cva {
        /// How each band differs where nothing changed.
        spreads: Vec<Spread>,
        /// Pixels of the control: vectors that chance explains at alpha.
        control_pixels: u64,
    },
    /// Principal components and two clusters.
    PcaKmeans {
        /// How each band differs where nothing changed.
        spreads: Vec<Spread>,
        /// Variances along the components.
        variances: Vec<f64>,
        /// The centres on the components.
        centres: Vec<Vec<f64>>,
        /// Rounds until no pixel changed its cluster, or the most that are allowed.
        rounds: usize,
        /// Whether none did.
        converged: bool,
    },
}

/// Relative radiometric normalisation (Canty & Nielsen 2008), or why there is none.
#[derive(Debug, Clone, Serialize)]
pub struct Normalisation {
    /// Invariant pixels.
    pub pixels: u64,
    /// Of them, those that trained.
    pub train_pixels: u64,
    /// Why there is none; null when there is one.
    pub refused: Option<String>,
    /// before = intercept + slope * after in reflectance, band by band, with the tests.
    pub fits: Vec<Fit>,
}

/// Where change begins.
#[derive(Debug, Clone, Serialize)]
pub struct Threshold {
    /// The rule, in words.
    pub rule: String,
    /// The statistic from which on a pixel is changed; null when none is, or clusters decide.
    pub statistic: Option<f64>,
    /// The probability of no change there; null where the method knows none.
    pub probability: Option<f64>,
    /// Share of the tested pixels from there on.
    pub share: f64,
    /// With otsu: share of the variance of the logarithm that lies between the classes.
    pub separability: Option<f64>,
}

impl Law {
    /// Probability of a statistic at least as large without change.
    pub(super) fn p(&self, statistic: f32) -> f64 {
        match self {
            Self::ChiSquare(freedom) => no_change_probability(f64::from(statistic), *freedom),
            Self::Control(tails) => f64::from(tails.of(statistic)),
            Self::Clusters => f64::NAN,
        }
    }

    /// The same of many; None where there is no law.
    pub(super) fn probabilities(&self, statistics: &[f32]) -> Option<Vec<f32>> {
        match self {
            Self::ChiSquare(freedom) => Some(no_change_probabilities(statistics, *freedom)),
            Self::Control(tails) => Some(statistics.iter().map(|statistic| tails.of(*statistic)).collect()),
            Self::Clusters => None,
        }
    }
}

impl Scored<'_> {
    /// Where change begins by the recipe.
    pub(super) fn threshold(&self, recipe: &ChangeRecipe) -> Threshold {
        let rule = match (recipe.cutoff, &self.law) {
            (_, Law::Clusters) => return self.by_clusters(),
            (Cutoff::Own, Law::ChiSquare(_)) => Cutoff::Otsu,
            (Cutoff::Own, _) => Cutoff::Fixed,
            (named, _) => named,
        };
        let otsu = self.sizes.otsu_of_logarithm().filter(|_| rule == Cutoff::Otsu);
        let (statistic, words) = match rule {
            Cutoff::Bh => (
                self.sizes.discoveries(recipe.fdr, |statistic| self.law.p(statistic)),
                format!("bh: false discovery rate {}", recipe.fdr),
            ),
            Cutoff::Fixed => {
                (self.quantile(recipe.alpha), format!("fixed: probability of no change below {}", recipe.alpha))
            }
            _ => (otsu.map(|(edge, _)| edge), "otsu: on the logarithm of the statistic".to_owned()),
        };
        let count = statistic.map_or(0, |statistic| self.sizes.count_from(statistic));
        Threshold {
            rule: words,
            statistic: statistic.map(f64::from),
            probability: statistic.map(|statistic| self.law.p(statistic)),
            share: count as f64 / self.sizes.total().max(1) as f64,
            separability: otsu.map(|(_, share)| share),
        }
    }

    /// The statistic whose probability is alpha; of a control the least step below alpha.
    pub(super) fn quantile(&self, alpha: f64) -> Option<f32> {
        match &self.law {
            Law::ChiSquare(freedom) => {
                ChiSquared::new(*freedom as f64).ok().map(|law| law.inverse_cdf(1.0 - alpha) as f32)
            }
            law => self.sizes.steps().map(|(edge, _)| edge).find(|edge| law.p(*edge) < alpha),
        }
    }

    fn by_clusters(&self) -> Threshold {
        Threshold {
            rule: "the cluster of the greater change".into(),
            statistic: None,
            probability: None,
            share: f64::NAN,
            separability: None,
        }
    }
}

impl Threshold {
    /// Which tested pixels of a tile of scores are changed.
    pub(super) fn takes(&self, scores: &Tile) -> Vec<bool> {
        if scores.values.nrows() > 1 {
            return scores.values.row(1).iter().map(|cluster| *cluster == 1.0).collect();
        }
        let least = self.statistic.map_or(f32::INFINITY, |statistic| statistic as f32);
        scores.values.row(0).iter().map(|statistic| *statistic >= least).collect()
    }
}

/// Sizes that many threads count into.
#[derive(Default)]
pub(super) struct SharedSizes(Mutex<Sizes>);

impl SharedSizes {
    /// Counts values; whole counts add up in any order.
    pub(super) fn add(&self, values: impl Iterator<Item = f32>) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.for_each(|value| sizes.add(value));
    }

    /// What was counted.
    pub(super) fn counted(self) -> Result<Sizes> {
        Ok(self.0.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
