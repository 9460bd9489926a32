//! Properties of the tracer; the foreign oracle is in `tests/vector.rs`.

use super::*;
use geo::{Coord, LineString, Polygon, Validation};
use proptest::prelude::*;

/// A mask from rows of bits, most significant first.
fn mask(width: u32, rows: &[u16]) -> Runs {
    let pixels = rows.iter().enumerate().flat_map(|(row, bits)| {
        let set = (0..width).filter(move |column| bits >> (15 - column) & 1 == 1);
        set.map(move |start| Run { row: row as u32, start, end: start + 1 })
    });
    Runs::from_unsorted(width, rows.len() as u32, pixels.collect())
}

/// With north up.
fn polygon(outline: &PixelPolygon) -> Polygon<f64> {
    let ring = |corners: &[Corner]| {
        LineString::new(corners.iter().map(|[x, y]| Coord { x: f64::from(*x), y: -f64::from(*y) }).collect())
    };
    Polygon::new(ring(&outline.exterior), outline.holes.iter().map(|hole| ring(hole)).collect())
}

/// The runs inside, by the vertical edges that each row crosses.
fn fill(width: u32, height: u32, polygons: &[PixelPolygon]) -> Runs {
    let mut columns = vec![Vec::new(); height as usize];
    for ring in polygons.iter().flat_map(PixelPolygon::rings) {
        for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)).filter(|(from, to)| from[0] == to[0]) {
            (from[1].min(to[1])..from[1].max(to[1])).for_each(|row| columns[row as usize].push(from[0]));
        }
    }
    let mut runs = Vec::new();
    for (row, mut columns) in columns.into_iter().enumerate() {
        columns.sort_unstable();
        runs.extend(columns.chunks(2).map(|pair| Run { row: row as u32, start: pair[0], end: pair[1] }));
    }
    Runs::from_unsorted(width, height, runs)
}

/// Everything that must hold of any mask.
fn check(mask: &Runs, connectivity: Connectivity) {
    let objects = label(mask, connectivity);
    let outlines = trace(mask, &objects);
    assert_eq!(outlines.len(), objects.count);
    for (label, outline) in outlines.iter().enumerate() {
        assert_eq!(outline.iter().map(PixelPolygon::pixels).sum::<u64>(), objects.sizes[label]);
        let own = mask.as_slice().iter().zip(&objects.of_run).filter(|(_, of)| **of as usize == label);
        let own = own.map(|(run, _)| *run).collect();
        assert_eq!(fill(mask.width(), mask.height(), outline), Runs::from_unsorted(mask.width(), mask.height(), own));
        outline.iter().for_each(check_polygon);
    }
}

fn check_polygon(outline: &PixelPolygon) {
    assert!(polygon(outline).is_valid(), "{outline:?}");
    assert!(doubled_area(&outline.exterior) > 0, "exterior counter-clockwise");
    assert!(outline.holes.iter().all(|hole| doubled_area(hole) < 0), "holes clockwise");
    for ring in outline.rings() {
        let mut sorted: Vec<_> = ring.iter().map(|[x, y]| [*y, *x]).collect();
        assert_eq!([ring[0][1], ring[0][0]], *sorted.iter().min().unwrap(), "starts at the first corner");
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ring.len(), "no corner twice: {ring:?}");
        for corner in 0..ring.len() {
            let [a, b, c] = [0, 1, 2].map(|step| ring[(corner + step) % ring.len()]);
            assert!(a[0] == b[0] && b[1] == c[1] || a[1] == b[1] && b[0] == c[0], "turns at {b:?}");
        }
    }
}

#[test]
fn one_pixel_is_a_square() {
    let outlines =
        trace(&mask(3, &[0, 0b0100_0000_0000_0000]), &label(&mask(3, &[0, 0b0100_0000_0000_0000]), Connectivity::Four));
    assert_eq!(outlines[0][0].exterior, [[1, 1], [1, 2], [2, 2], [2, 1]]);
    assert!(outlines[0][0].holes.is_empty());
}

#[test]
fn a_hole_may_touch_its_exterior_in_a_point() {
    let ring = mask(4, &[0b1110 << 12, 0b1010 << 12, 0b1100 << 12, 0]);
    let outlines = trace(&ring, &label(&ring, Connectivity::Four));
    assert_eq!((outlines.len(), outlines[0].len(), outlines[0][0].holes.len()), (1, 1, 1));
    assert_eq!(outlines[0][0].holes[0], [[1, 1], [2, 1], [2, 2], [1, 2]]);
    assert!(outlines[0][0].exterior.contains(&[2, 2]));
}

#[test]
fn an_object_that_hangs_at_a_corner_has_two_polygons() {
    let pair = mask(2, &[0b10 << 14, 0b01 << 14]);
    let outlines = trace(&pair, &label(&pair, Connectivity::Eight));
    assert_eq!((outlines.len(), outlines[0].len()), (1, 2));
}

#[test]
fn every_mask_of_three_by_four_pixels_is_traced() {
    for bits in 0u32..1 << 12 {
        let rows: Vec<u16> = (0..3).map(|row| (bits >> (4 * row) & 15) as u16 * (1 << 12)).collect();
        for connectivity in [Connectivity::Four, Connectivity::Eight] {
            check(&mask(4, &rows), connectivity);
        }
    }
}

proptest! {
    #[test]
    fn every_polygon_is_valid_and_fills_back(width in 1u32..=16, rows in prop::collection::vec(any::<u16>(), 1..14), dense: u16, eight: bool) {
        let rows: Vec<u16> = rows.iter().map(|row| if dense & 1 == 1 { row | dense.rotate_left(u32::from(row & 15)) } else { *row }).collect();
        check(&mask(width, &rows), if eight { Connectivity::Eight } else { Connectivity::Four });
    }
}
