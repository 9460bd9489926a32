//! A tile's cells to the bytes of the file: padding, predictor, compression. Compressors are kept per thread.

use std::cell::RefCell;

use libdeflater::{CompressionLvl, Compressor as Deflater};
use ndarray::ArrayView2;
use zstd::bulk::Compressor as Zstd;
use zstd::zstd_safe::{CParameter, ParamSwitch};

use super::cell::{Sample, contiguous};
use super::spec::Codec;
use crate::error::{Error, Result};

/// Encodes `cells`, which fill the upper left of a square tile of `side` pixels, and hands the
/// bytes to `store`. The rest of the tile repeats the last column and row: readers cut it off,
/// and repeats cost next to nothing.
pub(super) fn encode<T: Sample>(
    cells: ArrayView2<T>,
    side: usize,
    codec: Codec,
    store: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<()> {
    BENCH.with_borrow_mut(|bench| {
        bench.lay_out(cells, side, codec != Codec::None);
        store(bench.compress(codec, T::WIDTH > 8)?)
    })
}

thread_local!(static BENCH: RefCell<Bench> = const { RefCell::new(Bench::EMPTY) });

/// A thread's buffers and compressors, each with the level it was made for.
struct Bench {
    plain: Vec<u8>,
    scratch: Vec<u8>,
    small: Vec<u8>,
    deflate: Option<(u8, Deflater)>,
    zstd: Option<((u8, bool), Zstd<'static>)>,
}

impl Bench {
    const EMPTY: Self = Self { plain: Vec::new(), scratch: Vec::new(), small: Vec::new(), deflate: None, zstd: None };

    /// Fills `plain` with the tile's rows, behind the predictor if one is wanted.
    fn lay_out<T: Sample>(&mut self, cells: ArrayView2<T>, side: usize, predict: bool) {
        let row_bytes = side * size_of::<T>();
        self.plain.resize(side * row_bytes, 0);
        let mut padded = Vec::new();
        for (row, place) in cells.rows().into_iter().zip(self.plain.chunks_exact_mut(row_bytes)) {
            let row = contiguous(row);
            let row = if row.len() < side { pad(&row, side, &mut padded) } else { &row };
            if predict {
                T::lay_predicted(row, place, &mut self.scratch);
            } else {
                T::lay(row, place);
            }
        }
        if let (Some(last), 1..) = (cells.nrows().checked_sub(1), side.saturating_sub(cells.nrows())) {
            let (written, rest) = self.plain.split_at_mut((last + 1) * row_bytes);
            let last = written.get(last * row_bytes..).unwrap_or_default();
            rest.chunks_exact_mut(row_bytes).for_each(|row| row.copy_from_slice(last));
        }
    }

    /// Compresses `plain`; `noisy` says that it holds measurements, in which there is hardly a repeat to find.
    fn compress(&mut self, codec: Codec, noisy: bool) -> Result<&[u8]> {
        match codec {
            Codec::None => Ok(&self.plain),
            Codec::Deflate(level) => self.deflate(level),
            Codec::Zstd(level) => self.zstd(level, noisy),
        }
    }

    fn deflate(&mut self, level: u8) -> Result<&[u8]> {
        if self.deflate.as_ref().is_none_or(|(made_for, _)| *made_for != level) {
            let level_of = CompressionLvl::new(i32::from(level));
            let level_of = level_of.map_err(|_| Error::bug(format!("DEFLATE has no level {level}")))?;
            self.deflate = Some((level, Deflater::new(level_of)));
        }
        let Some((_, deflater)) = &mut self.deflate else { return Err(Error::bug("no compressor")) };
        self.small.resize(deflater.zlib_compress_bound(self.plain.len()), 0);
        let length = deflater.zlib_compress(&self.plain, &mut self.small);
        let length = length.map_err(|error| Error::bug(format!("compressing a tile: {error}")))?;
        Ok(self.small.get(..length).unwrap_or_default())
    }

    fn zstd(&mut self, level: u8, noisy: bool) -> Result<&[u8]> {
        let failed = |error: std::io::Error| Error::bug(format!("compressing a tile: {error}"));
        if self.zstd.as_ref().is_none_or(|(made_for, _)| *made_for != (level, noisy)) {
            let mut zstd = Zstd::new(i32::from(level)).map_err(failed)?;
            if level == 1 && noisy {
                hurry(&mut zstd).map_err(failed)?;
            }
            self.zstd = Some(((level, noisy), zstd));
        }
        let Some((_, zstd)) = &mut self.zstd else { return Err(Error::bug("no compressor")) };
        self.small.clear();
        self.small.reserve(zstd::zstd_safe::compress_bound(self.plain.len()));
        zstd.compress_to_buffer(&self.plain, &mut self.small).map_err(failed)?;
        Ok(&self.small)
    }
}

/// Looks for repeats in longer strides, and still packs what it finds none in: a fifth faster on noisy rasters,
/// files of 16 bits 0.2 % larger and of floats 2 %.
fn hurry(zstd: &mut Zstd<'static>) -> std::io::Result<()> {
    zstd.set_parameter(CParameter::TargetLength(8))?;
    zstd.set_parameter(CParameter::LiteralCompressionMode(ParamSwitch::Enable))
}

/// The row in `padded`, its last cell repeated up to `side`.
fn pad<'a, T: Sample>(row: &[T], side: usize, padded: &'a mut Vec<T>) -> &'a [T] {
    padded.clear();
    padded.extend_from_slice(row);
    let last = padded.last().copied().unwrap_or_default();
    padded.resize(side, last);
    padded
}
