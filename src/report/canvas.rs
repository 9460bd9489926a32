//! A sheet of RGB pixels: rectangles, lines, hatches and text, all clipped, and its PNG form.

use super::lettering::legible;
use crate::error::{Error, Result};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// Sides beyond this many pixels are refused.
pub(super) const SIDE: usize = 8192;

/// Almost black: lines and text.
pub(super) const INK: Rgb = [24, 24, 26];
/// Second rank of text; still 7:1 against [`PAPER`].
pub(super) const SOFT_INK: Rgb = [84, 84, 88];
/// The background.
pub(super) const PAPER: Rgb = [255, 255, 255];
/// The two greys of the hatch that stands for ground that was not seen.
pub(super) const HATCH: [Rgb; 2] = [[196, 196, 200], [128, 128, 134]];

/// A rectangle of canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    pub(super) const fn right(&self) -> usize {
        self.left + self.width
    }

    pub(super) const fn bottom(&self) -> usize {
        self.top + self.height
    }

    /// The area grown by `by` pixels on every side, cut at the canvas' corner.
    pub(super) const fn grown(&self, by: usize) -> Self {
        let (left, top) = (self.left.saturating_sub(by), self.top.saturating_sub(by));
        Self { left, top, width: self.right() + by - left, height: self.bottom() + by - top }
    }

    pub(super) fn holds(&self, x: i64, y: i64) -> bool {
        let inside = |at: i64, from: usize, to: usize| usize::try_from(at).is_ok_and(|at| (from..to).contains(&at));
        inside(x, self.left, self.right()) && inside(y, self.top, self.bottom())
    }
}

/// A face of the built-in font.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face(FontWeight, RasterHeight);

impl Face {
    pub(super) const TITLE: Self = Self(FontWeight::Bold, RasterHeight::Size24);
    pub(super) const STRONG: Self = Self(FontWeight::Bold, RasterHeight::Size16);
    pub(super) const TEXT: Self = Self(FontWeight::Regular, RasterHeight::Size16);

    /// Pixels from one character to the next.
    pub(super) const fn advance(self) -> usize {
        get_raster_width(self.0, self.1)
    }

    /// Pixels from one line to the next.
    pub(super) const fn line(self) -> usize {
        self.1.val() + 4
    }

    /// Width of `text` as it will be drawn.
    pub(super) fn width(self, text: &str) -> usize {
        legible(text).chars().count() * self.advance()
    }
}

/// The sheet.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A blank sheet.
    ///
    /// # Errors
    /// `Limit` when a side is beyond [`SIDE`].
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        within_limits(width, height)?;
        Ok(Self { width, height, pixels: PAPER.repeat(width * height) })
    }

    /// Makes the sheet at least `height` pixels high.
    ///
    /// # Errors
    /// `Limit` when that is beyond [`SIDE`].
    pub(super) fn reach(&mut self, height: usize) -> Result<()> {
        if height > self.height {
            within_limits(self.width, height)?;
            self.pixels.resize(self.width * height * 3, 255);
            self.height = height;
        }
        Ok(())
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Index of the first sample of a pixel on the sheet.
    fn index(&self, x: i64, y: i64) -> Option<usize> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < self.width && y < self.height).then(|| (y * self.width + x) * 3)
    }

    /// The colour of a pixel, or none beyond the sheet.
    #[cfg(test)]
    pub(super) fn colour(&self, x: usize, y: usize) -> Option<Rgb> {
        let at = self.index(i64::try_from(x).ok()?, i64::try_from(y).ok()?)?;
        self.pixels.get(at..at + 3)?.try_into().ok()
    }

    /// Lays `colour` over a pixel; `cover` 255 hides what was there.
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Rgb, cover: u8) {
        let Some(at) = self.index(x, y) else { return };
        let cover = u16::from(cover);
        for (sample, new) in self.pixels.iter_mut().skip(at).zip(colour) {
            *sample = ((u16::from(new) * cover + u16::from(*sample) * (255 - cover) + 127) / 255) as u8;
        }
    }

    /// Sets a pixel.
    pub(super) fn put(&mut self, x: i64, y: i64, colour: Rgb) {
        self.blend(x, y, colour, 255);
    }

    /// Fills a rectangle with colours that depend on the position in it.
    pub(super) fn paint(&mut self, area: Area, colour: impl Fn(usize, usize) -> Rgb) {
        let right = area.right().min(self.width);
        for y in area.top..area.bottom().min(self.height) {
            let from = (y * self.width + area.left.min(right)) * 3;
            let to = (y * self.width + right) * 3;
            let Some(row) = self.pixels.get_mut(from..to) else { return };
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                pixel.copy_from_slice(&colour(x, y - area.top));
            }
        }
    }

    /// Fills a rectangle.
    pub(super) fn fill(&mut self, area: Area, colour: Rgb) {
        self.paint(area, |_, _| colour);
    }

    /// A line of `thick` pixels around a rectangle, outside of it.
    pub(super) fn frame(&mut self, area: Area, thick: usize, colour: Rgb) {
        let outer = area.grown(thick);
        for edge in [
            Area { height: thick, ..outer },
            Area { top: area.bottom(), height: thick, ..outer },
            Area { width: thick, ..outer },
            Area { left: area.right(), width: thick, ..outer },
        ] {
            self.fill(edge, colour);
        }
    }

    /// One line of text whose upper left corner is at (`x`, `y`); returns the column behind it.
    pub(super) fn text(&mut self, x: usize, y: usize, text: &str, face: Face, colour: Rgb) -> usize {
        self.text_over(x as i64, y as i64, text, face, (colour, 255), None);
        x + face.width(text)
    }

    /// Text centred on `x`, kept on the sheet.
    pub(super) fn text_centred(&mut self, x: usize, y: usize, text: &str, face: Face, colour: Rgb) {
        let width = face.width(text);
        let left = x.saturating_sub(width / 2).min(self.width.saturating_sub(width));
        self.text(left, y, text, face, colour);
    }

    /// Text in an ink of some cover, drawn only inside `within` where that is given.
    pub(super) fn text_over(
        &mut self,
        x: i64,
        y: i64,
        text: &str,
        face: Face,
        (colour, cover): (Rgb, u8),
        within: Option<Area>,
    ) {
        for (place, character) in legible(text).chars().enumerate() {
            let left = x + (place * face.advance()) as i64;
            let Some(glyph) = get_raster(character, face.0, face.1) else { continue };
            for (down, row) in glyph.rows().enumerate() {
                for (across, &ink) in row.iter().enumerate() {
                    let (px, py) = (left + across as i64, y + down as i64);
                    if ink > 0 && within.is_none_or(|area| area.holds(px, py)) {
                        self.blend(px, py, colour, (u16::from(ink) * u16::from(cover) / 255) as u8);
                    }
                }
            }
        }
    }

    /// The sheet as PNG (8-bit RGB), with `notes` as text chunks (keyword, text).
    ///
    /// # Errors
    /// `Bug` when the encoder refuses, which it has no reason to.
    pub(super) fn png(&self, notes: &[(&str, String)]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes, notes).map_err(|error| Error::bug(format!("the picture was not encoded: {error}")))?;
        Ok(bytes)
    }

    fn encode(&self, bytes: &mut Vec<u8>, notes: &[(&str, String)]) -> std::result::Result<(), png::EncodingError> {
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // Measured on enlarged scenes: 2 to 3 times smaller than the fast level, "high" saves 3 % more at 4 times the time.
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::Adaptive);
        for (keyword, text) in notes {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()
    }
}

fn within_limits(width: usize, height: usize) -> Result<()> {
    if width <= SIDE && height <= SIDE {
        return Ok(());
    }
    Err(Error::limit(format!("a picture of {width} by {height} pixels is over {SIDE} a side"))
        .hint("draw a reduced preview"))
}

/// The hatch that stands for ground that was not seen; it depends on the position on the sheet
/// alone, so that neighbouring pixels join into one texture.
pub(super) const fn hatch(x: usize, y: usize) -> Rgb {
    HATCH[((x + y) % 8 < 3) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_beyond_the_sheet_is_clipped() {
        let mut sheet = Canvas::new(5, 4).unwrap();
        sheet.fill(Area { left: 3, top: 2, width: 100, height: 100 }, INK);
        sheet.fill(Area { left: 30, top: 20, width: 100, height: 100 }, INK);
        sheet.text(2, 1, "Wide text", Face::TITLE, INK);
        sheet.put(-1, -1, INK);
        assert_eq!(sheet.colour(4, 3), Some(INK));
        assert_eq!(sheet.colour(2, 0), Some(PAPER));
        assert!(Canvas::new(SIDE + 1, 1).is_err());
    }

    #[test]
    fn text_is_as_wide_as_it_says() {
        let mut sheet = Canvas::new(200, 30).unwrap();
        let behind = sheet.text(10, 2, "MMM", Face::TEXT, INK);
        assert_eq!(behind, 10 + Face::TEXT.width("MMM"));
        let inked = |x: usize| (0..30).any(|y| sheet.colour(x, y) != Some(PAPER));
        assert!((10..behind).any(inked));
        assert!(!(0..10).chain(behind..200).any(inked));
    }

    #[test]
    fn a_png_reads_back_as_drawn() {
        let mut sheet = Canvas::new(9, 7).unwrap();
        sheet.paint(Area { left: 0, top: 0, width: 9, height: 7 }, |x, y| [x as u8, y as u8, 7]);
        let bytes = sheet.png(&[("Title", "Вовчанськ".to_owned())]).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, sheet.pixels);
        assert_eq!(reader.info().utf8_text[0].get_text().unwrap(), "Вовчанськ");
    }

    #[test]
    fn text_contrasts_with_paper() {
        let light = |[r, g, b]: Rgb| {
            let linear = |sample: u8| (f64::from(sample) / 255.0).powf(2.2);
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        for ink in [INK, SOFT_INK] {
            assert!((light(PAPER) + 0.05) / (light(ink) + 0.05) >= 7.0);
        }
    }
}
