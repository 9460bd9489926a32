//! From Student's t to the normal deviate of the same tail, for every pixel.

use statrs::function::gamma::ln_gamma;

use super::logarithm::ln;
use super::normal::deviate_of_log_tail;

/// From this many degrees of freedom on, and up to [`NEAR`], the expansion is better than 1e-5.
const MANY: f32 = 10.0;
/// The greatest deviate for which the expansion is used.
const NEAR: f32 = 5.0;

/// The normal deviate with the tail of Student's `t` at `freedom` (> 0) degrees of freedom, with the sign of `t`:
/// z = sign(t) Phi^-1(1 - P(T > |t|)), to 1e-9.
///
/// From the logarithm of the incomplete beta function (continued fraction, Lentz's method), which holds in any tail.
pub fn deviate(t: f64, freedom: f64) -> f64 {
    deviate_of_log_tail(log_tail(t.abs(), freedom)).copysign(t)
}

/// The same by the expansion of Hill (1970, algorithm 395), in a form that the compiler vectorises: to 1e-5 where
/// [`expansion_holds`]; NaN for NaN.
#[inline(always)]
pub fn expansion(t: f32, freedom: f32) -> f32 {
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let x = t * t / freedom;
    let above = 1.0 + x;
    // ln(1+x) without cancellation (Kahan): what rounding takes from 1+x is given back by the quotient.
    let log = if above == 1.0 { x } else { ln(above) * x / (above - 1.0) };
    let y = a * log;
    let series = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    (((series + y + 3.0) / b + 1.0) * y.sqrt()).copysign(t)
}

/// Whether the expansion's deviate `z` is good to 1e-5.
#[inline]
pub fn expansion_holds(z: f32, freedom: f32) -> bool {
    freedom >= MANY && z.abs() <= NEAR
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
        for freedom in [10.0f32, 17.3, 80.0, 2000.0] {
            for t in (0..4000).map(|n| n as f32 * 0.004) {
                let (quick, exact) = (expansion(t, freedom), deviate(f64::from(t), f64::from(freedom)));
                let close = (f64::from(quick) - exact).abs() < 1e-5;
                assert!(close || !expansion_holds(quick, freedom), "{t} {freedom}: {quick} {exact}");
            }
        }
        assert!(expansion(f32::NAN, 20.0).is_nan());
        assert!(expansion(1e-4, 20.0) > 0.9e-4);
    }
}
