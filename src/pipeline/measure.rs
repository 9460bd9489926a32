//! The measuring pass: every block read once, masked, compared, written as layers and remembered for detection.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice, Zip};

use super::crew::{Watch, guarded, work_off};
use super::cut::stamp;
use super::record::{ELIGIBLE, GREEN, Record};
use super::side::{SideTaps, View, lines};
use super::sink::Sink;
use super::summary::FailedBlock;
use super::tally::Areas;
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::kernel::change::{BurnLayers, CvaBand, Epoch, burn_change, cva_magnitude};
use crate::kernel::index::{Index, Role, normalized_difference};
use crate::kernel::mask::{self, Reason};
use crate::kernel::stats::Histogram;
use crate::layer::{Layer, Moment};
use crate::plan::Plan;

/// NDVI from which ground counts as green before the event.
const GREEN_FROM: f32 = 0.3;

/// Everything that the pass needs, shared by all threads.
pub(super) struct Pass<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Before and after.
    pub sides: [&'a SideTaps; 2],
    /// The band that stands for NIR in NBR.
    pub nir: Role,
    /// The layers to write.
    pub sinks: &'a [Sink],
    /// Reason codes as a layer.
    pub validity: &'a Sink,
    /// Where blocks are remembered.
    pub spool: &'a Spool,
    /// Bands of the change vector with their standard deviation in reflectance.
    pub sigmas: &'a [(Role, f32)],
    /// Length from which a change vector is no chance.
    pub long_vector: f32,
    /// Whether water and snow are kept out of detection.
    pub bar_water_and_snow: bool,
    /// NDVI must fall by more than this.
    pub min_ndvi_drop: Option<f32>,
    /// The step of dNBR from which a pixel is above the threshold, where that is known beforehand.
    pub(super) known_key: Option<i32>,
}

/// What became of the blocks.
#[derive(Debug, Clone, Copy, Default)]
struct BlockCounts {
    /// Blocks whose bands were read.
    read: usize,
    /// Blocks with nothing to see, whose bands were not read.
    masked: usize,
}

/// What the pass counted.
#[derive(Default)]
pub(super) struct Measured {
    /// dNBR of eligible pixels.
    pub histogram: Histogram,
    /// Ground area by reason.
    pub areas: Areas,
    /// Ground area of long change vectors (code 1).
    pub changed: Areas,
    blocks: BlockCounts,
    /// Blocks that could not be read.
    pub failed: Vec<FailedBlock>,
    /// The first failure, for when nothing else is left.
    first_failure: Option<(usize, Error)>,
}

/// One block, computed.
struct Computed {
    record: Record,
    /// Values of the layers, in the order of the sinks; empty when nothing was seen.
    values: Vec<Array2<f32>>,
    changed: Option<Array2<u8>>,
    read: bool,
}

/// Rows that are worked on together, so that what is computed of them stays in cache.
const STRIPE: usize = 32;

impl Pass<'_> {
    /// Works off all blocks.
    ///
    /// # Errors
    /// The first reading failure when no block at all could be read; any failure to write.
    pub(super) fn run(&self, watch: &dyn Watch) -> Result<Measured> {
        watch.stage("measure", self.plan.blocks.len());
        let results = work_off(self.plan.blocks.len(), watch, Measured::default, |measured, index| {
            let bytes = self.block(measured, index)?;
            watch.step(bytes);
            Ok(())
        })?;
        let mut sum = Measured::default();
        results.into_iter().for_each(|part| sum.merge(part));
        sum.failed.sort_by_key(|failed| (failed.window.row, failed.window.col));
        match sum.first_failure.take() {
            Some((_, error)) if sum.blocks.read + sum.blocks.masked == 0 => {
                Err(error.hint("no block could be read: the file is damaged or cut short, fetch it again"))
            }
            _ => Ok(sum),
        }
    }

    fn block(&self, measured: &mut Measured, index: usize) -> Result<u64> {
        let window = self.plan.blocks[index];
        let inside = self.inside(window);
        let computed = match &inside {
            None => Computed::unseen(Record::blank(window, Reason::Outside)),
            Some(inside) => guarded(|| self.compute(window, inside)).unwrap_or_else(|error| {
                measured.note_failure(index, window, error);
                Computed::unseen(failed(inside))
            }),
        };
        self.keep(measured, index, window, computed)
    }

    /// Writes and counts one block; returns the bytes of its bands as read.
    fn keep(&self, measured: &mut Measured, index: usize, window: Window, computed: Computed) -> Result<u64> {
        let Computed { mut record, values, changed, read } = computed;
        self.validity.put_codes(window, record.code.view())?;
        for (place, sink) in self.sinks.iter().enumerate() {
            match values.get(place) {
                Some(values) => sink.put(window, values.view())?,
                None => sink.put_nothing(window)?,
            }
        }
        measured.count(&record, self.known_key);
        measured.areas.add(record.code.view(), &self.plan.grid, window);
        if let Some(changed) = changed {
            measured.changed.add(changed.view(), &self.plan.grid, window);
        }
        if read {
            measured.blocks.read += 1;
        } else if record.code.iter().any(|code| *code != Reason::Outside.code() && *code != Reason::Failed.code()) {
            measured.blocks.masked += 1;
        }
        if let Some(key) = self.known_key {
            record.forget_below(key);
        }
        record.store(self.spool, index)?;
        let bands: usize = self.sides.iter().map(|side| side.roles.len()).sum();
        Ok(if read { (window.len() * bands * 2) as u64 } else { 0 })
    }

    /// Which pixels of the block lie in the AOI; None when none does.
    fn inside(&self, window: Window) -> Option<Array2<bool>> {
        let mut inside = Array2::from_elem(window.shape(), false);
        stamp(&mut inside, window, &self.plan.aoi, true).then_some(inside)
    }

    fn compute(&self, window: Window, inside: &Array2<bool>) -> Result<Computed> {
        let [first, second] = self.sides;
        let [before, after] = [first.block(window)?, second.block(window)?];
        let codes = joined(&before.best()?, &after.best()?, inside.view())?;
        if !codes.iter().any(|code| mask::code_is_valid(*code)) {
            return Ok(Computed::unseen(Record::coded(codes)));
        }
        let mut computed = self.empty(codes);
        for start in (0..window.height).step_by(STRIPE) {
            let rows = start..window.height.min(start + STRIPE);
            if lines(&computed.record.code, &rows).iter().any(|code| mask::code_is_valid(*code)) {
                let views = [before.view(rows.clone())?, after.view(rows.clone())?];
                self.compare(&views, lines(inside, &rows), &rows, &mut computed)?;
            }
        }
        Ok(computed)
    }

    /// A block with nothing but its codes yet.
    fn empty(&self, codes: Array2<u8>) -> Computed {
        let shape = codes.raw_dim();
        Computed {
            values: self.sinks.iter().map(|_| Array2::from_elem(shape, f32::NAN)).collect(),
            changed: (!self.sigmas.is_empty()).then(|| Array2::zeros(shape)),
            record: Record::coded(codes),
            read: true,
        }
    }

    /// Compares some rows of both dates, into the rows of the block.
    fn compare(
        &self,
        [before, after]: &[View; 2],
        inside: ArrayView2<'_, bool>,
        rows: &Range<usize>,
        block: &mut Computed,
    ) -> Result<()> {
        let mut codes = joined(&before.codes, &after.codes, inside)?;
        let valid = codes.mapv(mask::code_is_valid);
        let plane = || Array2::from_elem(valid.raw_dim(), f32::NAN);
        let (mut dnbr, mut rbr) = (plane(), plane());
        let mut rdnbr = self.wants(Layer::Rdnbr).then(plane);
        let mut dndvi = self.min_ndvi_drop.is_some().then(plane);
        burn_change(
            &self.epoch(before)?,
            &self.epoch(after)?,
            valid.view(),
            0.0,
            BurnLayers {
                dnbr: dnbr.view_mut(),
                rbr: Some(rbr.view_mut()),
                rdnbr: rdnbr.as_mut().map(|plane| plane.view_mut()),
                dndvi: dndvi.as_mut().map(|plane| plane.view_mut()),
            },
        )?;
        mask::strike_nan(dnbr.view(), Reason::Undefined, codes.view_mut())?;
        let cva = self.vector(before, after, &valid)?;
        for (sink, values) in self.sinks.iter().zip(&mut block.values) {
            let mut target = rows_of(values, rows);
            match sink.layer_kind() {
                Some(Layer::Dnbr) => target.assign(&dnbr),
                Some(Layer::Rbr) => target.assign(&rbr),
                Some(Layer::Rdnbr) => rdnbr.iter().for_each(|plane| target.assign(plane)),
                Some(Layer::Cva) => cva.iter().for_each(|plane| target.assign(plane)),
                Some(Layer::Index(index, moment)) => target.assign(&self.index(index, moment, before, after, &valid)?),
                None => return Err(Error::bug("a sink without a layer")),
            }
        }
        if let (Some(changed), Some(cva)) = (&mut block.changed, &cva) {
            rows_of(changed, rows).assign(&cva.mapv(|length| u8::from(length >= self.long_vector)));
        }
        rows_of(&mut block.record.flags, rows).assign(&self.flags(before, &codes, dndvi.as_ref()));
        rows_of(&mut block.record.dnbr, rows).assign(&Record::steps(dnbr.view()));
        rows_of(&mut block.record.rbr, rows).assign(&Record::steps(rbr.view()));
        rows_of(&mut block.record.code, rows).assign(&codes);
        Ok(())
    }

    fn wants(&self, layer: Layer) -> bool {
        self.sinks.iter().any(|sink| sink.layer_kind() == Some(layer))
    }

    fn epoch<'v>(&self, view: &'v View) -> Result<Epoch<'v>> {
        let band = |role: Role| {
            view.plane(role).map(|plane| plane.view()).ok_or_else(|| Error::bug(format!("no {} plane", role.name())))
        };
        Ok(Epoch {
            nir: band(self.nir)?,
            swir2: band(Role::Swir2)?,
            red: view.plane(Role::Red).map(|plane| plane.view()),
        })
    }

    /// The change vector's length, where enough is known of its bands' spread.
    fn vector(&self, before: &View, after: &View, valid: &Array2<bool>) -> Result<Option<Array2<f32>>> {
        let gain = self.sides[0].gain;
        let bands = self.sigmas.iter().filter_map(|(role, sigma)| {
            let (first, second) = (before.plane(*role)?, after.plane(*role)?);
            Some(CvaBand { before: first.view(), after: second.view(), sigma: sigma / gain })
        });
        let bands: Vec<CvaBand<'_>> = bands.collect();
        if bands.is_empty() {
            return Ok(None);
        }
        let mut out = Array2::from_elem(valid.raw_dim(), f32::NAN);
        cva_magnitude(&bands, valid.view(), out.view_mut())?;
        Ok(Some(out))
    }

    fn index(
        &self,
        index: Index,
        moment: Moment,
        before: &View,
        after: &View,
        valid: &Array2<bool>,
    ) -> Result<Array2<f32>> {
        let evaluate = |view: &View| {
            let mut out = Array2::from_elem(valid.raw_dim(), f32::NAN);
            index.evaluate(&view.known(), self.sides[0].gain, out.view_mut()).map(|()| out)
        };
        let mut values = match moment {
            Moment::Before => evaluate(before)?,
            Moment::After => evaluate(after)?,
            Moment::Fall => evaluate(before)? - evaluate(after)?,
        };
        Zip::from(&mut values).and(valid).for_each(|value, valid| *value = if *valid { *value } else { f32::NAN });
        Ok(values)
    }

    /// Which pixels may be found burned, and which were green before.
    fn flags(&self, before: &View, codes: &Array2<u8>, dndvi: Option<&Array2<f32>>) -> Array2<u8> {
        let barred =
            |code: u8| self.bar_water_and_snow && (code == Reason::Water.code() || code == Reason::Snow.code());
        let mut flags = codes.mapv(|code| if mask::code_is_valid(code) && !barred(code) { ELIGIBLE } else { 0 });
        if let (Some(dndvi), Some(least)) = (dndvi, self.min_ndvi_drop) {
            Zip::from(&mut flags).and(dndvi).for_each(|flags, fall| *flags = if *fall > least { *flags } else { 0 });
        }
        if let (Some(red), Some(nir)) = (before.plane(Role::Red), before.plane(self.nir)) {
            Zip::from(&mut flags).and(red).and(nir).for_each(|flags, red, nir| {
                if normalized_difference(*nir, *red) >= GREEN_FROM {
                    *flags |= GREEN;
                }
            });
        }
        flags
    }
}

/// The graver code of both dates, `Outside` beyond the AOI.
fn joined(before: &Array2<u8>, after: &Array2<u8>, inside: ArrayView2<'_, bool>) -> Result<Array2<u8>> {
    let mut codes = Array2::zeros(before.raw_dim());
    mask::merge(before.view(), after.view(), codes.view_mut())?;
    let outside = Reason::Outside.code();
    Zip::from(&mut codes).and(inside).for_each(|code, inside| *code = if *inside { *code } else { outside });
    Ok(codes)
}

/// Some rows of a block, to be written.
fn rows_of<'v, T>(block: &'v mut Array2<T>, rows: &Range<usize>) -> ArrayViewMut2<'v, T> {
    block.slice_axis_mut(Axis(0), Slice::from(rows.clone()))
}

/// A block of the AOI that could not be read.
fn failed(inside: &Array2<bool>) -> Record {
    Record::coded(inside.mapv(|inside| if inside { Reason::Failed.code() } else { Reason::Outside.code() }))
}

impl Computed {
    fn unseen(record: Record) -> Self {
        Self { record, values: Vec::new(), changed: None, read: false }
    }
}

impl Measured {
    fn merge(&mut self, other: Self) {
        self.histogram.merge(&other.histogram);
        self.areas.merge(&other.areas);
        self.changed.merge(&other.changed);
        self.blocks.read += other.blocks.read;
        self.blocks.masked += other.blocks.masked;
        self.failed.extend(other.failed);
        let earlier =
            |have: &Option<(usize, Error)>, new: &(usize, Error)| have.as_ref().is_none_or(|(index, _)| new.0 < *index);
        if let Some(failure) = other.first_failure.filter(|failure| earlier(&self.first_failure, failure)) {
            self.first_failure = Some(failure);
        }
    }

    /// Counts the eligible dNBR; only which side of a threshold it lies on, where that is known.
    fn count(&mut self, record: &Record, known_key: Option<i32>) {
        let eligible = Zip::from(&record.dnbr).and(&record.flags);
        let Some(key) = known_key else {
            return eligible.for_each(|step, flags| {
                if flags & ELIGIBLE != 0 {
                    self.histogram.add_key(i32::from(*step));
                }
            });
        };
        let tally = |(all, above): (u64, u64), step: &i16, flags: &u8| {
            let counts = u64::from(flags & ELIGIBLE);
            (all + counts, above + (counts & u64::from(i32::from(*step) >= key)))
        };
        let (all, above) = eligible.fold((0, 0), tally);
        self.histogram.add_times(key - 1, all - above);
        self.histogram.add_times(key, above);
    }

    fn note_failure(&mut self, index: usize, window: Window, error: Error) {
        self.failed.push(FailedBlock { window, error: error.to_string() });
        if self.first_failure.as_ref().is_none_or(|(first, _)| index < *first) {
            self.first_failure = Some((index, error));
        }
    }
}
