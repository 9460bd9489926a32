//! One overview step: four cells become one.

use ndarray::{Array2, ArrayView2, Axis};

use super::cell::{Sample, contiguous, wide};
use super::spec::Reduce;

/// Cells of half the size, rounded up; at an odd edge two cells or one become one.
pub(super) fn halve<T: Sample>(cells: ArrayView2<T>, how: Reduce, nodata: Option<T>) -> Array2<T> {
    let (height, width) = cells.dim();
    let mut out = Vec::with_capacity(height.div_ceil(2) * width.div_ceil(2));
    for top in (0..height).step_by(2) {
        let lower = (top + 1 < height).then(|| contiguous(cells.index_axis_move(Axis(0), top + 1)));
        let upper = contiguous(cells.index_axis_move(Axis(0), top));
        join_rows(&upper, lower.as_deref(), how, nodata, &mut out);
    }
    // The shape follows from the loops; a mismatch cannot arise.
    Array2::from_shape_vec((height.div_ceil(2), width.div_ceil(2)), out).unwrap_or_default()
}

/// Appends one row: `upper` and, but for an odd edge, `lower`.
fn join_rows<T: Sample>(upper: &[T], lower: Option<&[T]>, how: Reduce, nodata: Option<T>, out: &mut Vec<T>) {
    let join = match how {
        Reduce::Mode => mode,
        _ => average,
    };
    let (pairs, odd) = upper.as_chunks::<2>();
    let (below, odd_below) = lower.map(<[T]>::as_chunks::<2>).unwrap_or_default();
    let quads = pairs.iter().zip(below).map(|([a, b], [c, d])| [*a, *b, *c, *d]);
    match (lower, how) {
        (None, _) => out.extend(pairs.iter().map(|[a, b]| join([*a, *b, *a, *b], [true, true, false, false], nodata))),
        // The inner loop names its function, so that it is inlined and runs over many cells at once.
        (_, Reduce::Mode) => mode_quads(pairs, below, nodata, out),
        _ => join_quads(quads, out, |quad| average(quad, [true; 4], nodata)),
    }
    if let [a] = odd {
        let c = odd_below.first().copied();
        out.push(join([*a, *a, c.unwrap_or(*a), *a], [true, false, c.is_some(), false], nodata));
    }
}

/// Appends the mode of each four cells. Most stretches are of one class: those need no vote.
fn mode_quads<T: Sample>(pairs: &[[T; 2]], below: &[[T; 2]], nodata: Option<T>, out: &mut Vec<T>) {
    const STRETCH: usize = 16;
    for (pairs, below) in pairs.chunks(STRETCH).zip(below.chunks(STRETCH)) {
        let first = pairs.first().map_or(T::VOID, |pair| pair[0]);
        let same = |cells: &[[T; 2]]| cells.as_flattened().iter().fold(true, |same, cell| same & (*cell == first));
        if same(pairs) & same(below) {
            out.resize(out.len() + pairs.len(), first);
        } else {
            let quads = pairs.iter().zip(below).map(|([a, b], [c, d])| [*a, *b, *c, *d]);
            out.extend(quads.map(|quad| mode(quad, [true; 4], nodata)));
        }
    }
}

/// Appends what `join` makes of each four cells.
fn join_quads<T: Sample>(quads: impl ExactSizeIterator<Item = [T; 4]>, out: &mut Vec<T>, join: impl Fn([T; 4]) -> T) {
    let start = out.len();
    out.resize(start + quads.len(), T::default());
    let places = out.get_mut(start..).unwrap_or_default();
    wide(
        #[inline(always)]
        move || quads.zip(places).for_each(|(quad, place)| *place = join(quad)),
    );
}

/// The mean of those cells that are `present` and count.
#[inline]
fn average<T: Sample>(cells: [T; 4], present: [bool; 4], nodata: Option<T>) -> T {
    let mut kept = [T::default(); 4];
    let mut count = 0;
    for ((kept, cell), present) in kept.iter_mut().zip(cells).zip(present) {
        let counts = present && cell.counts(nodata);
        *kept = if counts { cell } else { T::default() };
        count += u8::from(counts);
    }
    let mean = T::mean(kept, count);
    if count == 0 { nodata.unwrap_or(T::VOID) } else { mean }
}

/// The most frequent of those cells that are `present` and count, of several the lowest.
#[inline]
fn mode<T: Sample>(cells: [T; 4], present: [bool; 4], nodata: Option<T>) -> T {
    let [a, b, c, d] = cells;
    if a == b && a == c && a == d {
        return a;
    }
    let [pa, pb, pc, pd] = present.map(u8::from);
    // Six comparisons tell all votes; a cell that does not count gets none.
    let [ab, ac, ad] = [a == b, a == c, a == d].map(u8::from);
    let [bc, bd, cd] = [b == c, b == d, c == d].map(u8::from);
    let votes = [
        pa * (1 + ab * pb + ac * pc + ad * pd),
        pb * (1 + ab * pa + bc * pc + bd * pd),
        pc * (1 + ac * pa + bc * pb + cd * pd),
        pd * (1 + ad * pa + bd * pb + cd * pc),
    ];
    let mut best = (0, nodata.unwrap_or(T::VOID));
    for (votes, cell) in votes.into_iter().zip(cells) {
        let votes = votes * u8::from(cell.counts(nodata));
        let wins = votes > best.0 || (votes > 0 && votes == best.0 && cell < best.1);
        best = if wins { (votes, cell) } else { best };
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_mode_breaks_ties_downwards_and_skips_nodata() {
        let all = [true; 4];
        assert_eq!(mode([3u8, 1, 3, 1], all, Some(0)), 1);
        assert_eq!(mode([0u8, 0, 0, 9], all, Some(0)), 9);
        assert_eq!(mode([9u8, 4, 9, 4], all, Some(4)), 9);
        assert_eq!(mode([0u8; 4], all, Some(0)), 0);
        assert_eq!(mode([7u8, 7, 7, 2], [false, false, false, true], None), 2);
        assert_eq!(mode([f32::NAN, 2.0, 1.0, f32::NAN], all, None), 1.0);
    }

    #[test]
    fn the_average_skips_nodata_and_odd_edges() {
        let cells = array![[1i16, 2, -9], [4, -9, -9], [10, 11, 7]];
        assert_eq!(halve(cells.view(), Reduce::Average, Some(-9)), array![[2, -9], [10, 7]]);
        assert_eq!(halve(cells.t(), Reduce::Average, Some(-9)), array![[2, 10], [-9, 7]]);
        assert_eq!(halve(cells.view(), Reduce::Mode, Some(-9)), array![[1, -9], [10, 7]]);
    }

    #[test]
    fn four_nans_stay_nothing() {
        let cells = array![[f32::NAN, f32::NAN], [f32::NAN, f32::NAN]];
        assert!(halve(cells.view(), Reduce::Average, None)[[0, 0]].is_nan());
        assert_eq!(halve(cells.view(), Reduce::Average, Some(-1.0)), array![[-1.0]]);
    }
}
