//! Samples of some bands over a window, read once, and the planes of counts made of them piece by piece
//! while they are in cache.

use ndarray::{Array2, ArrayView2};

use super::cut::cut;
use super::spare;
use super::tap::{Canvas, Classes, Tap};
use crate::error::{Error, Result};
use crate::geom::position::Positions;
use crate::geom::relation::Relation;
use crate::geom::window::Window;
use crate::io::raster::{Samples, with_samples};
use crate::kernel::mask::Reason;
use crate::kernel::reflectance::{Encoding, Plane, Sample, counts_row, halved_row};
use crate::kernel::resample::{self, Factor, Patch};
use crate::recipe::Upsample;

/// Bands that share one reading of one raster.
pub(super) struct Reading<'a> {
    taps: Vec<&'a Tap>,
    /// What was read: a part of the source, band by band. None where the source does not reach.
    read: Option<(Window, Vec<Samples>)>,
}

impl<'a> Reading<'a> {
    /// Reads what `window` of the work grid draws on, for bands that share it.
    ///
    /// # Errors
    /// As reading the raster.
    pub(super) fn new(taps: Vec<&'a Tap>, window: Window) -> Result<Self> {
        let Some(first) = taps.first() else { return Err(Error::bug("a reading without a band")) };
        let Some((_, part)) = first.reach(window) else { return Ok(Self { taps, read: None }) };
        let indices: Vec<usize> = taps.iter().map(|tap| tap.index).collect();
        let mut samples = taps.iter().map(|tap| spare::samples(tap.dtype())).collect();
        first.raster.read_into(first.level, &indices, part, &mut samples)?;
        Ok(Self { taps, read: Some((part, samples)) })
    }

    /// Counts of each band over `window`, which lies within what was read for; NaN where there is none.
    ///
    /// # Errors
    /// As the kernels.
    pub(super) fn planes(&self, window: Window) -> Result<Vec<Array2<f32>>> {
        let nothing = || Array2::from_elem(window.shape(), f32::NAN);
        let reach = self.taps.first().and_then(|tap| tap.reach(window));
        let (Some((whole, samples)), Some((canvas, part))) = (&self.read, reach) else {
            return Ok(self.taps.iter().map(|_| nothing()).collect());
        };
        // A reprojected outline is good to a fraction of a pixel: a piece of it may stand out by that much.
        let part = part.intersect(whole);
        let exact = matches!(self.taps[0].relation, Relation::Copy { .. } | Relation::Average { .. });
        let canvas = if exact { canvas } else { Canvas::exactly(part) };
        let place = part.within(whole);
        let planes = self.taps.iter().zip(samples).map(|(tap, samples)| {
            with_samples!(samples, values => {
                let view = ArrayView2::from_shape(whole.shape(), values.as_slice()).map_err(|error| Error::bug(error.to_string()))?;
                brought(tap, Piece { samples: view, place, canvas, part }, window)
            })
        });
        planes.collect()
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some((_, samples)) = self.read.take() {
            samples.into_iter().for_each(spare::give_samples);
        }
    }
}

/// Some of the samples of one band, and where they belong.
struct Piece<'a, T> {
    /// All samples that were read.
    samples: ArrayView2<'a, T>,
    /// The ones in use, counted from the corner of `samples`.
    place: Window,
    /// The source pixels that are wanted.
    canvas: Canvas,
    /// Those of them that there are.
    part: Window,
}

impl<T: Sample> Piece<'_, T> {
    /// A row of the samples in use.
    fn row(&self, row: usize) -> &[T] {
        let line = self.samples.row(self.place.row + row).to_slice().unwrap_or_default();
        line.get(self.place.col..self.place.right()).unwrap_or_default()
    }

    /// The canvas in counts, NaN where the source does not reach.
    fn counts(&self, encoding: Encoding) -> Array2<f32> {
        let mut plane = spare::plane((self.canvas.height, self.canvas.width));
        if !self.canvas.is(self.part) {
            plane.fill(f32::NAN);
        }
        let place = self.canvas.place(self.part);
        for (row, mut out) in cut(&mut plane, place).rows_mut().into_iter().enumerate() {
            if let Some(out) = out.as_slice_mut() {
                counts_row(self.row(row), encoding, out);
            }
        }
        plane
    }

    /// The canvas at half the size, in whole counts.
    fn halved(&self, encoding: Encoding) -> Array2<f32> {
        let mut plane = spare::plane((self.canvas.height / 2, self.canvas.width / 2));
        for (row, mut out) in plane.rows_mut().into_iter().enumerate() {
            if let Some(out) = out.as_slice_mut() {
                halved_row((self.row(2 * row), self.row(2 * row + 1)), encoding, out);
            }
        }
        plane
    }
}

/// One band's samples as a plane of work pixels.
fn brought<T: Sample>(tap: &Tap, piece: Piece<'_, T>, window: Window) -> Result<Array2<f32>> {
    match tap.relation {
        Relation::Copy { .. } => Ok(piece.counts(tap.encoding)),
        Relation::Average { factor_x: 2, factor_y: 2, .. }
            if T::SHORT && tap.whole() && piece.canvas.is(piece.part) =>
        {
            Ok(piece.halved(tap.encoding))
        }
        Relation::Average { factor_x, factor_y, .. } => {
            let plane = Plane::from_values(piece.counts(tap.encoding));
            let mut mean = resample::average(plane.view(), Factor::new(factor_x, factor_y)?);
            if tap.whole() {
                // As GDAL averages integers: to whole numbers, halves up. What is lost is far below the noise.
                mean.values.mapv_inplace(|count| (count + 0.5).floor());
            }
            Ok(mean.values)
        }
        _ => {
            let plane = Plane::from_values(piece.counts(tap.encoding));
            let patch = Patch::plane(plane.view(), piece.canvas.window())?;
            let positions = positions(tap, window, piece.canvas)?;
            let brought = match tap.upsample {
                Upsample::Bilinear => resample::bilinear_at(&patch, positions.view()),
                Upsample::Nearest => resample::nearest_at(&patch, positions.view()),
            };
            Ok(brought.values)
        }
    }
}

/// Fractional source positions of the window's pixel centres, counted from the canvas' corner.
fn positions(tap: &Tap, window: Window, canvas: Canvas) -> Result<Array2<(f64, f64)>> {
    let Positions { width, height, cols, rows } = tap.relation.source_position(&tap.work, &tap.source, window);
    let pairs = cols.iter().zip(&rows).map(|(x, y)| (x - canvas.col as f64, y - canvas.row as f64));
    Array2::from_shape_vec((height, width), pairs.collect()).map_err(|error| Error::bug(error.to_string()))
}

/// Reason codes over `window` of the work grid from a class band; [`Reason::Uncovered`] beyond the source.
///
/// # Errors
/// As reading the raster; `Mismatch` when the samples are no classes.
pub(super) fn read_codes(tap: &Tap, classes: Classes, window: Window) -> Result<Array2<u8>> {
    let uncovered = Reason::Uncovered.code();
    let Some((canvas, part)) = tap.reach(window) else { return Ok(Array2::from_elem(window.shape(), uncovered)) };
    let mut samples = vec![spare::samples(tap.dtype())];
    tap.raster.read_into(tap.level, &[tap.index], part, &mut samples)?;
    let codes = samples.into_iter().next().and_then(|samples| codes(samples, classes)).ok_or_else(|| {
        Error::mismatch("the class band (SCL, QA_PIXEL) holds no classes")
            .hint("leave it out with --set mask.classes=false")
    })?;
    let codes = Array2::from_shape_vec(part.shape(), codes).map_err(|error| Error::bug(error.to_string()))?;
    let plane = if canvas.is(part) {
        codes
    } else {
        let mut plane = Array2::from_elem((canvas.height, canvas.width), uncovered);
        cut(&mut plane, canvas.place(part)).assign(&codes);
        give_codes(codes);
        plane
    };
    if matches!(tap.relation, Relation::Copy { .. }) {
        return Ok(plane);
    }
    let patch = Patch::classes(plane.view(), canvas.window())?;
    Ok(resample::classes_at(&patch, positions(tap, window, canvas)?.view(), uncovered))
}

/// Gives the memory of a plane of codes back.
pub(super) fn give_codes(codes: Array2<u8>) {
    if let (codes, Some(0)) = codes.into_raw_vec_and_offset() {
        spare::give_samples(Samples::U8(codes));
    }
}

/// Reason codes of class samples; None when their type holds no classes.
fn codes(samples: Samples, classes: Classes) -> Option<Vec<u8>> {
    let scl: [u8; 256] = std::array::from_fn(|class| Reason::from_scl(class as u8).code());
    let class = |value: i64| scl[usize::from(u8::try_from(value).unwrap_or(u8::MAX))];
    Some(match (samples, classes) {
        (Samples::U8(mut values), Classes::Scl) => {
            values.iter_mut().for_each(|value| *value = scl[usize::from(*value)]);
            values
        }
        (Samples::U16(values), Classes::Scl) => values.iter().map(|value| class(i64::from(*value))).collect(),
        (Samples::I16(values), Classes::Scl) => values.iter().map(|value| class(i64::from(*value))).collect(),
        (Samples::F32(values), Classes::Scl) => values.iter().map(|value| class(*value as i64)).collect(),
        (Samples::F64(values), Classes::Scl) => values.iter().map(|value| class(*value as i64)).collect(),
        (Samples::U16(values), Classes::QaPixel) => {
            values.iter().map(|bits| Reason::from_qa_pixel(*bits).code()).collect()
        }
        _ => return None,
    })
}
