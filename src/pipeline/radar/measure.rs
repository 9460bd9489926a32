//! The measuring pass: every block of the stack read once, tested, written as layers and remembered.

use jiff::civil::Date;
use ndarray::{Array2, ArrayView2, Zip};

use super::layers::{Layers, UNTESTED, stepped};
use super::prepared::RadarPrepared;
use super::record::{PER_DB, Record, class};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::kernel::sar::contrast::contrast;
use crate::kernel::sar::discovery::{Deviates, key_of};
use crate::kernel::sar::hotelling::hotelling;
use crate::kernel::sar::omnibus::{Changes, NEVER, changes};
use crate::kernel::sar::stouffer::Stouffer;
use crate::pipeline::crew::{Watch, guarded, work_off};
use crate::pipeline::cut::stamp;
use crate::pipeline::summary::FailedBlock;
use crate::recipe::Statistic;

/// Decibels in a natural logarithm.
const DB_PER_NEPER: f32 = 10.0 / std::f32::consts::LN_10;

/// Everything that the pass needs, shared by all threads.
pub(super) struct Pass<'a> {
    pub(super) prepared: &'a RadarPrepared,
    pub(super) layers: &'a Layers,
    pub(super) spool: &'a Spool,
}

/// What the pass counted.
#[derive(Default)]
pub(super) struct Measured {
    /// Deciding deviates of the area.
    pub(super) deviates: Deviates,
    /// Samples of the files that were numbers, and those of them without power.
    pub(super) samples: [u64; 2],
    /// Blocks that were read.
    read: usize,
    /// Blocks that could not be read.
    pub(super) failed: Vec<FailedBlock>,
    first_failure: Option<(usize, Error)>,
}

/// One block, computed.
struct Computed {
    record: Record,
    z: [Option<Array2<f32>>; 2],
    ratio: [Option<Array2<f32>>; 2],
    omnibus: Option<[Array2<u16>; 3]>,
    samples: [u64; 2],
    bytes: u64,
}

/// What the orbits say together, as it is added up.
struct Sum {
    single: [Stouffer; 2],
    both: Stouffer,
    /// The most dates that the poorer side of any orbit saw.
    dates: [Array2<u16>; 2],
}

impl Pass<'_> {
    /// Works off all blocks.
    ///
    /// # Errors
    /// The first reading failure when no block could be read; any failure to write.
    pub(super) fn run(&self, watch: &dyn Watch) -> Result<Measured> {
        let blocks = &self.prepared.plan.blocks;
        watch.stage("measure", blocks.len());
        let parts = work_off(blocks.len(), watch, Measured::default, |measured, index| {
            watch.step(self.block(measured, index)?);
            Ok(())
        })?;
        let mut sum = Measured::default();
        parts.into_iter().for_each(|part| sum.merge(part));
        sum.failed.sort_by_key(|failed| (failed.window.row, failed.window.col));
        match sum.first_failure.take() {
            Some((_, error)) if sum.read == 0 => {
                Err(error.hint("no block could be read: the file is damaged or cut short, fetch it again"))
            }
            _ => Ok(sum),
        }
    }

    fn block(&self, measured: &mut Measured, index: usize) -> Result<u64> {
        let window = self.prepared.plan.blocks[index];
        let mut inside = Array2::from_elem(window.shape(), false);
        if !stamp(&mut inside, window, &self.prepared.plan.aoi, true) {
            self.layers.put_nothing(window)?;
            return Record::untested(Array2::from_elem(window.shape(), class::OUTSIDE))
                .store(self.spool, index)
                .map(|()| 0);
        }
        match guarded(|| self.compute(window, inside.view())) {
            Ok(computed) => self.keep(measured, index, window, computed),
            Err(error) => {
                measured.note_failure(index, window, error);
                self.layers.put_nothing(window)?;
                let code = inside.mapv(|inside| if inside { class::FAILED } else { class::OUTSIDE });
                Record::untested(code).store(self.spool, index).map(|()| 0)
            }
        }
    }

    fn keep(&self, measured: &mut Measured, index: usize, window: Window, computed: Computed) -> Result<u64> {
        let nothing = || Array2::from_elem(window.shape(), f32::NAN);
        let pairs = self.layers.z.iter().zip(&computed.z).chain(self.layers.ratio.iter().zip(&computed.ratio));
        for (layer, values) in pairs {
            let Some(layer) = layer else { continue };
            match values {
                Some(values) => layer.put(window, values.view())?,
                None => layer.put(window, nothing().view())?,
            }
        }
        let untested = || std::array::from_fn(|_| Array2::from_elem(window.shape(), UNTESTED));
        let maps: [Array2<u16>; 3] = computed.omnibus.unwrap_or_else(untested);
        for (layer, map) in self.layers.omnibus.iter().zip(&maps) {
            layer.put_whole(window, map.view())?;
        }
        computed.record.key.iter().for_each(|key| measured.deviates.add(*key));
        measured.samples = std::array::from_fn(|at| measured.samples[at] + computed.samples[at]);
        measured.read += 1;
        computed.record.store(self.spool, index)?;
        Ok(computed.bytes)
    }

    fn compute(&self, window: Window, inside: ArrayView2<'_, bool>) -> Result<Computed> {
        let recipe = &self.prepared.request.recipe.radar;
        let shape = window.shape();
        let mut sum = Sum::new(shape);
        let (mut omnibus, mut samples, mut bytes) = (None, [0, 0], 0);
        let longest = self.prepared.stack.longest();
        for (at, feed) in self.prepared.feeds.iter().enumerate() {
            let block = feed.read(window, recipe.multilook)?;
            samples = [samples[0] + block.samples, samples[1] + block.dark];
            bytes += block.bytes;
            let power: Vec<Option<Vec<ArrayView2<'_, f32>>>> = block
                .power
                .iter()
                .map(|planes| planes.as_ref().map(|planes| planes.iter().map(|plane| plane.view()).collect()))
                .collect();
            let both = self.prepared.stack.statistic == Statistic::Hotelling;
            sum.add(&power, (feed.before, recipe.welch_dates), both)?;
            if at == longest {
                let channels: Vec<&[ArrayView2<'_, f32>]> = power.iter().flatten().map(Vec::as_slice).collect();
                if !channels.is_empty() {
                    let made = changes(&channels, recipe.looks, recipe.omnibus_alpha)?;
                    omnibus = Some(dated(&made, &self.days(longest), inside));
                }
            }
        }
        let record = self.decided(&sum, inside);
        let within = |planes: [Array2<f32>; 2], factor: f32| planes.map(|plane| Some(masked(plane, inside, factor)));
        let [vv, vh] = &sum.single;
        let z = within([vv.z(), vh.z()], 1.0);
        let ratio = within([vv.difference(), vh.difference()], DB_PER_NEPER);
        Ok(Computed { record, z, ratio, omnibus, samples, bytes })
    }

    /// The days of an orbit.
    fn days(&self, orbit: usize) -> Vec<Date> {
        self.prepared
            .stack
            .orbits
            .get(orbit)
            .map(|orbit| orbit.days().map(|day| day.date).collect())
            .unwrap_or_default()
    }

    /// The deciding deviate in steps, and why there is none.
    fn decided(&self, sum: &Sum, inside: ArrayView2<'_, bool>) -> Record {
        let [vv, vh] = &sum.single;
        let (z, change, dates) = match self.prepared.stack.statistic {
            Statistic::Vv => (vv.z(), vv.difference(), sum.dates[0].clone()),
            Statistic::Hotelling => {
                let fewer = Zip::from(&sum.dates[0]).and(&sum.dates[1]).map_collect(|a, b| *a.min(b));
                (sum.both.z(), (vv.difference() + vh.difference()) / 2.0, fewer)
            }
            _ => (vh.z(), vh.difference(), sum.dates[1].clone()),
        };
        let why = |z: f32, dates: u16, inside: bool| match dates {
            _ if !inside => class::OUTSIDE,
            _ if !z.is_nan() => class::NONE,
            0 => class::UNCOVERED,
            1 => class::FEW,
            _ => class::CONSTANT,
        };
        let code = Zip::from(&z).and(&dates).and(inside).map_collect(|z, dates, inside| why(*z, *dates, *inside));
        let only = |value: f32, inside: bool| if inside { value } else { f32::NAN };
        let key = Zip::from(&z).and(inside).map_collect(|z, inside| key_of(only(*z, *inside)));
        let step = f64::from(1.0 / PER_DB);
        let change = Zip::from(&change)
            .and(&code)
            .map_collect(|change, code| stepped(only(change * DB_PER_NEPER, *code == class::NONE), step));
        Record { code, key, change }
    }
}

impl Sum {
    fn new(shape: (usize, usize)) -> Self {
        let none = || Stouffer::new(shape);
        Self { single: [none(), none()], both: none(), dates: [Array2::zeros(shape), Array2::zeros(shape)] }
    }

    /// Adds an orbit, whose first `before` days lie before the event; polarisations together only where `both` is asked.
    fn add(
        &mut self,
        power: &[Option<Vec<ArrayView2<'_, f32>>>],
        (before, least): (usize, usize),
        both: bool,
    ) -> Result<()> {
        let mut worth = None;
        for (at, days) in power.iter().enumerate() {
            let Some((first, second)) = days.as_ref().and_then(|days| days.split_at_checked(before)) else { continue };
            let made = contrast(first, second, least)?;
            self.single[at].add(made.z.view(), made.difference.view(), made.n_eff.view());
            self.dates[at].zip_mut_with(&made.dates, |most, dates| *most = (*most).max(*dates));
            worth = Some((made.n_eff, made.difference));
        }
        if let ([Some(vv), Some(vh)], Some((n_eff, difference)), true) = (power, worth, both) {
            let (Some((vv1, vv2)), Some((vh1, vh2))) = (vv.split_at_checked(before), vh.split_at_checked(before))
            else {
                return Err(Error::bug("fewer days than lie before"));
            };
            self.both.add(hotelling((vv1, vh1), (vv2, vh2))?.view(), difference.view(), n_eff.view());
        }
        Ok(())
    }
}

/// Values times a factor, NaN outside.
fn masked(plane: Array2<f32>, inside: ArrayView2<'_, bool>, factor: f32) -> Array2<f32> {
    Zip::from(&plane).and(inside).map_collect(|value, inside| if *inside { value * factor } else { f32::NAN })
}

/// The omnibus maps with date numbers as days since 1970; 0 without a change, untested where fewer than two dates saw it.
fn dated(made: &Changes, days: &[Date], inside: ArrayView2<'_, bool>) -> [Array2<u16>; 3] {
    let epoch = Date::constant(1970, 1, 1);
    let days: Vec<u16> = days.iter().map(|day| u16::try_from((*day - epoch).get_days()).unwrap_or(0)).collect();
    let day = |number: u16| if number == NEVER { 0 } else { days.get(usize::from(number)).copied().unwrap_or(0) };
    let tested = Zip::from(&made.dates).and(inside).map_collect(|dates, inside| *dates >= 2 && *inside);
    let map = |values: &Array2<u16>, of: &dyn Fn(u16) -> u16| {
        Zip::from(values).and(&tested).map_collect(|value, tested| if *tested { of(*value) } else { UNTESTED })
    };
    [map(&made.first, &day), map(&made.last, &day), map(&made.count, &|count| count)]
}

impl Measured {
    fn merge(&mut self, other: Self) {
        self.deviates.merge(&other.deviates);
        self.samples = std::array::from_fn(|at| self.samples[at] + other.samples[at]);
        self.read += other.read;
        self.failed.extend(other.failed);
        if let Some(failure) = other.first_failure
            && self.first_failure.as_ref().is_none_or(|(index, _)| failure.0 < *index)
        {
            self.first_failure = Some(failure);
        }
    }

    fn note_failure(&mut self, index: usize, window: Window, error: Error) {
        self.failed.push(FailedBlock { window, error: error.to_string() });
        if self.first_failure.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
            self.first_failure = Some((index, error));
        }
    }
}
