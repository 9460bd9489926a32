//! How much chance a look may use up. Whoever looks seventy times a year and asks each time for 5 % is wrong
//! three times a year without anything having happened.
//!
//! The user says how many false alerts a year an area may give. That budget is spent evenly over the days
//! (a linear spending function after Lan & DeMets 1983, doi 10.1093/biomet/70.3.659): a look gets the part of the days
//! since the look before, so that clouds lose nothing, and divides it among the places at which an object could
//! lie (Bonferroni). What is left is a bar on an object's z.

use jiff::civil::Date;
use statrs::distribution::{ContinuousCDF, Normal};

/// Days of a year.
const YEAR: f64 = 365.25;
/// Days that one look may be given at most, however long nothing was seen.
const LONGEST: f64 = 90.0;

/// False alerts that a look may give, for the days since the look before it.
pub fn share(false_alerts_per_year: f64, before: Date, look: Date) -> f64 {
    let days = before.until(look).map_or(0.0, |span| f64::from(span.get_days()));
    false_alerts_per_year * days.clamp(1.0, LONGEST) / YEAR
}

/// The z that an object of at least `least_ha` must pass among `seen_ha` of ground, if unchanged ground is
/// normally distributed: the quantile of one minus `share` over the number of places.
pub fn bar(share: f64, seen_ha: f64, least_ha: f64) -> f64 {
    let places = (seen_ha / least_ha.max(f64::MIN_POSITIVE)).max(1.0);
    let alpha = (share / places).clamp(1e-300, 0.5);
    // The upper tail by symmetry: one minus a tiny number is one.
    Normal::standard().inverse_cdf(alpha).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_year_of_looks_spends_the_budget_once() {
        let mut day = date(2025, 1, 1);
        let mut spent = 0.0;
        for step in [5, 5, 30, 1, 60, 90, 44, 130] {
            let next = day.checked_add(jiff::Span::new().days(step)).unwrap();
            spent += share(0.5, day, next);
            day = next;
        }
        // 365 days, of which the last gap counts 90 instead of 130.
        assert!((spent - 0.5 * 325.0 / YEAR).abs() < 1e-12, "{spent}");
    }

    #[test]
    fn the_bar_is_the_normal_quantile() {
        // scipy.stats.norm.isf(0.01), isf(1e-6)
        assert!((bar(0.01, 1.0, 1.0) - 2.326_347_874_040_841).abs() < 1e-6);
        assert!((bar(1e-3, 300.0, 0.3) - 4.753_424_308_822_899).abs() < 1e-6);
        assert!(bar(1e-3, 3000.0, 0.3) > bar(1e-3, 300.0, 0.3));
        assert!(bar(0.0, 1.0, 1.0).is_finite());
    }
}
