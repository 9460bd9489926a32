//! The natural logarithm of single precision, in a form that the compiler vectorises.

/// ln(`power`), to 2 units in the last place; NaN for what is not a positive normal number.
///
/// Source: the logf of the Cephes library (Moshier): the mantissa brought to [sqrt(1/2), sqrt(2)), a polynomial of
/// degree nine, ln 2 in two parts.
#[inline]
pub fn ln(power: f32) -> f32 {
    const FIRST: u32 = 0x3f35_04f3; // sqrt(1/2)
    let bits = power.to_bits();
    let shifted = bits.wrapping_sub(FIRST);
    let exponent = ((shifted as i32) >> 23) as f32;
    let mantissa = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(FIRST));
    let x = mantissa - 1.0;
    let square = x * x;
    let mut y = 7.037_683_6e-2;
    for coefficient in
        [-0.115_146_103, 0.116_769_99, -0.124_201_41, 0.142_493_23, -0.166_680_57, 0.200_007_15, -0.25, 0.333_333_31]
    {
        y = y * x + coefficient;
    }
    y = y * x * square - 2.121_944_4e-4 * exponent - 0.5 * square;
    let result = (x + y) + 0.693_359_375 * exponent;
    if power >= f32::MIN_POSITIVE && power < f32::INFINITY { result } else { f32::NAN }
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
            assert!(error <= 2.4e-7 * due.abs().max(0.05), "{value}: {error}");
            value *= 1.003;
        }
        for near_one in [0.999_999_9f32, 1.0, 1.000_000_1, 0.9, 1.1] {
            assert!((f64::from(ln(near_one)) - f64::from(near_one).ln()).abs() < 1e-8, "{near_one}");
        }
    }

    #[test]
    fn what_has_no_logarithm_is_missing() {
        for value in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-40] {
            assert!(ln(value).is_nan(), "{value}");
        }
    }
}
