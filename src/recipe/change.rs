//! The part of the recipe that finds change without a model (METHODS 6).

use serde::{Deserialize, Serialize};

/// Change without a model (METHODS 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRecipe {
    /// What is looked for: `burn`, or change by any cause with `irmad`, `cva` or `pca-kmeans`.
    pub method: Method,
    /// Share of unchanged pixels that may pass as changed, were their differences normal: the
    /// chi-square quantile of the squared change-vector magnitude.
    pub alpha: f64,
    /// Where change begins with `irmad` and `cva`: `otsu` of the statistic's logarithm, `fixed` where the probability
    /// of no change falls below alpha, `bh` at a false discovery rate of fdr; `own`: otsu for irmad, fixed for cva.
    pub cutoff: Cutoff,
    /// The false discovery rate of `bh` (Benjamini & Hochberg 1995).
    pub fdr: f64,
    /// Bands by name for irmad, cva and pca-kmeans; empty: of blue, green, red, one near infrared and both shortwave
    /// infrareds those that both dates have.
    pub bands: Vec<String>,
    /// What parts the invariant pixels into two thirds that train the normalisation and one that tests it.
    pub seed: u32,
}

/// What `change` looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Burned ground by dNBR.
    Burn,
    /// Iteratively reweighted multivariate alteration detection.
    Irmad,
    /// Change vectors.
    Cva,
    /// Principal components and two clusters.
    PcaKmeans,
}

impl Method {
    /// The name in a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Burn => "burn",
            Self::Irmad => "irmad",
            Self::Cva => "cva",
            Self::PcaKmeans => "pca-kmeans",
        }
    }
}

/// Where change begins on a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Cutoff {
    Own,
    Otsu,
    Fixed,
    Bh,
}

impl Default for ChangeRecipe {
    fn default() -> Self {
        Self { method: Method::Burn, alpha: 0.001, cutoff: Cutoff::Own, fdr: 0.05, bands: Vec::new(), seed: 1 }
    }
}
