//! From painted rows to products: means over 20 m, the sensor's noise, digital numbers, SCL and truth layers.

use super::band::{SimBand, Spectrum};
use super::noise::{derive, normal, pixel_bits};
use super::scenario::Date;
use super::sky::classify;
use super::truth::Truth;
use super::world::World;
use crate::error::{Error, Result};
use crate::geom::window::Window;

/// Columns of 20 m that are painted in one go; it bounds the memory and changes no value.
const STRIP: usize = 128;

/// Largest DN before the offset.
const BRIGHTEST: f32 = 20_000.0;

/// All bands and the SCL of one window of 20 m pixels. Can be used again for another window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The 20 m window that was computed last.
    window20: Option<Window>,
    bands: [Vec<u16>; 10],
    scl: Vec<u8>,
}

impl Bundle {
    /// An empty bundle.
    pub fn new() -> Self {
        Self::default()
    }

    /// The window of 20 m pixels that the bundle holds, if any.
    pub fn window20(&self) -> Option<Window> {
        self.window20
    }

    /// DN of a band, row by row: of the 20 m window, or of the 10 m window that covers it.
    pub fn band(&self, band: SimBand) -> &[u16] {
        &self.bands[band.index()]
    }

    /// Scene classification codes of the 20 m window, row by row.
    pub fn scl(&self) -> &[u8] {
        &self.scl
    }

    fn prepare(&mut self, window20: Window) {
        self.window20 = Some(window20);
        for band in SimBand::ALL {
            let per_side = 20 / band.metres();
            self.bands[band.index()].clear();
            self.bands[band.index()].resize(window20.len() * per_side * per_side, 0);
        }
        self.scl.clear();
        self.scl.resize(window20.len(), 0);
    }
}

impl World {
    /// Digital numbers of one band at one date. `window` counts the band's own pixels (10 or 20 m); `out` takes
    /// them row by row. 0 is nodata; else DN = round(10,000 * reflectance), at least 1, plus the offset.
    ///
    /// # Errors
    /// `Usage` when the window leaves the scene, `Bug` when `out` has another length than the window.
    pub fn dn(&self, date: Date, band: SimBand, window: Window, out: &mut [u16]) -> Result<()> {
        self.check(window, band.metres(), out.len())?;
        for strip in strips(window, 2 * STRIP * 10 / band.metres()) {
            if band.metres() == 10 {
                self.fine_strip(date, band, strip, window, out);
            } else {
                self.pairs(date, strip, |row, means| {
                    let target = piece(out, window, strip, row);
                    self.digitise(date, band, (strip.col, row), means, target);
                });
            }
        }
        Ok(())
    }

    /// One strip of a 10 m band.
    fn fine_strip(&self, date: Date, band: SimBand, strip: Window, window: Window, out: &mut [u16]) {
        let mut painter = self.painter(date, strip);
        let mut spectra = Vec::new();
        for j in 0..strip.height {
            painter.row(j, &mut spectra);
            let row = strip.row + j;
            self.digitise(date, band, (strip.col, row), &spectra, piece(out, window, strip, row));
        }
    }

    /// Scene classification codes (Sen2Cor's, 0 to 11) of a window of 20 m pixels.
    ///
    /// # Errors
    /// As [`World::dn`].
    pub fn scl(&self, date: Date, window20: Window, out: &mut [u8]) -> Result<()> {
        self.check(window20, 20, out.len())?;
        for strip in strips(window20, STRIP) {
            self.pairs(date, strip, |row, means| {
                self.classes(date, (strip.col, row), means, piece(out, window20, strip, row));
            });
        }
        Ok(())
    }

    /// All bands and the SCL of a window of 20 m pixels at one date; the land is looked at only once.
    ///
    /// # Errors
    /// `Usage` when the window leaves the scene.
    pub fn dn_all(&self, date: Date, window20: Window, bundle: &mut Bundle) -> Result<()> {
        self.check(window20, 20, window20.len())?;
        bundle.prepare(window20);
        for strip in strips(window20, STRIP) {
            self.bundle_strip(date, strip, window20, bundle);
        }
        Ok(())
    }

    fn bundle_strip(&self, date: Date, strip: Window, window20: Window, bundle: &mut Bundle) {
        let (strip10, window10) = (doubled(strip), doubled(window20));
        let mut painter = self.painter(date, strip10);
        let (mut rows, mut means) = ([Vec::new(), Vec::new()], Vec::new());
        for row in strip.row..strip.bottom() {
            for (half, spectra) in rows.iter_mut().enumerate() {
                let row10 = 2 * row + half;
                painter.row(row10 - strip10.row, spectra);
                for band in SimBand::ALL.into_iter().filter(|band| band.metres() == 10) {
                    let target = piece(&mut bundle.bands[band.index()], window10, strip10, row10);
                    self.digitise(date, band, (strip10.col, row10), spectra, target);
                }
            }
            average(&rows, &mut means);
            for band in SimBand::ALL.into_iter().filter(|band| band.metres() == 20) {
                let target = piece(&mut bundle.bands[band.index()], window20, strip, row);
                self.digitise(date, band, (strip.col, row), &means, target);
            }
            self.classes(date, (strip.col, row), &means, piece(&mut bundle.scl, window20, strip, row));
        }
    }

    /// The truth of a window of 10 m pixels, as codes of [`Truth`]: in the geometry of the earlier date.
    ///
    /// # Errors
    /// As [`World::dn`].
    pub fn truth10(&self, window10: Window, out: &mut [u8]) -> Result<()> {
        self.check(window10, 10, out.len())?;
        for strip in strips(window10, 2 * STRIP) {
            let found = self.changes(strip);
            for (row, classes) in (strip.row..).zip(found.chunks_exact(strip.width)) {
                let target = piece(out, window10, strip, row);
                target.iter_mut().zip(classes).for_each(|(code, class)| *code = class.code());
            }
        }
        Ok(())
    }

    /// The truth of a window of 20 m pixels: the most frequent class of the four 10 m pixels.
    ///
    /// # Errors
    /// As [`World::dn`].
    pub fn truth20(&self, window20: Window, out: &mut [u8]) -> Result<()> {
        self.check(window20, 20, out.len())?;
        for strip in strips(window20, STRIP) {
            let found = self.changes(doubled(strip));
            for (row, two) in (strip.row..).zip(found.chunks_exact(4 * strip.width)) {
                let (north, south) = two.split_at(2 * strip.width);
                let target = piece(out, window20, strip, row);
                for (code, (a, b)) in target.iter_mut().zip(north.chunks_exact(2).zip(south.chunks_exact(2))) {
                    *code = Truth::common([a[0], a[1], b[0], b[1]]).code();
                }
            }
        }
        Ok(())
    }

    /// Calls `take` with the mean spectra of every row of a strip of 20 m pixels.
    fn pairs(&self, date: Date, strip: Window, mut take: impl FnMut(usize, &[Spectrum])) {
        let mut painter = self.painter(date, doubled(strip));
        let (mut rows, mut means) = ([Vec::new(), Vec::new()], Vec::new());
        for j in 0..strip.height {
            for (half, spectra) in rows.iter_mut().enumerate() {
                painter.row(2 * j + half, spectra);
            }
            average(&rows, &mut means);
            take(strip.row + j, &means);
        }
    }

    fn check(&self, window: Window, metres: usize, length: usize) -> Result<()> {
        let side = self.scenario.size10 * 10 / metres;
        let holds = |start: usize, count: usize| start.checked_add(count).is_some_and(|end| end <= side);
        if !holds(window.col, window.width) || !holds(window.row, window.height) {
            return Err(Error::usage(format!(
                "the window at column {}, row {} of {} by {} pixels leaves the scene of {side} pixels of {metres} m a side",
                window.col, window.row, window.width, window.height
            )));
        }
        if length != window.len() {
            return Err(Error::bug(format!("{length} places for {} pixels", window.len())));
        }
        Ok(())
    }

    /// Adds the sensor's noise to one row of spectra and rounds; (`col`, `row`) is its first pixel.
    fn digitise(&self, date: Date, band: SimBand, (col, row): (usize, usize), spectra: &[Spectrum], out: &mut [u16]) {
        let key = self.noise_key(date, band, row);
        let sigma = self.scenario.noise * band.noise_dn();
        let offset = self.scenario.offset_dn as u16;
        for (i, (dn, spectrum)) in out.iter_mut().zip(spectra).enumerate() {
            let reflectance = spectrum[band.index()];
            let spread = sigma * ((reflectance.max(0.0) + 0.02) * (1.0 / 0.17)).sqrt();
            let value = reflectance * 10_000.0 + spread * normal(pixel_bits(key, col + i));
            *dn = (value.clamp(1.0, BRIGHTEST) + 0.5) as u16 + offset;
        }
        let seen = self.seen(date, row * band.metres() / 20, 20 / band.metres());
        blank(out, col, seen);
    }

    fn classes(&self, date: Date, (col, row): (usize, usize), means: &[Spectrum], out: &mut [u8]) {
        let seed = derive(self.sky_seed, 82 + date as u32);
        for (i, (code, mean)) in out.iter_mut().zip(means).enumerate() {
            *code = classify(seed, mean, col + i, row);
        }
        blank(out, col, self.seen(date, row, 1));
    }

    /// The key of the noise of one row of one band.
    fn noise_key(&self, date: Date, band: SimBand, row: usize) -> u64 {
        let look = u64::from(self.scenario.look).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let source = self.scenario.seed ^ look ^ 0x005e_4504_u64.rotate_left(7 * band as u32 + 3 * date as u32);
        pixel_bits(pixel_bits(source, 2 * band.index() + date.index()), row)
    }

    /// Columns that were seen in a row of 20 m pixels, in pixels `per20` of which make 20 m.
    fn seen(&self, date: Date, row20: usize, per20: usize) -> std::ops::Range<usize> {
        let side = self.scenario.size10 / 2;
        let share = f64::from(self.scenario.nodata_share[date.index()]);
        let south = (row20 as f64 + 0.5) / side as f64;
        match date {
            Date::Before => (2.0 * share * (1.0 - south) * side as f64).round() as usize * per20..usize::MAX,
            Date::After => 0..(side as f64 * (1.0 - 2.0 * share * south)).round() as usize * per20,
        }
    }
}

/// Sets to 0 what was not seen.
fn blank<T: Default + Copy>(out: &mut [T], col: usize, seen: std::ops::Range<usize>) {
    for (i, value) in out.iter_mut().enumerate() {
        if !seen.contains(&(col + i)) {
            *value = T::default();
        }
    }
}

/// Means of two by two pixels, always added in the same order.
fn average(rows: &[Vec<Spectrum>; 2], means: &mut Vec<Spectrum>) {
    means.clear();
    let [north, south] = rows;
    means.extend(
        north
            .chunks_exact(2)
            .zip(south.chunks_exact(2))
            .map(|(a, b)| -> Spectrum { std::array::from_fn(|k| 0.25 * ((a[0][k] + a[1][k]) + (b[0][k] + b[1][k]))) }),
    );
}

/// A window of 20 m pixels in 10 m pixels.
fn doubled(window: Window) -> Window {
    Window::new(2 * window.col, 2 * window.row, 2 * window.width, 2 * window.height)
}

/// The window cut into strips of at most `width` columns and 128 rows.
fn strips(window: Window, width: usize) -> impl Iterator<Item = Window> {
    let across = (0..window.width).step_by(width.max(1));
    across.flat_map(move |col| {
        (0..window.height).step_by(128).map(move |row| {
            let part = (width.min(window.width - col), 128.min(window.height - row));
            Window::new(window.col + col, window.row + row, part.0, part.1)
        })
    })
}

/// The part of `out`, which holds `window`, that the row `row` of `strip` takes.
fn piece<T>(out: &mut [T], window: Window, strip: Window, row: usize) -> &mut [T] {
    let start = (row - window.row) * window.width + strip.col - window.col;
    &mut out[start..start + strip.width]
}
