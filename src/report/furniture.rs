//! The furniture of a map: scale bar, north arrow, axis marks, and the numbers behind them.

use super::canvas::{Area, Canvas, Face, INK, PAPER};
use crate::geom::grid::Grid;

/// Ground metres of a pixel's width and height at the grid's centre. Degrees by the radii of
/// curvature of the WGS 84 ellipsoid, EPSG:3857 by its scale at the latitude; None where the
/// numbers make no length (a grid beyond the poles).
pub(super) fn pixel_metres(grid: &Grid) -> Option<(f64, f64)> {
    let (dx, dy) = grid.pixel();
    let (_, y) = grid.to_map(0.0, grid.height() as f64 / 2.0);
    let (width, height) = match grid.crs().epsg() {
        4326 => {
            let (east, north) = degree_metres(y);
            (dx * east, dy * north)
        }
        3857 => {
            let shrink = 1.0 / (y / 6_378_137.0).cosh();
            (dx * shrink, dy * shrink)
        }
        _ => (dx, dy),
    };
    (width.is_finite() && height.is_finite() && width > 1e-3 && height > 1e-3).then_some((width, height))
}

/// Metres of one degree of longitude and of latitude at latitude `lat` (degrees) on WGS 84.
fn degree_metres(lat: f64) -> (f64, f64) {
    const A: f64 = 6_378_137.0;
    const E2: f64 = 0.006_694_379_990_141_3;
    let (sine, cosine) = lat.to_radians().sin_cos();
    let root = (1.0 - E2 * sine * sine).sqrt();
    let degree = 1f64.to_radians();
    let east = if lat.abs() < 90.0 { degree * A * cosine / root } else { 0.0 };
    (east, degree * A * (1.0 - E2) / root.powi(3))
}

/// The largest 1, 2 or 5 times a power of ten that is not over `most`.
pub(super) fn round_below(most: f64) -> Option<f64> {
    if !most.is_finite() || most <= 0.0 {
        return None;
    }
    let decade = 10f64.powi(most.log10().floor() as i32);
    let found =
        [10.0, 5.0, 2.0, 1.0].into_iter().map(|digit| digit * decade).find(|length| *length <= most * 1.000_001);
    found.filter(|length| length.is_normal())
}

/// The smallest 1, 2 or 5 times a power of ten that is not under `least`.
fn round_above(least: f64) -> Option<f64> {
    let decade = round_below(least)?;
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| round_below(decade * factor))
        .find_map(|length| length.filter(|length| *length >= least * 0.999_999))
}

/// A length in the unit a reader expects.
fn length_text(metres: f64) -> String {
    if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") }
}

/// A scale bar: its length on the ground, and in pixels of the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScaleBar {
    pub(super) metres: f64,
    pub(super) pixels: usize,
}

impl ScaleBar {
    /// Rows of the sheet that a drawn bar takes.
    pub(super) const HEIGHT: usize = 34;

    /// The longest round bar that is not over `most` pixels where one pixel is `metres` wide.
    pub(super) fn fitting(metres: f64, most: usize) -> Option<Self> {
        let length = round_below(metres * most as f64)?;
        Some(Self { metres: length, pixels: (length / metres).round() as usize })
    }

    /// Draws the bar in four fields with its labels; (`left`, `top`) is the corner of the bar.
    pub(super) fn draw(&self, sheet: &mut Canvas, left: usize, top: usize) {
        let bar = Area { left, top, width: self.pixels, height: 8 };
        sheet.fill(bar, INK);
        for field in [1, 3] {
            let (from, to) = (self.pixels * field / 4 + 1, self.pixels * (field + 1) / 4);
            let width = to.saturating_sub(from).saturating_sub(usize::from(field == 3));
            sheet.fill(Area { left: left + from, top: top + 1, width, height: 6 }, PAPER);
        }
        let below = top + 12;
        sheet.text(left, below, "0", Face::TEXT, INK);
        sheet.text(left + self.pixels + 8, top.saturating_sub(5), &length_text(self.metres), Face::STRONG, INK);
        sheet.text_centred(left + self.pixels / 2, below, &length_text(self.metres / 2.0), Face::TEXT, INK);
    }
}

/// Width and height of the north arrow with its letter.
pub(super) const ARROW: (usize, usize) = (22, 46);

/// A north arrow whose upper left corner is (`left`, `top`).
pub(super) fn north_arrow(sheet: &mut Canvas, left: usize, top: usize) {
    let middle = left + ARROW.0 / 2;
    sheet.text_centred(middle, top, "N", Face::STRONG, INK);
    let (tip, length) = (top + 18, ARROW.1 - 18);
    for down in 0..length {
        let half = down * (ARROW.0 / 2) / length;
        // The notch at the foot makes an arrow head of the triangle.
        let notch = (down * 2).saturating_sub(length * 3 / 2);
        for across in notch.min(half)..=half {
            sheet.put((middle - across) as i64, (tip + down) as i64, INK);
            let rim = across == half || across == notch || down + 1 == length;
            sheet.put((middle + across) as i64, (tip + down) as i64, if rim { INK } else { PAPER });
        }
    }
}

/// A mark on an axis: pixels from its start, and the label.
pub(super) type Mark = (usize, String);

/// Round marks of an axis that runs from `from` to `to` over `pixels`, at least `apart` pixels
/// from each other. `name` makes the label of a value with so many decimals.
pub(super) fn marks(
    (from, to): (f64, f64),
    pixels: usize,
    apart: usize,
    name: impl Fn(f64, usize) -> String,
) -> Vec<Mark> {
    let Some(step) = round_above((to - from).abs() * apart as f64 / pixels as f64) else { return Vec::new() };
    let (first, last) = ((from.min(to) / step).ceil(), (from.max(to) / step).floor());
    if !(first.abs() < 1e12 && last.abs() < 1e12) {
        return Vec::new();
    }
    let decimals = (-(step * 1.000_001).log10().floor()).clamp(0.0, 12.0) as usize;
    (first as i64..=last as i64)
        .map(|count| {
            let value = count as f64 * step;
            let at = (value - from) / (to - from) * pixels as f64;
            (at.round().max(0.0) as usize, name(value, decimals))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;

    fn grid(epsg: u32, corner: (f64, f64), pixel: f64) -> Grid {
        Grid::new(Crs::from_epsg(epsg).unwrap(), corner, (pixel, pixel), (100, 100)).unwrap()
    }

    #[test]
    fn metres_of_a_pixel_follow_the_system() {
        assert_eq!(pixel_metres(&grid(32637, (4e5, 5.5e6), 20.0)), Some((20.0, 20.0)));
        // 111132.95 m and 78846.8 m a degree at 45 N (the usual table of the WGS 84 ellipsoid).
        let (east, north) = pixel_metres(&grid(4326, (30.0, 45.0 + 5e-5), 1e-6)).unwrap();
        assert!((east * 1e6 - 78_846.8).abs() < 1.0 && (north * 1e6 - 111_132.0).abs() < 2.0, "{east} {north}");
        let (east, _) = pixel_metres(&grid(3857, (0.0, 8_399_737.9 + 500.0), 10.0)).unwrap();
        assert!((east - 5.0).abs() < 1e-3, "60 N halves it: {east}");
        assert_eq!(pixel_metres(&grid(4326, (0.0, 300.0), 1e-4)), None);
    }

    #[test]
    fn round_lengths_go_by_one_two_five() {
        for (most, length) in [(9.99, 5.0), (10.0, 10.0), (4.9, 2.0), (1999.0, 1000.0), (0.3, 0.2), (2000.0, 2000.0)] {
            assert!((round_below(most).unwrap() - length).abs() < 1e-9, "{most}");
        }
        assert_eq!(round_below(0.0), None);
        assert_eq!(round_below(f64::NAN), None);
        assert_eq!(round_below(f64::MIN_POSITIVE / 1e3), None);
    }

    #[test]
    fn a_scale_bar_is_right_to_the_pixel() {
        for (metres, most) in [(20.0 / 6.0, 230), (10.0, 210), (3.71, 240), (0.5, 200)] {
            let bar = ScaleBar::fitting(metres, most).unwrap();
            assert!(bar.pixels <= most + 1 && (bar.pixels as f64 * metres - bar.metres).abs() <= metres / 2.0);
            let mut sheet = Canvas::new(400, 60).unwrap();
            bar.draw(&mut sheet, 20, 20);
            let inked: Vec<usize> = (0..400).filter(|&x| sheet.colour(x, 20) == Some(INK)).collect();
            let own: Vec<usize> = inked.into_iter().take_while(|x| *x < 20 + bar.pixels + 4).collect();
            assert_eq!((own[0], own.len(), own[own.len() - 1]), (20, bar.pixels, 19 + bar.pixels));
        }
    }

    #[test]
    fn marks_are_round_and_in_place() {
        let name = |value: f64, decimals: usize| format!("{value:.decimals$}");
        let found = marks((36.88, 37.02), 700, 110, name);
        assert_eq!(found, [(100, "36.90".to_owned()), (350, "36.95".to_owned()), (600, "37.00".to_owned())]);
        let down = marks((50.5, 50.0), 500, 90, name);
        assert_eq!(down.first().map(|mark| mark.1.as_str()), Some("50.0"));
        assert_eq!(down.first().map(|mark| mark.0), Some(500));
        assert!(marks((5.0, 5.0), 500, 90, name).is_empty());
        assert!(marks((f64::NAN, 5.0), 500, 90, name).is_empty());
        assert!(marks((0.0, 1.0), 0, 90, name).is_empty());
        assert!(marks((1e300, 2e300), 500, 90, name).len() < 10);
    }
}
