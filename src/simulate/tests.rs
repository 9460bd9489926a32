//! The simulation as its users see it: independence of windows, shares, truth against spectra, sane numbers.

use super::*;
use crate::geom::window::Window;
use proptest::prelude::*;
use std::sync::LazyLock;

const SIDE: usize = 560;

/// A scenario with a bit of everything.
fn eventful(seed: u64, size10: usize) -> Scenario {
    let mut scenario = Scenario::new(seed, size10, Season::LateNovember).unwrap();
    scenario.cloud_share = [0.08, 0.15];
    scenario.nodata_share = [0.03, 0.05];
    scenario.events.flood = 0.01;
    scenario.events.snow = 0.05;
    scenario.events.burns = vec![Shape::Ellipse { centre: (300.0, 200.0), radii: (60.0, 25.0), turn: 30.0 }];
    scenario
}

struct Whole {
    world: World,
    bundles: [Bundle; 2],
    truth10: Vec<u8>,
    truth20: Vec<u8>,
}

/// The eventful scene, computed in one piece.
static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let world = eventful(11, SIDE).build().unwrap();
    let bundles = [Date::Before, Date::After].map(|date| bundle(&world, date));
    let (mut truth10, mut truth20) = (vec![0; SIDE * SIDE], vec![0; SIDE * SIDE / 4]);
    world.truth10(Window::whole(SIDE, SIDE), &mut truth10).unwrap();
    world.truth20(Window::whole(SIDE / 2, SIDE / 2), &mut truth20).unwrap();
    Whole { world, bundles, truth10, truth20 }
});

fn bundle(world: &World, date: Date) -> Bundle {
    let half = world.scenario().size10 / 2;
    let mut bundle = Bundle::new();
    world.dn_all(date, Window::whole(half, half), &mut bundle).unwrap();
    bundle
}

/// The pixels of `window` out of a square raster.
fn crop<T: Copy>(whole: &[T], window: Window) -> Vec<T> {
    let side = whole.len().isqrt();
    (window.row..window.bottom()).flat_map(|row| &whole[row * side..][window.col..window.right()]).copied().collect()
}

fn window(side: usize) -> impl Strategy<Value = Window> {
    (0..side, 0..side, 1..300usize, 1..80usize)
        .prop_map(move |(col, row, width, height)| Window::new(col, row, width.min(side - col), height.min(side - row)))
}

fn date() -> impl Strategy<Value = Date> {
    prop_oneof![Just(Date::Before), Just(Date::After)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_of_a_band_equals_its_part_of_the_whole(k in 0..10usize, date in date(), window in window(SIDE)) {
        let band = SimBand::ALL[k];
        let window = match band.metres() {
            10 => window,
            _ => Window::new(window.col / 2, window.row / 2, window.width.div_ceil(2), window.height.div_ceil(2)),
        };
        let mut part = vec![0; window.len()];
        WHOLE.world.dn(date, band, window, &mut part).unwrap();
        prop_assert_eq!(part, crop(WHOLE.bundles[date.index()].band(band), window));
    }

    #[test]
    fn a_window_of_classes_truth_and_bundle_equals_its_part_of_the_whole(date in date(), window in window(SIDE / 2)) {
        let whole = &WHOLE.bundles[date.index()];
        let mut codes = vec![0; window.len()];
        WHOLE.world.scl(date, window, &mut codes).unwrap();
        prop_assert_eq!(&codes, &crop(whole.scl(), window));
        WHOLE.world.truth20(window, &mut codes).unwrap();
        prop_assert_eq!(&codes, &crop(&WHOLE.truth20, window));
        WHOLE.world.truth10(window, &mut codes).unwrap();
        prop_assert_eq!(codes, crop(&WHOLE.truth10, window));
        let mut part = Bundle::new();
        WHOLE.world.dn_all(date, window, &mut part).unwrap();
        prop_assert_eq!(part.scl(), crop(whole.scl(), window));
        prop_assert_eq!(part.band(SimBand::B12), crop(whole.band(SimBand::B12), window));
    }
}

#[test]
fn the_seed_decides_every_byte() {
    let bytes = |seed| bundle(&eventful(seed, 128).build().unwrap(), Date::After);
    assert_eq!(bytes(5), bytes(5));
    for other in [6, 5 + (1 << 32)] {
        let (a, b) = (bytes(5), bytes(other));
        let pairs = a.band(SimBand::B04).iter().zip(b.band(SimBand::B04));
        assert!(pairs.filter(|(a, b)| a != b).count() > 12_000, "seed {other}");
    }
}

#[test]
fn nodata_is_zero_and_nothing_else_is() {
    for (date, share) in [(Date::Before, 0.03), (Date::After, 0.05)] {
        let whole = &WHOLE.bundles[date.index()];
        let missing = whole.scl().iter().filter(|&&code| code == 0).count();
        assert!((missing as f64 / whole.scl().len() as f64 - share).abs() < 0.003);
        for band in SimBand::ALL {
            let dn = whole.band(band);
            let per20 = 20 / band.metres();
            for (place, &value) in dn.iter().enumerate() {
                let side = SIDE / 2 * per20;
                let (col, row) = (place % side / per20, place / side / per20);
                assert_eq!(value == 0, whole.scl()[row * SIDE / 2 + col] == 0, "{} {col} {row}", band.name());
                assert!(value <= 20_000);
            }
        }
    }
}

#[test]
fn the_offset_adds_exactly_itself() {
    let mut scenario = eventful(3, 96);
    let old = bundle(&scenario.build().unwrap(), Date::After);
    scenario.offset_dn = 1000;
    let new = bundle(&scenario.build().unwrap(), Date::After);
    assert_eq!(old.scl(), new.scl());
    for band in SimBand::ALL {
        for (&a, &b) in old.band(band).iter().zip(new.band(band)) {
            assert_eq!(if a == 0 { 0 } else { a + 1000 }, b);
        }
    }
}

#[test]
fn a_shift_shows_the_neighbouring_ground() {
    let mut scenario = eventful(8, 128);
    (scenario.noise, scenario.nodata_share, scenario.shift_px) = (0.0, [0.0, 0.0], (0.0, 0.0));
    let still = bundle(&scenario.build().unwrap(), Date::After);
    scenario.shift_px = (3.0, -2.0);
    let moved = bundle(&scenario.build().unwrap(), Date::After);
    let a = crop(moved.band(SimBand::B08), Window::new(0, 2, 125, 126));
    assert_eq!(a, crop(still.band(SimBand::B08), Window::new(3, 0, 125, 126)));
}

#[test]
fn without_noise_a_20_m_pixel_is_the_mean_of_four() {
    let mut scenario = eventful(8, 64);
    scenario.noise = 0.0;
    let world = scenario.build().unwrap();
    let mut painter = world.painter(Date::Before, Window::whole(64, 64));
    let mut rows = [Vec::new(), Vec::new()];
    for (half, row) in rows.iter_mut().enumerate() {
        painter.row(40 + half, row);
    }
    let mut dn = vec![0; 32];
    world.dn(Date::Before, SimBand::B12, Window::new(0, 20, 32, 1), &mut dn).unwrap();
    for (i, &value) in dn.iter().enumerate().skip(2) {
        let four = [rows[0][2 * i], rows[0][2 * i + 1], rows[1][2 * i], rows[1][2 * i + 1]];
        let mean = four.iter().map(|spectrum| f64::from(spectrum[SimBand::B12.index()])).sum::<f64>() / 4.0;
        assert!((f64::from(value) - 10_000.0 * mean).abs() <= 0.51, "{value} {mean}");
    }
}

#[test]
fn the_asked_shares_come_out() {
    for (seed, season) in [(1, Season::LateNovember), (2, Season::Summer), (3, Season::Spring)] {
        let mut scenario = Scenario::new(seed, 800, season).unwrap();
        (scenario.cloud_share, scenario.events.burned) = ([0.0, 0.2], 0.05);
        (scenario.events.flood, scenario.events.snow) = (0.02, 0.04);
        let world = scenario.build().unwrap();
        let mut truth = vec![0; 800 * 800];
        world.truth10(Window::whole(800, 800), &mut truth).unwrap();
        let share = |class: Truth| truth.iter().filter(|&&code| code == class.code()).count() as f64 / 640_000.0;
        assert!((share(Truth::Burned) - 0.05).abs() < 0.005, "burned {} {season:?}", share(Truth::Burned));
        assert!((share(Truth::Flooded) - 0.02).abs() < 0.005, "flooded {}", share(Truth::Flooded));
        assert!((share(Truth::Snowed) - 0.04).abs() < 0.01, "snowed {}", share(Truth::Snowed));
        let cloud = |date| {
            let mut codes = vec![0; 400 * 400];
            world.scl(date, Window::whole(400, 400), &mut codes).unwrap();
            codes.iter().filter(|code| (8..=10).contains(*code)).count() as f64 / 160_000.0
        };
        assert!((cloud(Date::After) - 0.2).abs() < 0.02, "cloud {}", cloud(Date::After));
        assert!(cloud(Date::Before) < 0.002, "only bright roofs are mistaken: {}", cloud(Date::Before));
    }
}

/// Mean dNBR and dNDVI of the clear pixels of each truth class.
fn differences(world: &World) -> [(f64, f64, usize); 6] {
    let half = world.scenario().size10 / 2;
    let (a, b) = (bundle(world, Date::Before), bundle(world, Date::After));
    let mut truth = vec![0; half * half];
    world.truth20(Window::whole(half, half), &mut truth).unwrap();
    let index = |bundle: &Bundle, band, other, k: usize| {
        let (x, y) = (f64::from(bundle.band(band)[k]), f64::from(bundle.band(other)[k]));
        (x - y) / (x + y)
    };
    let mut sums = [(0.0, 0.0, 0); 6];
    for (k, &class) in truth.iter().enumerate() {
        let fine = 2 * (k / half) * 2 * half + 2 * (k % half);
        let sum = &mut sums[usize::from(class)];
        sum.0 += index(&a, SimBand::B8A, SimBand::B12, k) - index(&b, SimBand::B8A, SimBand::B12, k);
        sum.1 += index(&a, SimBand::B08, SimBand::B04, fine) - index(&b, SimBand::B08, SimBand::B04, fine);
        sum.2 += 1;
    }
    sums.map(|(nbr, ndvi, count)| (nbr / count.max(1) as f64, ndvi / count.max(1) as f64, count))
}

#[test]
fn the_truth_agrees_with_the_spectra() {
    for (seed, season) in [(21, Season::LateNovember), (22, Season::Summer), (23, Season::Spring)] {
        let mut scenario = Scenario::new(seed, 600, season).unwrap();
        scenario.cloud_share = [0.0, 0.0];
        let [unchanged, burned, worked, ..] = differences(&scenario.build().unwrap());
        assert!(burned.2 > 1500 && worked.2 > 500, "{season:?} {burned:?} {worked:?}");
        assert!(unchanged.0.abs() < 0.02 && unchanged.1.abs() < 0.03, "{season:?} {unchanged:?}");
        assert!((0.12..0.45).contains(&burned.0), "{season:?} {burned:?}");
        assert!(burned.0 > worked.0 + 0.08, "{season:?} {burned:?} {worked:?}");
        assert!(worked.1 > unchanged.1 + 0.015, "{season:?} {worked:?} {unchanged:?}");
    }
}

#[test]
fn a_given_burn_burns_inside_and_nowhere_else() {
    let mut scenario = Scenario::new(4, 256, Season::Summer).unwrap();
    scenario.events = Events::none();
    let square = vec![(60.0, 60.0), (180.0, 60.0), (180.0, 160.0), (60.0, 160.0)];
    scenario.events.burns = vec![Shape::Polygon(square)];
    let mut truth = vec![0; 256 * 256];
    scenario.build().unwrap().truth10(Window::whole(256, 256), &mut truth).unwrap();
    let burned: Vec<usize> = (0..truth.len()).filter(|&k| truth[k] == Truth::Burned.code()).collect();
    assert!(burned.iter().all(|k| (60..180).contains(&(k % 256)) && (60..160).contains(&(k / 256))));
    assert!(burned.len() > 2000, "{}", burned.len());
    assert_eq!(truth.iter().filter(|&&code| code > 1).count(), 0, "nothing else happened");
}

#[test]
fn digital_numbers_are_those_of_a_scene() {
    let scenario = Scenario { cloud_share: [0.0, 0.0], ..Scenario::new(31, 512, Season::Summer).unwrap() };
    let before = bundle(&scenario.build().unwrap(), Date::Before);
    for (band, median, low, high) in [
        (SimBand::B02, 200..700, 80, 2500),
        (SimBand::B04, 300..1400, 80, 2800),
        (SimBand::B08, 1800..3800, 60, 5500),
        (SimBand::B8A, 1800..3900, 60, 5500),
        (SimBand::B12, 700..2200, 20, 3600),
    ] {
        let mut dn = before.band(band).to_vec();
        dn.sort_unstable();
        let at = |share: f64| dn[(share * dn.len() as f64) as usize];
        assert!(median.contains(&at(0.5)), "{} median {}", band.name(), at(0.5));
        assert!(at(0.001) >= low && at(0.999) <= high, "{} {}..{}", band.name(), at(0.001), at(0.999));
    }
}

#[test]
fn windows_that_leave_the_scene_are_refused() {
    let world = Scenario::new(1, 64, Season::Spring).unwrap().build().unwrap();
    let mut out = [0; 4];
    for window in [Window::new(63, 0, 2, 2), Window::new(0, usize::MAX, 2, 2)] {
        assert_eq!(world.dn(Date::Before, SimBand::B04, window, &mut out).unwrap_err().kind(), crate::Kind::Usage);
    }
    let short = world.dn(Date::Before, SimBand::B04, Window::new(0, 0, 3, 2), &mut out).unwrap_err();
    assert_eq!(short.kind(), crate::Kind::Bug);
    world.scl(Date::After, Window::new(30, 30, 2, 2), &mut out.map(|_| 0u8)).unwrap();
}
