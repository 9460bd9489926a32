//! Where a layer's values go: quantised as the recipe says, into its COG.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::io::cog::{Cell, Cells, Codec, CogWriter, Reduce, Spec, Stats};
use crate::io::spool::Spool;
use crate::io::store::Stage;
use crate::kernel::mask::Reason;
use crate::layer::Layer;
use crate::recipe::LayerType;

/// The integer that means "no value".
pub(super) const NODATA: i16 = i16::MIN;

/// One layer on its way to disk.
pub(super) struct Sink {
    layer: Option<Layer>,
    name: String,
    step: Option<f64>,
    writer: CogWriter,
}

/// What all layers of a run share.
pub(super) struct Style<'a> {
    /// The grid.
    pub grid: Grid,
    /// Compression.
    pub codec: Codec,
    /// Type of continuous layers.
    pub dtype: LayerType,
    /// Items for every file, such as SIMULATED.
    pub metadata: &'a [(String, String)],
}

/// Classes of the burn layer.
pub(super) const BURN_CLASSES: [(u8, &str, [u8; 4]); 4] = [
    (0, "not burned", [236, 236, 228, 255]),
    (1, "burned", [190, 30, 20, 255]),
    (2, "above the threshold, object below the mapping unit", [240, 150, 60, 255]),
    (255, "not seen or outside", [0, 0, 0, 0]),
];

impl Sink {
    /// A sink for a continuous layer.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn layer(stage: &Stage, layer: Layer, style: &Style<'_>) -> Result<Self> {
        let step = layer.step().filter(|_| style.dtype == LayerType::Int16);
        let cell = if step.is_some() { Cell::I16 } else { Cell::F32 };
        let mut spec = style.spec(cell, layer.description());
        spec.nodata = Some(if step.is_some() { f64::from(NODATA) } else { f64::NAN });
        spec.scale = step.unwrap_or(1.0);
        Ok(Self { layer: Some(layer), name: layer.name(), step, writer: writer(stage, &layer.name(), spec)? })
    }

    /// The sink for reason codes.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn validity(stage: &Stage, style: &Style<'_>) -> Result<Self> {
        let classes = Reason::ALL.iter().map(|reason| (reason.code(), reason.label(), colour(*reason)));
        Self::classes(stage, "validity", "why a pixel counts or not", style, classes)
    }

    /// The sink for the burn decision.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn burn(stage: &Stage, style: &Style<'_>) -> Result<Self> {
        Self::classes(stage, "burn", "burned: decision per pixel", style, BURN_CLASSES)
    }

    fn classes(
        stage: &Stage,
        name: &str,
        words: &str,
        style: &Style<'_>,
        classes: impl IntoIterator<Item = (u8, &'static str, [u8; 4])>,
    ) -> Result<Self> {
        let mut spec = style.spec(Cell::U8, words.to_owned());
        let classes: Vec<_> = classes.into_iter().collect();
        spec.nodata = Some(f64::from(Reason::Outside.code()));
        spec.palette = Some(classes.iter().map(|(code, _, colour)| (*code, *colour)).collect());
        spec.categories = classes.iter().map(|(code, label, _)| (*code, (*label).to_owned())).collect();
        spec.overviews = Reduce::Mode;
        Ok(Self { layer: None, name: name.to_owned(), step: None, writer: writer(stage, name, spec)? })
    }

    /// The continuous layer, if it is one.
    pub(super) fn layer_kind(&self) -> Option<Layer> {
        self.layer
    }

    /// Writes the values of a block; NaN is no value.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put(&self, window: Window, values: ArrayView2<'_, f32>) -> Result<()> {
        match self.step {
            None => self.writer.put(window, Cells::F32(values)),
            Some(step) => self.writer.put(window, Cells::I16(values.mapv(|value| quantised(value, step)).view())),
        }
    }

    /// Writes a block without a value.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put_nothing(&self, window: Window) -> Result<()> {
        match self.step {
            None => self.writer.put(window, Cells::F32(Array2::from_elem(window.shape(), f32::NAN).view())),
            Some(_) => self.writer.put(window, Cells::I16(Array2::from_elem(window.shape(), NODATA).view())),
        }
    }

    /// Writes a block of classes or codes.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put_codes(&self, window: Window, codes: ArrayView2<'_, u8>) -> Result<()> {
        self.writer.put(window, Cells::U8(codes))
    }

    /// Writes the file into the stage.
    ///
    /// # Errors
    /// As [`CogWriter::finish`].
    pub(super) fn finish(self, stage: &Stage) -> Result<(String, Stats)> {
        let file = stage.create(&format!("layers/{}.tif", self.name))?;
        Ok((self.name, self.writer.finish(file)?))
    }
}

impl Style<'_> {
    fn spec(&self, cell: Cell, description: String) -> Spec {
        let mut spec = Spec::new(self.grid, cell, description);
        spec.codec = self.codec;
        spec.metadata = self.metadata.to_vec();
        spec
    }
}

fn writer(stage: &Stage, name: &str, spec: Spec) -> Result<CogWriter> {
    CogWriter::new(spec, Spool::new(stage.temporary(name)?))
}

/// The nearest whole step, ties to even; the range's end where the value passes it. Adding and subtracting
/// 1.5 * 2^52 rounds a smaller double without a call, so that the loop stays vectorised.
#[inline]
fn quantised(value: f32, step: f64) -> i16 {
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    let steps = (f64::from(value) / step).clamp(-32767.0, 32767.0);
    let whole = ((steps + ROUNDER) - ROUNDER) as i32;
    if value.is_nan() { NODATA } else { whole as i16 }
}

fn colour(reason: Reason) -> [u8; 4] {
    match reason {
        Reason::Clear => [226, 240, 217, 255],
        Reason::Uncovered => [70, 70, 70, 255],
        Reason::Defective => [200, 0, 120, 255],
        Reason::Cloud => [250, 250, 250, 255],
        Reason::Cirrus => [205, 225, 245, 255],
        Reason::Shadow => [60, 60, 110, 255],
        Reason::NearCloud => [220, 220, 220, 255],
        Reason::NearShadow => [120, 120, 160, 255],
        Reason::Undefined => [150, 110, 60, 255],
        Reason::Failed => [255, 0, 0, 255],
        Reason::Dark => [110, 120, 100, 255],
        Reason::Unclassified => [190, 205, 180, 255],
        Reason::Water => [40, 110, 190, 255],
        Reason::Snow => [120, 210, 230, 255],
        Reason::Outside => [0, 0, 0, 0],
    }
}

/// Compression in the words of `--codec`.
///
/// # Errors
/// `Usage` for anything but `zstd[:1..22]`, `deflate[:0..12]` and `none`.
pub fn codec(text: &str) -> Result<Codec> {
    let (name, level) = text.split_once(':').map_or((text, None), |(name, level)| (name, Some(level)));
    let level = level.map(str::parse::<u8>).transpose();
    match (name, level) {
        ("zstd", Ok(level)) if level.is_none_or(|level| (1..=22).contains(&level)) => {
            Ok(Codec::Zstd(level.unwrap_or(1)))
        }
        ("deflate", Ok(level)) if level.is_none_or(|level| level <= 12) => Ok(Codec::Deflate(level.unwrap_or(6))),
        ("none", Ok(None)) => Ok(Codec::None),
        _ => Err(Error::usage(format!("codec {:?} is not known", crate::text::Foreign::new(text).to_string()))
            .hint("use zstd, zstd:1..22, deflate, deflate:0..12 or none")),
    }
}
