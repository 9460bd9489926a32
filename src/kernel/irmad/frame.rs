//! The per-pixel part of an iteration: variates, chi-square, weight, and the weighted moments of the variates.
//!
//! Moments are taken of the variates of the iteration before, not of the bands: their covariance is near to
//! identity however alike the bands are; and of U and U - V rather than of U and V, because 1 - rho is the variance
//! of a difference. So short sums in `f32` lose nothing that the solution would show. What is written in the end is
//! computed in `f64`.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::chi2::tail;
use super::{Canonical, Moments};
use crate::error::{Error, Result};

/// Bands of one date that a frame can have.
pub const MOST_BANDS: usize = 10;
/// Pixels that are worked on together.
const CHUNK: usize = 256;
/// Lanes of a sum in `f32`, which has CHUNK / LANES terms; folded to [`FOLDED`] when it goes over to `f64`.
const LANES: usize = 16;
const FOLDED: usize = 4;
/// Pixels whose variates are held in registers together.
const GROUP: usize = 8;

/// The variates of a solution, ready for many pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Canonical correlations in falling order.
    pub rho: Vec<f64>,
    /// Taken off the 2N bands.
    shift: Vec<f32>,
    /// N variates by N bands for each date.
    turns: [Array2<f64>; 2],
    /// Mean difference U_i - V_i of the unchanged.
    centre: Vec<f64>,
}

impl Frame {
    /// The frame of a solution in the bands themselves.
    ///
    /// # Errors
    /// `Usage` for more than [`MOST_BANDS`] bands.
    pub fn new(canonical: Canonical) -> Result<Self> {
        if canonical.rho.len() > MOST_BANDS {
            return Err(Error::usage(format!(
                "{} bands are more than the {MOST_BANDS} that are taken",
                canonical.rho.len()
            )));
        }
        let shift: Vec<f32> = canonical.mean.iter().map(|mean| *mean as f32).collect();
        let rest: Vec<f64> = canonical.mean.iter().zip(&shift).map(|(mean, shift)| mean - f64::from(*shift)).collect();
        let turns = [canonical.before, canonical.after];
        let centre = differences(&turns, &rest);
        Ok(Self { rho: canonical.rho, shift, turns, centre })
    }

    /// The frame of a solution that was found from the moments of [`Frame::weighed`].
    #[must_use]
    pub fn refined(&self, canonical: &Canonical) -> Self {
        let turns = [&canonical.before, &canonical.after];
        let centre = differences(&turns.map(Array2::clone), &canonical.mean);
        let [before, after] =
            [0, 1].map(|side| turns[side].dot(&self.turns[side].mapv(|value| f64::from(value as f32))));
        Self { rho: canonical.rho.clone(), shift: self.shift.clone(), turns: [before, after], centre }
    }

    /// Bands of one date.
    pub fn bands(&self) -> usize {
        self.rho.len()
    }

    /// Standard deviations of the MAD variates where nothing changed: sqrt(2 (1 - rho)) (Nielsen 2007).
    pub fn sigma(&self) -> Vec<f64> {
        self.rho.iter().map(|rho| (2.0 * (1.0 - rho)).sqrt()).collect()
    }

    /// Chi-square of every pixel, sum over i of ((U_i - V_i) / sigma_i)^2 about the mean of no change: N degrees of
    /// freedom. `pixels` has a row for each of the 2N bands and a column for each pixel.
    ///
    /// # Errors
    /// `Mismatch` when `pixels` has not 2N rows.
    pub fn chi_square(&self, pixels: ArrayView2<'_, f32>) -> Result<Vec<f64>> {
        self.fits(&pixels)?;
        let bands = self.bands();
        let mut sums = vec![0.0; pixels.ncols()];
        let mut mad = vec![0.0; pixels.ncols()];
        for (variate, sigma) in self.sigma().iter().enumerate() {
            mad.fill(-self.centre[variate]);
            for (band, row) in pixels.rows().into_iter().enumerate() {
                let (side, own) = (band / bands, band % bands);
                let turn = self.turns[side][(variate, own)] * if side == 0 { 1.0 } else { -1.0 };
                let shift = f64::from(self.shift[band]);
                mad.iter_mut().zip(row).for_each(|(mad, value)| *mad += turn * (f64::from(*value) - shift));
            }
            sums.iter_mut().zip(&mad).for_each(|(sum, mad)| *sum += (mad / sigma) * (mad / sigma));
        }
        Ok(sums)
    }

    /// Moments of the 2N variates, each pixel weighing 1 - CDF(chi-square) with N degrees of freedom: the next
    /// iteration's (Nielsen 2007). `pixels` as in [`Frame::chi_square`].
    ///
    /// # Errors
    /// `Mismatch` when `pixels` has not 2N rows.
    pub fn weighed(&self, pixels: ArrayView2<'_, f32>) -> Result<Moments> {
        self.fits(&pixels)?;
        Ok(match self.bands() {
            1 => Fast::<1>::new(self).moments(pixels),
            2 => Fast::<2>::new(self).moments(pixels),
            3 => Fast::<3>::new(self).moments(pixels),
            4 => Fast::<4>::new(self).moments(pixels),
            5 => Fast::<5>::new(self).moments(pixels),
            6 => Fast::<6>::new(self).moments(pixels),
            7 => Fast::<7>::new(self).moments(pixels),
            8 => Fast::<8>::new(self).moments(pixels),
            9 => Fast::<9>::new(self).moments(pixels),
            _ => Fast::<MOST_BANDS>::new(self).moments(pixels),
        })
    }

    fn fits(&self, pixels: &ArrayView2<'_, f32>) -> Result<()> {
        let due = 2 * self.bands();
        if pixels.nrows() == due {
            return Ok(());
        }
        Err(Error::mismatch(format!("{} rows of bands where {due} are due", pixels.nrows())))
    }
}

/// Variates of the mean before less those of the mean after.
fn differences(turns: &[Array2<f64>; 2], mean: &[f64]) -> Vec<f64> {
    let (before, after) = mean.split_at(mean.len() / 2);
    let turned = |side: usize, mean: &[f64]| turns[side].dot(&ArrayView1::from(mean));
    (turned(0, before) - turned(1, after)).to_vec()
}

/// A frame of `N` bands with all that the loops need in fixed places.
struct Fast<const N: usize> {
    shift: [[f32; N]; 2],
    /// By date, band, variate.
    turns: [[[f32; N]; N]; 2],
    centre: [f32; N],
    inverse_sigma: [f32; N],
}

/// Variates before, MAD variates (before minus after) and weights of a chunk.
struct Chunk<const N: usize> {
    before: [[f32; CHUNK]; N],
    mad: [[f32; CHUNK]; N],
    weight: [f32; CHUNK],
}

/// Weighted sums over all chunks.
struct Sums {
    weight: [f64; FOLDED],
    first: Vec<[f64; FOLDED]>,
    /// Lower half, row by row.
    second: Vec<[f64; FOLDED]>,
}

impl<const N: usize> Fast<N> {
    fn new(frame: &Frame) -> Self {
        let sigma = frame.sigma();
        Self {
            shift: [0, 1].map(|side| std::array::from_fn(|band| frame.shift[side * N + band])),
            turns: [0, 1].map(|side| {
                std::array::from_fn(|band| std::array::from_fn(|variate| frame.turns[side][(variate, band)] as f32))
            }),
            centre: std::array::from_fn(|variate| frame.centre[variate] as f32),
            inverse_sigma: std::array::from_fn(|variate| (1.0 / sigma[variate]) as f32),
        }
    }

    fn moments(&self, pixels: ArrayView2<'_, f32>) -> Moments {
        let count = pixels.ncols();
        let pixels = pixels.as_standard_layout();
        let flat = pixels.as_slice().unwrap_or_default();
        let bands: Vec<&[f32]> = flat.chunks_exact(count.max(1)).collect();
        let mut sums = Sums::new(2 * N);
        let mut chunk = Chunk { before: [[0.0; CHUNK]; N], mad: [[0.0; CHUNK]; N], weight: [0.0; CHUNK] };
        for start in (0..count).step_by(CHUNK) {
            let length = CHUNK.min(count - start);
            let side = |side: usize| std::array::from_fn(|band| &bands[side * N + band][start..start + length]);
            self.turn(0, side(0), &mut chunk.before);
            self.turn(1, side(1), &mut chunk.mad);
            self.weigh(&mut chunk);
            chunk.weight[length..].fill(0.0);
            sums.add(&chunk);
        }
        sums.moments(count as u64)
    }

    /// Variates of one date; what is behind the last pixel is as good as any.
    #[inline(always)]
    fn turn(&self, side: usize, bands: [&[f32]; N], variates: &mut [[f32; CHUNK]; N]) {
        let length = bands[0].len();
        let whole = length / GROUP * GROUP;
        for start in (0..whole).step_by(GROUP) {
            let group: [[f32; GROUP]; N] =
                std::array::from_fn(|band| *bands[band][start..].first_chunk().unwrap_or(&[0.0; GROUP]));
            self.turn_group(side, &group, start, variates);
        }
        if whole < length {
            let padded = |band: usize| {
                std::array::from_fn(|lane| bands[band].get(whole + lane).copied().unwrap_or(self.shift[side][band]))
            };
            self.turn_group(side, &std::array::from_fn(padded), whole, variates);
        }
    }

    #[inline(always)]
    fn turn_group(&self, side: usize, bands: &[[f32; GROUP]; N], start: usize, variates: &mut [[f32; CHUNK]; N]) {
        let mut turned = [[0.0f32; GROUP]; N];
        for ((band, turns), shift) in bands.iter().zip(&self.turns[side]).zip(&self.shift[side]) {
            let centred = band.map(|value| value - shift);
            for (turned, turn) in turned.iter_mut().zip(turns) {
                for lane in 0..GROUP {
                    turned[lane] += turn * centred[lane];
                }
            }
        }
        for (variates, turned) in variates.iter_mut().zip(&turned) {
            variates[start..start + GROUP].copy_from_slice(turned);
        }
    }

    #[inline(always)]
    fn weigh(&self, chunk: &mut Chunk<N>) {
        let mut sums = [0.0f32; CHUNK];
        for variate in 0..N {
            let (before, mad) = (&chunk.before[variate], &mut chunk.mad[variate]);
            for pixel in 0..CHUNK {
                mad[pixel] = before[pixel] - mad[pixel];
                let unit = (mad[pixel] - self.centre[variate]) * self.inverse_sigma[variate];
                sums[pixel] += unit * unit;
            }
        }
        chunk.weight.iter_mut().zip(&sums).for_each(|(weight, sum)| *weight = tail::<N>(*sum));
    }
}

impl Sums {
    fn new(variables: usize) -> Self {
        let none = [0.0; FOLDED];
        Self { weight: none, first: vec![none; variables], second: vec![none; variables * (variables + 1) / 2] }
    }

    fn add<const N: usize>(&mut self, chunk: &Chunk<N>) {
        let mut places = self.second.iter_mut();
        add(&mut self.weight, &lanes(&chunk.weight, &[1.0; CHUNK]));
        for (number, own) in chunk.before.iter().chain(&chunk.mad).enumerate() {
            let mut weighted = [0.0; CHUNK];
            for pixel in 0..CHUNK {
                weighted[pixel] = chunk.weight[pixel] * own[pixel];
            }
            add(&mut self.first[number], &lanes(&weighted, &[1.0; CHUNK]));
            for (other, place) in chunk.before.iter().chain(&chunk.mad).take(number + 1).zip(&mut places) {
                add(place, &lanes(&weighted, other));
            }
        }
    }

    fn moments(&self, pixels: u64) -> Moments {
        let total = |lanes: &[f64; FOLDED]| lanes.iter().sum::<f64>();
        let variables = self.first.len();
        let sums: Vec<f64> = self.first.iter().map(total).collect();
        let place = |i: usize, j: usize| i * (i + 1) / 2 + j;
        let products =
            Array2::from_shape_fn(
                (variables, variables),
                |(i, j)| {
                    if j <= i { total(&self.second[place(i, j)]) } else { 0.0 }
                },
            );
        before_and_after(&Moments::from_sums(pixels, total(&self.weight), &sums, &products))
    }
}

/// Moments of U and V from those of U and U - V.
fn before_and_after(moments: &Moments) -> Moments {
    let bands = moments.mean.len() / 2;
    let from = Array2::from_shape_fn(moments.scatter.raw_dim(), |(i, j)| {
        f64::from(i8::from(j == i % bands) - i8::from(i >= bands && j == i))
    });
    Moments {
        mean: from.dot(&ArrayView1::from(&moments.mean)).to_vec(),
        scatter: from.dot(&moments.scatter).dot(&from.t()),
        ..*moments
    }
}

/// The sum of products in lanes, folded.
#[inline(always)]
fn lanes(one: &[f32; CHUNK], other: &[f32; CHUNK]) -> [f32; FOLDED] {
    let mut sums = [0.0f32; LANES];
    for start in (0..CHUNK).step_by(LANES) {
        for lane in 0..LANES {
            sums[lane] += one[start + lane] * other[start + lane];
        }
    }
    std::array::from_fn(|lane| (sums[lane] + sums[lane + FOLDED]) + (sums[lane + 2 * FOLDED] + sums[lane + 3 * FOLDED]))
}

#[inline(always)]
fn add(sums: &mut [f64; FOLDED], more: &[f32; FOLDED]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += f64::from(*more));
}
