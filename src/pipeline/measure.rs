//! The measuring pass: every block read once, masked, compared, written as layers and remembered for detection.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Zip};

use super::crew::{Watch, guarded, work_off};
use super::cut::{leave_outside, stamp};
use super::desk::{Desk, Inside, rows_of};
use super::measured::Measured;
use super::opinion;
use super::record::{ELIGIBLE, GREEN, Records, SEEN, STEPS};
use super::side::{SideTaps, View, lines};
use super::sink::Sink;
use super::spare;
use crate::error::{Error, Result};
use crate::geom::bits::Bits;
use crate::geom::runs::Run;
use crate::geom::window::Window;
use crate::kernel::burn::Settings;
use crate::kernel::burn::signs::{self, Sign};
use crate::kernel::change::{BurnLayers, CvaBand, Epoch, burn_change, cva_magnitude};
use crate::kernel::index::{Index, Role, normalized_difference};
use crate::kernel::mask::{self, Reason};
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
    pub records: &'a Records,
    /// Bands of the change vector with their standard deviation in reflectance.
    pub sigmas: &'a [(Role, f32)],
    /// Length from which a change vector is no chance.
    pub long_vector: f32,
    /// Where such vectors are noted, if anybody asks.
    pub(super) long_vectors: Option<&'a Bits>,
    /// Whether water and snow are kept out of detection.
    pub bar_water_and_snow: bool,
    /// NDVI must fall by more than this.
    pub min_ndvi_drop: Option<f32>,
    /// Whether each date is held against the other for cloud.
    pub(super) second_opinion: bool,
    /// The day that each pixel was seen, of sides with several.
    pub(super) dates: &'a [(usize, Sink)],
    /// The step of dNBR from which a pixel is above the threshold, where that is known beforehand.
    pub(super) known_key: Option<i32>,
    /// What seed and grow asks for; none for other strategies.
    pub(super) seeding: Option<Seeding<'a>>,
}

/// What seed and grow asks of every pixel.
#[derive(Clone, Copy)]
pub(super) struct Seeding<'a> {
    /// Its constants.
    pub(super) settings: &'a Settings,
    /// The signs that the bands give; none where only an index is known.
    pub(super) signs: &'a [Sign],
}

/// A worker: what it has counted, and the block on its desk.
#[derive(Default)]
struct Worker {
    measured: Measured,
    desk: Desk,
}

/// Pixels that are worked on together, so that what is computed of them stays in cache.
const STRIPE: usize = 1 << 14;

impl Pass<'_> {
    /// Works off all blocks.
    ///
    /// # Errors
    /// The first reading failure when no block at all could be read; any failure to write.
    pub(super) fn run(&self, watch: &dyn Watch) -> Result<Measured> {
        watch.stage("measure", self.plan.blocks.len());
        let workers = work_off(self.plan.blocks.len(), watch, Worker::default, |worker, index| {
            let bytes = self.block(worker, index)?;
            watch.step(bytes);
            Ok(())
        })?;
        let mut sum = Measured::default();
        workers.into_iter().for_each(|worker| sum.merge(worker.measured));
        sum.failed.sort_by_key(|failed| (failed.window.row, failed.window.col));
        match sum.first_failure.take() {
            Some((_, error)) if sum.blocks.read + sum.blocks.masked == 0 => {
                Err(error.hint("no block could be read: the file is damaged or cut short, fetch it again"))
            }
            _ => Ok(sum),
        }
    }

    /// Computes, writes and counts one block; returns the bytes of its bands as read.
    fn block(&self, Worker { measured, desk }: &mut Worker, index: usize) -> Result<u64> {
        let window = self.plan.blocks[index];
        self.clear(desk, window);
        let read = match self.inside(window) {
            Some(inside) => guarded(|| self.compute(window, &inside, desk)).unwrap_or_else(|error| {
                measured.note_failure(index, window, error);
                self.clear(desk, window);
                desk.blank(Reason::Failed, &inside);
                false
            }),
            None => {
                desk.blank(Reason::Outside, &None);
                false
            }
        };
        self.keep(measured, index, window, desk, read)
    }

    /// Writes and counts one block.
    fn keep(&self, measured: &mut Measured, index: usize, window: Window, desk: &Desk, read: bool) -> Result<u64> {
        self.validity.put_codes(window, desk.codes.view())?;
        for (sink, values) in self.sinks.iter().zip(&desk.values) {
            if read { sink.put(window, values.view())? } else { sink.put_nothing(window)? }
        }
        for ((_, sink), days) in self.dates.iter().zip(&desk.days) {
            sink.put_days(window, days.view())?;
        }
        if self.seeding.is_some() {
            measured.count_classes(desk);
        } else {
            measured.count(desk, self.known_key);
        }
        measured.areas.add(desk.codes.view(), &self.plan.grid, window);
        if read {
            if !self.sigmas.is_empty() {
                measured.changed.add(desk.changed.view(), &self.plan.grid, window);
                self.long_vectors.iter().for_each(|bits| note(desk.changed.view(), window, bits));
            }
            measured.blocks.read += 1;
        } else if desk.codes.iter().any(|code| *code != Reason::Outside.code() && *code != Reason::Failed.code()) {
            measured.blocks.masked += 1;
        }
        self.records.keep(index, &desk.record)?;
        let bands: usize = self.sides.iter().map(|side| side.roles.len()).sum();
        Ok(if read { (window.len() * bands * 2) as u64 } else { 0 })
    }

    /// Makes room on the desk for a block.
    fn clear(&self, desk: &mut Desk, window: Window) {
        desk.clear(window, self.sinks.len(), self.dates.len(), !self.sigmas.is_empty());
    }

    /// Which pixels of the block lie in the AOI; None when none does.
    fn inside(&self, window: Window) -> Option<Inside> {
        let pixels: u64 = self.plan.aoi.in_window(window).map(|run| u64::from(run.len())).sum();
        if pixels == window.len() as u64 {
            return Some(None);
        }
        let mut inside = Array2::from_elem(window.shape(), false);
        stamp(&mut inside, window, &self.plan.aoi, true).then_some(Some(inside))
    }

    /// Fills the desk, stripe by stripe; whether any band was read.
    fn compute(&self, window: Window, inside: &Inside, desk: &mut Desk) -> Result<bool> {
        let [first, second] = self.sides;
        let sides = [first.block(window)?, second.block(window)?];
        let best = [sides[0].best()?, sides[1].best()?];
        let stripe = (STRIPE / window.width.max(1)).max(1);
        let mut read = false;
        for start in (0..window.height).step_by(stripe) {
            let rows = start..window.height.min(start + stripe);
            let inside = inside.as_ref().map(|inside| lines(inside, &rows));
            let codes = [lines(&best[0], &rows), lines(&best[1], &rows)];
            if any_seen(codes, inside) {
                let mut views = [sides[0].view(rows.clone())?, sides[1].view(rows.clone())?];
                if self.second_opinion {
                    let stripe = Window { row: window.row + rows.start, height: rows.len(), ..window };
                    opinion::given(self.sides, stripe, &mut views)?;
                }
                self.compare(&views, inside, &rows, desk)?;
                read = true;
            } else {
                desk.skip(&rows, joined(codes[0], codes[1], inside)?.view());
            }
        }
        Ok(read)
    }

    /// Compares some rows of both dates, onto the desk.
    fn compare(
        &self,
        [before, after]: &[View; 2],
        inside: Option<ArrayView2<'_, bool>>,
        rows: &Range<usize>,
        desk: &mut Desk,
    ) -> Result<()> {
        let mut codes = joined(before.codes.view(), after.codes.view(), inside)?;
        let valid = codes.mapv(mask::code_is_valid);
        let plane = || spare::plane(valid.dim());
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
        for (sink, values) in self.sinks.iter().zip(&mut desk.values) {
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
        if let Some(cva) = &cva {
            rows_of(&mut desk.changed, rows).assign(&cva.mapv(|length| u8::from(length >= self.long_vector)));
        }
        rows_of(&mut desk.codes, rows).assign(&codes);
        for ((side, _), days) in self.dates.iter().zip(&mut desk.days) {
            let (view, taps) = if *side == 0 { (before, self.sides[0]) } else { (after, self.sides[1]) };
            let seen = |day: &u16, code: &u8| if mask::code_is_valid(*code) { *day } else { 0 };
            rows_of(days, rows).assign(&Zip::from(&view.days(taps)).and(&codes).map_collect(seen));
        }
        let mut flags = self.flags(before, &codes, dndvi.as_ref());
        let signs = self.signs([before, after], &codes, &mut flags)?;
        desk.considered += eligible(whole(&flags)?);
        if let Some(key) = self.known_key {
            forget_below(key, &dnbr, &mut flags);
        }
        desk.record.extend(whole(&flags)?, whole(&dnbr)?, whole(&rbr)?);
        desk.record.extend_signs(whole(&flags)?, &signs);
        [Some(dnbr), Some(rbr), rdnbr, dndvi, cva].into_iter().flatten().for_each(spare::give_plane);
        Ok(())
    }

    /// The signs that seed and grow asks for, their flags put to the others.
    fn signs(
        &self,
        [before, after]: [&View; 2],
        codes: &Array2<u8>,
        flags: &mut Array2<u8>,
    ) -> Result<Vec<Array2<i8>>> {
        let Some(Seeding { settings, signs: wanted }) = self.seeding else { return Ok(Vec::new()) };
        Zip::from(&mut *flags).and(codes).for_each(|flags, code| {
            *flags |= signs::bit(*code == Reason::Water.code(), signs::WATER);
            *flags |= signs::bit(*code == Reason::Snow.code(), signs::SNOW);
        });
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (before, after, gain) = (self.ground(before)?, self.ground(after)?, self.sides[0].gain);
        signs::flags(&before, &after, gain, settings, flags.view_mut())?;
        let sign = |sign: &Sign| {
            let mut steps = Array2::zeros(flags.raw_dim());
            signs::sign(*sign, &before, &after, gain, steps.view_mut()).map(|()| steps)
        };
        wanted.iter().map(sign).collect()
    }

    fn ground<'v>(&self, view: &'v View) -> Result<signs::Ground<'v>> {
        let Epoch { nir, swir2, red } = self.epoch(view)?;
        Ok(signs::Ground { nir, swir2, red, swir1: view.plane(Role::Swir1).map(|plane| plane.view()) })
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
        let mut out = spare::plane(valid.dim());
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

    /// Which pixels were seen, may be found burned, and were green before.
    fn flags(&self, before: &View, codes: &Array2<u8>, dndvi: Option<&Array2<f32>>) -> Array2<u8> {
        let bars = self.bar_water_and_snow;
        let mut flags = codes.mapv(|code| {
            let barred = bars & ((code == Reason::Water.code()) | (code == Reason::Snow.code()));
            let seen = if barred { SEEN } else { SEEN | ELIGIBLE };
            if mask::code_is_valid(code) { seen } else { 0 }
        });
        if let (Some(dndvi), Some(least)) = (dndvi, self.min_ndvi_drop) {
            let greyed = |flags: u8, fall: f32| if fall > least { flags } else { flags & !ELIGIBLE };
            Zip::from(&mut flags).and(dndvi).for_each(|flags, fall| *flags = greyed(*flags, *fall));
        }
        // With a threshold known beforehand no control is asked what grew on it; seed and grow asks for itself.
        let asked = self.known_key.is_none() && self.seeding.is_none();
        if let (Some(red), Some(nir), true) = (before.plane(Role::Red), before.plane(self.nir), asked) {
            Zip::from(&mut flags).and(red).and(nir).for_each(|flags, red, nir| {
                let green = normalized_difference(*nir, *red) >= GREEN_FROM;
                *flags |= if green { GREEN } else { 0 };
            });
        }
        flags
    }
}

/// Notes the pixels of a block that are set.
fn note(set: ArrayView2<'_, u8>, window: Window, bits: &Bits) {
    for (row, line) in (window.row as u32..).zip(set.rows()) {
        for (col, _) in (window.col as u32..).zip(line).filter(|(_, set)| **set != 0) {
            bits.set(Run { row, start: col, end: col + 1 });
        }
    }
}

/// Eligible pixels, added up in bytes as far as they reach.
fn eligible(flags: &[u8]) -> u64 {
    flags.chunks(128).map(|flags| u64::from(flags.iter().map(|flags| flags & ELIGIBLE).sum::<u8>())).sum()
}

/// Takes back the eligibility of pixels below a threshold, which nothing will ever find.
fn forget_below(key: i32, dnbr: &Array2<f32>, flags: &mut Array2<u8>) {
    let least = f64::from(key);
    Zip::from(flags).and(dnbr).for_each(|flags, dnbr| {
        let above = f64::from(*dnbr) * STEPS >= least;
        *flags = if above { *flags } else { *flags & !ELIGIBLE };
    });
}

/// Whether any pixel of the AOI counts on both dates.
fn any_seen([before, after]: [ArrayView2<'_, u8>; 2], inside: Option<ArrayView2<'_, bool>>) -> bool {
    let rows = before.rows().into_iter().zip(after.rows()).enumerate();
    rows.into_iter().any(|(row, (before, after))| {
        let (Some(before), Some(after)) = (before.to_slice(), after.to_slice()) else { return true };
        let both = |(before, after): (&u8, &u8)| mask::code_is_valid(*before) & mask::code_is_valid(*after);
        let codes = before.iter().zip(after);
        match inside.as_ref().and_then(|inside| inside.row(row).to_slice()) {
            None => codes.fold(false, |any, codes| any | both(codes)),
            Some(inside) => codes.zip(inside).fold(false, |any, (codes, inside)| any | (both(codes) & *inside)),
        }
    })
}

/// The graver code of both dates, `Outside` beyond the AOI.
pub(super) fn joined(
    before: ArrayView2<'_, u8>,
    after: ArrayView2<'_, u8>,
    inside: Option<ArrayView2<'_, bool>>,
) -> Result<Array2<u8>> {
    let mut codes = Array2::zeros(before.raw_dim());
    mask::merge(before, after, codes.view_mut())?;
    if let Some(inside) = inside {
        leave_outside(&mut codes, inside);
    }
    Ok(codes)
}

/// All cells of a plane in one piece.
fn whole<T>(plane: &Array2<T>) -> Result<&[T]> {
    plane.as_slice().ok_or_else(|| Error::bug("a plane is not in one piece"))
}
