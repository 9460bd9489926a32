//! The layers of a radar run on their way to disk.

use ndarray::{Array2, ArrayView2};

use super::prepared::RadarPrepared;
use super::record::class;
use crate::error::Result;
use crate::geom::window::Window;
use crate::io::cog::{Cell, Cells, Codec, CogWriter, Reduce, Spec, Stats};
use crate::io::raster::Dtype;
use crate::io::spool::Spool;
use crate::io::store::Stage;
use crate::pipeline::sink::NODATA;
use crate::recipe::LayerType;
use crate::scene::sentinel1::Polarisation;

/// The U16 cell that means "not tested".
pub(super) const UNTESTED: u16 = u16::MAX;

/// What a layer's cells are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A number in steps of this size.
    Number(f64),
    /// Whole numbers: days or counts.
    Whole,
    /// Classes of change.
    Classes,
}

/// What a layer is.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) words: String,
    pub(super) unit: Option<&'static str>,
    pub(super) kind: Kind,
}

/// One layer being written.
pub(super) struct Layer {
    about: About,
    float: bool,
    writer: CogWriter,
}

/// All layers of a run.
pub(super) struct Layers {
    /// Deviates of VV and VH, not calibrated.
    pub(super) z: [Option<Layer>; 2],
    /// Log-ratios of VV and VH in decibels.
    pub(super) ratio: [Option<Layer>; 2],
    /// First and last change of the omnibus test, and how many.
    pub(super) omnibus: [Layer; 3],
    /// The deciding deviate against the null in use.
    pub(super) decided: Layer,
    /// False discovery rate.
    pub(super) q: Layer,
    /// Classes.
    pub(super) change: Layer,
}

/// A layer that was written.
pub(super) struct Written {
    pub(super) about: About,
    pub(super) dtype: Dtype,
    pub(super) stats: Stats,
}

fn about(name: impl Into<String>, words: impl Into<String>, unit: Option<&'static str>, kind: Kind) -> About {
    About { name: name.into(), words: words.into(), unit, kind }
}

impl Layers {
    /// Opens every layer.
    ///
    /// # Errors
    /// As [`CogWriter::new`].
    pub(super) fn new(prepared: &RadarPrepared, stage: &Stage, codec: Codec) -> Result<Self> {
        let open = |about: About| Layer::new(prepared, stage, codec, about);
        let both = |make: &dyn Fn(&str) -> About| -> Result<[Option<Layer>; 2]> {
            let layer = |polarisation: Polarisation| {
                let there = prepared.stack.polarisations.contains(&polarisation);
                there.then(|| open(make(polarisation.word()))).transpose()
            };
            let [vv, vh] = Polarisation::ALL;
            Ok([layer(vv)?, layer(vh)?])
        };
        let whole = |name: &str, words: &str, unit| open(about(name, words, unit, Kind::Whole));
        let days = Some("days since 1970-01-01");
        Ok(Self {
            z: both(&|word| {
                let words = format!(
                    "{}: signed t of ln power, after against before, as a normal deviate, orbits together, not calibrated",
                    word.to_uppercase()
                );
                about(format!("z_{word}"), words, None, Kind::Number(1e-3))
            })?,
            ratio: both(&|word| {
                let words = format!("{}: mean log power after minus before", word.to_uppercase());
                about(format!("ratio_{word}"), words, Some("dB"), Kind::Number(1e-2))
            })?,
            omnibus: [
                whole("omnibus_first", "first date that the omnibus test tells from those before it; 0: none", days)?,
                whole("omnibus_last", "last date that the omnibus test tells from those before it; 0: none", days)?,
                whole("omnibus_frequency", "changes that the omnibus test tells", None)?,
            ],
            decided: open(about("z", "the deciding deviate against the null in use", None, Kind::Number(1e-3)))?,
            q: open(about("q", "false discovery rate at which the pixel is discovered", None, Kind::Number(1e-4)))?,
            change: open(about("change", "radar change: decision per pixel", None, Kind::Classes))?,
        })
    }

    /// Every layer that the measuring pass writes.
    fn measured(&self) -> impl Iterator<Item = &Layer> {
        self.z.iter().chain(&self.ratio).flatten().chain(&self.omnibus)
    }

    /// Writes a block in which nothing was tested into every layer of the measuring pass.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put_nothing(&self, window: Window) -> Result<()> {
        self.measured().try_for_each(|layer| match layer.about.kind {
            Kind::Whole => layer.put_whole(window, Array2::from_elem(window.shape(), UNTESTED).view()),
            _ => layer.put(window, Array2::from_elem(window.shape(), f32::NAN).view()),
        })
    }

    /// Writes the files into the stage.
    ///
    /// # Errors
    /// As [`CogWriter::finish`].
    pub(super) fn finish(self, stage: &Stage) -> Result<Vec<Written>> {
        let Self { z, ratio, omnibus, decided, q, change } = self;
        let all = [change, decided, q].into_iter().chain(z.into_iter().chain(ratio).flatten()).chain(omnibus);
        all.map(|layer| layer.finish(stage)).collect()
    }
}

impl Layer {
    fn new(prepared: &RadarPrepared, stage: &Stage, codec: Codec, about: About) -> Result<Self> {
        let float = prepared.request.recipe.output.dtype == LayerType::Float32 && matches!(about.kind, Kind::Number(_));
        let (cell, nodata) = match about.kind {
            Kind::Number(_) if float => (Cell::F32, f64::NAN),
            Kind::Number(_) => (Cell::I16, f64::from(NODATA)),
            Kind::Whole => (Cell::U16, f64::from(UNTESTED)),
            Kind::Classes => (Cell::U8, f64::from(class::OUTSIDE)),
        };
        let mut spec = Spec::new(prepared.plan.grid, cell, about.words.clone());
        spec.codec = codec;
        spec.nodata = Some(nodata);
        spec.unit = about.unit.map(str::to_owned);
        spec.metadata = prepared.metadata();
        match about.kind {
            Kind::Number(step) => spec.scale = if float { 1.0 } else { step },
            Kind::Whole => spec.overviews = Reduce::Mode,
            Kind::Classes => {
                spec.overviews = Reduce::Mode;
                spec.palette = Some(class::ALL.iter().map(|(code, _, colour)| (*code, *colour)).collect());
                spec.categories = class::ALL.iter().map(|(code, words, _)| (*code, (*words).to_owned())).collect();
            }
        }
        let writer = CogWriter::new(spec, Spool::new(stage.temporary(&about.name)?))?;
        Ok(Self { about, float, writer })
    }

    /// Writes numbers; NaN is no value.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put(&self, window: Window, values: ArrayView2<'_, f32>) -> Result<()> {
        match self.about.kind {
            Kind::Number(step) if !self.float => {
                self.writer.put(window, Cells::I16(values.mapv(|value| stepped(value, step)).view()))
            }
            _ => self.writer.put(window, Cells::F32(values)),
        }
    }

    /// Writes whole numbers.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put_whole(&self, window: Window, values: ArrayView2<'_, u16>) -> Result<()> {
        self.writer.put(window, Cells::U16(values))
    }

    /// Writes classes.
    ///
    /// # Errors
    /// As [`CogWriter::put`].
    pub(super) fn put_classes(&self, window: Window, codes: ArrayView2<'_, u8>) -> Result<()> {
        self.writer.put(window, Cells::U8(codes))
    }

    fn finish(self, stage: &Stage) -> Result<Written> {
        let file = stage.create(&format!("layers/{}.tif", self.about.name))?;
        let dtype = match self.about.kind {
            Kind::Number(_) if self.float => Dtype::F32,
            Kind::Number(_) => Dtype::I16,
            Kind::Whole => Dtype::U16,
            Kind::Classes => Dtype::U8,
        };
        Ok(Written { stats: self.writer.finish(file)?, about: self.about, dtype })
    }
}

/// The nearest whole step, ties to even, held in the range; NaN is no value.
pub(super) fn stepped(value: f32, step: f64) -> i16 {
    if value.is_nan() {
        return NODATA;
    }
    (f64::from(value) / step).round_ties_even().clamp(-32767.0, 32767.0) as i16
}
