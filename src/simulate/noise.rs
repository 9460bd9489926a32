//! Randomness without state: integer hashes of lattice positions, and smooth noise built on them.
//!
//! Every value is a pure function of a seed and a position, so that a block can be computed by itself.

/// Scrambles 32 bits (the "lowbias32" finaliser by C. Wellons: each input bit flips each output bit half the time).
pub(super) fn mix(mut bits: u32) -> u32 {
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x7feb_352d);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x846c_a68b);
    bits ^ (bits >> 16)
}

/// The hash of a lattice point.
pub(super) fn hash(seed: u32, i: i32, j: i32) -> u32 {
    let column = (i as u32 ^ seed).wrapping_mul(0x9e37_79b1).rotate_left(13);
    mix(column.wrapping_add((j as u32).wrapping_mul(0x85eb_ca77)).wrapping_add(seed))
}

/// A further independent hash derived from one: `salt` names the use.
pub(super) fn derive(bits: u32, salt: u32) -> u32 {
    mix(bits ^ salt.wrapping_mul(0x9e37_79b1))
}

/// The hash as a number in 0..1.
pub(super) fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A number in `low..high` from a hash and the name of its use.
pub(super) fn between(bits: u32, salt: u32, low: f32, high: f32) -> f32 {
    low + (high - low) * unit(derive(bits, salt))
}

/// The largest integer that is not above `value`.
pub(super) fn floor(value: f32) -> i32 {
    let cut = value as i32;
    cut - i32::from(cut as f32 > value)
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn smooth(value: f32) -> f32 {
    let t = value.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Quintic blend with zero first and second derivative at both ends (Perlin 2002).
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

/// Sixteen directions, turned off the axes so that the lattice does not show.
const DIRECTIONS: [(f32, f32); 16] = [
    (0.995, 0.098),
    (0.882, 0.471),
    (0.634, 0.773),
    (0.290, 0.957),
    (-0.098, 0.995),
    (-0.471, 0.882),
    (-0.773, 0.634),
    (-0.957, 0.290),
    (-0.995, -0.098),
    (-0.882, -0.471),
    (-0.634, -0.773),
    (-0.290, -0.957),
    (0.098, -0.995),
    (0.471, -0.882),
    (0.773, -0.634),
    (0.957, -0.290),
];

/// The part of one lattice point: its direction times the way to the position.
fn slope(seed: u32, i: i32, j: i32, dx: f32, dy: f32) -> f32 {
    let (gx, gy) = DIRECTIONS[(hash(seed, i, j) >> 28) as usize];
    gx * dx + gy * dy
}

/// Gradient noise (Perlin 1985, 2002) of about unit variance; `x`, `y` in lattice cells.
pub(super) fn gradient(seed: u32, x: f32, y: f32) -> f32 {
    let (i, j) = (floor(x), floor(y));
    let (fx, fy) = (x - i as f32, y - j as f32);
    let (wx, wy) = (fade(fx), fade(fy));
    let north = lerp(slope(seed, i, j, fx, fy), slope(seed, i + 1, j, fx - 1.0, fy), wx);
    let south = lerp(slope(seed, i, j + 1, fx, fy - 1.0), slope(seed, i + 1, j + 1, fx - 1.0, fy - 1.0), wx);
    4.0 * lerp(north, south, wy)
}

/// Value noise along a line, in -1..1; `x` in lattice cells.
pub(super) fn along(seed: u32, x: f32) -> f32 {
    let i = floor(x);
    let w = smooth(x - i as f32);
    2.0 * lerp(unit(hash(seed, i, 0)), unit(hash(seed, i + 1, 0)), w) - 1.0
}

/// A sum of gradient noises: cells of `cell` pixels, halved `octaves - 1` times, each `gain` times weaker.
#[derive(Clone, Copy)]
pub(super) struct Fractal {
    pub(super) seed: u32,
    pub(super) cell: f32,
    pub(super) octaves: u32,
    pub(super) gain: f32,
}

impl Fractal {
    /// About unit variance; `x`, `y` in pixels.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (mut sum, mut power, mut weight, mut frequency) = (0.0, 0.0, 1.0, 1.0 / self.cell);
        for octave in 0..self.octaves {
            let offset = 17.31 * octave as f32;
            sum += weight
                * gradient(self.seed.wrapping_add(octave * 7919), x * frequency + offset, y * frequency - offset);
            power += weight * weight;
            weight *= self.gain;
            frequency *= 2.03;
        }
        sum / f32::sqrt(power)
    }
}

/// A nearly normal number of zero mean and unit variance from 64 random bits: four 16-bit uniforms summed
/// (Irwin-Hall, cut at 3.46 standard deviations).
pub(super) fn normal(bits: u64) -> f32 {
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    (sum as i32 - 131_070) as f32 * (1.732_050_8 / 65_536.0)
}

/// Sixty-four random bits for the pixel at `col` of the row whose key is `row` (two rounds of splitmix64).
pub(super) fn pixel_bits(row: u64, col: usize) -> u64 {
    let mut bits = row.wrapping_add((col as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f32]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count;
        (mean, variance.sqrt())
    }

    #[test]
    fn sensor_noise_is_standard_normal_and_white() {
        let row: Vec<f32> = (0..200_000).map(|col| normal(pixel_bits(99, col))).collect();
        let (mean, deviation) = moments(&row);
        assert!(mean.abs() < 0.01 && (deviation - 1.0).abs() < 0.01, "{mean} {deviation}");
        let products: Vec<f32> = row.windows(2).map(|pair| pair[0] * pair[1]).collect();
        assert!(moments(&products).0.abs() < 0.01);
    }

    #[test]
    fn fractal_noise_has_about_unit_variance_and_no_jumps() {
        let noise = Fractal { seed: 5, cell: 40.0, octaves: 4, gain: 0.5 };
        let values: Vec<f32> =
            (0..40_000).map(|n| noise.at((n % 200) as f32 * 13.7 - 300.0, (n / 200) as f32 * 11.3)).collect();
        let (mean, deviation) = moments(&values);
        assert!(mean.abs() < 0.1 && (0.7..1.4).contains(&deviation), "{mean} {deviation}");
        for n in 0..1000 {
            let x = n as f32 * 0.37 - 120.0;
            assert!((noise.at(x, 3.0) - noise.at(x + 0.01, 3.0)).abs() < 0.05);
        }
    }

    #[test]
    fn hashes_of_neighbours_differ_in_half_their_bits() {
        let flips: u32 = (0..1000).map(|i| (hash(1, i, 4) ^ hash(1, i + 1, 4)).count_ones()).sum();
        assert!((15_000..17_000).contains(&flips), "{flips}");
    }

    #[test]
    fn floor_is_floor() {
        for value in [-2.5f32, -2.0, -0.1, 0.0, 0.9, 7.0] {
            assert_eq!(floor(value), value.floor() as i32);
        }
    }
}
