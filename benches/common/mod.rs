//! What the benches share: settings that end soon, seeded planes and masks, files in a folder that goes again.

#![allow(dead_code, reason = "each bench takes its part")]

use std::path::Path;
use std::time::Duration;

use criterion::Criterion;
use groundtell::geom::crs::Crs;
use groundtell::geom::grid::Grid;
use groundtell::geom::runs::{Run, Runs};
use groundtell::geom::window::Window;
use groundtell::io::cog::{Cell, Cells, CogWriter, Spec, z_order};
use groundtell::io::spool::Spool;
use groundtell::io::store::Stage;
use groundtell::kernel::reflectance::Plane;
use ndarray::{Array2, ArrayView2, Axis, Slice};

/// Few and short samples: every bench ends in a minute or two.
pub(crate) fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
        .configure_from_args()
}

/// A sequence that looks random and is the same every time (xorshift).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Digital numbers like a Sentinel-2 band: fields of 40 pixels, slow waves, sensor noise, a corner without data.
pub(crate) fn digital_numbers(side: usize, seed: u64) -> Array2<u16> {
    let mut noise = Noise::new(seed);
    let fields: Vec<f64> = (0..(side / 40 + 1).pow(2)).map(|_| 600.0 + 2400.0 * noise.next()).collect();
    Array2::from_shape_fn((side, side), |(row, col)| {
        if row + col < side / 8 {
            return 0;
        }
        let wave = (row as f64 / 90.0).sin() * (col as f64 / 70.0).cos() * 200.0;
        let grain = (noise.next() + noise.next() + noise.next() - 1.5) * 60.0;
        (fields[row / 40 * (side / 40 + 1) + col / 40] + wave + grain) as u16
    })
}

/// The same as counts, NaN where there is no data.
pub(crate) fn counts(side: usize, seed: u64) -> Plane {
    Plane::from_values(digital_numbers(side, seed).mapv(|dn| if dn == 0 { f32::NAN } else { f32::from(dn) }))
}

/// An index difference: mostly near zero, above 0.27 inside some discs.
pub(crate) fn dnbr(side: usize, seed: u64) -> Array2<f32> {
    let (mut noise, burned) = (Noise::new(seed), discs(side, seed, side * side / 40_000, 25.0));
    Array2::from_shape_fn((side, side), |at| {
        let base = if burned[at] { 0.45 } else { 0.02 };
        (base + (noise.next() - 0.5) * 0.3) as f32
    })
}

/// Discs of up to `radius` pixels.
pub(crate) fn discs(side: usize, seed: u64, count: usize, radius: f64) -> Array2<bool> {
    let mut noise = Noise::new(seed);
    let mut mask = Array2::from_elem((side, side), false);
    for _ in 0..count {
        let (row, col) = ((noise.next() * side as f64) as usize, (noise.next() * side as f64) as usize);
        let reach = 1.0 + noise.next() * radius;
        let span = |at: usize| at.saturating_sub(reach as usize)..side.min(at + reach as usize + 1);
        for down in span(row) {
            for across in span(col) {
                mask[(down, across)] |= (down.abs_diff(row) as f64).hypot(across.abs_diff(col) as f64) <= reach;
            }
        }
    }
    mask
}

/// Scene classes: clear, with round clouds and shadows on about a tenth of the scene.
pub(crate) fn classes(side: usize, seed: u64) -> Array2<u8> {
    let count = side * side / 65_536;
    let (clouds, shadows) = (discs(side, seed, count, 80.0), discs(side, seed + 1, count, 50.0));
    Array2::from_shape_fn((side, side), |at| match (clouds[at], shadows[at]) {
        (true, _) => 9,
        (_, true) => 3,
        _ => 4 + u8::from((at.0 / 40 + at.1 / 40) % 3 == 0),
    })
}

/// A mask as runs.
pub(crate) fn runs(mask: ArrayView2<'_, bool>) -> Runs {
    let (height, width) = mask.dim();
    let pixels = mask.indexed_iter().filter(|(_, set)| **set).map(|((row, col), _)| Run {
        row: row as u32,
        start: col as u32,
        end: col as u32 + 1,
    });
    Runs::from_unsorted(width as u32, height as u32, pixels.collect())
}

/// A grid of 20 m pixels in UTM zone 37 north.
pub(crate) fn grid(width: usize, height: usize) -> Grid {
    let crs = Crs::from_epsg(32637).expect("a known system");
    Grid::new(crs, (300_000.0, 5_600_040.0), (20.0, 20.0), (width, height)).expect("a sound grid")
}

/// Cells of one type.
pub(crate) enum Layer {
    U8(Array2<u8>),
    U16(Array2<u16>),
    I16(Array2<i16>),
    F32(Array2<f32>),
}

impl Layer {
    pub(crate) fn cell(&self) -> Cell {
        match self {
            Self::U8(_) => Cell::U8,
            Self::U16(_) => Cell::U16,
            Self::I16(_) => Cell::I16,
            Self::F32(_) => Cell::F32,
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        let (cells, size) = match self {
            Self::U8(cells) => (cells.len(), 1),
            Self::U16(cells) => (cells.len(), 2),
            Self::I16(cells) => (cells.len(), 2),
            Self::F32(cells) => (cells.len(), 4),
        };
        (cells * size) as u64
    }

    fn side(&self) -> usize {
        match self {
            Self::U8(cells) => cells.ncols(),
            Self::U16(cells) => cells.ncols(),
            Self::I16(cells) => cells.ncols(),
            Self::F32(cells) => cells.ncols(),
        }
    }
}

/// Writes `layer` with the crate's own writer as `name` into the folder `out`.
pub(crate) fn write_cog(out: &Path, name: &str, layer: &Layer, change: impl FnOnce(&mut Spec)) {
    let stage = Stage::begin(out, true, &[]).expect("a folder to write in");
    let writer = encoded(layer, change);
    writer.finish(stage.create(name).expect("a file")).expect("a disk with room");
    stage.publish(|files| Ok(listing(files.iter().map(|file| file.path.as_str())))).expect("a folder to publish in");
}

/// A writer that has taken all of `layer`, tile by tile: everything is computed, encoded and spooled.
pub(crate) fn encoded(layer: &Layer, change: impl FnOnce(&mut Spec)) -> CogWriter {
    let side = layer.side();
    let mut spec = Spec::new(grid(side, side), layer.cell(), "bench");
    change(&mut spec);
    let tile = spec.tile;
    let writer =
        CogWriter::new(spec, Spool::new(tempfile::tempfile().expect("a scratch file"))).expect("a sound layer");
    for window in z_order(side, side, tile) {
        match layer {
            Layer::U8(cells) => writer.put(window, Cells::U8(part(cells, window))),
            Layer::U16(cells) => writer.put(window, Cells::U16(part(cells, window))),
            Layer::I16(cells) => writer.put(window, Cells::I16(part(cells, window))),
            Layer::F32(cells) => writer.put(window, Cells::F32(part(cells, window))),
        }
        .expect("cells that fit");
    }
    writer
}

fn part<T>(cells: &Array2<T>, window: Window) -> ArrayView2<'_, T> {
    let mut part = cells.view();
    part.slice_axis_inplace(Axis(0), Slice::from(window.row..window.bottom()));
    part.slice_axis_inplace(Axis(1), Slice::from(window.col..window.right()));
    part
}

/// The least manifest that lets a later stage replace the folder.
fn listing<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let files: Vec<_> = names.map(|path| serde_json::json!({ "path": path })).collect();
    serde_json::json!({ "files": files }).to_string().into_bytes()
}
