//! Smooth fields over the land: computed at knots every few pixels, interpolated to the pixels of a row, and the
//! fine textures that are computed at the pixels themselves.

use super::noise::{Fractal, derive, floor, hash, unit};

/// Positions on the ground, in 10 m pixels: `x0 + step * i`, `y0 + step * j`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) step: f64,
    pub(super) cols: usize,
    pub(super) rows: usize,
}

/// The smooth fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Brightness factor of the relief under the sun.
    Light,
    /// Near 0 on the axis of a gully, with opposite signs on its sides.
    Gully,
    Forest,
    Soil,
    WarpX,
    WarpY,
    MeanderX,
    MeanderY,
    Vigour,
    Burn,
    Slow,
    Cloud,
    /// The clouds at the place that the sun shines through.
    Shade,
}

const FIELDS: usize = 13;

/// Pixels between knots.
const SPACING: f64 = 8.0;

/// Metres of relief per unit of its noise.
const RELIEF_METRES: f32 = 26.0;

/// The noises behind the fields.
#[derive(Clone, Copy)]
pub(super) struct Noises {
    relief: Fractal,
    gully: Fractal,
    smooth: [(Field, Fractal); 9],
    cloud: Fractal,
    /// Unit vector to the sun (east, south) times the cotangent of its height.
    sun: (f32, f32),
    /// Way in pixels from a shadow to its cloud.
    throw: (f32, f32),
    /// Whether clouds are needed at all.
    cloudy: bool,
}

impl Noises {
    /// `sun`: azimuth and height in degrees. `cloud_seed` differs between the dates.
    pub(super) fn new(seed: u32, cloud_seed: u32, (azimuth, height): (f32, f32), cloudy: bool) -> Self {
        let noise = |salt, cell, octaves, gain| Fractal { seed: derive(seed, salt), cell, octaves, gain };
        let (sin, cos) = azimuth.to_radians().sin_cos();
        let cotangent = 1.0 / height.to_radians().tan();
        let cloud_height = 110.0;
        Self {
            relief: noise(1, 620.0, 4, 0.45),
            gully: noise(2, 400.0, 3, 0.5),
            smooth: [
                (Field::Forest, noise(3, 310.0, 4, 0.6)),
                (Field::Soil, noise(4, 260.0, 3, 0.65)),
                (Field::WarpX, noise(5, 420.0, 1, 0.5)),
                (Field::WarpY, noise(6, 420.0, 1, 0.5)),
                (Field::MeanderX, noise(9, 120.0, 2, 0.5)),
                (Field::MeanderY, noise(10, 120.0, 2, 0.5)),
                (Field::Vigour, noise(11, 85.0, 2, 0.6)),
                (Field::Burn, noise(12, 340.0, 4, 0.5)),
                (Field::Slow, noise(13, 4000.0, 1, 0.5)),
            ],
            cloud: Fractal { seed: cloud_seed, cell: 330.0, octaves: 4, gain: 0.62 },
            sun: (sin * cotangent, -cos * cotangent),
            throw: (sin * cotangent * cloud_height, -cos * cotangent * cloud_height),
            cloudy,
        }
    }

    /// Height in metres, and the gully field, at a position.
    fn terrain(&self, x: f32, y: f32) -> (f32, f32) {
        let gully = self.gully.at(x, y);
        let away = gully * gully;
        (RELIEF_METRES * self.relief.at(x, y) + 9.0 * away / (away + 0.02), gully)
    }

    /// Brightness of slopes: the cosine of the sun's angle over that of the plain, to first order.
    fn light(&self, x: f32, y: f32, (height, apart): (f32, f32)) -> f32 {
        let east = (self.terrain(x + apart, y).0 - height) / (10.0 * apart);
        let south = (self.terrain(x, y + apart).0 - height) / (10.0 * apart);
        (1.0 - (east * self.sun.0 + south * self.sun.1)).clamp(0.75, 1.25)
    }

    /// Writes all fields at one knot.
    fn fill(&self, x: f32, y: f32, out: &mut [f32; FIELDS]) {
        let (height, gully) = self.terrain(x, y);
        out[Field::Gully as usize] = gully;
        out[Field::Light as usize] = self.light(x, y, (height, SPACING as f32));
        for (field, noise) in &self.smooth {
            out[*field as usize] = noise.at(x, y);
        }
        if self.cloudy {
            out[Field::Cloud as usize] = self.cloud.at(x, y);
            out[Field::Shade as usize] = self.cloud.at(x + self.throw.0, y + self.throw.1);
        }
    }
}

/// The fields at the knots around a frame.
pub(super) struct Knots {
    frame: Frame,
    origin: (f64, f64),
    spacing: f64,
    across: usize,
    values: Vec<[f32; FIELDS]>,
    /// Per pixel column: the knot to its left and the way to the next one in 0..1.
    columns: Vec<(u32, f32)>,
}

impl Knots {
    pub(super) fn new(noises: &Noises, frame: Frame) -> Self {
        let (origin, spacing) = lattice(&frame);
        let count = |first: f64, start: f64, pixels: usize| {
            ((start + frame.step * (pixels.max(1) - 1) as f64 - first) / spacing) as usize + 2
        };
        let across = count(origin.0, frame.x0, frame.cols);
        let down = count(origin.1, frame.y0, frame.rows);
        let mut values = vec![[0.0; FIELDS]; across * down];
        for (k, value) in values.iter_mut().enumerate() {
            let x = origin.0 + (k % across) as f64 * spacing;
            let y = origin.1 + (k / across) as f64 * spacing;
            noises.fill(x as f32, y as f32, value);
        }
        let columns = (0..frame.cols).map(|i| split((frame.x0 + frame.step * i as f64 - origin.0) / spacing)).collect();
        Self { frame, origin, spacing, across, values, columns }
    }

    /// The fields at the pixels of row `j` of the frame.
    pub(super) fn row(&self, j: usize, out: &mut Vec<[f32; FIELDS]>) {
        let (knot, down) = split((self.frame.y0 + self.frame.step * j as f64 - self.origin.1) / self.spacing);
        let north = &self.values[knot as usize * self.across..][..self.across];
        let south = &self.values[(knot as usize + 1) * self.across..][..self.across];
        let mixed: Vec<[f32; FIELDS]> = north.iter().zip(south).map(|(a, b)| blend(a, b, down)).collect();
        out.clear();
        out.extend(self.columns.iter().map(|&(k, right)| blend(&mixed[k as usize], &mixed[k as usize + 1], right)));
    }
}

/// Knots lie at multiples of the spacing; for a frame of scattered pixels they are the pixels themselves.
fn lattice(frame: &Frame) -> ((f64, f64), f64) {
    if frame.step > SPACING {
        return ((frame.x0, frame.y0), frame.step);
    }
    (((frame.x0 / SPACING).floor() * SPACING, (frame.y0 / SPACING).floor() * SPACING), SPACING)
}

fn split(position: f64) -> (u32, f32) {
    let knot = position as u32;
    (knot, (position - f64::from(knot)) as f32)
}

fn blend(a: &[f32; FIELDS], b: &[f32; FIELDS], t: f32) -> [f32; FIELDS] {
    std::array::from_fn(|k| a[k] + t * (b[k] - a[k]))
}

/// Value noise of small cells along one row, about -1..1; linear between the lattice's points.
pub(super) fn texture(seed: u32, cell: f64, frame: &Frame, j: usize, out: &mut Vec<f32>) {
    let y = ((frame.y0 + frame.step * j as f64) / cell) as f32;
    let line = floor(y);
    let down = y - line as f32;
    let first = (frame.x0 / cell).floor() as i32;
    let last = ((frame.x0 + frame.step * frame.cols as f64) / cell).floor() as i32 + 1;
    let lattice: Vec<f32> = (first..=last)
        .map(|i| {
            let (a, b) = (unit(hash(seed, i, line)), unit(hash(seed, i, line + 1)));
            2.0 * (a + down * (b - a)) - 1.0
        })
        .collect();
    out.clear();
    out.extend((0..frame.cols).map(|i| {
        let (k, right) = split((frame.x0 + frame.step * i as f64) / cell - f64::from(first));
        let (a, b) = (lattice[k as usize], lattice[k as usize + 1]);
        a + right * (b - a)
    }));
}

/// The fields and textures at one pixel.
#[derive(Clone, Copy)]
pub(super) struct Local<'a> {
    pub(super) x: f32,
    pub(super) y: f32,
    fields: &'a [f32; FIELDS],
    /// Texture of about ten pixels.
    pub(super) mid: f32,
    /// Texture of about three pixels.
    pub(super) fine: f32,
}

impl Local<'_> {
    pub(super) fn of(&self, field: Field) -> f32 {
        self.fields[field as usize]
    }
}

/// Reusable buffers of one row.
#[derive(Default)]
pub(super) struct RowFields {
    fields: Vec<[f32; FIELDS]>,
    textures: [Vec<f32>; 4],
}

impl RowFields {
    /// Computes row `j` of the knots' frame.
    pub(super) fn fill(&mut self, seed: u32, knots: &Knots, j: usize) {
        knots.row(j, &mut self.fields);
        for (k, (texture_of, cell)) in self.textures.iter_mut().zip([13.0, 7.0, 3.7, 1.9]).enumerate() {
            texture(derive(seed, 40 + k as u32), cell, &knots.frame, j, texture_of);
        }
    }

    /// The pixel at column `i` of row `j`.
    pub(super) fn at(&self, frame: &Frame, i: usize, j: usize) -> Local<'_> {
        let [coarse, middle, small, least] = &self.textures;
        Local {
            x: (frame.x0 + frame.step * i as f64) as f32,
            y: (frame.y0 + frame.step * j as f64) as f32,
            fields: &self.fields[i],
            mid: coarse[i] + 0.6 * middle[i],
            fine: 0.7 * small[i] + 0.7 * least[i],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noises() -> Noises {
        Noises::new(7, 8, (160.0, 30.0), true)
    }

    #[test]
    fn a_frame_inside_a_frame_has_the_same_fields() {
        let whole = Frame { x0: 0.5, y0: 0.5, step: 1.0, cols: 60, rows: 40 };
        let part = Frame { x0: 21.5, y0: 13.5, step: 1.0, cols: 9, rows: 5 };
        let (all, some) = (Knots::new(&noises(), whole), Knots::new(&noises(), part));
        let (mut a, mut b) = (RowFields::default(), RowFields::default());
        for j in 0..part.rows {
            a.fill(3, &all, j + 13);
            b.fill(3, &some, j);
            for i in 0..part.cols {
                let (one, other) = (a.at(&whole, i + 21, j + 13), b.at(&part, i, j));
                assert_eq!(one.fields, other.fields);
                assert_eq!((one.mid, one.fine, one.x), (other.mid, other.fine, other.x));
            }
        }
    }

    #[test]
    fn a_scattered_frame_is_computed_at_its_own_pixels() {
        let frame = Frame { x0: 3.5, y0: 9.5, step: 57.0, cols: 7, rows: 3 };
        let knots = Knots::new(&noises(), frame);
        let mut row = RowFields::default();
        row.fill(1, &knots, 2);
        let mut direct = [0.0; FIELDS];
        noises().fill(3.5 + 57.0 * 4.0, 9.5 + 57.0 * 2.0, &mut direct);
        for (a, b) in row.at(&frame, 4, 2).fields.iter().zip(direct) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}
