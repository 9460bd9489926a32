//! From samples as stored to samples of whole little-endian bytes: byte order, odd bit depths,
//! half floats.

use super::directory::Order;
use super::layout::Encoding;
use crate::io::raster::Dtype;

/// Turns big-endian samples of 16, 32 or 64 `bits` into little-endian ones, in place. Samples of
/// other depths, 24 bits among them, are strings of bits in either order: most significant first.
pub(super) fn to_little(bytes: &mut [u8], order: Order, bits: usize) {
    if order == Order::Little {
        return;
    }
    match bits {
        16 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|sample| sample.reverse()),
        32 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|sample| sample.reverse()),
        64 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|sample| sample.reverse()),
        _ => {}
    }
}

/// One row of packed samples as whole samples: odd unsigned integers widened to the next type,
/// half floats to `f32`.
pub(super) fn row(from: &[u8], into: &mut [u8], encoding: Encoding) {
    match (encoding.dtype, encoding.bits) {
        (Dtype::F32, _) => halves(from, into),
        (Dtype::U8, bits) => integers::<1>(from, into, bits),
        (Dtype::U16, bits) => integers::<2>(from, into, bits),
        (_, bits) => integers::<4>(from, into, bits),
    }
}

/// Samples of `bits` (1 to 31), the most significant bit first, as integers of `N` bytes.
fn integers<const N: usize>(from: &[u8], into: &mut [u8], bits: usize) {
    let (mut held, mut waiting) = (0u64, 0);
    let mut bytes = from.iter();
    for sample in into.as_chunks_mut::<N>().0 {
        while waiting < bits {
            held = held << 8 | u64::from(bytes.next().copied().unwrap_or(0));
            waiting += 8;
        }
        waiting -= bits;
        let value = (held >> waiting) & ((1 << bits) - 1);
        sample.iter_mut().zip(value.to_le_bytes()).for_each(|(into, byte)| *into = byte);
    }
}

fn halves(from: &[u8], into: &mut [u8]) {
    for (from, into) in from.as_chunks::<2>().0.iter().zip(into.as_chunks_mut::<4>().0) {
        *into = half_to_float(u16::from_le_bytes(*from)).to_le_bytes();
    }
}

/// IEEE 754 binary16 as `f32`, exactly; the payload of a NaN is kept.
fn half_to_float(half: u16) -> f32 {
    let (sign, exponent, fraction) = (u32::from(half >> 15) << 31, u32::from(half >> 10) & 31, u32::from(half) & 0x3ff);
    match exponent {
        0 => {
            let size = fraction as f32 / 16_777_216.0;
            f32::from_bits(sign | size.to_bits())
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_bits_cross_bytes() {
        let mut into = [0; 4];
        row(&[0x12, 0x3a, 0xbc], &mut into, Encoding { bits: 12, dtype: Dtype::U16 });
        assert_eq!(into, [0x23, 0x01, 0xbc, 0x0a]);
    }

    #[test]
    fn a_short_row_reads_as_zero() {
        let mut into = [9; 3];
        row(&[0b1010_0000], &mut into, Encoding { bits: 4, dtype: Dtype::U8 });
        assert_eq!(into, [10, 0, 0]);
    }

    #[test]
    fn halves_widen_exactly() {
        for (half, float) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half_to_float(half), float, "{half:04x}");
        }
        assert!(half_to_float(0x7e00).is_nan());
        assert!(half_to_float(0x8000).is_sign_negative());
    }
}
