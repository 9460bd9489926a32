//! How sure an effect is: a block bootstrap, since neighbouring pixels change together.

use super::draw::Draw;
use super::measurement::Interval;
use super::placement::{Field, Place};
use super::test::{median, quantile};
use crate::geom::runs::Run;

/// Least side of a block in metres: fields are about as large.
const BLOCK_M: f64 = 200.0;
/// Blocks across the area at most.
const ACROSS: u32 = 20;

/// Counts of one block.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Block {
    /// Pixels seen.
    pub seen: u64,
    /// Pixels detected.
    pub hit: u64,
}

/// The blocks of the area with anything seen.
pub fn blocks(field: &Field<'_>, place: &Place) -> Vec<Block> {
    let (width, height) = place.stencil.size();
    let (dx, dy) = field.grid.pixel_metres();
    let side = |pixels: u32, metres: f64| ((BLOCK_M / metres).ceil() as u32).max(pixels.div_ceil(ACROSS)).max(1);
    let (across, down) = (side(width, dx), side(height, dy));
    let columns = width.div_ceil(across);
    let mut blocks = vec![Block::default(); (columns * height.div_ceil(down)) as usize];
    for run in place.stencil.at(place.corner) {
        let (row, left) = ((run.row - place.corner.1) / down, place.corner.0);
        for column in (run.start - left) / across..=(run.end - 1 - left) / across {
            let start = run.start.max(left + column * across);
            let part = Run { start, end: run.end.min(left + (column + 1) * across), ..run };
            let block = &mut blocks[(row * columns + column) as usize];
            block.seen += field.seen.count(part);
            block.hit += field.hit.count(part);
        }
    }
    blocks.retain(|block| block.seen > 0);
    blocks
}

/// The area's share less the placebos' median, both drawn anew `resamples` times: value, and the middle 95 %
/// (percentiles; Efron 1979; blocks: Künsch 1989, doi 10.1214/aos/1176347265).
pub fn effect(blocks: &[Block], placebos: &[f64], resamples: usize, seed: u64) -> Interval {
    let share = |hit: u64, seen: u64| hit as f64 / seen.max(1) as f64;
    let (seen, hit) = blocks.iter().fold((0, 0), |(seen, hit), block| (seen + block.seen, hit + block.hit));
    let value = share(hit, seen) - median(placebos);
    let drawn: Vec<f64> = (0..resamples)
        .map(|number| {
            let mut draw = Draw::new(seed, number as u64);
            let again = (0..blocks.len()).filter_map(|_| blocks.get(draw.below(blocks.len())));
            let (seen, hit) = again.fold((0, 0), |(seen, hit), block| (seen + block.seen, hit + block.hit));
            let usual: Vec<f64> =
                (0..placebos.len()).filter_map(|_| placebos.get(draw.below(placebos.len())).copied()).collect();
            share(hit, seen) - median(&usual)
        })
        .collect();
    Interval { value, low: quantile(&drawn, 0.025).min(value), high: quantile(&drawn, 0.975).max(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_value_and_narrows() {
        let blocks = |count: usize| -> Vec<Block> {
            (0..count).map(|n| Block { seen: 100, hit: if n % 4 == 0 { 100 } else { 0 } }).collect()
        };
        let few = effect(&blocks(16), &[0.0; 30], 499, 1);
        let many = effect(&blocks(400), &[0.0; 30], 499, 1);
        assert_eq!((few.value, many.value), (0.25, 0.25));
        assert!(few.low < many.low && many.high < few.high && few.low > 0.0 && many.low > 0.18, "{few:?} {many:?}");
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(effect(&[], &[], 99, 1), Interval { value: 0.0, low: 0.0, high: 0.0 });
    }
}
