//! The natural logarithm of single precision, in a form that the compiler vectorises.

/// ln(`power`), to 1e-7 absolute plus the rounding of the result; NaN for NaN and what is not above zero. Subnormal
/// and infinite numbers, which no radar measures, give the logarithm of about the range's ends.
///
/// The exponent times ln 2, plus x + x^2 q(x) for the mantissa 1 + x brought to [sqrt(1/2), sqrt(2)); q is of degree
/// six, fitted by us for the least absolute error (4e-8).
#[inline(always)]
pub fn ln(power: f32) -> f32 {
    const FIRST: u32 = 0x3f35_04f3; // sqrt(1/2)
    let shifted = power.to_bits().wrapping_sub(FIRST);
    let exponent = ((shifted as i32) >> 23) as f32;
    let x = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(FIRST)) - 1.0;
    let mut q = -0.100_346_13;
    for coefficient in [0.163_356_48, -0.173_259_97, 0.198_882_77, -0.249_614_66, 0.333_352_63, -0.500_005_84] {
        q = q * x + coefficient;
    }
    let result = (q * x * x + x) + exponent * std::f32::consts::LN_2;
    if power > 0.0 { result } else { f32::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm() {
        let mut value = 1.2e-38f32;
        while value < 1e38 {
            let due = f64::from(value).ln();
            let error = (f64::from(ln(value)) - due).abs();
            assert!(error <= 1e-7 + 1.3e-7 * due.abs(), "{value}: {error}");
            value *= 1.003;
        }
        for near_one in [0.999_999_9f32, 1.0, 1.000_000_1, 0.9, 1.1] {
            assert!((f64::from(ln(near_one)) - f64::from(near_one).ln()).abs() < 6e-8, "{near_one}");
        }
    }

    #[test]
    fn what_has_no_logarithm_is_missing() {
        for value in [0.0, -0.0, -1.0, f32::NAN, f32::NEG_INFINITY] {
            assert!(ln(value).is_nan(), "{value}");
        }
    }
}
