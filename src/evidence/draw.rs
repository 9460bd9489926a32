//! Random draws that depend on a seed and a number alone, so that no order of work can change them.

/// A stream of draws (splitmix64; Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195).
#[derive(Debug, Clone)]
pub struct Draw(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Draw {
    /// The stream of `number` under `seed`; streams of neighbouring numbers are unrelated.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut start = Self(seed ^ 0x6772_6f75_6e64_7465);
        let salt = start.next();
        Self(salt ^ number.wrapping_mul(0xd134_2543_de82_ef95).rotate_left(17))
    }

    /// Sixty-four bits.
    #[allow(clippy::should_implement_trait, reason = "a stream without an end")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    /// At least 0, below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// At least `low`, below `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// At least 0, below `count`; 0 of nothing.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_even_and_their_own() {
        let mut draw = Draw::new(1, 0);
        let mean = (0..10_000).map(|_| draw.unit()).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert_eq!(Draw::new(1, 5).next(), Draw::new(1, 5).next());
        let firsts: std::collections::BTreeSet<u64> = (0..1000).map(|number| Draw::new(1, number).next()).collect();
        assert_eq!(firsts.len(), 1000);
        assert!((0..1000).all(|_| draw.below(7) < 7) && draw.below(0) == 0);
    }
}
