//! The layers that a run can write: name, meaning, unit, and the step of its integers.

use crate::error::{Error, Result};
use crate::kernel::index::Index;

/// A continuous layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Plain difference of NBR, before minus after.
    Dnbr,
    /// Relativized burn ratio (Parks 2014).
    Rbr,
    /// Relative dNBR (Miller & Thode 2007).
    Rdnbr,
    /// Length of the change vector in robust standard deviations.
    Cva,
    /// An index of one date, or its difference before minus after.
    Index(Index, Moment),
}

/// Which date an index layer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Moment {
    Before,
    After,
    /// Before minus after, so that a loss of vegetation is positive, as with dNBR.
    Fall,
}

impl Layer {
    /// The layers of a list, each once, in its order.
    ///
    /// # Errors
    /// `Usage` for a name that is no layer.
    pub fn parse_all(names: &[String]) -> Result<Vec<Self>> {
        let mut layers = Vec::with_capacity(names.len());
        for name in names {
            let layer = Self::parse(name.trim())?;
            if !layers.contains(&layer) {
                layers.push(layer);
            }
        }
        Ok(layers)
    }

    fn parse(name: &str) -> Result<Self> {
        let lower = name.to_ascii_lowercase();
        let index = |text: &str| Index::ALL.iter().copied().find(|index| index.name().eq_ignore_ascii_case(text));
        let moment = |suffix: &str, moment| Some(Self::Index(index(lower.strip_suffix(suffix)?)?, moment));
        match lower.as_str() {
            "dnbr" => Some(Self::Dnbr),
            "rbr" => Some(Self::Rbr),
            "rdnbr" => Some(Self::Rdnbr),
            "cva" => Some(Self::Cva),
            _ => moment("_before", Moment::Before)
                .or_else(|| moment("_after", Moment::After))
                .or_else(|| Some(Self::Index(index(lower.strip_prefix('d')?)?, Moment::Fall))),
        }
        .ok_or_else(|| {
            Error::usage(format!("there is no layer called {:?}", crate::text::Foreign::new(name).to_string()))
                .hint("layers are dnbr, rbr, rdnbr, cva and NAME_before, NAME_after, dNAME for the names of 'groundtell indices'")
        })
    }

    /// File name without ending.
    pub fn name(self) -> String {
        match self {
            Self::Dnbr => "dnbr".into(),
            Self::Rbr => "rbr".into(),
            Self::Rdnbr => "rdnbr".into(),
            Self::Cva => "cva".into(),
            Self::Index(index, Moment::Before) => format!("{}_before", index.name().to_ascii_lowercase()),
            Self::Index(index, Moment::After) => format!("{}_after", index.name().to_ascii_lowercase()),
            Self::Index(index, Moment::Fall) => format!("d{}", index.name().to_ascii_lowercase()),
        }
    }

    /// What it shows, for a band description.
    pub fn description(self) -> String {
        match self {
            Self::Dnbr => "dNBR: NBR before minus NBR after, no offset removed".into(),
            Self::Rbr => "RBR: dNBR / (NBR before + 1.001)".into(),
            Self::Rdnbr => "RdNBR: dNBR / sqrt(|NBR before|)".into(),
            Self::Cva => "change-vector length in robust standard deviations (red, NIR, SWIR2)".into(),
            Self::Index(index, Moment::Before) => format!("{} before: {}", index.name(), index.formula()),
            Self::Index(index, Moment::After) => format!("{} after: {}", index.name(), index.formula()),
            Self::Index(index, Moment::Fall) => format!("{} before minus after: {}", index.name(), index.formula()),
        }
    }

    /// The value of one integer step, or None where the range is open and only float32 holds it.
    pub fn step(self) -> Option<f64> {
        match self {
            Self::Dnbr | Self::Rbr => Some(1e-4),
            Self::Rdnbr => Some(1e-3),
            Self::Cva => Some(1e-2),
            Self::Index(index, _) => index.is_scale_invariant().then_some(1e-4).or(match index {
                Index::Mirbi => Some(1e-3),
                Index::NbrSwir => Some(1e-4),
                _ => None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in ["dnbr", "rbr", "rdnbr", "cva", "ndvi_before", "nbr_after", "dndvi"] {
            assert_eq!(Layer::parse(name).unwrap().name(), name);
        }
        assert!(Layer::parse("nbr_later").is_err());
        assert!(Layer::parse("d").is_err());
    }
}
