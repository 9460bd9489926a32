//! Tests of labelling, sieve, minimum mapping unit and holes; the foreign oracle is in `tests/vector.rs`.

use super::*;
use proptest::prelude::*;

/// A mask from rows of text, `#` set.
fn mask(rows: &[&str]) -> Runs {
    let pixels = rows.iter().enumerate().flat_map(|(row, line)| {
        line.bytes().enumerate().filter(|(_, byte)| *byte == b'#').map(move |(column, _)| Run {
            row: row as u32,
            start: column as u32,
            end: column as u32 + 1,
        })
    });
    Runs::from_unsorted(rows[0].len() as u32, rows.len() as u32, pixels.collect())
}

fn show(mask: &Runs) -> Vec<String> {
    let mut rows = vec![vec![b'.'; mask.width() as usize]; mask.height() as usize];
    for run in mask.as_slice() {
        rows[run.row as usize][run.start as usize..run.end as usize].fill(b'#');
    }
    rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
}

/// One hectare a pixel.
fn hectare(_: u32) -> f64 {
    1.0
}

#[test]
fn labels_follow_the_first_pixel() {
    let mask = mask(&["..#.#", "#.#.#", "#...#", "####."]);
    let four = label(&mask, Connectivity::Four);
    assert_eq!((four.count, &four.sizes[..]), (3, &[2, 3, 6][..]));
    assert_eq!(four.of_run, [0, 1, 2, 0, 1, 2, 1, 2]);
    let eight = label(&mask, Connectivity::Eight);
    assert_eq!((eight.count, &eight.sizes[..]), (2, &[2, 9][..]));
    assert_eq!(eight.of_run, [0, 1, 1, 0, 1, 1, 1, 1]);
}

#[test]
fn an_empty_mask_has_no_object() {
    let labels = label(&Runs::empty(3, 3), Connectivity::Eight);
    assert_eq!((labels.count, labels.sizes.len()), (0, 0));
    assert_eq!(sieve(&Runs::empty(3, 3), 4, Connectivity::Four), Runs::empty(3, 3));
}

#[test]
fn the_sieve_flips_both_values() {
    let before = mask(&["......", ".#....", "..####", "..#.##", "..####"]);
    let after = sieve(&before, 2, Connectivity::Four);
    assert_eq!(show(&after), ["......", "......", "..####", "..####", "..####"]);
}

#[test]
fn a_chain_without_a_large_end_stays() {
    let checkers = mask(&["#.#", ".#.", "#.#"]);
    assert_eq!(sieve(&checkers, 2, Connectivity::Four), checkers);
}

#[test]
fn the_mapping_unit_weighs_rows() {
    let before = mask(&["##..", "....", "..##"]);
    let weigh = |row: u32| if row == 0 { 0.1 } else { 0.2 };
    assert_eq!(show(&remove_small(&before, 0.4, &weigh, Connectivity::Four)), ["....", "....", "..##"]);
    let tenth = mask(&["##########"]);
    assert_eq!(remove_small(&tenth, 0.4, &|_| 0.04, Connectivity::Four), tenth);
    assert_eq!(remove_small(&tenth, 0.400_001, &|_| 0.04, Connectivity::Four), Runs::empty(10, 1));
}

#[test]
fn holes_are_filled_up_to_their_size() {
    let before = mask(&["#####..", "#.#.#..", "###.#..", "#####..", "#.#####"]);
    let after = fill_holes(&before, 2.0, &hectare, Connectivity::Four);
    assert_eq!(show(&after), ["#####..", "###.#..", "###.#..", "#####..", "#.#####"]);
}

#[test]
fn a_corner_opens_a_hole_only_of_four_connected_objects() {
    let ring = mask(&[".....", ".##..", ".#.#.", ".###.", "....."]);
    assert_eq!(fill_holes(&ring, 9.0, &hectare, Connectivity::Four), ring);
    assert_eq!(fill_holes(&ring, 9.0, &hectare, Connectivity::Eight).pixels(), ring.pixels() + 1);
}

/// Labels by flooding a raster: slow, and obviously right.
fn flood(mask: &Runs, connectivity: Connectivity) -> Vec<u64> {
    let mut raster: Vec<Vec<u8>> = show(mask).into_iter().map(String::into_bytes).collect();
    let mut sizes = Vec::new();
    for row in 0..raster.len() {
        for column in 0..raster[row].len() {
            let mut size = 0;
            let mut edge = vec![(row, column)];
            while let Some((row, column)) = edge.pop() {
                if raster.get(row).and_then(|line| line.get(column)) != Some(&b'#') {
                    continue;
                }
                raster[row][column] = b'.';
                size += 1;
                for (down, right) in (0..3).flat_map(|down| (0..3).map(move |right| (down, right))) {
                    if connectivity == Connectivity::Eight || down == 1 || right == 1 {
                        edge.push(((row + down).wrapping_sub(1), (column + right).wrapping_sub(1)));
                    }
                }
            }
            sizes.extend((size > 0).then_some(size));
        }
    }
    sizes
}

proptest! {
    #[test]
    fn labels_equal_a_flood(width in 1u32..12, rows in prop::collection::vec(any::<u16>(), 1..12), eight: bool) {
        let pixels = rows.iter().enumerate().flat_map(|(row, bits)| {
            (0..width).filter(move |bit| bits >> bit & 1 == 1).map(move |start| Run { row: row as u32, start, end: start + 1 })
        });
        let mask = Runs::from_unsorted(width, rows.len() as u32, pixels.collect());
        let connectivity = if eight { Connectivity::Eight } else { Connectivity::Four };
        prop_assert_eq!(label(&mask, connectivity).sizes, flood(&mask, connectivity));
    }
}
