//! Agreement of a mask with a reference: confusion counts, what follows from them, and the area under the ROC
//! curve of a continuous layer. All counts are integers, so blocks may come in any order.

use ndarray::{ArrayView2, Zip};

use crate::error::{Error, Result};

/// How often mask and reference agree. Counts of the pixels where both were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Confusion {
    /// Set in both.
    pub tp: u64,
    /// Set in the mask only.
    pub fp: u64,
    /// Set in the reference only.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Set in neither.
    pub tn: u64,
}

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Share {
    /// The observed share, 0 to 1.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Share {
    /// `hits` of `trials` with Wilson's score interval at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22:209,
    /// without continuity correction); none without a trial. It takes trials for independent;
    /// pixels next to each other are not, so for a map it is a lower bound of the doubt.
    pub fn wilson(hits: u64, trials: u64) -> Option<Self> {
        if trials == 0 || hits > trials {
            return None;
        }
        let (p, n) = (hits as f64 / trials as f64, trials as f64);
        let shrink = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / shrink;
        let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if hits == trials { 1.0 } else { (centre + half).min(1.0) };
        Some(Self { value: p, low, high })
    }
}

impl Confusion {
    /// Adds one block, rows by columns: whether the mask and the reference are set, and where both are valid.
    ///
    /// # Errors
    /// `Bug` when the shapes differ.
    pub fn add(
        &mut self,
        mask: ArrayView2<'_, bool>,
        reference: ArrayView2<'_, bool>,
        valid: ArrayView2<'_, bool>,
    ) -> Result<()> {
        same_shape(mask.dim(), reference.dim(), valid.dim())?;
        let mut counts = [0u64; 4];
        Zip::from(mask).and(reference).and(valid).for_each(|&mask, &reference, &valid| {
            counts[usize::from(mask) * 2 + usize::from(reference)] += u64::from(valid);
        });
        let [tn, fn_, fp, tp] = counts;
        self.merge(&Self { tp, fp, fn_, tn });
        Ok(())
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
        self.tn += other.tn;
    }

    /// Pixels counted.
    pub fn total(&self) -> u64 {
        self.tp + self.fp + self.fn_ + self.tn
    }

    /// Commission error, fp / (tp + fp); none when the mask is empty.
    pub fn commission(&self) -> Option<Share> {
        Share::wilson(self.fp, self.tp + self.fp)
    }

    /// Omission error, fn / (tp + fn); none when the reference is empty.
    pub fn omission(&self) -> Option<Share> {
        Share::wilson(self.fn_, self.tp + self.fn_)
    }

    /// Overall accuracy, (tp + tn) / total; none when nothing was counted.
    pub fn overall(&self) -> Option<Share> {
        Share::wilson(self.tp + self.tn, self.total())
    }

    /// Intersection over union, tp / (tp + fp + fn); none when both are empty.
    pub fn iou(&self) -> Option<Share> {
        Share::wilson(self.tp, self.tp + self.fp + self.fn_)
    }

    /// F1 or Dice, 2 tp / (2 tp + fp + fn), which is 2 IoU / (1 + IoU); its interval is that of IoU
    /// carried through this growing function. None when both are empty.
    pub fn f1(&self) -> Option<Share> {
        let dice = |iou: f64| 2.0 * iou / (1.0 + iou);
        self.iou().map(|Share { value, low, high }| Share { value: dice(value), low: dice(low), high: dice(high) })
    }

    /// Cohen's kappa (Cohen 1960, Educ. Psychol. Meas. 20:37); none when nothing was counted or
    /// chance alone explains all (one class in both).
    pub fn kappa(&self) -> Option<f64> {
        let [tp, fp, fn_, tn] = [self.tp, self.fp, self.fn_, self.tn].map(|count| count as f64);
        let total = tp + fp + fn_ + tn;
        let expected = (tp + fp) * (tp + fn_) + (fn_ + tn) * (fp + tn);
        let scope = total * total - expected;
        (scope > 0.0).then(|| (total * (tp + tn) - expected) / scope)
    }

    /// Everything above as one value for a report.
    pub fn measures(&self) -> Measures {
        Measures {
            counts: *self,
            commission: self.commission(),
            omission: self.omission(),
            f1: self.f1(),
            iou: self.iou(),
            kappa: self.kappa(),
            overall: self.overall(),
        }
    }
}

/// The measures of [`Confusion`]; each is none (null) where it is not defined.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[allow(missing_docs)]
pub struct Measures {
    pub counts: Confusion,
    pub commission: Option<Share>,
    pub omission: Option<Share>,
    pub f1: Option<Share>,
    pub iou: Option<Share>,
    pub kappa: Option<f64>,
    pub overall: Option<Share>,
}

/// Bins of a [`Ranks`]: every i16.
const BINS: usize = 1 << 16;

/// How the values of a layer are distributed where the reference is set and where it is not:
/// two histograms of i16 steps (1e-4 of the layer's unit), 1 MiB together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranks {
    /// For each step, from the lowest: pixels where the reference is not set, and where it is.
    counts: Vec<[u64; 2]>,
}

impl Default for Ranks {
    fn default() -> Self {
        Self { counts: vec![[0; 2]; BINS] }
    }
}

impl Ranks {
    /// Adds one block, rows by columns: steps of the layer, the reference, and where both are valid.
    ///
    /// # Errors
    /// `Bug` when the shapes differ.
    pub fn add(
        &mut self,
        steps: ArrayView2<'_, i16>,
        reference: ArrayView2<'_, bool>,
        valid: ArrayView2<'_, bool>,
    ) -> Result<()> {
        same_shape(steps.dim(), reference.dim(), valid.dim())?;
        Zip::from(steps).and(reference).and(valid).for_each(|&step, &reference, &valid| {
            let bin = (i32::from(step) - i32::from(i16::MIN)) as usize;
            self.counts[bin][usize::from(reference)] += u64::from(valid);
        });
        Ok(())
    }

    /// Adds what other ranks have seen.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            own[0] += other[0];
            own[1] += other[1];
        }
    }

    /// Area under the ROC curve: the share of pairs of a set and an unset pixel of the reference in
    /// which the set one has the larger value, ties counted half (Mann and Whitney 1947, Ann.
    /// Math. Stat. 18:50). None when the reference has one value only.
    pub fn auc(&self) -> Option<f64> {
        let (mut below, mut set, mut doubled) = (0u128, 0u128, 0u128);
        for [negative, positive] in self.counts.iter().map(|counts| counts.map(u128::from)) {
            doubled += positive * (2 * below + negative);
            below += negative;
            set += positive;
        }
        (below > 0 && set > 0).then(|| doubled as f64 / (2 * below * set) as f64)
    }
}

fn same_shape(one: (usize, usize), two: (usize, usize), three: (usize, usize)) -> Result<()> {
    if one == two && two == three {
        return Ok(());
    }
    Err(Error::bug(format!("accuracy: blocks of {one:?}, {two:?} and {three:?} pixels do not fit each other")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// `tests/oracle/make_accuracy.py`: inputs and what numpy and scipy make of them.
    fn oracle() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/oracle/accuracy.json")).unwrap()
    }

    fn block<T>(case: &serde_json::Value, name: &str, convert: fn(i64) -> T) -> Array2<T> {
        let values: Vec<i64> = serde_json::from_value(case[name].clone()).unwrap();
        Array2::from_shape_vec((20, values.len() / 20), values.into_iter().map(convert).collect()).unwrap()
    }

    fn near(ours: Option<f64>, expected: &serde_json::Value, what: &str) {
        match (ours, expected.as_f64()) {
            (Some(ours), Some(expected)) => assert!((ours - expected).abs() < 1e-12, "{what}: {ours} {expected}"),
            (ours, expected) => assert_eq!(ours, expected, "{what}"),
        }
    }

    #[test]
    fn measures_equal_the_oracle() {
        let cases = oracle();
        for case in cases["cases"].as_array().unwrap() {
            let flag = |value| value != 0;
            let (reference, valid) = (block(case, "reference", flag), block(case, "valid", flag));
            let mut confusion = Confusion::default();
            confusion.add(block(case, "mask", flag).view(), reference.view(), valid.view()).unwrap();
            let expected = &case["expected"];
            assert_eq!(serde_json::to_value(confusion).unwrap(), expected["counts"]);
            for name in ["commission", "omission", "f1", "iou", "overall"] {
                let ours = serde_json::to_value(confusion.measures()).unwrap()[name].clone();
                for part in ["value", "low", "high"] {
                    near(ours[part].as_f64(), &expected[name][part], &format!("{name} {part}"));
                }
            }
            near(confusion.kappa(), &expected["kappa"], "kappa");
            let mut ranks = Ranks::default();
            ranks.add(block(case, "steps", |step| step as i16).view(), reference.view(), valid.view()).unwrap();
            near(ranks.auc(), &expected["auc"], "auc");
        }
    }

    #[test]
    fn wilson_equals_the_oracle() {
        for case in oracle()["wilson"].as_array().unwrap() {
            let share = Share::wilson(case["hits"].as_u64().unwrap(), case["trials"].as_u64().unwrap()).unwrap();
            near(Some(share.low), &case["low"], "low");
            near(Some(share.high), &case["high"], "high");
        }
        assert_eq!(Share::wilson(0, 0), None);
    }

    #[test]
    fn what_is_undefined_is_none() {
        let nothing = Confusion::default().measures();
        assert_eq!((nothing.commission, nothing.f1, nothing.kappa, nothing.overall), (None, None, None, None));
        let calm = Confusion { tn: 9, ..Confusion::default() };
        assert_eq!((calm.iou(), calm.kappa(), calm.overall().map(|share| share.value)), (None, None, Some(1.0)));
        assert_eq!(Ranks::default().auc(), None);
    }

    #[test]
    fn blocks_may_be_merged() {
        let (yes, no) = (Array2::from_elem((1, 3), true), Array2::from_elem((1, 3), false));
        let steps = Array2::from_shape_vec((1, 3), vec![i16::MIN, 0, i16::MAX]).unwrap();
        let (mut one, mut two) = (Ranks::default(), Ranks::default());
        one.add(steps.view(), yes.view(), yes.view()).unwrap();
        two.add(steps.view(), no.view(), yes.view()).unwrap();
        one.merge(&two);
        assert_eq!(one.auc(), Some(0.5));
        assert!(one.add(steps.view(), yes.view(), Array2::from_elem((3, 1), true).view()).is_err());
    }
}
