//! Which grown objects stand: what each shows in whole counts, and whether seeds and char carry it.

use super::Settings;
use super::signs::{BRIGHTER, GREEN, SNOW, SOIL, STILL_GREEN, Sign, WATER};

/// Value of a step of dNBR.
const STEP: f64 = 1e-4;

/// What the pixels of an object show, in whole counts, so that the parts of blocks add up in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Pixels that were grown into.
    pub grown: u64,
    /// Seeds among them.
    pub seeds: u64,
    /// Green before, among the grown.
    pub green: u64,
    /// Still green after, among the grown.
    pub still_green: u64,
    /// Brighter in near and shortwave infrared, among the grown.
    pub brighter: u64,
    /// Other pixels of the object that were seen: closed gaps and filled holes.
    pub other: u64,
    /// Soil laid bare, among the others.
    pub soil: u64,
    /// Water, among the others.
    pub water: u64,
    /// Snow, among the others.
    pub snow: u64,
    /// Sum of the scores over the grown, in the caller's steps.
    score: u64,
    /// Sum of dNBR over the grown, the shift taken off, in steps of 1e-4.
    dnbr: i64,
    /// Sums of the signs over the grown, in their steps, in the order of [`Sign::ALL`].
    signs: [i64; Sign::ALL.len()],
}

impl Marks {
    /// Takes in a grown pixel: its flags, its dNBR with the shift taken off, and a sign or two.
    #[inline]
    pub fn add_grown(&mut self, flags: u8, dnbr: i32, seed: bool) {
        self.grown += 1;
        self.seeds += u64::from(seed);
        self.green += u64::from(flags & GREEN != 0);
        self.still_green += u64::from(flags & STILL_GREEN != 0);
        self.brighter += u64::from(flags & BRIGHTER != 0);
        self.dnbr += i64::from(dnbr);
    }

    /// Takes in a sign of a grown pixel.
    #[inline]
    pub fn add_sign(&mut self, sign: Sign, step: i8) {
        self.signs[sign as usize] += i64::from(step);
    }

    /// Takes in a pixel that was seen and not grown into.
    pub fn add_other(&mut self, flags: u8) {
        self.other += 1;
        self.soil += u64::from(flags & SOIL != 0);
        self.water += u64::from(flags & WATER != 0);
        self.snow += u64::from(flags & SNOW != 0);
    }

    /// Takes in the score of a grown pixel, in whole steps.
    #[inline]
    pub fn add_score(&mut self, steps: u32) {
        self.score += u64::from(steps);
    }

    /// Takes in what another part of the object shows.
    pub fn merge(&mut self, part: &Self) {
        let Self { grown, seeds, green, still_green, brighter, other, soil, water, snow, score, dnbr, signs } = part;
        self.grown += grown;
        self.seeds += seeds;
        self.green += green;
        self.still_green += still_green;
        self.brighter += brighter;
        self.other += other;
        self.soil += soil;
        self.dnbr += dnbr;
        self.water += water;
        self.snow += snow;
        self.score += score;
        self.signs.iter_mut().zip(signs).for_each(|(sum, more)| *sum += more);
    }

    /// Sum of dNBR over the grown, the shift taken off.
    pub fn sum_dnbr(&self) -> f64 {
        self.dnbr as f64 * STEP
    }

    /// Mean dNBR over the grown, the shift taken off.
    pub fn mean_dnbr(&self) -> f64 {
        self.dnbr as f64 * STEP / self.grown.max(1) as f64
    }

    /// Mean score over the grown, which was taken in in `steps` of one.
    pub fn mean_score(&self, steps: f64) -> f64 {
        self.score as f64 / steps / self.grown.max(1) as f64
    }

    /// Mean of a sign over the grown, in its unit.
    pub fn mean_sign(&self, sign: Sign) -> f64 {
        self.signs[sign as usize] as f64 * sign.step() / self.grown.max(1) as f64
    }

    /// Pixels that were seen.
    pub fn seen(&self) -> u64 {
        self.grown + self.other
    }
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is mapped.
    Stands,
    /// It is mapped, strong as it is, though nothing speaks of char.
    Uncharred,
    /// Too few of its pixels are seeds.
    Weak,
    /// Something faded there, but nothing burned: no char, and no strong dNBR.
    Faded,
}

impl Fate {
    /// Whether the object is mapped as burned.
    pub fn is_mapped(self) -> bool {
        matches!(self, Self::Stands | Self::Uncharred)
    }

    /// The fate of an object. `control_char` is the median of [`Sign::Char`] in the control, where SWIR1 is known.
    pub fn of(marks: &Marks, control_char: Option<f64>, settings: &Settings) -> Self {
        if (marks.seeds as f64) < settings.seed_share * marks.grown as f64 || marks.grown == 0 {
            return Self::Weak;
        }
        let rise = control_char.map(|control| marks.mean_sign(Sign::Char) - control);
        match rise {
            Some(rise) if rise < settings.char_rise && marks.mean_dnbr() < settings.strong_dnbr => Self::Faded,
            Some(rise) if rise < settings.char_rise => Self::Uncharred,
            _ => Self::Stands,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(dnbr: i32, char: i8, seeds: usize) -> Marks {
        let mut marks = Marks::default();
        for pixel in 0..10 {
            marks.add_grown(GREEN, dnbr, pixel < seeds);
            marks.add_sign(Sign::Char, char);
        }
        marks
    }

    #[test]
    fn seeds_and_char_carry_an_object() {
        let settings = Settings::default();
        let fate = |marks: &Marks, control| Fate::of(marks, control, &settings);
        assert_eq!(fate(&object(1500, 30, 9), Some(0.1)), Fate::Stands);
        assert_eq!(fate(&object(1500, 9, 9), Some(0.1)), Fate::Faded, "0.18 is no rise of 0.10 over 0.1");
        assert_eq!(fate(&object(2700, 9, 9), Some(0.1)), Fate::Uncharred);
        assert_eq!(fate(&object(1500, 9, 9), None), Fate::Stands, "what is not known is not held against it");
        assert_eq!(fate(&object(2700, 30, 3), Some(0.1)), Fate::Weak);
        assert_eq!(fate(&Marks::default(), None), Fate::Weak);
    }

    #[test]
    fn parts_add_up() {
        let (mut one, other) = (object(1000, 10, 4), object(2000, 30, 8));
        one.add_other(SOIL);
        one.merge(&other);
        assert_eq!((one.grown, one.seeds, one.green, one.other, one.soil, one.seen()), (20, 12, 20, 1, 1, 21));
        assert!((one.mean_dnbr() - 0.15).abs() < 1e-12 && (one.mean_sign(Sign::Char) - 0.4).abs() < 1e-12);
    }
}
