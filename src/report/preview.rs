//! Previews: one small raster and its frame in, one PNG out.

use super::furniture::pixel_metres;
use super::page::{Page, Picture};
use super::ramp::{Legend, Ramp};
use super::stretch::{Composite, Stretch};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use ndarray::ArrayView2;

/// Everything around a picture.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What is shown, in a few words.
    pub title: String,
    /// Date and sensor.
    pub subtitle: String,
    /// The grid of the preview's pixels.
    pub grid: Grid,
    /// What a reader must know before looking, such as `SIMULATED` or a doubt; boxed.
    pub notes: Vec<String>,
    /// A word drawn over the whole picture so that no cut-out loses it, such as `SIMULATED`.
    pub stamp: Option<String>,
    /// Rings of the area of interest in map coordinates of the grid.
    pub outline: Vec<Vec<(f64, f64)>>,
    /// Longitude and latitude of the north-west, north-east, south-east and south-west corner of
    /// a projected grid; axes are marked in metres without them.
    pub corners: Option<[(f64, f64); 4]>,
    /// Whom the data is from, such as `Contains modified Copernicus Sentinel data 2025`.
    pub credit: String,
}

impl Frame {
    /// A frame with a title and nothing else.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>, grid: Grid) -> Self {
        Self {
            title: title.into(),
            subtitle: subtitle.into(),
            grid,
            notes: Vec::new(),
            stamp: None,
            outline: Vec::new(),
            corners: None,
            credit: String::new(),
        }
    }
}

/// One half of [`side_by_side`].
#[derive(Debug, Clone, Copy)]
pub struct Half<'a> {
    /// Date and sensor, above the picture.
    pub caption: &'a str,
    /// Its bands.
    pub composite: Composite<'a>,
}

/// Which bands a composite shows, for the line below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bands {
    /// Red, green, blue.
    TrueColour,
    /// SWIR2, NIR, red.
    FalseColour,
}

impl Bands {
    fn remark(self) -> &'static str {
        match self {
            Self::TrueColour => "true colour: red, green, blue",
            Self::FalseColour => {
                "false colour: SWIR2, NIR, red; burns brown-red, vegetation green, dry soil pink to tan"
            }
        }
    }
}

/// Pixels that a picture is brought to, and the most that enlarging may make of its height.
const ALONE: (usize, usize) = (700, 1400);
const HALF: (usize, usize) = (520, 1100);
/// How far (as a natural logarithm) the drawn proportions may be from the ground's.
const PROPORTION_TOLERANCE: f64 = 0.09;

/// Red, green and blue as the eye would see them. Arrays have the shape of the frame's grid.
///
/// # Errors
/// `Mismatch` when a shape differs from the grid's; `Limit` when the page passes 8192 pixels.
pub fn true_colour(frame: &Frame, composite: &Composite<'_>, stretch: &Stretch) -> Result<Vec<u8>> {
    composed(frame, composite, stretch, Bands::TrueColour)
}

/// SWIR2, NIR and red: fresh burns brown-red, vegetation green.
///
/// # Errors
/// As [`true_colour`].
pub fn false_colour(frame: &Frame, composite: &Composite<'_>, stretch: &Stretch) -> Result<Vec<u8>> {
    composed(frame, composite, stretch, Bands::FalseColour)
}

fn composed(frame: &Frame, composite: &Composite<'_>, stretch: &Stretch, bands: Bands) -> Result<Vec<u8>> {
    fits(frame, composite.shape()?)?;
    let picture = Picture { caption: None, colours: stretch.colours(composite), outlined: None };
    page(frame, &[picture], ALONE, |page| page.remark(bands.remark()), None)
}

/// An index in the colours of `ramp`; NaN and pixels of a non-zero `mask` are hatched. Where
/// `outlined` is not 0 an edge is drawn around, explained by [`Legend::outlined`].
///
/// # Errors
/// As [`true_colour`].
pub fn index_map(
    frame: &Frame,
    values: ArrayView2<'_, f32>,
    mask: ArrayView2<'_, u8>,
    ramp: &Ramp,
    legend: &Legend,
    outlined: Option<ArrayView2<'_, u8>>,
) -> Result<Vec<u8>> {
    for shape in [Some(values.dim()), Some(mask.dim()), outlined.map(|mask| mask.dim())].into_iter().flatten() {
        fits(frame, shape)?;
    }
    let seen = values.iter().zip(&mask);
    let colours = seen.map(|(&value, &why)| if why == 0 { ramp.colour(value) } else { None }).collect();
    let picture = Picture { caption: None, colours, outlined };
    let edge = outlined.is_some().then(|| legend.outlined.as_deref().unwrap_or("outlined: marked by the method"));
    page(frame, &[picture], ALONE, |page| page.bar(ramp, legend), edge)
}

/// Before and after in one picture with one stretch (see [`Stretch::shared`]).
///
/// # Errors
/// As [`true_colour`].
pub fn side_by_side<'a>(
    frame: &Frame,
    before: &Half<'a>,
    after: &Half<'a>,
    stretch: &Stretch,
    bands: Bands,
) -> Result<Vec<u8>> {
    let mut pictures = Vec::new();
    for half in [before, after] {
        fits(frame, half.composite.shape()?)?;
        let colours = stretch.colours(&half.composite);
        pictures.push(Picture { caption: Some(half.caption), colours, outlined: None });
    }
    let remark = format!("{}; one stretch for both dates", bands.remark());
    page(frame, &pictures, HALF, |page| page.remark(&remark), None)
}

fn fits(frame: &Frame, shape: (usize, usize)) -> Result<()> {
    if shape == frame.grid.window().shape() {
        return Ok(());
    }
    let (height, width) = shape;
    Err(Error::mismatch(format!(
        "a picture of {width} by {height} pixels does not fit its grid of {} by {}",
        frame.grid.width(),
        frame.grid.height()
    )))
}

/// Sets a page: header, pictures, scale, what is special to the kind, key and credit.
fn page(
    frame: &Frame,
    pictures: &[Picture<'_>],
    target: (usize, usize),
    special: impl FnOnce(&mut Page<'_>) -> Result<()>,
    edge: Option<&str>,
) -> Result<Vec<u8>> {
    let stacked = pictures.len() > 1 && frame.grid.width() > 2 * frame.grid.height();
    let zoom = zoom(&frame.grid, if stacked { ALONE } else { target });
    let width = frame.grid.width() * zoom.0;
    let abreast = if stacked || width > 1300 { 1 } else { pictures.len() };
    let mut page = Page::new(frame, Page::width_of(pictures.get(..abreast).unwrap_or(pictures), width))?;
    page.header()?;
    for row in pictures.chunks(abreast) {
        page.pictures(row, zoom)?;
    }
    page.scale(zoom.0, width)?;
    special(&mut page)?;
    page.key(pictures, edge)?;
    page.finish()
}

/// Factors by which pixels are enlarged: whole numbers, so that a pixel stays a rectangle of one
/// colour. Columns reach the target's width unless rows would pass its height; rows follow the
/// ground's proportions (degrees are not square), for which columns may grow to twice as wide.
fn zoom(grid: &Grid, (wanted, highest): (usize, usize)) -> (usize, usize) {
    let proportion = pixel_metres(grid).map_or(1.0, |(width, height)| (height / width).clamp(0.2, 5.0));
    let down = |across: usize| (across as f64 * proportion).round().max(1.0);
    let error = |across: usize| (down(across) / (across as f64 * proportion)).ln().abs();
    let most = ((highest as f64 / (grid.height() as f64 * proportion)).floor() as usize).max(1);
    let least = wanted.div_ceil(grid.width()).clamp(1, most);
    let widest = (2 * wanted).div_ceil(grid.width()).clamp(least, most);
    let near = (least..=widest.min(least + 8)).find(|&across| error(across) < PROPORTION_TOLERANCE);
    let across =
        near.or((least..=widest.min(least + 8)).min_by(|&a, &b| error(a).total_cmp(&error(b)))).unwrap_or(least);
    (across, down(across) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use crate::report::canvas::{HATCH, INK, PAPER, Rgb};
    use crate::report::page::MARGIN;
    use crate::report::ramp::Cover;
    use ndarray::{Array2, ArrayView2};

    /// A decoded picture.
    struct Seen {
        width: usize,
        height: usize,
        pixels: Vec<u8>,
    }

    impl Seen {
        fn of(bytes: &[u8]) -> Self {
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            Self { width: info.width as usize, height: info.height as usize, pixels }
        }

        fn at(&self, x: usize, y: usize) -> Rgb {
            self.pixels[(y * self.width + x) * 3..][..3].try_into().unwrap()
        }

        fn count(&self, colour: Rgb) -> usize {
            self.pixels.chunks_exact(3).filter(|pixel| *pixel == colour).count()
        }
    }

    fn frame(width: usize, height: usize) -> Frame {
        let grid = Grid::new(Crs::from_epsg(32637).unwrap(), (4e5, 5.5e6), (10.0, 10.0), (width, height)).unwrap();
        let mut frame = Frame::new("A field near Vovchansk", "2025-05-01, Sentinel-2A", grid);
        frame.credit = "Contains modified Copernicus Sentinel data 2025".to_owned();
        frame
    }

    fn composite<'a>(band: &'a Array2<f32>, mask: &'a Array2<u8>) -> Composite<'a> {
        Composite { bands: [band.view(); 3], mask: mask.view() }
    }

    fn map(frame: &Frame, values: &Array2<f32>, mask: &Array2<u8>, edge: Option<ArrayView2<'_, u8>>) -> Seen {
        let legend = Legend::dnbr(Cover::Other);
        Seen::of(&index_map(frame, values.view(), mask.view(), &Ramp::dnbr(), &legend, edge).unwrap())
    }

    #[test]
    fn a_missing_pixel_is_a_hatched_block_and_nothing_else_is() {
        let frame = frame(100, 50);
        let (mut values, mut mask) = (Array2::from_elem((50, 100), 0.5f32), Array2::zeros((50, 100)));
        let whole = map(&frame, &values, &mask, None);
        values[(10, 20)] = f32::NAN;
        mask[(30, 40)] = 3;
        let holed = map(&frame, &values, &mask, None);
        // 100 pixels at factor 7; two blocks of 7 by 7 lose the colour to the hatch.
        let colour = Ramp::dnbr().colour(0.5).unwrap();
        assert_eq!(whole.count(colour) - holed.count(colour), 2 * 49);
        let hatched = |seen: &Seen| seen.count(HATCH[0]) + seen.count(HATCH[1]);
        assert_eq!(hatched(&holed) - hatched(&whole), 2 * 49);
        assert!(hatched(&whole) == 28 * 14, "the legend explains the hatch also when nothing is missing");
    }

    #[test]
    fn in_composites_missing_is_neither_black_nor_white() {
        let frame = frame(70, 70);
        let mut band = Array2::from_shape_fn((70, 70), |(row, col)| (row * col) as f32 / 9800.0);
        band[(5, 5)] = f32::NAN;
        band[(6, 5)] = f32::NEG_INFINITY;
        let mut mask = Array2::zeros((70, 70));
        mask[(7, 5)] = 9;
        let stretch = Stretch::shared(&[composite(&band, &mask)]).unwrap();
        let seen = Seen::of(&true_colour(&frame, &composite(&band, &mask), &stretch).unwrap());
        let (left, top) = picture_corner(&seen);
        for (row, y) in (5 * 10..8 * 10).map(|row| (row, top + row)) {
            for x in left + 50..left + 60 {
                assert!(HATCH.contains(&seen.at(x, y)), "row {row}");
            }
        }
        assert_ne!(seen.at(left + 61, top + 51), HATCH[0]);
    }

    /// The first pixel inside the first long line of ink from the top: the frame of a picture 700 wide.
    fn picture_corner(seen: &Seen) -> (usize, usize) {
        for y in 0..seen.height {
            let run = (0..seen.width).filter(|&x| seen.at(x, y) == INK).collect::<Vec<_>>();
            if run.len() > 500 {
                return (run[run.len() - 1] - 700, y + 1);
            }
        }
        panic!("no frame");
    }

    #[test]
    fn small_pictures_are_enlarged_by_whole_factors() {
        for (size, factors) in [((129, 121), (6, 6)), ((1024, 700), (1, 1)), ((300, 1000), (1, 1)), ((20, 400), (3, 3))]
        {
            assert_eq!(zoom(&frame(size.0, size.1).grid, ALONE), factors, "{size:?}");
        }
        let degrees = Grid::new(Crs::WGS84, (36.0, 50.0), (2e-4, 2e-4), (129, 121)).unwrap();
        assert_eq!(zoom(&degrees, ALONE), (6, 9), "degrees of latitude are longer at 50 N");
    }

    #[test]
    fn the_margin_stays_blank_and_the_legend_is_there() {
        let mut frame = frame(90, 60);
        frame.title = "x".repeat(500);
        frame.notes = vec!["SIMULATED".to_owned(), "doubtful ".repeat(99)];
        frame.outline = vec![vec![(-1e9, 0.0), (4.005e5, 5.4995e6), (1e9, 1e9)]];
        let values = Array2::from_elem((60, 90), 0.0);
        let seen = map(&frame, &values, &Array2::zeros((60, 90)), None);
        let blank = |x: usize, y: usize| seen.at(x, y) == PAPER;
        assert!(
            (0..seen.height).all(|y| (0..MARGIN - 1).chain(seen.width - MARGIN + 1..seen.width).all(|x| blank(x, y)))
        );
        assert!(
            (0..seen.width).all(|x| (0..MARGIN - 1).chain(seen.height - MARGIN + 1..seen.height).all(|y| blank(x, y)))
        );
        for (_, colour) in [(0, Ramp::dnbr().colour(0.9)), (1, Ramp::dnbr().colour(-0.4))] {
            let near = |pixel: &[u8]| pixel.iter().zip(colour.unwrap()).all(|(a, b)| a.abs_diff(b) < 3);
            assert!(seen.pixels.chunks_exact(3).filter(|pixel| near(pixel)).count() > 18, "colour bar");
        }
    }

    #[test]
    fn outlines_and_stamps_change_the_picture_only_where_asked() {
        let mut frame = frame(100, 100);
        let values = Array2::from_elem((100, 100), 0.3);
        let (clear, mut burned) = (Array2::zeros((100, 100)), Array2::<u8>::zeros((100, 100)));
        burned[(50, 50)] = 1;
        let plain = map(&frame, &values, &clear, None);
        let edged = map(&frame, &values, &clear, Some(burned.view()));
        let colour = Ramp::dnbr().colour(0.3).unwrap();
        let lost = plain.count(colour) as i64 - edged.count(colour) as i64;
        assert_eq!(lost, 40 + 28, "a ring of two pixels in the enlarged pixel, a seam of one around it");
        frame.stamp = Some("SIMULATED".to_owned());
        let stamped = map(&frame, &values, &clear, None);
        assert!(stamped.count(colour) + 10_000 < plain.count(colour));
        assert_eq!((stamped.width, stamped.height), (plain.width, plain.height));
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let frame = frame(30, 20);
        let (band, mask) = (Array2::zeros((20, 31)), Array2::zeros((20, 31)));
        let stretch = Stretch::fixed([(0.0, 1.0); 3], 1.0).unwrap();
        let half = Half { caption: "", composite: composite(&band, &mask) };
        assert!(true_colour(&frame, &half.composite, &stretch).is_err());
        assert!(side_by_side(&frame, &half, &half, &stretch, Bands::TrueColour).is_err());
        let (legend, ramp) = (Legend::dnbr(Cover::Other), Ramp::dnbr());
        assert!(index_map(&frame, band.view(), mask.view(), &ramp, &legend, None).is_err());
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let mut frame = frame(40, 40);
        frame.corners = Some([(36.9, 50.3), (36.95, 50.3), (36.95, 50.25), (36.9, 50.25)]);
        let band = Array2::from_shape_fn((40, 40), |(row, col)| ((row * 7 + col * 3) % 11) as f32 / 30.0);
        let mask = Array2::zeros((40, 40));
        let date = composite(&band, &mask);
        let stretch = Stretch::shared(&[date, date]).unwrap();
        let half = |caption| Half { caption, composite: date };
        let draw = || side_by_side(&frame, &half("before"), &half("after"), &stretch, Bands::FalseColour).unwrap();
        assert_eq!(draw(), draw());
        assert_ne!(draw(), true_colour(&frame, &date, &stretch).unwrap());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        #[test]
        fn no_size_or_text_panics(
            (width, height) in proptest::prop_oneof![(1usize..40, 1usize..40), (1usize..6, 1usize..2000), (1usize..2000, 1usize..6), (1usize..700, 1usize..700)],
            epsg in proptest::sample::select(vec![32637u32, 4326, 3857, 3035]),
            (x0, y0, pixel) in (-1e3f64..1e7, -1e3f64..1e7, 1e-9f64..1e5),
            (title, note) in (".{0,60}", ".{0,200}"),
            value in proptest::num::f32::ANY,
        ) {
            let grid = Grid::new(Crs::from_epsg(epsg).unwrap(), (x0, y0), (pixel, pixel), (width, height)).unwrap();
            let mut frame = Frame::new(title.clone(), note.clone(), grid);
            frame.notes = vec![note.clone()];
            frame.stamp = Some(title);
            frame.outline = vec![vec![(x0, y0), (f64::from(value), y0), (x0, f64::from(value))]];
            frame.corners = Some([(f64::from(value), y0), (x0, y0), (y0, x0), (x0, x0)]);
            let (band, mask) = (Array2::from_elem((height, width), value), Array2::zeros((height, width)));
            let date = composite(&band, &mask);
            let stretch = Stretch::shared(&[date]).unwrap();
            true_colour(&frame, &date, &stretch).unwrap();
            let half = Half { caption: &note, composite: date };
            side_by_side(&frame, &half, &half, &stretch, Bands::TrueColour).unwrap();
            let legend = Legend::new(note.clone(), note.clone()).outlined(note.clone());
            index_map(&frame, band.view(), mask.view(), &Ramp::dnbr_classes(), &legend, Some(mask.view())).unwrap();
        }
    }

    #[test]
    fn the_largest_size_is_drawn() {
        let frame = frame(2000, 2000);
        let (band, mask) = (Array2::from_elem((2000, 2000), 0.1), Array2::zeros((2000, 2000)));
        let half = Half { caption: "", composite: composite(&band, &mask) };
        let stretch = Stretch::fixed([(0.0, 1.0); 3], 1.0).unwrap();
        let seen = Seen::of(&side_by_side(&frame, &half, &half, &stretch, Bands::TrueColour).unwrap());
        assert!(seen.height > 4000 && seen.width < 2300, "wide pictures are stacked");
    }
}
