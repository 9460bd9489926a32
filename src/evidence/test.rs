//! Tests without a model: ranks among placebos, exact intervals of shares, corrections, balance.

use statrs::distribution::{Beta, ContinuousCDF};

use super::measurement::{Balance, Interval, Movement, Placebos, Rate};

/// Standardised differences below this leave area and placebos alike (Stuart 2010, doi 10.1214/09-STS313).
pub const BALANCED: f64 = 0.25;

/// The rank test: (1 + number of placebos at or above `value`) / (number of placebos + 1), and that number (Phipson
/// & Smyth 2010, doi 10.2202/1544-6115.1585). It is never 0 and holds its level for any law that area and placebos
/// share.
pub fn rank(value: f64, placebos: &[f64]) -> (u64, f64) {
    let exceeding = placebos.iter().filter(|placebo| **placebo >= value).count() as u64;
    (exceeding, (1 + exceeding) as f64 / (placebos.len() + 1) as f64)
}

/// The placebos of one movement with their rank test.
pub fn ranked(movement: Movement, value: f64, values: Vec<f64>, balance: Vec<Balance>, words: String) -> Placebos {
    let (exceeding, p) = rank(value, &values);
    Placebos { movement, values, exceeding, p, balance, words }
}

/// `hits` of `trials` with the exact interval at 95 % (Clopper & Pearson 1934, doi 10.1093/biomet/26.4.404).
pub fn exact(hits: u64, trials: u64) -> Rate {
    const TAIL: f64 = 0.025;
    let hits = hits.min(trials);
    let (k, n) = (hits as f64, trials as f64);
    let quantile = |a: f64, b: f64, q: f64| Beta::new(a, b).map_or(f64::NAN, |law| law.inverse_cdf(q));
    let low = if hits == 0 { 0.0 } else { quantile(k, n - k + 1.0, TAIL) };
    let high = if hits == trials { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - TAIL) };
    let value = if trials == 0 { 0.0 } else { k / n };
    Rate { hits, trials, share: Interval { value, low, high } }
}

/// Holm's step-down correction (Holm 1979), in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max((p[index] * (p.len() - rank) as f64).min(1.0));
        corrected[index] = least;
    }
    corrected
}

/// One covariate of the area against its placebos (Austin 2011, doi 10.1080/00273171.2011.568786). Placebos that are
/// all alike count as balanced where the area equals them.
pub fn balance(covariate: &str, area: f64, placebos: &[f64]) -> Balance {
    let n = placebos.len().max(1) as f64;
    let mean = placebos.iter().sum::<f64>() / n;
    let variance = placebos.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let apart = area - mean;
    let standardised = if apart.abs() < 1e-9 { 0.0 } else { apart / variance.sqrt().max(1e-9) };
    Balance {
        covariate: covariate.to_owned(),
        area,
        placebos: mean,
        standardised_difference: standardised,
        balanced: standardised.abs() < BALANCED,
    }
}

/// The median; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The quantile `q`, linear between order statistics (Hyndman & Fan's type 7, as numpy's default); 0 of nothing.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_ties_against_the_claim() {
        assert_eq!(rank(2.0, &[1.0, 2.0, 3.0]), (2, 0.75));
        assert_eq!(rank(4.0, &[1.0; 19]), (0, 0.05));
        assert_eq!(rank(0.0, &[]), (0, 1.0));
    }

    /// scipy 1.14: `binomtest(k, n).proportion_ci(0.95, 'exact')`.
    #[test]
    fn intervals_equal_scipy() {
        for (k, n, low, high) in [
            (0, 10, 0.0, 0.308_497_107_8),
            (3, 40, 0.015_742_180, 0.203_864_749),
            (10, 10, 0.691_502_892_2, 1.0),
            (50, 1000, 0.037_335_398, 0.065_390_488),
        ] {
            let rate = exact(k, n);
            assert!(
                (rate.share.low - low).abs() < 1e-8 && (rate.share.high - high).abs() < 1e-8,
                "{k} of {n}: {rate:?}"
            );
        }
        assert_eq!((exact(0, 0).share.low, exact(0, 0).share.high), (0.0, 1.0));
    }

    #[test]
    fn holm_steps_down() {
        let corrected = holm(&[0.01, 0.04, 0.03]);
        let expected = [0.03, 0.06, 0.06];
        assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn balance_is_in_standard_deviations() {
        let found = balance("cover", 3.0, &[0.0, 2.0, 4.0]);
        assert!((found.standardised_difference - 0.5).abs() < 1e-12 && !found.balanced);
        assert!(balance("cover", 1.0, &[1.0, 1.0]).balanced && !balance("cover", 1.1, &[1.0, 1.0]).balanced);
    }

    #[test]
    fn quantiles_are_linear() {
        assert_eq!((median(&[3.0, 1.0, 2.0, 10.0]), quantile(&[0.0, 10.0], 0.25), median(&[])), (2.5, 2.5, 0.0));
    }
}
