//! Phase correlation: the inverse transform of the normalised cross-power spectrum of two tapered windows.

use std::sync::Arc;

use ndarray::Array2;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlanner};

/// Transforms and their buffers, kept between windows of one side. Without vector instructions of a
/// machine's own, so that every machine gives the same bits.
pub struct Fourier {
    side: usize,
    taper: Vec<f32>,
    transforms: Option<[Arc<dyn Fft<f32>>; 2]>,
    field: Vec<Complex32>,
    turned: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Default for Fourier {
    fn default() -> Self {
        Self::new()
    }
}

impl Fourier {
    /// Empty buffers.
    pub fn new() -> Self {
        let (field, turned, scratch) = (Vec::new(), Vec::new(), Vec::new());
        Self { side: 0, taper: Vec::new(), transforms: None, field, turned, scratch }
    }

    /// Makes room for windows of `side` pixels.
    fn fit(&mut self, side: usize) {
        if self.side == side {
            return;
        }
        let mut planner = FftPlanner::new();
        let transforms = [FftDirection::Forward, FftDirection::Inverse].map(|way| planner.plan_fft(side, way));
        let scratch = transforms.iter().map(|plan| plan.get_inplace_scratch_len()).max().unwrap_or(0);
        self.transforms = Some(transforms);
        self.taper = hann(side);
        let zero = Complex32::default();
        self.field = vec![zero; side * side];
        self.turned = vec![zero; side * side];
        self.scratch = vec![zero; scratch];
        self.side = side;
    }

    /// The correlation surface of two square windows of one side, rows by columns; a shift of `second` by
    /// (dx, dy) pixels has its peak at row `dy`, column `dx`, negative shifts counted from the end.
    ///
    /// Both windows go through one complex transform, as its real and its imaginary part.
    pub(super) fn correlation(&mut self, first: &Array2<f32>, second: &Array2<f32>) -> Array2<f32> {
        let side = first.nrows();
        self.fit(side);
        let pairs = first.iter().zip(second);
        for (at, (cell, (a, b))) in self.field.iter_mut().zip(pairs).enumerate() {
            let taper = self.taper[at / side] * self.taper[at % side];
            *cell = Complex32::new(a * taper, b * taper);
        }
        self.transform(0);
        self.cross();
        self.transform(1);
        Array2::from_shape_fn((side, side), |(row, col)| self.field[row * side + col].re)
    }

    /// Transforms the field in both directions; leaves it turned (columns as rows), twice as it was.
    fn transform(&mut self, way: usize) {
        let Some(plan) = self.transforms.as_ref().map(|plans| Arc::clone(&plans[way])) else { return };
        for _ in 0..2 {
            plan.process_with_scratch(&mut self.field, &mut self.scratch);
            transpose(&self.field, &mut self.turned, self.side);
            std::mem::swap(&mut self.field, &mut self.turned);
        }
    }

    /// From the joint spectrum `A + iB` the normalised cross-power `conj(A) B / |conj(A) B|`; frequencies
    /// without power stay 0. Neither window has a frequency 0: they lie about their means.
    fn cross(&mut self) {
        let side = self.side;
        let opposite = |at: usize| (side - at / side) % side * side + (side - at % side) % side;
        for at in 0..self.field.len() {
            let (here, there) = (self.field[at], self.field[opposite(at)].conj());
            let (a, b) = (here + there, Complex32::new(0.0, -1.0) * (here - there));
            let power = a.conj() * b;
            let size = power.norm();
            self.turned[at] = if size > f32::MIN_POSITIVE { power / size } else { Complex32::default() };
        }
        std::mem::swap(&mut self.field, &mut self.turned);
    }
}

/// A Hann taper whose ends lie half a pixel beyond the window.
fn hann(side: usize) -> Vec<f32> {
    let phase = |at: usize| std::f64::consts::TAU * (at as f64 + 0.5) / side as f64;
    (0..side).map(|at| (0.5 - 0.5 * phase(at).cos()) as f32).collect()
}

/// Rows as columns, in tiles that stay in cache.
fn transpose(from: &[Complex32], to: &mut [Complex32], side: usize) {
    const TILE: usize = 16;
    for top in (0..side).step_by(TILE) {
        for left in (0..side).step_by(TILE) {
            for row in top..side.min(top + TILE) {
                for col in left..side.min(left + TILE) {
                    to[col * side + row] = from[row * side + col];
                }
            }
        }
    }
}
