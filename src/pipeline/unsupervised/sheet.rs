//! The layers of the methods without a model: statistic, probability, decision, each a COG written tile by tile.

use ndarray::ArrayView2;

use super::super::sink::Style;
use crate::error::Result;
use crate::geom::window::Window;
use crate::io::cog::{Cell, Cells, CogWriter, Reduce, Spec, Stats};
use crate::io::spool::Spool;
use crate::io::store::Stage;

/// Classes of the decision.
pub(in crate::pipeline) const CHANGED_CLASSES: [(u8, &str, [u8; 4]); 5] = [
    (0, "not changed", [236, 236, 228, 255]),
    (1, "changed", [150, 30, 150, 255]),
    (2, "above the threshold, object below the mapping unit", [220, 150, 220, 255]),
    (3, "seen, but water or snow: not tested", [40, 110, 190, 255]),
    (255, "not seen or outside", [0, 0, 0, 0]),
];

/// One layer on its way to disk.
pub(super) struct Sheet {
    name: &'static str,
    writer: CogWriter,
}

impl Sheet {
    /// A layer of floats, as computed whatever `output.dtype` says: statistics have no upper end, and small
    /// probabilities no step that would suit them.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn of_floats(stage: &Stage, name: &'static str, words: &str, style: &Style<'_>) -> Result<Self> {
        let mut spec = spec(style, Cell::F32, words);
        spec.nodata = Some(f64::NAN);
        Self::new(stage, name, spec)
    }

    /// The layer of the decision.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn of_decision(stage: &Stage, style: &Style<'_>) -> Result<Self> {
        let mut spec = spec(style, Cell::U8, "changed by any cause: decision per pixel");
        spec.nodata = Some(255.0);
        spec.palette = Some(CHANGED_CLASSES.iter().map(|(code, _, colour)| (*code, *colour)).collect());
        spec.categories = CHANGED_CLASSES.iter().map(|(code, label, _)| (*code, (*label).to_owned())).collect();
        spec.overviews = Reduce::Mode;
        Self::new(stage, "changed", spec)
    }

    fn new(stage: &Stage, name: &'static str, spec: Spec) -> Result<Self> {
        Ok(Self { name, writer: CogWriter::new(spec, Spool::new(stage.temporary(name)?))? })
    }

    /// Writes values.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put(&self, window: Window, values: ArrayView2<'_, f32>) -> Result<()> {
        self.writer.put(window, Cells::F32(values))
    }

    /// Writes classes.
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
        Ok((self.name.to_owned(), self.writer.finish(file)?))
    }
}

fn spec(style: &Style<'_>, cell: Cell, words: &str) -> Spec {
    let mut spec = Spec::new(style.grid, cell, words);
    spec.codec = style.codec;
    spec.metadata = style.metadata.to_vec();
    spec
}
