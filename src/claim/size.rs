//! The smallest effect that would bear a claim out: numbers by default, and numbers behind words.

use super::Kind;
use super::form::{Size, SizesForm, Word};

/// How much more "heavy" is than "some". A convention, the same for every claim and side.
const HEAVY: f64 = 10.0;

impl Kind {
    /// The smallest effect of interest where a claim names none, in hectares, for [`Kind::Thermal`] in detections;
    /// none for what cannot be tested. The reasons are arithmetic of pixels, not of what was meant:
    /// 10 ha of burned fields are a small field and 250 pixels of 20 m; 1 ha of torn ground is 100 pixels of 10 m;
    /// 0.5 ha of buildings are 50 such pixels; 3 detections are more than one false alarm, or one fire seen by
    /// two satellites.
    pub fn default_smallest_effect(self) -> Option<f64> {
        match self {
            Self::BurnedFields => Some(10.0),
            Self::ImpactArea => Some(1.0),
            Self::BuiltDamage => Some(0.5),
            Self::Thermal => Some(3.0),
            Self::FirePosition => None,
        }
    }
}

impl Size {
    /// The number behind it, given the kind's default.
    pub(super) fn number(self, default: f64) -> f64 {
        match self {
            Self::Number(number) => number,
            Self::Word(Word::Some) => default,
            Self::Word(Word::Heavy) => HEAVY * default,
        }
    }
}

impl SizesForm {
    /// The size that is written for a kind.
    pub(super) fn of(&self, kind: Kind) -> Option<Size> {
        match kind {
            Kind::BurnedFields => self.burned_fields,
            Kind::ImpactArea => self.impact_area,
            Kind::BuiltDamage => self.built_damage,
            Kind::Thermal => self.thermal,
            Kind::FirePosition => None,
        }
    }
}
