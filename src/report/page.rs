//! The page: a header, pictures with their axes, a scale, a legend and a credit, set from top to bottom.

use super::canvas::{Area, Canvas, Face, INK, PAPER, Rgb, SOFT_INK, hatch};
use super::furniture::{ARROW, Mark, ScaleBar, marks, north_arrow, pixel_metres};
use super::lettering::{legible, wrapped};
use super::outline::{EDGE, Placed, edges, rings};
use super::preview::Frame;
use super::ramp::{Legend, Ramp};
use crate::error::Result;
use crate::geom::grid::Grid;
use ndarray::ArrayView2;

/// White space around everything.
pub(super) const MARGIN: usize = 24;
/// White space between two things.
const GAP: usize = 14;
/// Text and legends never get narrower than this.
const NARROWEST: usize = 680;
/// Room on the left of a picture for the labels of its axis.
const AXIS: usize = 92;
/// Room that a picture with a caption gets, however narrow it is.
const CELL: usize = 300;
/// The ground of a note.
const NOTE: Rgb = [255, 240, 196];

/// One picture: colours row by row, none where the ground was not seen.
pub(super) struct Picture<'a> {
    pub(super) caption: Option<&'a str>,
    pub(super) colours: Vec<Option<Rgb>>,
    pub(super) outlined: Option<ArrayView2<'a, u8>>,
}

impl Picture<'_> {
    fn colour(&self, col: usize, row: usize, width: usize) -> Option<Rgb> {
        self.colours.get(row * width + col).copied().flatten()
    }

    fn caption_lines(&self, width: usize) -> Vec<String> {
        self.caption.map_or(Vec::new(), |text| wrapped(&legible(text), width / Face::STRONG.advance(), 2))
    }

    /// Width of the page that the picture takes when drawn `width` wide.
    fn cell(&self, width: usize) -> usize {
        if self.caption.is_some() { width.max(CELL) } else { width }
    }
}

/// A sheet that is filled from top to bottom.
pub(super) struct Page<'a> {
    pub(super) sheet: Canvas,
    frame: &'a Frame,
    y: usize,
}

impl<'a> Page<'a> {
    /// An empty page with room for `width` pixels between the margins.
    pub(super) fn new(frame: &'a Frame, width: usize) -> Result<Self> {
        let width = width.max(NARROWEST) + 2 * MARGIN;
        Ok(Self { sheet: Canvas::new(width, MARGIN)?, frame, y: MARGIN })
    }

    fn content(&self) -> usize {
        self.sheet.width() - 2 * MARGIN
    }

    /// Takes `height` rows of the sheet and returns the first.
    fn take(&mut self, height: usize) -> Result<usize> {
        let top = self.y;
        self.y += height;
        self.sheet.reach(self.y + MARGIN)?;
        Ok(top)
    }

    /// Paragraph of at most `lines` lines.
    fn paragraph(&mut self, text: &str, face: Face, colour: Rgb, lines: usize) -> Result<()> {
        for line in wrapped(&legible(text), self.content() / face.advance(), lines) {
            let top = self.take(face.line())?;
            self.sheet.text(MARGIN, top, &line, face, colour);
        }
        Ok(())
    }

    /// Title, subtitle and the notes, each note in a box.
    pub(super) fn header(&mut self) -> Result<()> {
        let frame = self.frame;
        self.paragraph(&frame.title, Face::TITLE, INK, 2)?;
        if !frame.subtitle.is_empty() {
            self.paragraph(&frame.subtitle, Face::TEXT, SOFT_INK, 2)?;
        }
        for note in frame.notes.iter().take(8) {
            self.note(note)?;
        }
        self.take(GAP).map(drop)
    }

    fn note(&mut self, note: &str) -> Result<()> {
        let lines = wrapped(&legible(note), (self.content() - 20) / Face::STRONG.advance(), 4);
        self.take(6)?;
        let top = self.take(lines.len() * Face::STRONG.line() + 8)?;
        let widest = lines.iter().map(|line| Face::STRONG.width(line)).max().unwrap_or(0);
        let note = Area { left: MARGIN + 1, top: top + 1, width: widest + 18, height: self.y - top - 2 };
        self.sheet.fill(note, NOTE);
        self.sheet.frame(note, 1, INK);
        for (count, line) in lines.iter().enumerate() {
            self.sheet.text(MARGIN + 10, top + 5 + count * Face::STRONG.line(), line, Face::STRONG, INK);
        }
        Ok(())
    }

    /// Width of the content that holds `pictures` side by side, each drawn `width` wide.
    pub(super) fn width_of(pictures: &[Picture<'_>], width: usize) -> usize {
        let cells: usize = pictures.iter().map(|picture| picture.cell(width) + GAP).sum();
        AXIS + cells.saturating_sub(GAP)
    }

    /// Pictures of one grid side by side, enlarged by `zoom`, with captions above and axes around.
    pub(super) fn pictures(&mut self, pictures: &[Picture<'_>], zoom: (usize, usize)) -> Result<()> {
        let frame = self.frame;
        let (width, height) = (frame.grid.width() * zoom.0, frame.grid.height() * zoom.1);
        let mut left = MARGIN + AXIS + self.content().saturating_sub(Self::width_of(pictures, width)) / 2;
        let captions: Vec<Vec<String>> =
            pictures.iter().map(|picture| picture.caption_lines(picture.cell(width))).collect();
        let lines = captions.iter().map(Vec::len).max().unwrap_or(0);
        let above = self.take(lines * Face::STRONG.line() + usize::from(lines > 0) * 4)?;
        let top = self.take(height + 10 + Face::TEXT.line())?;
        for (count, (picture, caption)) in pictures.iter().zip(&captions).enumerate() {
            for (down, line) in caption.iter().enumerate() {
                self.sheet.text(left, above + down * Face::STRONG.line(), line, Face::STRONG, INK);
            }
            let placed = Placed { zoom, area: Area { left, top, width, height } };
            self.picture(picture, &placed);
            self.axes(&placed.area, count == 0);
            left += picture.cell(width) + GAP;
        }
        self.take(GAP).map(drop)
    }

    fn picture(&mut self, picture: &Picture<'_>, placed: &Placed) {
        let (frame, area) = (self.frame, placed.area);
        let cols = frame.grid.width();
        self.sheet.paint(area, |x, y| {
            let seen = picture.colour(x / placed.zoom.0, y / placed.zoom.1, cols);
            seen.unwrap_or(hatch(area.left + x, area.top + y))
        });
        if let Some(mask) = picture.outlined {
            edges(&mut self.sheet, placed, mask);
        }
        if let Some(stamp) = &frame.stamp {
            self.stamp(stamp, area);
        }
        rings(&mut self.sheet, placed, &frame.grid, &frame.outline);
        self.sheet.frame(area, 1, INK);
    }

    /// A word over the whole picture, so that no cut-out loses it.
    fn stamp(&mut self, stamp: &str, area: Area) {
        let line = wrapped(&legible(stamp), 24, 1).concat();
        let (wide, high) = (Face::TITLE.width(&line).max(1) + 90, 110);
        for (row, y) in (area.top + 16..area.bottom()).step_by(high).enumerate() {
            let start = area.left as i64 + 12 - (row % 2 * wide / 2) as i64;
            for x in (0..area.width + wide).step_by(wide) {
                let x = start + x as i64;
                for (right, down) in [(-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)] {
                    let (x, y) = (x + right, y as i64 + down);
                    self.sheet.text_over(x, y, &line, Face::TITLE, (INK, 90), Some(area));
                }
                self.sheet.text_over(x, y as i64, &line, Face::TITLE, (PAPER, 235), Some(area));
            }
        }
    }

    /// Marks and labels below a picture, and on its left where `labelled`.
    fn axes(&mut self, area: &Area, labelled: bool) {
        let (below, beside) = axis_marks(self.frame, area);
        for (x, label) in below {
            let x = area.left + x.min(area.width);
            self.sheet.fill(Area { left: x, top: area.bottom() + 1, width: 1, height: 6 }, INK);
            // A label that would reach over the picture's end would run into its neighbour.
            let half = Face::TEXT.width(&label) / 2;
            if x >= area.left + half && x + half <= area.right() {
                self.sheet.text_centred(x, area.bottom() + 9, &label, Face::TEXT, INK);
            }
        }
        for (y, label) in beside {
            let y = area.top + y.min(area.height);
            self.sheet.fill(Area { left: area.left - 7, top: y, width: 6, height: 1 }, INK);
            if labelled {
                let left = (area.left - 10).saturating_sub(Face::TEXT.width(&label));
                self.sheet.text(left, y.saturating_sub(8), &label, Face::TEXT, INK);
            }
        }
    }

    /// The scale bar on the left and the north arrow on the right.
    pub(super) fn scale(&mut self, zoom: usize, map_width: usize) -> Result<()> {
        let top = self.take(ARROW.1.max(ScaleBar::HEIGHT) + 6)?;
        let right = MARGIN + self.content();
        north_arrow(&mut self.sheet, right - ARROW.0, top);
        let metres = pixel_metres(&self.frame.grid).map(|metres| metres.0 / zoom as f64);
        match metres.and_then(|metres| ScaleBar::fitting(metres, (map_width * 3 / 10).clamp(120, 320))) {
            Some(bar) => bar.draw(&mut self.sheet, MARGIN, top + 10),
            None => drop(self.sheet.text(MARGIN, top + 10, "no scale: the grid has no lengths", Face::TEXT, INK)),
        }
        let system = format!("grid {}", self.frame.grid.crs());
        let left = right.saturating_sub(ARROW.0 + 16 + Face::TEXT.width(&system));
        self.sheet.text(left, top + 14, &system, Face::TEXT, SOFT_INK);
        Ok(())
    }

    /// A colour bar with its label above and its marks below.
    pub(super) fn bar(&mut self, ramp: &Ramp, legend: &Legend) -> Result<()> {
        let unit = if legend.unit.is_empty() { String::new() } else { format!(" [{}]", legend.unit) };
        self.paragraph(&format!("{}{unit}", legend.label), Face::STRONG, INK, 2)?;
        let top = self.take(22 + 8 + Face::TEXT.line())?;
        let bar = Area { left: MARGIN + 24, top: top + 2, width: self.content().min(760) - 48, height: 18 };
        let classes = ramp.classes();
        if classes.is_empty() {
            let (low, high) = ramp.range();
            let value = |x: usize| low + (high - low) * (x as f32 + 0.5) / bar.width as f32;
            self.sheet.paint(bar, |x, _| ramp.colour(value(x)).unwrap_or(PAPER));
        } else {
            self.sheet.paint(bar, |x, _| classes.get(x * classes.len() / bar.width).copied().unwrap_or(PAPER));
        }
        self.sheet.frame(bar, 1, INK);
        for (x, label) in bar_marks(ramp, bar.width) {
            self.sheet.fill(Area { left: bar.left + x.min(bar.width - 1), top: bar.top, width: 1, height: 24 }, INK);
            self.sheet.text_centred(bar.left + x, bar.bottom() + 8, &label, Face::TEXT, INK);
        }
        self.class_names(&legend.names, bar, classes.len())?;
        self.take(4).map(drop)
    }

    /// Names under the classes of a bar, in two lines each.
    fn class_names(&mut self, names: &[String], bar: Area, classes: usize) -> Result<()> {
        if classes == 0 || names.is_empty() {
            return Ok(());
        }
        let wide = bar.width / classes;
        let lines = |name: &String| wrapped(&legible(name), wide / Face::TEXT.advance(), 2);
        let names: Vec<Vec<String>> = names.iter().take(classes).map(lines).collect();
        let top = self.take(names.iter().map(Vec::len).max().unwrap_or(0) * Face::TEXT.line())?;
        for (place, name) in names.iter().enumerate() {
            for (down, line) in name.iter().enumerate() {
                let middle = bar.left + place * wide + wide / 2;
                self.sheet.text_centred(middle, top + down * Face::TEXT.line(), line, Face::TEXT, SOFT_INK);
            }
        }
        Ok(())
    }

    /// What the hatch and the lines mean; the hatch always, with the share it covers.
    pub(super) fn key(&mut self, pictures: &[Picture<'_>], outlined: Option<&str>) -> Result<()> {
        let unseen = format!("not seen: cloud, shadow or no data ({})", unseen_share(pictures));
        self.key_line(&unseen, |sheet, area| sheet.paint(area, |x, y| hatch(area.left + x, area.top + y)))?;
        if let Some(text) = outlined {
            self.key_line(text, |sheet, area| {
                sheet.fill(area, EDGE);
                sheet.fill(Area { left: area.left + 2, top: area.top + 2, width: 24, height: 10 }, PAPER);
            })?;
        }
        if !self.frame.outline.is_empty() {
            self.key_line("area of interest", |sheet, area| {
                let line = Area { top: area.top + 6, height: 2, ..area };
                sheet.paint(line, |x, _| if x % 12 < 6 { INK } else { [206, 206, 206] });
            })?;
        }
        Ok(())
    }

    fn key_line(&mut self, text: &str, swatch: impl Fn(&mut Canvas, Area)) -> Result<()> {
        let top = self.take(Face::TEXT.line() + 2)?;
        let area = Area { left: MARGIN + 1, top: top + 2, width: 28, height: 14 };
        swatch(&mut self.sheet, area);
        let room = (self.content() - 40) / Face::TEXT.advance();
        self.sheet.text(MARGIN + 40, top, &wrapped(&legible(text), room, 1).concat(), Face::TEXT, INK);
        Ok(())
    }

    /// A line of explanation.
    pub(super) fn remark(&mut self, text: &str) -> Result<()> {
        self.paragraph(text, Face::TEXT, INK, 3)
    }

    /// The credit, last on the page, and the finished PNG.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        let frame = self.frame;
        if !frame.credit.is_empty() {
            self.take(6)?;
            self.paragraph(&frame.credit, Face::TEXT, SOFT_INK, 3)?;
        }
        debug_assert!(self.sheet.height() >= self.y);
        let notes = frame.notes.iter().chain(&frame.stamp).cloned().collect::<Vec<_>>().join("; ");
        let texts = [
            ("Title", &frame.title),
            ("Description", &frame.subtitle),
            ("Comment", &notes),
            ("Copyright", &frame.credit),
        ];
        let said = texts.into_iter().filter(|text| !text.1.is_empty());
        let mut chunks: Vec<(&str, String)> =
            said.map(|(keyword, text)| (keyword, text.replace('\0', "\u{fffd}"))).collect();
        chunks.push(("Software", concat!("groundtell ", env!("CARGO_PKG_VERSION")).to_owned()));
        self.sheet.png(&chunks)
    }
}

/// The share of the pixels that were not seen, in words, per picture.
fn unseen_share(pictures: &[Picture<'_>]) -> String {
    let shares = pictures.iter().map(|picture| {
        let unseen = picture.colours.iter().filter(|colour| colour.is_none()).count();
        let percent = 100.0 * unseen as f64 / picture.colours.len().max(1) as f64;
        match unseen {
            0 => "none".to_owned(),
            _ if percent < 1.0 => "under 1 %".to_owned(),
            _ if percent > 99.0 && percent < 100.0 => "over 99 %".to_owned(),
            _ => format!("{percent:.0} %"),
        }
    });
    shares.collect::<Vec<_>>().join(" | ")
}

/// Marks below and beside a picture: degrees where longitude and latitude of the corners are
/// known (linear between them), else metres of the grid.
fn axis_marks(frame: &Frame, area: &Area) -> (Vec<Mark>, Vec<Mark>) {
    let (apart_below, apart_beside) = (120, 70);
    if let Some([north_west, _, south_east, south_west]) = corners(frame) {
        let degrees = |positive: char, negative: char| {
            move |value: f64, decimals: usize| {
                let side = if value < 0.0 { negative } else { positive };
                format!("{:.decimals$}\u{b0}{side}", value.abs())
            }
        };
        return (
            marks((south_west.0, south_east.0), area.width, apart_below, degrees('E', 'W')),
            marks((north_west.1, south_west.1), area.height, apart_beside, degrees('N', 'S')),
        );
    }
    let ((west, north), (east, south)) = ends(&frame.grid);
    let metres = |value: f64, decimals: usize| format!("{value:.decimals$}");
    (
        marks((west, east), area.width, apart_below, |value, decimals| metres(value, decimals) + " mE"),
        marks((north, south), area.height, apart_beside, |value, decimals| metres(value, decimals) + " mN"),
    )
}

fn ends(grid: &Grid) -> ((f64, f64), (f64, f64)) {
    (grid.to_map(0.0, 0.0), grid.to_map(grid.width() as f64, grid.height() as f64))
}

/// Longitude and latitude of the corners, from the frame or, on a geographic grid, the grid.
fn corners(frame: &Frame) -> Option<[(f64, f64); 4]> {
    if frame.grid.crs().is_geographic() {
        let ((west, north), (east, south)) = ends(&frame.grid);
        return Some([(west, north), (east, north), (east, south), (west, south)]);
    }
    frame.corners
}

/// Marks of a colour bar: at equal steps for classes, by value otherwise.
fn bar_marks(ramp: &Ramp, width: usize) -> Vec<Mark> {
    let classes = ramp.classes().len();
    let (low, high) = ramp.range();
    let decimals =
        ramp.ticks().iter().map(|value| format!("{value}").split_once('.').map_or(0, |(_, tail)| tail.len()));
    let decimals = decimals.max().unwrap_or(0).min(3);
    let named = |value: f32| if value == 0.0 { "0".to_owned() } else { format!("{value:.decimals$}") };
    let by_value = |value: f32| (((value - low) / (high - low)) * width as f32).round() as usize;
    let place = |at: usize, value| ((at + 1) * width).checked_div(classes).unwrap_or_else(|| by_value(value));
    ramp.ticks().iter().enumerate().map(|(at, &value)| (place(at, value), named(value))).collect()
}
