//! From Student's t to the normal deviate of the same tail, for every pixel.

use statrs::function::gamma::ln_gamma;

use super::normal::deviate_of_log_tail;

/// From this many degrees of freedom on, and up to [`NEAR`], the expansion is better than 1e-5.
const MANY: f64 = 10.0;
/// The greatest deviate for which the expansion is used.
const NEAR: f64 = 5.0;

/// The normal deviate with the tail of Student's `t` at `freedom` (> 0) degrees of freedom, with the sign of `t`:
/// z = sign(t) Phi^-1(1 - P(T > |t|)). To 1e-5 everywhere, to 1e-9 outside of the expansion's range.
///
/// Near the middle with ten degrees or more by the expansion of Hill (1970, algorithm 395); else from the logarithm
/// of the incomplete beta function (continued fraction, Lentz's method), which holds in any tail.
pub fn deviate(t: f64, freedom: f64) -> f64 {
    if freedom >= MANY {
        let near = expansion(t.abs(), freedom);
        if near <= NEAR {
            return near.copysign(t);
        }
    }
    deviate_of_log_tail(log_tail(t.abs(), freedom)).copysign(t)
}

/// Hill's expansion of the deviate.
fn expansion(t: f64, freedom: f64) -> f64 {
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / freedom).ln_1p();
    let series = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    ((series + y + 3.0) / b + 1.0) * y.sqrt()
}

/// ln P(T > t) for t >= 0: half the regularised incomplete beta function I_x(freedom/2, 1/2) at
/// x = freedom / (freedom + t^2).
fn log_tail(t: f64, freedom: f64) -> f64 {
    let (a, b) = (freedom / 2.0, 0.5);
    let u = t * t / freedom;
    // ln x and ln(1-x) without cancellation.
    let (log_x, log_rest) = (-u.ln_1p(), u.ln() - u.ln_1p());
    let log_front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * log_x + b * log_rest;
    if t == 0.0 {
        return -std::f64::consts::LN_2;
    }
    let x = log_x.exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        log_front + (fraction(a, b, x) / (2.0 * a)).ln()
    } else {
        (0.5 - 0.5 * log_front.exp() * fraction(b, a, log_rest.exp()) / b).ln()
    }
}

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS: u32 = 400;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for step in 1..STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        sum *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        sum *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_hold() {
        // One degree: P(T > t) = 1/2 - atan(t)/pi. Two: (1 - t/sqrt(t^2+2))/2.
        for t in [0.01f64, 0.5, 2.0, 30.0, 1000.0] {
            let cauchy = (0.5 - t.atan() / std::f64::consts::PI).ln();
            assert!((log_tail(t, 1.0) - cauchy).abs() < 1e-9, "{t}");
            let two = (0.5 * (2.0 / (t * t + 2.0)) / (1.0 + t / (t * t + 2.0).sqrt())).ln();
            assert!((log_tail(t, 2.0) - two).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn the_sign_stays_and_zero_is_zero() {
        assert_eq!(deviate(0.0, 3.0), 0.0);
        for freedom in [2.0, 7.5, 40.0] {
            assert_eq!(deviate(-3.0, freedom), -deviate(3.0, freedom));
        }
    }

    #[test]
    fn both_ways_meet() {
        for freedom in [10.0, 17.3, 80.0] {
            let t = (0..2000).map(|n| f64::from(n) * 0.005).rfind(|t| expansion(*t, freedom) <= NEAR).unwrap();
            let exact = deviate_of_log_tail(log_tail(t, freedom));
            assert!((expansion(t, freedom) - exact).abs() < 1e-5, "{freedom}");
        }
    }
}
