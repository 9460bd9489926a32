//! Small GeoTIFFs made by hand, honest or not: every part of the header can be had otherwise.

use std::path::Path;

/// A raster to be written.
#[derive(Clone)]
pub(crate) struct Tif {
    /// Columns and rows.
    pub(crate) size: (usize, usize),
    /// Name and samples of each band, row by row.
    pub(crate) bands: Vec<(String, Vec<f32>)>,
    /// Floats, else u16.
    pub(crate) float: bool,
    /// EPSG code of a projected system, 4326, or none.
    pub(crate) epsg: Option<u16>,
    /// The six numbers of GDAL.
    pub(crate) transform: [f64; 6],
    /// What stands in the nodata tag.
    pub(crate) nodata: Option<&'static str>,
    /// Side of deflated tiles; else one plain strip.
    pub(crate) tile: Option<usize>,
}

/// The bands of [`Tif::scene`].
pub(crate) const BANDS: [&str; 6] = ["B02", "B03", "B04", "B8A", "B11", "B12"];

/// Where [`Tif::scene`] lies: EPSG:32637, 20 m.
pub(crate) const CORNER: (f64, f64) = (300_000.0, 5_600_040.0);

impl Tif {
    /// A Sentinel-2-like scene of `side` pixels in steps of 1e-4 with dark pixels in it; where `burns`, it burned.
    pub(crate) fn scene(side: usize, burns: impl Fn(usize, usize) -> bool) -> Self {
        // Scenes without a fire are those before: their noise is another.
        let date = usize::from((0..side * side).any(|at| burns(at % side, at / side)));
        let unburned = [0.05, 0.07, 0.06, 0.30, 0.22, 0.14];
        let burned = [0.05, 0.06, 0.07, 0.12, 0.24, 0.26];
        let sample = |band: usize, col: usize, row: usize| {
            let base = if burns(col, row) { burned } else { unburned }[band];
            let waves = (col as f64 / 9.0).sin() * (row as f64 / 7.0).cos();
            ((base * (1.0 + 0.1 * waves) + 0.002 * speckle(band + 16 * date, col, row)) * 1e4).round() as f32
        };
        let plane = |band| (0..side * side).map(|at| sample(band, at % side, at / side)).collect();
        Self {
            size: (side, side),
            bands: BANDS.iter().enumerate().map(|(band, name)| ((*name).to_owned(), plane(band))).collect(),
            float: false,
            epsg: Some(32637),
            transform: [CORNER.0, 20.0, 0.0, CORNER.1, 0.0, -20.0],
            nodata: Some("0"),
            tile: None,
        }
    }

    /// The scene before: nothing burned.
    pub(crate) fn before() -> Self {
        Self::scene(64, |_, _| false)
    }

    /// The scene after: a square of 20 by 20 pixels burned.
    pub(crate) fn after() -> Self {
        Self::scene(64, |col, row| (20..40).contains(&col) && (20..40).contains(&row))
    }

    /// The same with its upper left corner elsewhere.
    pub(crate) fn at(mut self, x: f64, y: f64) -> Self {
        (self.transform[0], self.transform[3]) = (x, y);
        self
    }

    /// The same with every sample changed.
    pub(crate) fn mapped(mut self, change: impl Fn(f32) -> f32) -> Self {
        self.bands.iter_mut().flat_map(|(_, plane)| plane).for_each(|sample| *sample = change(*sample));
        self
    }

    /// The same as reflectance in floats.
    pub(crate) fn floats(self) -> Self {
        Self { float: true, ..self.mapped(|sample| sample * 1e-4) }
    }

    /// Writes it.
    pub(crate) fn write(&self, path: impl AsRef<Path>) {
        std::fs::write(path, self.bytes().0).unwrap();
    }

    /// The file, and offset and length of every strip or tile.
    pub(crate) fn bytes(&self) -> (Vec<u8>, Vec<(usize, usize)>) {
        let chunks = self.chunks();
        let (width, height) = self.size;
        let count = self.bands.len();
        let mut tags: Vec<(u16, u16, Vec<u8>)> = vec![
            (256, 4, long(width)),
            (257, 4, long(height)),
            (258, 3, short(if self.float { 32 } else { 16 }).repeat(count)),
            (259, 3, short(if self.tile.is_some() { 8 } else { 1 })),
            (262, 3, short(1)),
            (277, 3, short(count as u16)),
            (284, 3, short(1)),
            (339, 3, short(if self.float { 3 } else { 1 }).repeat(count)),
            (42112, 2, text(&self.names())),
        ];
        if count > 1 {
            tags.push((338, 3, short(0).repeat(count - 1)));
        }
        match self.tile {
            Some(side) => tags.extend([(322, 4, long(side)), (323, 4, long(side))]),
            None => tags.push((278, 4, long(height))),
        }
        tags.extend(self.nodata.map(|nodata| (42113, 2, text(nodata))));
        tags.extend(self.place());
        let (offsets, counts) = if self.tile.is_some() { (324, 325) } else { (273, 279) };
        tags.push((counts, 4, chunks.iter().flat_map(|chunk| long(chunk.len())).collect()));
        tags.push((offsets, 4, vec![0; 4 * chunks.len()]));
        laid_out(tags, offsets, &chunks)
    }

    fn names(&self) -> String {
        let escaped = |name: &str| name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let items: String = self
            .bands
            .iter()
            .enumerate()
            .map(|(band, (name, _))| {
                format!("<Item name=\"DESCRIPTION\" sample=\"{band}\" role=\"description\">{}</Item>", escaped(name))
            })
            .collect();
        format!("<GDALMetadata>{items}</GDALMetadata>")
    }

    /// Pixel size and tie point where they suffice, else the matrix; and the keys of the reference system.
    fn place(&self) -> Vec<(u16, u16, Vec<u8>)> {
        let [x, dx, rx, y, ry, dy] = self.transform;
        let doubles = |numbers: &[f64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let mut tags = if rx == 0.0 && ry == 0.0 && dy < 0.0 {
            vec![(33550, 12, doubles(&[dx, -dy, 0.0])), (33922, 12, doubles(&[0.0, 0.0, 0.0, x, y, 0.0]))]
        } else {
            vec![(34264, 12, doubles(&[dx, rx, 0.0, x, ry, dy, 0.0, y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]))]
        };
        let keys = self.epsg.map(|epsg| {
            let (model, key) = if epsg == 4326 { (2, 2048) } else { (1, 3072) };
            [1, 1, 0, 3, 1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, epsg]
        });
        tags.extend(keys.map(|keys| (34735, 3, keys.iter().flat_map(|key| short(*key)).collect())));
        tags
    }

    /// Pixel-interleaved strips or tiles, those deflated.
    fn chunks(&self) -> Vec<Vec<u8>> {
        let (width, height) = self.size;
        let Some(side) = self.tile else { return vec![self.window(0, 0, width, height)] };
        let corners = (0..height).step_by(side).flat_map(|row| (0..width).step_by(side).map(move |col| (col, row)));
        corners.map(|(col, row)| deflated(&self.window(col, row, side, side))).collect()
    }

    fn window(&self, left: usize, top: usize, width: usize, height: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for at in 0..width * height {
            let (col, row) = (left + at % width, top + at / width);
            let inside = col < self.size.0 && row < self.size.1;
            for (_, plane) in &self.bands {
                let sample = if inside { plane[row * self.size.0 + col] } else { 0.0 };
                if self.float {
                    bytes.extend(sample.to_le_bytes())
                } else {
                    bytes.extend((sample as u16).to_le_bytes())
                }
            }
        }
        bytes
    }
}

/// A fixed noise of -1 to 1.
fn speckle(band: usize, col: usize, row: usize) -> f64 {
    let mixed =
        (band as u64 * 7919 + col as u64 * 104_729 + row as u64 * 1_299_709 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 33) % 2001) as f64 / 1000.0 - 1.0
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out).unwrap();
    out.truncate(length);
    out
}

fn long(number: usize) -> Vec<u8> {
    (number as u32).to_le_bytes().to_vec()
}

fn short(number: u16) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}

fn text(words: &str) -> Vec<u8> {
    let mut bytes = words.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// Header, directory, long values, then the chunks.
fn laid_out(mut tags: Vec<(u16, u16, Vec<u8>)>, offsets: u16, chunks: &[Vec<u8>]) -> (Vec<u8>, Vec<(usize, usize)>) {
    tags.sort_by_key(|tag| tag.0);
    let directory = 8 + 2 + 12 * tags.len() + 4;
    let mut at = directory
        + tags
            .iter()
            .map(|(_, _, value)| if value.len() > 4 { value.len() + value.len() % 2 } else { 0 })
            .sum::<usize>();
    let places: Vec<(usize, usize)> = chunks
        .iter()
        .map(|chunk| {
            at += chunk.len();
            (at - chunk.len(), chunk.len())
        })
        .collect();
    let starts: Vec<u8> = places.iter().flat_map(|(start, _)| long(*start)).collect();
    let (mut bytes, mut behind) = (b"II*\0\x08\0\0\0".to_vec(), Vec::new());
    bytes.extend(short(tags.len() as u16));
    for (tag, kind, value) in tags {
        let mut value = if tag == offsets { starts.clone() } else { value };
        let width = match kind {
            2 => 1,
            3 => 2,
            4 => 4,
            _ => 8,
        };
        bytes.extend([short(tag), short(kind), long(value.len() / width)].concat());
        if value.len() > 4 {
            bytes.extend(long(directory + behind.len()));
            value.resize(value.len() + value.len() % 2, 0);
            behind.extend(value);
        } else {
            value.resize(4, 0);
            bytes.extend(value);
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(behind);
    chunks.iter().for_each(|chunk| bytes.extend(chunk));
    (bytes, places)
}
