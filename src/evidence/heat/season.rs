//! What is usual in a season: counts of the same calendar days in other years, and the statistic that compares.

use crate::hotspot::coverage::Coverage;
use crate::hotspot::day::Stretch;
use crate::hotspot::series::Series;
use crate::recipe::{ControlYears, HeatRecipe};

/// Covered share of a placebo's window and of the event's season without which a year does not count.
const COVERED: f64 = 0.9;
/// Covered share of a season's days from which a year says what is usual.
const SEASON_COVERED: f64 = 0.5;

/// Detections of a window, and how many are usual there.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Count {
    pub seen: u64,
    pub usual: f64,
}

impl Count {
    /// ln((seen + 0.5) / (usual + 0.5)): halves keep silent places finite (METHODS 8).
    pub fn statistic(&self) -> f64 {
        ((self.seen as f64 + 0.5) / (self.usual + 0.5)).ln()
    }

    /// With so many detections more.
    #[must_use]
    pub(super) fn with(self, more: u64) -> Self {
        Self { seen: self.seen + more, ..self }
    }
}

/// The seasons that a window is compared with.
#[derive(Debug, Clone)]
pub(super) struct Season<'a> {
    coverage: &'a Coverage,
    recipe: &'a HeatRecipe,
    window: Stretch,
    years: Vec<i16>,
}

impl<'a> Season<'a> {
    /// Of a window: years of the recipe that cover half of the season and more.
    pub(super) fn new(coverage: &'a Coverage, window: Stretch, recipe: &'a HeatRecipe) -> Self {
        let mut season = Self { coverage, recipe, window, years: Vec::new() };
        let own = crate::hotspot::day::date(window.from).year();
        let wanted = |year: &i16| match (recipe.control_years.as_slice(), recipe.controls) {
            ([], ControlYears::Before) => *year < own,
            ([], ControlYears::Other) => *year != own,
            (named, _) => named.contains(year) && *year != own,
        };
        let years = coverage.years().into_iter().filter(wanted);
        season.years = years.filter(|year| season.rate(&Series::default(), window, *year).is_some()).collect();
        season
    }

    /// Years that tell what is usual, ascending.
    pub(super) fn years(&self) -> &[i16] {
        &self.years
    }

    /// Days of the season around `window` in a year, without the event's own window.
    pub(super) fn days(&self, window: Stretch, year: i16) -> Stretch {
        window.in_year(year).grown(self.recipe.season_days).outside(self.window)
    }

    /// Detections a day of the season; none where too little of it is covered.
    fn rate(&self, series: &Series, window: Stretch, year: i16) -> Option<f64> {
        let days = self.days(window, year);
        let full = window.days() + 2 * self.recipe.season_days;
        let covered = self.coverage.days(days);
        (f64::from(covered) >= SEASON_COVERED * f64::from(full))
            .then(|| series.count(days) as f64 / f64::from(covered.max(1)))
    }

    /// What is usual in a window: the mean of the years but `without`, in detections of a window as long.
    pub(super) fn usual(&self, series: &Series, window: Stretch, without: Option<i16>) -> Option<f64> {
        let others = self.years.iter().filter(|year| Some(**year) != without);
        let rates: Vec<f64> = others.filter_map(|year| self.rate(series, window, *year)).collect();
        (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64 * f64::from(window.days()))
    }

    /// The event's window at a place.
    pub(super) fn now(&self, series: &Series) -> Option<Count> {
        let usual = self.usual(series, self.window, None)?;
        Some(Count { seen: series.count(self.window), usual })
    }

    /// The same calendar days of a control year at a place, later by `shift`, against the other control years.
    pub(super) fn then(&self, series: &Series, year: i16, shift: i32) -> Option<Count> {
        let window = self.window.in_year(year).later(shift);
        let clear = window.outside(self.window) == window && self.coverage.share(window) >= COVERED;
        let usual = self.usual(series, window, Some(year)).filter(|_| clear)?;
        Some(Count { seen: series.count(window), usual })
    }

    /// All windows of the control years around the season.
    pub(super) fn placebos(&self, series: &Series) -> Vec<Count> {
        let (most, step) = (self.recipe.shift_days, self.recipe.shift_step_days.max(1) as usize);
        let shifts: Vec<i32> = (-most..=most).step_by(step).collect();
        let windows = self.years.iter().flat_map(|year| shifts.iter().map(move |shift| (*year, *shift)));
        windows.filter_map(|(year, shift)| self.then(series, year, shift)).collect()
    }
}
