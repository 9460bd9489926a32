//! Pictures of fields along a river, with and without a burn.

use groundtell::evidence::draw::Draw;
use groundtell::geom::crs::Crs;
use groundtell::geom::grid::Grid;
use groundtell::report::html::{Overlay, Role, Swatch};
use groundtell::report::mercator::to_mercator;

pub(super) fn overlays(before: &str, after: &str, burn: bool) -> Vec<Overlay> {
    let grid = Grid::new(Crs::from_epsg(32637).unwrap(), (393_000.0, 5_511_000.0), (20.0, 20.0), (420, 420)).unwrap();
    let overlay = |name: String, role, shown, legend, colour: &dyn Fn(usize, usize) -> [u8; 4]| {
        let pixels: Vec<[u8; 4]> = (0..420 * 420).map(|at| colour(at % 420, at / 420)).collect();
        let (png, bounds) = to_mercator(&grid, &pixels, 900).unwrap();
        Overlay {
            description: format!("{name}: fields in many shapes along a river"),
            name,
            role,
            shown,
            png,
            bounds,
            legend,
        }
    };
    let swatch = |colour, words: &str| Swatch { colour, words: words.to_owned() };
    let legend =
        vec![swatch([247, 203, 120], "0.1"), swatch([214, 96, 30], "0.3"), swatch([107, 20, 60], "0.6 and more")];
    vec![
        overlay(format!("True colour, {before}"), Role::Before, true, vec![], &|x, y| field(x, y, false)),
        overlay(format!("True colour, {after}"), Role::After, true, vec![], &|x, y| field(x, y, burn)),
        overlay("dNBR".to_owned(), Role::Layer, false, legend, &|x, y| dnbr(x, y, burn)),
    ]
}

fn in_burn(x: usize, y: usize) -> bool {
    let (x, y) = (x as f64, y as f64);
    let tongue = ((x - 195.0) / 58.0).powi(2) + ((y - 195.0 + 12.0 * (x / 17.0).sin()) / 40.0).powi(2) < 1.0;
    tongue || ((x - 290.0) / 26.0).powi(2) + ((y - 215.0 + 5.0 * (x / 7.0).cos()) / 17.0).powi(2) < 1.0
}

fn field(x: usize, y: usize, burn: bool) -> [u8; 4] {
    let river = (x as f64 - 60.0 - 30.0 * (y as f64 / 60.0).sin()).abs() < 7.0;
    let (across, down) = ((x + y / 5) / 38, (y + x / 9) / 27);
    let mut parcel = Draw::new(7, (across * 1000 + down) as u64);
    let mut grain = Draw::new(8, (y * 420 + x) as u64);
    let noise = grain.unit() * 14.0;
    let green = parcel.unit();
    let base = match () {
        () if river => [38.0, 58.0, 74.0],
        () if burn && in_burn(x, y) => [52.0, 43.0, 40.0],
        () => [96.0 + 70.0 * green, 112.0 + 36.0 * green, 62.0 + 38.0 * green],
    };
    let [red, green, blue] = base.map(|sample: f64| (sample + noise) as u8);
    [red, green, blue, 255]
}

fn dnbr(x: usize, y: usize, burn: bool) -> [u8; 4] {
    let mut grain = Draw::new(9, (y * 420 + x) as u64);
    let value = if burn && in_burn(x, y) { 0.2 + 0.5 * grain.unit() } else { 0.12 * grain.unit() };
    match value {
        _ if value < 0.1 => [0, 0, 0, 0],
        _ if value < 0.25 => [247, 203, 120, 220],
        _ if value < 0.45 => [214, 96, 30, 220],
        _ => [107, 20, 60, 220],
    }
}
