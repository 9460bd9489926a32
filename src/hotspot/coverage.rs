//! Which days an archive of detections covers: a day without a file is not a day without fire.

use super::day::{self, Stretch};

/// Covered days, as stretches apart from each other, ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage(Vec<Stretch>);

impl Coverage {
    /// The coverage of an archive with detections on `days` (ascending): from a detection to the next, unless the
    /// whole archive is silent for more than `silence` days between them. A country has no such silence even in
    /// winter (Ukraine 2012 to 2022: 8 days at most); a small box has, and is then not covered.
    pub fn of(days: &[i32], silence: i32) -> Self {
        let mut stretches: Vec<Stretch> = Vec::new();
        for day in days {
            match stretches.last_mut() {
                Some(last) if day - last.to <= silence => last.to = *day,
                _ => stretches.push(Stretch { from: *day, to: *day }),
            }
        }
        Self(stretches)
    }

    /// Covered days among those of `stretch`.
    pub fn days(&self, stretch: Stretch) -> i32 {
        let shared = |own: &Stretch| Stretch { from: own.from.max(stretch.from), to: own.to.min(stretch.to) }.days();
        self.0.iter().map(shared).sum()
    }

    /// The covered share of `stretch`; 0 of nothing.
    pub fn share(&self, stretch: Stretch) -> f64 {
        f64::from(self.days(stretch)) / f64::from(stretch.days().max(1))
    }

    /// All stretches.
    pub fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// Years with a covered day, ascending.
    pub fn years(&self) -> Vec<i16> {
        let years = |own: &Stretch| day::date(own.from).year()..=day::date(own.to).year();
        let mut years: Vec<i16> = self.0.iter().flat_map(years).collect();
        years.dedup();
        years
    }

    /// The coverage in words, such as "2012-01-02 to 2012-12-31, 2016-01-01 to 2016-12-31".
    pub fn words(&self) -> String {
        let words = |own: &Stretch| format!("{} to {}", day::date(own.from), day::date(own.to));
        self.0.iter().map(words).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_silence_is_not_covered() {
        let coverage = Coverage::of(&[0, 5, 15, 26, 400], 10);
        assert_eq!(coverage.days(Stretch { from: 10, to: 30 }), 6 + 1);
        assert_eq!(coverage.share(Stretch { from: 16, to: 25 }), 0.0);
        assert_eq!(coverage.years(), [1970, 1971]);
        assert_eq!(Coverage::of(&[], 10).share(Stretch { from: 0, to: 9 }), 0.0);
    }
}
