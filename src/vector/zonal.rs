//! Numbers per object, added up as integers, so that neither the order of blocks nor the number
//! of threads can change them.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::kernel::label::Labels;

/// The unit of a step: layers come quantised as whole multiples of it.
pub const STEP: f64 = 1e-4;

/// Count, sum and extremes of steps. Sums hold for 2^31 pixels of any steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    count: u64,
    sum: i64,
    min: i32,
    max: i32,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, sum: 0, min: i32::MAX, max: i32::MIN }
    }
}

impl Tally {
    /// Takes in one value.
    pub fn add(&mut self, step: i32) {
        self.count += 1;
        self.sum += i64::from(step);
        self.min = self.min.min(step);
        self.max = self.max.max(step);
    }

    /// Takes in what another tally has seen.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Values seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean in the layer's unit; none when nothing was seen.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 * STEP)
    }

    /// The smallest value in the layer's unit.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then(|| f64::from(self.min) * STEP)
    }

    /// The largest value in the layer's unit.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then(|| f64::from(self.max) * STEP)
    }
}

/// A tally of one layer for each object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zones {
    tallies: Vec<Tally>,
}

impl Zones {
    /// For `objects` objects that have seen nothing.
    pub fn new(objects: usize) -> Self {
        Self { tallies: vec![Tally::default(); objects] }
    }

    /// Adds the values of one block, which are asked in steps by row and column of the block; None is no value.
    ///
    /// # Errors
    /// `Bug` when the labels do not fit the mask or the window leaves it.
    pub fn feed(
        &mut self,
        (mask, labels): (&Runs, &Labels),
        window: Window,
        step_at: impl Fn((usize, usize)) -> Option<i32>,
    ) -> Result<()> {
        fits(mask, labels, self.tallies.len(), window)?;
        for (label, row, columns) in stretches(mask, labels, window) {
            let tally = &mut self.tallies[label as usize];
            columns.filter_map(|column| step_at((row, column))).for_each(|step| tally.add(step));
        }
        Ok(())
    }

    /// Adds what other zones of the same objects have seen.
    pub fn merge(&mut self, other: &Self) {
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(own, other)| own.merge(other));
    }

    /// The tallies, by label.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }
}

/// Pixels of each class for each object; classes count from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassCounts {
    classes: usize,
    counts: Vec<u64>,
}

impl ClassCounts {
    /// For `objects` objects and classes `0..classes`.
    pub fn new(objects: usize, classes: u8) -> Self {
        Self { classes: usize::from(classes), counts: vec![0; objects * usize::from(classes)] }
    }

    /// Adds the pixels of one block, whose class is asked by row and column of the block; a pixel without a
    /// class, or with one out of range, is not counted.
    ///
    /// # Errors
    /// `Bug` when the labels do not fit the mask or the window leaves it.
    pub fn feed(
        &mut self,
        (mask, labels): (&Runs, &Labels),
        window: Window,
        class_at: impl Fn((usize, usize)) -> Option<u8>,
    ) -> Result<()> {
        let objects = self.counts.len().checked_div(self.classes).unwrap_or(labels.count);
        fits(mask, labels, objects, window)?;
        for (label, row, columns) in stretches(mask, labels, window) {
            for class in columns.filter_map(|column| class_at((row, column))) {
                let class = usize::from(class);
                if class < self.classes {
                    self.counts[label as usize * self.classes + class] += 1;
                }
            }
        }
        Ok(())
    }

    /// Adds what other counts of the same objects and classes have seen.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
    }

    /// The pixels of each class in one object; empty for a label that does not exist.
    pub fn of(&self, label: u32) -> &[u64] {
        let from = (label as usize).saturating_mul(self.classes);
        self.counts.get(from..from.saturating_add(self.classes)).unwrap_or(&[])
    }

    /// The class of most pixels, the lowest among equals; none when no pixel has a class.
    pub fn majority(&self, label: u32) -> Option<u8> {
        let seen = self.of(label).iter().zip(0u8..).filter(|(count, _)| **count > 0);
        seen.min_by_key(|(count, class)| (std::cmp::Reverse(**count), *class)).map(|(_, class)| class)
    }
}

/// That a window, the labels and the mask belong together.
fn fits(mask: &Runs, labels: &Labels, objects: usize, window: Window) -> Result<()> {
    let inside = window.right() <= mask.width() as usize && window.bottom() <= mask.height() as usize;
    let known = labels.of_run.len() == mask.as_slice().len() && labels.count == objects;
    if inside && known {
        return Ok(());
    }
    Err(Error::bug(format!("zonal numbers: mask and labels do not fit each other at {window}")))
}

/// The stretches of `mask` in `window`: label, row and columns counted from the window's corner.
fn stretches<'a>(
    mask: &'a Runs,
    labels: &'a Labels,
    window: Window,
) -> impl Iterator<Item = (u32, usize, Range<usize>)> + 'a {
    let runs = mask.as_slice();
    (window.row..window.bottom()).flat_map(move |row| {
        let first = runs.partition_point(|run| (run.row as usize, run.end as usize) <= (row, window.col));
        let here = runs.iter().zip(&labels.of_run).skip(first);
        let here = here.take_while(move |(run, _)| run.row as usize == row && (run.start as usize) < window.right());
        here.map(move |(run, label)| {
            let start = (run.start as usize).max(window.col) - window.col;
            (*label, row - window.row, start..(run.end as usize).min(window.right()) - window.col)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::runs::Run;
    use crate::kernel::label::{Connectivity, label};
    use ndarray::Array2;
    use proptest::prelude::*;

    fn mask() -> Runs {
        let run = |row, start, end| Run { row, start, end };
        Runs::from_unsorted(6, 4, vec![run(0, 0, 2), run(0, 4, 6), run(1, 5, 6), run(3, 1, 5)])
    }

    fn cut<T: Copy>(whole: &Array2<T>, window: Window) -> Array2<T> {
        Array2::from_shape_fn(window.shape(), |(row, column)| whole[(row + window.row, column + window.col)])
    }

    /// Zones fed by blocks of the given size, in the given order.
    fn fed(width: usize, height: usize, backwards: bool) -> (Zones, ClassCounts) {
        let (mask, labels) = (mask(), label(&mask(), Connectivity::Four));
        let steps = Array2::from_shape_fn((4, 6), |(row, column)| (row * 100) as i16 - (column * 7) as i16);
        let valid = Array2::from_shape_fn((4, 6), |(row, column)| (row, column) != (3, 1));
        let class = steps.mapv(|step| (step.unsigned_abs() % 3) as u8);
        let blocks = (0..4).step_by(height).flat_map(|row| (0..6).step_by(width).map(move |column| (row, column)));
        let mut blocks: Vec<_> = blocks.collect();
        if backwards {
            blocks.reverse();
        }
        let (mut zones, mut counts) = (Zones::new(3), ClassCounts::new(3, 3));
        for (row, column) in blocks {
            let window = Window::new(column, row, width.min(6 - column), height.min(4 - row));
            let mut own = Zones::new(3);
            let seen = cut(&valid, window);
            let part = cut(&steps, window);
            own.feed((&mask, &labels), window, |at| seen[at].then(|| part[at].into())).unwrap();
            zones.merge(&own);
            let class = cut(&class, window);
            counts.feed((&mask, &labels), window, |at| seen[at].then_some(class[at])).unwrap();
        }
        (zones, counts)
    }

    #[test]
    fn numbers_are_those_of_the_pixels() {
        let (zones, counts) = fed(6, 4, false);
        let tally = zones.tallies()[1];
        assert_eq!((tally.count(), tally.sum, tally.min, tally.max), (3, -28 - 35 + 65, -35, 65));
        assert_eq!(zones.tallies()[2].count(), 3, "one pixel of it was not seen");
        assert_eq!(zones.tallies()[0].mean(), Some(-3.5 * STEP));
        assert_eq!(counts.of(1), [0, 1, 2]);
        assert_eq!((counts.majority(0), counts.majority(1), counts.majority(9)), (Some(0), Some(2), None));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let labels = label(&mask(), Connectivity::Four);
        for (objects, window) in [(3, Window::new(1, 0, 6, 4)), (3, Window::whole(6, 5)), (2, Window::whole(6, 4))] {
            let outcome = Zones::new(objects).feed((&mask(), &labels), window, |_| Some(1));
            assert_eq!(outcome.unwrap_err().kind(), crate::Kind::Bug);
        }
    }

    #[test]
    fn nothing_seen_has_no_mean() {
        let tally = Tally::default();
        assert_eq!((tally.mean(), tally.min(), tally.max()), (None, None, None));
    }

    proptest! {
        #[test]
        fn blocks_of_any_size_and_order_agree(width in 1usize..7, height in 1usize..5, backwards: bool) {
            prop_assert_eq!(fed(width, height, backwards), fed(6, 4, false));
        }
    }
}
