//! What is remembered of a block between the passes: why a pixel was not tested, its deviate and its change, in steps.

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::pipeline::crew::{Watch, work_off};
use crate::plan::Plan;

/// Classes of the change layer.
pub(super) mod class {
    pub(in crate::pipeline::radar) const NONE: u8 = 0;
    pub(in crate::pipeline::radar) const RISE: u8 = 1;
    pub(in crate::pipeline::radar) const FALL: u8 = 2;
    pub(in crate::pipeline::radar) const SPECK: u8 = 3;
    pub(in crate::pipeline::radar) const UNCOVERED: u8 = 250;
    pub(in crate::pipeline::radar) const FEW: u8 = 251;
    pub(in crate::pipeline::radar) const CONSTANT: u8 = 252;
    pub(in crate::pipeline::radar) const FAILED: u8 = 253;
    pub(in crate::pipeline::radar) const OUTSIDE: u8 = 255;

    /// Code, words, colour.
    pub(in crate::pipeline::radar) const ALL: [(u8, &str, [u8; 4]); 9] = [
        (NONE, "no significant change", [236, 236, 228, 255]),
        (RISE, "backscatter rose", [200, 90, 20, 255]),
        (FALL, "backscatter fell", [30, 100, 180, 255]),
        (SPECK, "significant, object below the mapping unit", [190, 170, 200, 255]),
        (UNCOVERED, "not covered on a side", [70, 70, 70, 255]),
        (FEW, "fewer than two dates on a side", [120, 120, 120, 255]),
        (CONSTANT, "without variance", [150, 110, 60, 255]),
        (FAILED, "could not be read", [255, 0, 0, 255]),
        (OUTSIDE, "outside the area", [0, 0, 0, 0]),
    ];

    /// Whether a pixel of this class was tested.
    pub(in crate::pipeline::radar) fn is_seen(code: u8) -> bool {
        code < UNCOVERED
    }
}

/// Steps of change in a decibel.
pub(super) const PER_DB: f32 = 100.0;

/// One block, rows by columns.
pub(in crate::pipeline) struct Record {
    /// [`class::NONE`] where tested, else why not.
    pub(in crate::pipeline) code: Array2<u8>,
    /// Deviate in steps of the discovery kernel.
    pub(in crate::pipeline) key: Array2<i16>,
    /// Change in hundredths of a decibel.
    pub(in crate::pipeline) change: Array2<i16>,
}

impl Record {
    /// A block in which nothing was tested.
    pub(super) fn untested(code: Array2<u8>) -> Self {
        let shape = code.raw_dim();
        Self { code, key: Array2::from_elem(shape, i16::MIN), change: Array2::from_elem(shape, i16::MIN) }
    }

    /// Puts the block into a spool.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub(super) fn store(&self, spool: &Spool, index: usize) -> Result<()> {
        let mut bytes: Vec<u8> = self.code.iter().copied().collect();
        for steps in [&self.key, &self.change] {
            for half in 0..2 {
                bytes.extend(steps.iter().map(|step| step.to_le_bytes()[half]));
            }
        }
        spool.put(index, &bytes)
    }

    /// Takes the block of `window` out of a spool.
    fn fetch(spool: &Spool, index: usize, window: Window) -> Result<Self> {
        let mut bytes = Vec::new();
        let found = spool.read(index, &mut bytes)?;
        let pixels = window.len();
        let lost = || Error::bug(format!("block {index} is not in the spool"));
        if !found || bytes.len() != 5 * pixels {
            return Err(lost());
        }
        let (code, steps) = bytes.split_at(pixels);
        let plane = |from: usize| {
            let (low, high) = steps.get(from..from + 2 * pixels).unwrap_or_default().split_at(pixels);
            let steps = low.iter().zip(high).map(|(low, high)| i16::from_le_bytes([*low, *high])).collect();
            Array2::from_shape_vec(window.shape(), steps).map_err(|_| lost())
        };
        let code = Array2::from_shape_vec(window.shape(), code.to_vec()).map_err(|_| lost())?;
        Ok(Self { code, key: plane(0)?, change: plane(2 * pixels)? })
    }
}

/// Where the blocks are remembered, and what they belong to.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct Memory<'a> {
    pub(in crate::pipeline) plan: &'a Plan,
    pub(super) spool: &'a Spool,
    pub(super) watch: &'a dyn Watch,
}

impl Memory<'_> {
    /// One remembered block.
    ///
    /// # Errors
    /// As reading the scratch file.
    pub(in crate::pipeline) fn fetch(&self, index: usize) -> Result<Record> {
        Record::fetch(self.spool, index, self.plan.blocks[index])
    }

    /// Visits every remembered block; see [`work_off`].
    pub(in crate::pipeline) fn visit<S: Send>(
        &self,
        stage: &'static str,
        init: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, Window, Record) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        self.watch.stage(stage, self.plan.blocks.len());
        work_off(self.plan.blocks.len(), self.watch, init, |state, index| {
            let window = self.plan.blocks[index];
            work(state, window, Record::fetch(self.spool, index, window)?)?;
            self.watch.step(0);
            Ok(())
        })
    }
}
