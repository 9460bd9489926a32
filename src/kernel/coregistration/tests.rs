use super::*;

const DEMANDS: Demands = Demands { side: 64, max_shift: 5.0, min_reliability: 60.0 };

/// Numbers between 0 and 1 that look random.
fn noise(at: u32) -> f64 {
    let mut mixed = at.wrapping_mul(0x85EB_CA6B) ^ 0x9E37_79B9;
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
    f64::from(mixed ^ (mixed >> 16)) / f64::from(u32::MAX)
}

/// A field of round hills with known heights, drawn anywhere: the shift is exact by construction.
fn hills(side: usize, (dx, dy): (f64, f64)) -> Array2<f32> {
    let span = side as f64;
    let hills: Vec<[f64; 4]> = (0..400)
        .map(|hill| {
            let [x, y, size, height] = std::array::from_fn(|n| noise(4 * hill + n as u32));
            [x * span, y * span, 0.7 + 1.5 * size, 500.0 + 2000.0 * height]
        })
        .collect();
    Array2::from_shape_fn((side, side), |(row, col)| {
        let (x, y) = (col as f64 - dx, row as f64 - dy);
        let near = hills.iter().filter(|hill| (hill[0] - x).abs() + (hill[1] - y).abs() < 16.0);
        let height = near.map(|[cx, cy, size, height]| {
            height * (-((x - cx).powi(2) + (y - cy).powi(2)) / (2.0 * size * size)).exp()
        });
        (1000.0 + height.sum::<f64>()) as f32
    })
}

fn shift(before: &Array2<f32>, after: &Array2<f32>) -> std::result::Result<Shift, Silence> {
    tie(before.view(), after.view(), &DEMANDS, &mut Fourier::new()).unwrap()
}

#[test]
fn known_shifts_come_back_to_a_tenth_of_a_pixel() {
    let before = hills(80, (0.0, 0.0));
    for (dx, dy) in [(0.0, 0.0), (0.25, -0.4), (-0.5, 0.5), (1.5, -1.3), (-2.0, 1.9), (3.2, 3.7), (-4.4, 0.1)] {
        let found = shift(&before, &hills(80, (dx, dy))).unwrap();
        assert!((found.dx - dx).abs() < 0.1 && (found.dy - dy).abs() < 0.1, "({dx}, {dy}): {found:?}");
    }
}

#[test]
fn what_cannot_be_judged_says_why() {
    let before = hills(80, (0.0, 0.0));
    let flat = Array2::from_elem((80, 80), 1000.0f32);
    assert_eq!(shift(&before, &flat), Err(Silence::NoTexture));
    assert_eq!(shift(&Array2::from_elem((1, 1), 1.0), &Array2::from_elem((1, 1), 1.0)), Err(Silence::TooSmall));
    assert_eq!(shift(&before, &Array2::from_elem((80, 80), f32::NAN)), Err(Silence::TooFewSeen));
    let other = Array2::from_shape_fn((80, 80), |(row, col)| noise((row * 80 + col + 70_000) as u32) as f32);
    assert!(matches!(shift(&before, &other), Err(Silence::Unreliable | Silence::TooFar)));
    assert_eq!(shift(&before, &hills(80, (9.0, 0.0))), Err(Silence::TooFar));
    let infinite = before.mapv(|value| if value > 2000.0 { f32::INFINITY } else { value });
    assert!(shift(&before, &infinite).is_ok_and(|found| found.length() < 0.2) || shift(&before, &infinite).is_err());
    let wide = Array2::from_elem((80, 90), 1.0);
    assert!(tie(before.view(), wide.view(), &DEMANDS, &mut Fourier::new()).is_err());
}

#[test]
fn a_hidden_part_does_not_move_the_rest() {
    let mut after = hills(80, (0.6, -0.3));
    for ((row, col), value) in after.indexed_iter_mut() {
        if row + 2 * col < 60 {
            *value = f32::NAN;
        }
    }
    let found = shift(&hills(80, (0.0, 0.0)), &after).unwrap();
    assert!((found.dx - 0.6).abs() < 0.1 && (found.dy + 0.3).abs() < 0.1, "{found:?}");
}

#[test]
fn windows_agree_on_their_median() {
    let at = |dx, dy| Shift { dx, dy, reliability: 70.0 };
    let agreed = agreed(&[at(0.1, 0.0), at(4.0, 0.2), at(0.2, 0.1)]).unwrap();
    assert_eq!((agreed.dx, agreed.dy), (0.2, 0.1));
    assert_eq!(super::agreed(&[]), None);
}

#[test]
fn the_buffers_of_one_window_leave_no_trace_in_the_next() {
    let (small, large) = (hills(60, (0.0, 0.0)), hills(80, (0.0, 0.0)));
    let moved = (hills(60, (0.7, 0.2)), hills(80, (0.7, 0.2)));
    let mut fourier = Fourier::new();
    let mut both = || {
        let first = tie(small.view(), moved.0.view(), &DEMANDS, &mut fourier).unwrap();
        (first, tie(large.view(), moved.1.view(), &DEMANDS, &mut fourier).unwrap())
    };
    assert_eq!(both(), both());
}
