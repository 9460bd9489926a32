//! Pictures for web maps: pixels of any grid brought to rows and columns of Web Mercator.

use crate::error::{Error, Result};
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::{Bounds, Grid};

/// Columns between two places that are transformed exactly; those between lie on a line. Over 16 pixels of 20 m a
/// parallel leaves its chord in UTM by millimetres.
const KNOT: usize = 16;
/// Points on each edge of a grid that its extent is taken from: an edge is curved on the map.
const EDGE_POINTS: usize = 64;

/// `pixels` (red, green, blue, opacity; row by row from the north-west on `grid`) as a PNG in Web Mercator and its
/// west, south, east and north edge in degrees. Each pixel is the nearest one of the grid; beyond the grid it is
/// transparent. Pixels are as large as the grid's, or larger, so that no side has more than `longest` of them.
///
/// # Errors
/// `Mismatch` when the number of pixels is not the grid's or the grid has no place on the map, as at the poles or
/// over the antimeridian.
pub fn to_mercator(grid: &Grid, pixels: &[[u8; 4]], longest: usize) -> Result<(Vec<u8>, [f64; 4])> {
    if pixels.len() != grid.width() * grid.height() {
        return Err(Error::mismatch(format!("{} pixels are no picture on the grid {grid}", pixels.len())));
    }
    let sheet = sheet(grid, longest.max(1))?;
    let back = Transform::new(Crs::WEB_MERCATOR, grid.crs())?;
    let mut samples = Vec::with_capacity(sheet.width() * sheet.height() * 4);
    for row in 0..sheet.height() {
        for place in row_places(&sheet, &back, row) {
            samples.extend(place.and_then(|place| nearest(grid, pixels, place)).unwrap_or([0; 4]));
        }
    }
    Ok((png(&sheet, &samples)?, degrees(&sheet)?))
}

/// The grid in Web Mercator that covers `grid`.
fn sheet(grid: &Grid, longest: usize) -> Result<Grid> {
    let nowhere = || Error::mismatch(format!("the grid {grid} has no place on a web map"));
    let forth = Transform::new(grid.crs(), Crs::WEB_MERCATOR)?;
    let edge: Option<Vec<(f64, f64)>> = edge(grid).map(|(x, y)| forth.point(x, y)).collect();
    let Bounds { west, south, east, north } = Bounds::around(edge.ok_or_else(nowhere)?).ok_or_else(nowhere)?;
    // A picture wider than half the earth is one that was torn at the antimeridian.
    if east - west > Crs::WEB_MERCATOR.turn().unwrap_or(f64::INFINITY) / 2.0 {
        return Err(nowhere());
    }
    let native = ((east - west) / grid.width() as f64).min((north - south) / grid.height() as f64);
    let pixel = native.max((east - west) / longest as f64).max((north - south) / longest as f64);
    let side = |extent: f64| ((extent / pixel - 1e-9).ceil().max(1.0) as usize).min(longest);
    Grid::new(Crs::WEB_MERCATOR, (west, north), (pixel, pixel), (side(east - west), side(north - south)))
}

/// Places all around a grid, in its own coordinates.
fn edge(grid: &Grid) -> impl Iterator<Item = (f64, f64)> {
    let (width, height) = (grid.width() as f64, grid.height() as f64);
    (0..=EDGE_POINTS)
        .flat_map(move |point| {
            let share = point as f64 / EDGE_POINTS as f64;
            let (across, down) = (width * share, height * share);
            [(across, 0.0), (across, height), (0.0, down), (width, down)]
        })
        .map(|(col, row)| grid.to_map(col, row))
}

/// Where the middles of a row's pixels lie in the other system.
fn row_places(sheet: &Grid, back: &Transform, row: usize) -> Vec<Option<(f64, f64)>> {
    let exact = |col: usize| {
        let (x, y) = sheet.to_map(col as f64 + 0.5, row as f64 + 0.5);
        back.point(x, y)
    };
    let mut places = Vec::with_capacity(sheet.width() + KNOT);
    let mut left = exact(0);
    for from in (0..sheet.width()).step_by(KNOT) {
        let right = exact(from + KNOT);
        places.extend((0..KNOT).map(|step| between(left, right, step as f64 / KNOT as f64)));
        left = right;
    }
    places.truncate(sheet.width());
    places
}

fn between(left: Option<(f64, f64)>, right: Option<(f64, f64)>, share: f64) -> Option<(f64, f64)> {
    let (left, right) = (left?, right?);
    Some((left.0 + (right.0 - left.0) * share, left.1 + (right.1 - left.1) * share))
}

fn nearest(grid: &Grid, pixels: &[[u8; 4]], (x, y): (f64, f64)) -> Option<[u8; 4]> {
    let (col, row) = grid.to_pixel(x, y);
    let inside = col >= 0.0 && row >= 0.0 && col < grid.width() as f64 && row < grid.height() as f64;
    inside.then(|| pixels.get(row as usize * grid.width() + col as usize).copied()).flatten()
}

/// West, south, east, north in degrees.
fn degrees(sheet: &Grid) -> Result<[f64; 4]> {
    let Bounds { west, south, east, north } = sheet.bounds();
    let to = Transform::new(Crs::WEB_MERCATOR, Crs::WGS84)?;
    let place =
        |x: f64, y: f64| to.point(x, y).ok_or_else(|| Error::mismatch(format!("the grid {sheet} is not on earth")));
    let ((west, south), (east, north)) = (place(west, south)?, place(east, north)?);
    Ok([west, south, east, north])
}

fn png(sheet: &Grid, samples: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode(&mut bytes, sheet, samples).map_err(|error| Error::bug(format!("the picture was not encoded: {error}")))?;
    Ok(bytes)
}

fn encode(bytes: &mut Vec<u8>, sheet: &Grid, samples: &[u8]) -> std::result::Result<(), png::EncodingError> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(bytes, side(sheet.width()), side(sheet.height()));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(samples)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (usize, usize, Vec<[u8; 4]>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut samples).unwrap();
        let pixels = samples.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect();
        (frame.width as usize, frame.height as usize, pixels)
    }

    fn utm(size: usize) -> Grid {
        Grid::new(Crs::from_epsg(32637).unwrap(), (400_000.0, 5_520_000.0), (20.0, 20.0), (size, size)).unwrap()
    }

    /// A pixel that says where it is.
    fn signed(grid: &Grid) -> Vec<[u8; 4]> {
        let pixel = |at: usize| [(at % grid.width() / 4) as u8, (at / grid.width() / 4) as u8, 7, 255];
        (0..grid.width() * grid.height()).map(pixel).collect()
    }

    #[test]
    fn every_pixel_is_where_its_place_is() {
        let grid = utm(1000);
        let (bytes, [west, south, east, north]) = to_mercator(&grid, &signed(&grid), 4000).unwrap();
        let (width, height, pixels) = decoded(&bytes);
        let forth = Transform::new(Crs::WGS84, grid.crs()).unwrap();
        let mercator = |lat: f64| (std::f64::consts::FRAC_PI_4 + lat.to_radians() / 2.0).tan().ln();
        let mut seen = 0;
        for (row, col) in (5..height).step_by(97).flat_map(|row| (3..width).step_by(89).map(move |col| (row, col))) {
            let lon = west + (east - west) * (col as f64 + 0.5) / width as f64;
            let y = mercator(north) + (mercator(south) - mercator(north)) * (row as f64 + 0.5) / height as f64;
            let lat = 2.0 * (y.exp().atan() - std::f64::consts::FRAC_PI_4);
            let (x, y) = forth.point(lon, lat.to_degrees()).unwrap();
            let (at, down) = grid.to_pixel(x, y);
            let pixel = pixels[row * width + col];
            let inside = at >= 0.0 && down >= 0.0 && at < 1000.0 && down < 1000.0;
            assert_eq!(pixel[3] == 255, inside, "{col} {row} -> {at} {down}");
            if inside {
                seen += 1;
                let off = (at as i32 / 4 - i32::from(pixel[0])).abs() + (down as i32 / 4 - i32::from(pixel[1])).abs();
                assert!(off <= 1, "{col} {row} -> {at} {down}, {pixel:?}");
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn no_side_is_longer_than_asked() {
        let grid = utm(300);
        let (bytes, _) = to_mercator(&grid, &signed(&grid), 64).unwrap();
        let (width, height, _) = decoded(&bytes);
        assert!(width <= 64 && height <= 64 && width.max(height) > 60);
    }

    #[test]
    fn degrees_in_are_degrees_out() {
        let grid = Grid::new(Crs::WGS84, (37.0, 50.0), (0.001, 0.001), (100, 100)).unwrap();
        let (_, bounds) = to_mercator(&grid, &signed(&grid), 500).unwrap();
        for (side, degrees) in bounds.iter().zip([37.0, 49.9, 37.1, 50.0]) {
            assert!((side - degrees).abs() < 0.001, "{bounds:?}");
        }
    }

    #[test]
    fn a_torn_or_short_picture_is_refused() {
        assert!(to_mercator(&utm(10), &[[0; 4]; 99], 100).is_err());
        let torn = Grid::new(Crs::WGS84, (-179.0, 10.0), (1.0, 1.0), (358, 2)).unwrap();
        assert!(to_mercator(&torn, &vec![[0; 4]; 716], 500).is_err());
    }
}
