//! Where a JPEG 2000 image lies: the GeoTIFF inside a GeoJP2 box, or the rectified grid of a
//! GMLJP2 box. As with GDAL, the former wins when both are there.

use super::boxes::Boxes;
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::io::safe::xml;
use crate::limits::Limits;

/// A grid, or in words why there is none; and the reference system if it could be read.
pub(super) type Place = (Result<Grid, String>, Option<Crs>);

/// The place of an image of `shape` columns and rows.
pub(super) fn place(boxes: &Boxes, shape: (usize, usize), limits: &Limits) -> Place {
    if let Some(tiff) = &boxes.geojp2 {
        return geotiff(tiff, shape);
    }
    match &boxes.gml {
        Some(document) => gml(document, shape, limits),
        None => (Err("the file has no georeference (neither a GeoJP2 nor a GMLJP2 box)".into()), None),
    }
}

/// A north-up grid from its corner, its column step and its row step.
fn grid(crs: &Result<Crs, String>, corner: (f64, f64), steps: [f64; 4], shape: (usize, usize)) -> Place {
    let [dx, skew_x, skew_y, dy] = steps;
    let known = crs.as_ref().ok().copied();
    let made = crs.clone().and_then(|crs| {
        if skew_x != 0.0 || skew_y != 0.0 {
            return Err("the grid is rotated or skewed".to_owned());
        }
        Grid::new(crs, corner, (dx, -dy), shape).map_err(|error| error.problem().to_owned())
    });
    (made, known)
}

/// The GeoTIFF of a GeoJP2 box: tie point and pixel size or a matrix, and the GeoKeys.
fn geotiff(bytes: &[u8], shape: (usize, usize)) -> Place {
    let Some(tags) = Tags::read(bytes) else {
        return (Err("the GeoJP2 box holds no readable GeoTIFF".into()), None);
    };
    let crs = tags.crs();
    let Some((corner, steps)) = tags.affine() else {
        return (Err("the GeoJP2 box gives no position".into()), crs.ok());
    };
    let half = if tags.key(1025) == Some(2) { 0.5 } else { 0.0 };
    let [dx, skew_x, skew_y, dy] = steps;
    let corner = (corner.0 - half * (dx + skew_x), corner.1 - half * (skew_y + dy));
    grid(&crs, corner, steps, shape)
}

/// The tags of a classic TIFF's first directory that say where it lies.
#[derive(Default)]
struct Tags {
    scale: Vec<f64>,
    tie: Vec<f64>,
    matrix: Vec<f64>,
    keys: Vec<u16>,
}

impl Tags {
    fn read(bytes: &[u8]) -> Option<Self> {
        let tiff = Tiff { bytes, little: bytes.starts_with(b"II") };
        if !(tiff.little || bytes.starts_with(b"MM")) || tiff.short(2)? != 42 {
            return None;
        }
        let directory = tiff.long(4)? as usize;
        let mut tags = Self::default();
        for entry in 0..usize::from(tiff.short(directory)?) {
            let at = directory + 2 + entry * 12;
            match tiff.short(at)? {
                33550 => tags.scale = tiff.doubles(at)?,
                33922 => tags.tie = tiff.doubles(at)?,
                34264 => tags.matrix = tiff.doubles(at)?,
                34735 => tags.keys = tiff.shorts(at)?,
                _ => {}
            }
        }
        Some(tags)
    }

    /// The value of a GeoKey that is a plain number.
    fn key(&self, id: u16) -> Option<u16> {
        let entries = self.keys.get(4..)?.as_chunks::<4>().0;
        entries.iter().find(|entry| entry[0] == id && entry[1] == 0).map(|entry| entry[3])
    }

    fn crs(&self) -> Result<Crs, String> {
        let code = match self.key(1024) {
            Some(1) => self.key(3072),
            Some(2) => self.key(2048),
            _ => None,
        };
        match code {
            None | Some(0 | 32767) => Err("the GeoKeys name no EPSG code".into()),
            Some(code) => Crs::from_epsg(u32::from(code)).map_err(|error| error.problem().to_owned()),
        }
    }

    /// The outer corner and the steps [dx, skew, skew, dy] of the affine.
    fn affine(&self) -> Option<((f64, f64), [f64; 4])> {
        if let &[a, b, _, x, d, e, _, y, ..] = self.matrix.as_slice() {
            return Some(((x, y), [a, b, d, e]));
        }
        let (&[dx, dy, ..], &[i, j, _, x, y, ..]) = (self.scale.as_slice(), self.tie.as_slice()) else {
            return None;
        };
        Some(((x - i * dx, y + j * dy), [dx, 0.0, 0.0, -dy]))
    }
}

/// The bytes of a classic TIFF in their byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Tiff<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut array: [u8; N] = self.bytes.get(at..at.checked_add(N)?)?.try_into().ok()?;
        if self.little {
            array.reverse();
        }
        Some(array)
    }

    fn short(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    fn long(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// Count of the entry at `at`, and where its values lie when one takes `size` bytes.
    fn values(&self, at: usize, kind: u16, size: usize) -> Option<(usize, usize)> {
        let count = self.long(at + 4)? as usize;
        let inline = count.checked_mul(size)? <= 4;
        let start = if inline { at + 8 } else { self.long(at + 8)? as usize };
        let inside = start.checked_add(count * size)? <= self.bytes.len();
        (self.short(at + 2)? == kind && inside).then_some((count, start))
    }

    fn doubles(&self, at: usize) -> Option<Vec<f64>> {
        let (count, start) = self.values(at, 12, 8)?;
        (0..count).map(|index| self.array(start + index * 8).map(f64::from_be_bytes)).collect()
    }

    fn shorts(&self, at: usize) -> Option<Vec<u16>> {
        let (count, start) = self.values(at, 3, 2)?;
        (0..count).map(|index| self.short(start + index * 2)).collect()
    }
}

/// What a GML document says of its first rectified grid.
#[derive(Default)]
struct Rectified {
    origin: Option<(f64, f64)>,
    steps: Vec<(f64, f64)>,
    system: Option<String>,
}

/// The rectified grid of GMLJP2: the centre of the first pixel and two offset vectors.
fn gml(document: &[u8], shape: (usize, usize), limits: &Limits) -> Place {
    let mut found = Rectified::default();
    let read = xml::elements(document, limits, |element| {
        if !element.within("RectifiedGrid") {
            return;
        }
        if element.ends(&["origin", "Point", "pos"]) || element.ends(&["origin", "Point", "coordinates"]) {
            found.origin = found.origin.or_else(|| pair(element.text()));
        }
        if element.ends(&["offsetVector"]) {
            found.steps.extend(pair(element.text()));
        }
        if let (None, Some(name)) = (&found.system, element.attribute("srsName")) {
            found.system = Some(name.to_owned());
        }
    });
    if let Err(error) = read {
        return (Err(format!("the GMLJP2 box is not readable: {}", error.problem())), None);
    }
    let (crs, swapped) = system(found.system.as_deref().unwrap_or_default());
    let turn = |(a, b): (f64, f64)| if swapped { (b, a) } else { (a, b) };
    let (Some(centre), &[column, row]) = (found.origin.map(turn), found.steps.as_slice()) else {
        return (Err("the GMLJP2 box gives no position".into()), crs.ok());
    };
    let ((dx, skew_y), (skew_x, dy)) = (turn(column), turn(row));
    let corner = (centre.0 - 0.5 * (dx + skew_x), centre.1 - 0.5 * (skew_y + dy));
    grid(&crs, corner, [dx, skew_x, skew_y, dy], shape)
}

/// Two numbers, parted by white space or a comma.
fn pair(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The reference system of an `srsName`, and whether its coordinates come northing first, as the
/// authority has it for EPSG:4326 and 3035 in the URN and URL forms.
fn system(name: &str) -> (Result<Crs, String>, bool) {
    let code = name.rsplit([':', '/', '#']).next().and_then(|code| code.parse().ok());
    let Some(code) = code.filter(|_| name.contains("EPSG") || name.contains("epsg")) else {
        return (Err("the GMLJP2 box names no EPSG code".into()), false);
    };
    let by_authority = name.starts_with("urn:") || name.contains("/def/crs/");
    let crs = Crs::from_epsg(code).map_err(|error| error.problem().to_owned());
    (crs, by_authority && matches!(code, 4326 | 3035))
}
