//! What detection remembers of a block between the passes: flags for every pixel, dNBR and RBR in steps for the
//! eligible ones, each in a scratch file of its own, so that a pass fetches only what it needs.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::io::store::Stage;

/// Steps per unit: dNBR is remembered in whole multiples of 1e-4, rounded down, so that `steps >= t` decides
/// exactly as `dNBR >= t / 10000` does for any whole `t`.
pub(super) const STEPS: f64 = 1e4;

/// May be found burned: seen, and of no barred class.
pub(super) const ELIGIBLE: u8 = 1;
/// Green before, by NDVI.
pub(super) use crate::kernel::burn::signs::GREEN;
/// Seen on both dates.
pub(super) const SEEN: u8 = 4;

/// The scratch files of a run.
#[derive(Debug)]
pub(super) struct Records {
    /// Compressed: flags of neighbours are alike.
    flags: Spool,
    /// Plain: steps hardly compress.
    dnbr: Spool,
    rbr: Spool,
    /// One for each sign that seed and grow asks for.
    signs: Vec<Spool>,
}

/// One block in the making, row by row; its memory serves for the next block.
#[derive(Debug, Default)]
pub(super) struct Record {
    flags: Vec<u8>,
    dnbr: Vec<i16>,
    rbr: Vec<i16>,
    signs: Vec<Vec<i8>>,
}

/// The least value of a layer in steps, rounded down without a call, so that loops stay vectorised; NaN
/// becomes 0.
#[inline]
pub(super) fn step(value: f32) -> i16 {
    let steps = f64::from(value) * STEPS;
    let near = steps as i32;
    let down = near - i32::from(f64::from(near) > steps);
    down.clamp(-32767, 32767) as i16
}

impl Record {
    /// Empties the record for a block of another place.
    pub(super) fn clear(&mut self) {
        self.flags.clear();
        self.dnbr.clear();
        self.rbr.clear();
        self.signs.iter_mut().for_each(Vec::clear);
    }

    /// Adds pixels in raster order: their flags, and dNBR and RBR of all of them, of which the eligible
    /// ones' are kept.
    pub(super) fn extend(&mut self, flags: &[u8], dnbr: &[f32], rbr: &[f32]) {
        self.flags.extend_from_slice(flags);
        pack(flags, dnbr, &mut self.dnbr);
        pack(flags, rbr, &mut self.rbr);
    }

    /// Adds pixels in raster order whose dNBR is in steps already; of the eligible ones it is kept.
    pub(super) fn extend_steps(&mut self, flags: &[u8], dnbr: &[i16]) {
        self.flags.extend_from_slice(flags);
        let eligible = flags.iter().zip(dnbr).filter(|(flags, _)| **flags & ELIGIBLE != 0);
        self.dnbr.extend(eligible.map(|(_, step)| *step));
    }

    /// Adds the signs of the pixels that [`extend`](Self::extend) took last, of which the eligible ones' are kept.
    pub(super) fn extend_signs(&mut self, flags: &[u8], signs: &[Array2<i8>]) {
        self.signs.resize_with(signs.len().max(self.signs.len()), Vec::new);
        for (kept, plane) in self.signs.iter_mut().zip(signs) {
            let values = flags.iter().zip(plane.as_slice().unwrap_or_default());
            kept.extend(values.filter(|(flags, _)| **flags & ELIGIBLE != 0).map(|(_, step)| *step));
        }
    }

    /// dNBR in steps of the eligible pixels so far, with the flags of each.
    pub(super) fn flagged(&self) -> impl Iterator<Item = (u8, i16)> + '_ {
        let flags = self.flags.iter().copied().filter(|flags| flags & ELIGIBLE != 0);
        flags.zip(self.dnbr.iter().copied())
    }

    /// Adds pixels of which none is eligible.
    pub(super) fn extend_blank(&mut self, flags: u8, count: usize) {
        self.flags.resize(self.flags.len() + count, flags & !ELIGIBLE);
    }

    /// dNBR in steps of the eligible pixels so far.
    pub(super) fn eligible(&self) -> &[i16] {
        &self.dnbr
    }
}

/// Appends the values of eligible pixels in steps. Stretches without one are passed over whole; elsewhere every
/// value is written and the next one goes over it if it does not count, which needs no branch.
fn pack(flags: &[u8], values: &[f32], kept: &mut Vec<i16>) {
    for (flags, values) in flags.chunks(STRETCH).zip(values.chunks(STRETCH)).filter(|(flags, _)| any(flags)) {
        let mut room = [0; STRETCH];
        let mut count = 0;
        for (flags, value) in flags.iter().zip(values) {
            room[count % STRETCH] = step(*value);
            count += usize::from(flags & ELIGIBLE);
        }
        kept.extend_from_slice(room.get(..count).unwrap_or_default());
    }
}

impl Records {
    /// Opens the scratch files, with room for so many signs.
    ///
    /// # Errors
    /// As [`Stage::temporary`].
    pub(super) fn new(stage: &Stage, signs: usize) -> Result<Self> {
        Self::named(stage, "", signs)
    }

    /// The same under a name of its own, for several at a time.
    ///
    /// # Errors
    /// As [`Stage::temporary`].
    pub(super) fn named(stage: &Stage, name: &str, signs: usize) -> Result<Self> {
        Ok(Self {
            flags: Spool::compressed(stage.temporary(&format!("flags{name}"))?),
            dnbr: Spool::new(stage.temporary(&format!("dnbr{name}"))?),
            rbr: Spool::new(stage.temporary(&format!("rbr{name}"))?),
            signs: (0..signs)
                .map(|place| Ok(Spool::compressed(stage.temporary(&format!("sign{place}{name}"))?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Keeps block `index`.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub(super) fn keep(&self, index: usize, record: &Record) -> Result<()> {
        self.flags.put(index, &record.flags)?;
        self.dnbr.put(index, bytemuck::cast_slice(&record.dnbr))?;
        let none = Vec::new();
        for (place, spool) in self.signs.iter().enumerate() {
            spool.put(index, bytemuck::cast_slice(record.signs.get(place).unwrap_or(&none)))?;
        }
        self.rbr.put(index, bytemuck::cast_slice(&record.rbr))
    }

    /// Takes out the flags of block `index`, which covers `window`.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` when the block was never kept or has another size.
    pub(super) fn fetch(&self, index: usize, window: Window) -> Result<Stored<'_>> {
        let mut flags = Vec::new();
        let found = self.flags.read(index, &mut flags)? && flags.len() == window.len();
        if !found {
            return Err(Error::bug(format!("block {index} is not in the scratch files")));
        }
        let flags = Array2::from_shape_vec(window.shape(), flags).map_err(|error| Error::bug(error.to_string()))?;
        Ok(Stored { records: self, index, flags })
    }
}

/// A block as it comes back; steps are fetched only when asked for.
pub(super) struct Stored<'a> {
    records: &'a Records,
    index: usize,
    flags: Array2<u8>,
}

impl Stored<'_> {
    /// [`ELIGIBLE`], [`GREEN`], [`SEEN`] and the flags of signs, rows by columns.
    pub(super) fn flags(&self) -> ArrayView2<'_, u8> {
        self.flags.view()
    }

    /// Whether any pixel is eligible.
    pub(super) fn any(&self) -> bool {
        self.records.dnbr.stored(self.index).is_some_and(|bytes| bytes > 0)
    }

    /// dNBR in steps, 0 where not eligible.
    ///
    /// # Errors
    /// As [`Spool::read`].
    pub(super) fn dnbr(&self) -> Result<Array2<i16>> {
        self.spread(&self.records.dnbr)
    }

    /// RBR in steps, 0 where not eligible.
    ///
    /// # Errors
    /// As [`Spool::read`].
    pub(super) fn rbr(&self) -> Result<Array2<i16>> {
        self.spread(&self.records.rbr)
    }

    /// A sign by its place, 0 where not eligible.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` for a sign that was not remembered.
    pub(super) fn sign(&self, place: usize) -> Result<Array2<i8>> {
        let spool = self.records.signs.get(place).ok_or_else(|| Error::bug("a sign that nobody remembered"))?;
        let mut bytes = Vec::new();
        spool.read(self.index, &mut bytes)?;
        self.placed(bytes.iter().map(|byte| byte.cast_signed()))
    }

    fn spread(&self, spool: &Spool) -> Result<Array2<i16>> {
        let mut bytes = Vec::new();
        spool.read(self.index, &mut bytes)?;
        self.placed(bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_ne_bytes(*pair)))
    }

    /// The values of the eligible pixels where they belong.
    fn placed<T: Copy + Default>(&self, mut steps: impl Iterator<Item = T>) -> Result<Array2<T>> {
        let mut all = vec![T::default(); self.flags.len()];
        let flags = self.flags.as_slice().unwrap_or_default();
        for (flags, all) in flags.chunks(STRETCH).zip(all.chunks_mut(STRETCH)).filter(|(flags, _)| any(flags)) {
            for (flags, step) in flags.iter().zip(all) {
                *step = if flags & ELIGIBLE != 0 { steps.next().unwrap_or_default() } else { T::default() };
            }
        }
        Array2::from_shape_vec(self.flags.raw_dim(), all).map_err(|error| Error::bug(error.to_string()))
    }
}

/// Pixels that are looked at together.
const STRETCH: usize = 64;

/// Whether any pixel of a stretch or row is eligible.
pub(super) fn any(flags: &[u8]) -> bool {
    flags.iter().fold(0, |any, flags| any | flags) & ELIGIBLE != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::store::Scratch;
    use ndarray::array;

    #[test]
    fn steps_round_down() {
        let steps = [0.27f32, 0.269_999_9, -0.000_01, f32::NAN, 9.0, -9.0].map(step);
        assert_eq!(steps, [2700, 2699, -1, 0, 32767, -32767]);
    }

    #[test]
    fn what_is_eligible_comes_back() {
        let mut record = Record::default();
        record.extend(&[ELIGIBLE, 0], &[0.000_51, -0.5], &[0.100_01, 0.2]);
        record.extend(&[ELIGIBLE | GREEN | SEEN, ELIGIBLE], &[0.070_01, f32::NAN], &[-0.299_99, 0.400_01]);
        assert_eq!(record.eligible(), [5, 700, 0]);
        record.extend_signs(&[ELIGIBLE, 0, ELIGIBLE, ELIGIBLE], &[array![[7i8, 8], [-9, 1]]]);
        assert_eq!(
            record.flagged().map(|(flags, step)| (flags & GREEN, step)).collect::<Vec<_>>(),
            [(0, 5), (GREEN, 700), (0, 0)]
        );
        let folder = Scratch::new().unwrap();
        let stage = crate::io::store::Stage::begin(&folder.path().join("out"), false, &[]).unwrap();
        let records = Records::new(&stage, 1).unwrap();
        records.keep(0, &record).unwrap();
        let back = records.fetch(0, Window::whole(2, 2)).unwrap();
        assert_eq!(back.flags(), array![[ELIGIBLE, 0], [ELIGIBLE | GREEN | SEEN, ELIGIBLE]]);
        assert_eq!(back.dnbr().unwrap(), array![[5, 0], [700, 0]]);
        assert_eq!(back.rbr().unwrap(), array![[1000, 0], [-3000, 4000]]);
        assert_eq!(back.sign(0).unwrap(), array![[7, 0], [-9, 1]]);
        assert!(back.sign(1).is_err());
        assert!(back.any() && records.fetch(1, Window::whole(2, 2)).is_err());
        record.clear();
        record.extend_blank(SEEN | ELIGIBLE, 4);
        records.keep(1, &record).unwrap();
        let blank = records.fetch(1, Window::whole(2, 2)).unwrap();
        assert!(!blank.any() && blank.dnbr().unwrap() == array![[0, 0], [0, 0]]);
    }
}
