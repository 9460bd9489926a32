//! Figures in words: sizes, shares, probabilities and dates as a reader of the page meets them.

use jiff::civil::Date;

use crate::evidence::measurement::{Interval, Rate};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Between a number and its unit: a space at which no line breaks.
const SPACE: char = '\u{a0}';

/// Three letters of a month.
pub(in crate::report) fn month(date: Date) -> &'static str {
    MONTHS.get(usize::from(date.month().unsigned_abs()).wrapping_sub(1)).copied().unwrap_or("")
}

/// `28 Nov 2025`.
pub(in crate::report) fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// A number to about three digits, thousands apart, with a true minus sign.
pub(in crate::report) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let size = value.abs();
    let decimals = match size {
        _ if size == size.round() && size < 1e15 => 0,
        _ if size >= 100.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 0.1 => 2,
        _ => 3,
    };
    let digits = trimmed(format!("{size:.decimals$}"));
    let minus = value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    format!("{}{}", if minus { "\u{2212}" } else { "" }, thousands(&digits))
}

/// Without zeros at the end of a fraction.
fn trimmed(digits: String) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
}

fn thousands(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut shown = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + rest
}

/// A number with its unit.
pub(in crate::report) fn quantity(value: f64, unit: &str) -> String {
    format!("{}{SPACE}{unit}", number(value))
}

/// `42 ha (35 to 49)`.
pub(in crate::report) fn interval(figure: &Interval, unit: &str) -> String {
    format!("{} ({} to {})", quantity(figure.value, unit), number(figure.low), number(figure.high))
}

/// A share as a percentage: whole from 10 % on, else to a tenth.
pub(in crate::report) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "unknown".to_owned();
    }
    let percent = share * 100.0;
    let whole = percent >= 9.95 || (percent - percent.round()).abs() < 0.05;
    if whole { format!("{percent:.0}{SPACE}%") } else { format!("{percent:.1}{SPACE}%") }
}

/// `3 % (0.1 to 9 %)`.
pub(in crate::report) fn share(figure: &Interval) -> String {
    let low = percent(figure.low);
    format!("{} ({} to {})", percent(figure.value), low.trim_end_matches(['%', SPACE]), percent(figure.high))
}

/// A rate with what was counted.
pub(in crate::report) fn rate(rate: &Rate) -> String {
    format!("{}; {} of {}", share(&rate.share), rate.hits, rate.trials)
}

/// A probability of the placebo test: three decimals, more where these would be zeros.
pub(in crate::report) fn p(value: f64) -> String {
    if value >= 0.000_95 || value <= 0.0 || !value.is_finite() { format!("{value:.3}") } else { format!("{value:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_about_three_digits() {
        let shown = [0.0, 3.0, 0.0421, 0.512, 12.34, 1234.5, 1_234_567.0, -4.25, -0.0001, f64::NAN].map(number);
        assert_eq!(shown, ["0", "3", "0.042", "0.51", "12.3", "1,234", "1,234,567", "\u{2212}4.25", "0", "unknown"]);
    }

    #[test]
    fn shares_keep_what_is_small() {
        assert_eq!(
            [0.0, 0.004, 0.0996, 0.123, 1.0].map(percent),
            ["0\u{a0}%", "0.4\u{a0}%", "10\u{a0}%", "12\u{a0}%", "100\u{a0}%"]
        );
        let figure = Interval { value: 0.03, low: 0.001, high: 0.09 };
        assert_eq!(share(&figure), "3\u{a0}% (0.1 to 9\u{a0}%)");
    }

    #[test]
    fn small_probabilities_are_not_zero() {
        assert_eq!([0.05, 0.001, 0.0002].map(p), ["0.050", "0.001", "2.0e-4"]);
    }

    #[test]
    fn days_are_unambiguous() {
        assert_eq!(day(jiff::civil::date(2025, 11, 8)), "8 Nov 2025");
    }
}
