//! The orbits together: Stouffer's weighted sum of deviates.

use ndarray::{Array2, ArrayView2, Zip};

/// What the orbits say together, added up orbit by orbit; rows by columns.
#[derive(Debug, Clone)]
pub struct Stouffer {
    sum: Array2<f32>,
    weight: Array2<f32>,
    change: Array2<f32>,
}

impl Stouffer {
    /// Without an orbit.
    pub fn new(shape: (usize, usize)) -> Self {
        let zeros = || Array2::zeros(shape);
        Self { sum: zeros(), weight: zeros(), change: zeros() }
    }

    /// Adds an orbit: its deviates, its differences and how many independent dates they are worth. A pixel whose
    /// deviate is NaN or worth nothing adds nothing.
    pub fn add(&mut self, z: ArrayView2<'_, f32>, difference: ArrayView2<'_, f32>, n_eff: ArrayView2<'_, f32>) {
        Zip::from(&mut self.sum).and(&mut self.weight).and(z).and(n_eff).for_each(|sum, weight, z, n| {
            if !z.is_nan() && *n > 0.0 {
                *sum += n.sqrt() * z;
                *weight += n;
            }
        });
        Zip::from(&mut self.change).and(z).and(difference).and(n_eff).for_each(|change, z, difference, n| {
            if !z.is_nan() && *n > 0.0 {
                *change += n * difference;
            }
        });
    }

    /// sum(w z)/sqrt(sum(w^2)) with w = sqrt(n_eff) (Stouffer 1949; METHODS 7); NaN without an orbit.
    pub fn z(&self) -> Array2<f32> {
        Zip::from(&self.sum).and(&self.weight).map_collect(|sum, weight| sum / weight.sqrt())
    }

    /// The mean difference of the orbits, weighted by w^2; NaN without an orbit.
    pub fn difference(&self) -> Array2<f32> {
        Zip::from(&self.change).and(&self.weight).map_collect(|change, weight| change / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn signs_cancel_and_agree() {
        let mut both = Stouffer::new((1, 3));
        both.add(array![[2.0, 2.0, f32::NAN]].view(), array![[1.0, 1.0, 0.0]].view(), array![[4.0, 4.0, 9.0]].view());
        both.add(array![[-2.0, 2.0, f32::NAN]].view(), array![[-1.0, 3.0, 0.0]].view(), array![[4.0, 4.0, 0.0]].view());
        let (z, difference) = (both.z(), both.difference());
        assert_eq!((z[(0, 0)], difference[(0, 0)]), (0.0, 0.0));
        assert!((z[(0, 1)] - 2.0 * 2f32.sqrt()).abs() < 1e-6 && difference[(0, 1)] == 2.0);
        assert!(z[(0, 2)].is_nan() && difference[(0, 2)].is_nan());
    }
}
