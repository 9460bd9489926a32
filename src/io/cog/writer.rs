//! The writer: takes blocks of one of three types, and at the end lays the file out.

use std::io::Write;

use super::describe::directory;
use super::layout::Level;
use super::moments::Stats;
use super::pyramid::{Closed, Pyramid};
use super::spec::{Cell, Cells, Spec};
use super::tags::{Field, head};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::io::store::StagedFile;

/// Writes one layer as a Cloud Optimized GeoTIFF of one band.
///
/// Blocks come with [`CogWriter::put`], from any thread, in any order and of any size; each cell
/// of the grid comes once. Memory holds the tiles that are not complete yet: with blocks of one
/// tile in Z-order ([`super::z_order`]) one a level, by rows about a row of tiles a level.
/// The file's bytes depend on the cells and the [`Spec`] alone.
pub struct CogWriter {
    pyramid: Typed,
    big: bool,
}

enum Typed {
    U8(Pyramid<u8>),
    U16(Pyramid<u16>),
    I16(Pyramid<i16>),
    F32(Pyramid<f32>),
}

impl CogWriter {
    /// A writer that keeps finished tiles in `spool`, which must be empty.
    ///
    /// # Errors
    /// `Usage` when the specification contradicts itself, such as a nodata that the type cannot hold.
    pub fn new(spec: Spec, spool: Spool) -> Result<Self> {
        spec.check()?;
        let pyramid = match spec.dtype {
            Cell::U8 => Typed::U8(Pyramid::new(spec, spool)?),
            Cell::U16 => Typed::U16(Pyramid::new(spec, spool)?),
            Cell::I16 => Typed::I16(Pyramid::new(spec, spool)?),
            Cell::F32 => Typed::F32(Pyramid::new(spec, spool)?),
        };
        Ok(Self { pyramid, big: false })
    }

    /// Writes BigTIFF even below 4 GiB; above, it is used anyway.
    #[must_use]
    pub fn big(self) -> Self {
        Self { big: true, ..self }
    }

    /// Takes the cells of a window.
    ///
    /// # Errors
    /// `Bug` when the type, shape or place is wrong or a cell comes twice, `Environment` when the disk fails.
    pub fn put(&self, window: Window, cells: Cells<'_>) -> Result<()> {
        match (&self.pyramid, cells) {
            (Typed::U8(pyramid), Cells::U8(cells)) => pyramid.put(window, cells),
            (Typed::U16(pyramid), Cells::U16(cells)) => pyramid.put(window, cells),
            (Typed::I16(pyramid), Cells::I16(cells)) => pyramid.put(window, cells),
            (Typed::F32(pyramid), Cells::F32(cells)) => pyramid.put(window, cells),
            _ => Err(Error::bug("the cells are not of the layer's type")),
        }
    }

    /// Writes the file: head, smallest overview, ..., full resolution.
    ///
    /// # Errors
    /// `Bug` when cells are missing, `Environment` when the disk fails.
    pub fn finish(self, mut out: StagedFile) -> Result<Stats> {
        let closed = match self.pyramid {
            Typed::U8(pyramid) => pyramid.close(),
            Typed::U16(pyramid) => pyramid.close(),
            Typed::I16(pyramid) => pyramid.close(),
            Typed::F32(pyramid) => pyramid.close(),
        }?;
        let stats = closed.moments.stats(closed.spec.grid.window().len() as u64);
        let head = closed.head(&stats, self.big)?;
        out.write_all(&head).map_err(|error| out.failed(&error))?;
        closed.tiles(&mut out)?;
        out.finish()?;
        Ok(stats)
    }
}

/// Bytes before a tile that tell its length, and after it that repeat its last four.
const LEADER: u64 = 4;
const TRAILER: u64 = 4;

impl Closed {
    /// Everything before the tiles. Built twice: its length decides the offsets in it.
    fn head(&self, stats: &Stats, big: bool) -> Result<Vec<u8>> {
        let start = head(&self.directories(stats, 0)?.0, big).len() as u64;
        let (directories, end) = self.directories(stats, start)?;
        if !big && end > u64::from(u32::MAX) {
            return self.head(stats, true);
        }
        Ok(head(&directories, big))
    }

    /// The tags of all levels when the tiles start at `start`, and where the tiles end.
    fn directories(&self, stats: &Stats, start: u64) -> Result<(Vec<Vec<Field>>, u64)> {
        let mut end = start;
        let mut directories = Vec::with_capacity(self.levels.len());
        for (number, level) in self.levels.iter().enumerate().rev() {
            let table = self.table(level, &mut end)?;
            directories.push(directory(&self.spec, number, level, stats, table));
        }
        directories.reverse();
        Ok((directories, end))
    }

    /// Offsets and lengths of a level's tiles from `end` on, which moves behind them.
    /// A tile of nothing but nodata is not stored: offset and length are zero.
    fn table(&self, level: &Level, end: &mut u64) -> Result<(Vec<u64>, Vec<u32>)> {
        let mut table = (Vec::with_capacity(level.tiles()), Vec::with_capacity(level.tiles()));
        for index in level.first..level.first + level.tiles() {
            let length = self.spool.stored(index).ok_or_else(|| Error::bug("a tile left the spool"))?;
            table.0.push(if length == 0 { 0 } else { *end + LEADER });
            table.1.push(length);
            *end += if length == 0 { 0 } else { LEADER + u64::from(length) + TRAILER };
        }
        Ok(table)
    }

    /// All tiles in the order of [`Closed::directories`].
    fn tiles(&self, out: &mut StagedFile) -> Result<()> {
        let mut tile = Vec::new();
        for level in self.levels.iter().rev() {
            for index in level.first..level.first + level.tiles() {
                self.spool.read(index, &mut tile)?;
                if !tile.is_empty() {
                    framed(out, &tile).map_err(|error| out.failed(&error))?;
                }
            }
        }
        Ok(())
    }
}

/// A tile between its leader and trailer.
fn framed(out: &mut StagedFile, tile: &[u8]) -> std::io::Result<()> {
    out.write_all(&(tile.len() as u32).to_le_bytes())?;
    out.write_all(tile)?;
    out.write_all(tile.last_chunk::<{ TRAILER as usize }>().unwrap_or(&[0; 4]))
}
