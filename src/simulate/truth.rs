//! The truth about the ground: what happened at each pixel between the two dates, whatever clouds hide.

/// What happened at a pixel. The codes are those of the truth layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[repr(u8)]
pub enum Truth {
    /// Nothing beyond drift and noise.
    Unchanged = 0,
    /// At least half of the pixel's fuel-bearing ground burned.
    Burned = 1,
    /// A field was ploughed or harvested.
    Worked = 2,
    /// Another seasonal change: leaf fall, green-up.
    Seasonal = 3,
    /// Water newly covers the ground.
    Flooded = 4,
    /// Snow newly covers the ground.
    Snowed = 5,
}

impl Truth {
    /// Every class in the order of the codes.
    pub const ALL: [Self; 6] =
        [Self::Unchanged, Self::Burned, Self::Worked, Self::Seasonal, Self::Flooded, Self::Snowed];

    /// The value in the truth layer.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The class in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Burned => "burned",
            Self::Worked => "ploughed or harvested",
            Self::Seasonal => "other seasonal change",
            Self::Flooded => "newly under water",
            Self::Snowed => "newly under snow",
        }
    }

    /// All classes in one line.
    pub(super) fn legend() -> String {
        Self::ALL.map(|class| format!("{} {}", class.code(), class.name())).join(", ")
    }

    /// The class of a 20 m pixel: the most frequent of its four; of equally frequent ones the first changed class.
    pub(super) fn common(four: [Self; 4]) -> Self {
        let count = |class: Self| four.iter().filter(|&&one| one == class).count();
        let order = [Self::Burned, Self::Flooded, Self::Snowed, Self::Worked, Self::Seasonal, Self::Unchanged];
        order.into_iter().rev().max_by_key(|&class| count(class)).unwrap_or(Self::Unchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_class_wins_and_change_wins_a_tie() {
        use Truth::{Burned, Unchanged, Worked};
        assert_eq!(Truth::common([Burned, Unchanged, Unchanged, Unchanged]), Unchanged);
        assert_eq!(Truth::common([Burned, Unchanged, Unchanged, Burned]), Burned);
        assert_eq!(Truth::common([Worked, Burned, Burned, Worked]), Burned);
        assert!(Truth::legend().starts_with("0 unchanged, 1 burned"));
    }
}
