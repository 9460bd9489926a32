//! Sensors and their bands as tables, and how a list of band names is understood.

use crate::error::{Error, Result};

/// A spectral band or class layer by its meaning, whatever the sensor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Band {
    Coastal,
    Blue,
    Green,
    Red,
    RedEdge1,
    RedEdge2,
    RedEdge3,
    /// The broad near infrared (Sentinel-2 B08, Landsat's only one).
    Nir,
    /// The narrow near infrared (Sentinel-2 B8A).
    NirNarrow,
    WaterVapour,
    Cirrus,
    Swir1,
    Swir2,
    /// Sentinel-2's scene classification.
    Scl,
    /// Landsat's quality bits.
    QaPixel,
    /// The normalised burn ratio, worked out by somebody else.
    Nbr,
}

impl Band {
    /// Whether the samples are reflectance, neither classes nor an index.
    pub fn is_reflectance(self) -> bool {
        !matches!(self, Self::Scl | Self::QaPixel | Self::Nbr)
    }

    /// The name in words of the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coastal => "coastal",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Red => "red",
            Self::RedEdge1 => "rededge1",
            Self::RedEdge2 => "rededge2",
            Self::RedEdge3 => "rededge3",
            Self::Nir => "nir",
            Self::NirNarrow => "nir08",
            Self::WaterVapour => "nir09",
            Self::Cirrus => "cirrus",
            Self::Swir1 => "swir16",
            Self::Swir2 => "swir22",
            Self::Scl => "scl",
            Self::QaPixel => "qa_pixel",
            Self::Nbr => "nbr",
        }
    }
}

impl std::fmt::Display for Band {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What took the picture, as far as band numbers and scales depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// Sentinel-2 MSI.
    Sentinel2,
    /// Landsat 4, 5 (TM) and 7 (ETM+).
    Landsat4to7,
    /// Landsat 8 and 9 (OLI).
    Landsat8to9,
    /// Bands named by meaning, from a sensor that is not known.
    Generic,
}

/// One line of a sensor's table: the number that the agency gives a band, its meaning, metres.
type Line = (&'static str, Band, f64);

/// Sentinel-2 MSI (ESA, Sentinel-2 User Handbook, table 1).
const SENTINEL2: &[Line] = &[
    ("1", Band::Coastal, 60.0),
    ("2", Band::Blue, 10.0),
    ("3", Band::Green, 10.0),
    ("4", Band::Red, 10.0),
    ("5", Band::RedEdge1, 20.0),
    ("6", Band::RedEdge2, 20.0),
    ("7", Band::RedEdge3, 20.0),
    ("8", Band::Nir, 10.0),
    ("8a", Band::NirNarrow, 20.0),
    ("9", Band::WaterVapour, 60.0),
    ("10", Band::Cirrus, 60.0),
    ("11", Band::Swir1, 20.0),
    ("12", Band::Swir2, 20.0),
    ("scl", Band::Scl, 20.0),
];

/// Landsat TM and ETM+ (USGS, band designations); 6 is thermal, 8 panchromatic.
const LANDSAT4TO7: &[Line] = &[
    ("1", Band::Blue, 30.0),
    ("2", Band::Green, 30.0),
    ("3", Band::Red, 30.0),
    ("4", Band::Nir, 30.0),
    ("5", Band::Swir1, 30.0),
    ("7", Band::Swir2, 30.0),
    ("qa_pixel", Band::QaPixel, 30.0),
];

/// Landsat OLI (USGS, band designations); 8 is panchromatic, 10 and 11 thermal.
const LANDSAT8TO9: &[Line] = &[
    ("1", Band::Coastal, 30.0),
    ("2", Band::Blue, 30.0),
    ("3", Band::Green, 30.0),
    ("4", Band::Red, 30.0),
    ("5", Band::Nir, 30.0),
    ("6", Band::Swir1, 30.0),
    ("7", Band::Swir2, 30.0),
    ("9", Band::Cirrus, 30.0),
    ("qa_pixel", Band::QaPixel, 30.0),
];

/// Names by meaning: STAC's common names, and the forms met beside them.
const COMMON: &[(&str, Band)] = &[
    ("coastal", Band::Coastal),
    ("blue", Band::Blue),
    ("green", Band::Green),
    ("red", Band::Red),
    ("rededge", Band::RedEdge1),
    ("rededge1", Band::RedEdge1),
    ("rededge071", Band::RedEdge1),
    ("rededge2", Band::RedEdge2),
    ("rededge075", Band::RedEdge2),
    ("rededge3", Band::RedEdge3),
    ("rededge078", Band::RedEdge3),
    ("nir", Band::Nir),
    ("nir08", Band::NirNarrow),
    ("nir09", Band::WaterVapour),
    ("cirrus", Band::Cirrus),
    ("swir1", Band::Swir1),
    ("swir16", Band::Swir1),
    ("swir2", Band::Swir2),
    ("swir22", Band::Swir2),
    ("scl", Band::Scl),
    ("qa_pixel", Band::QaPixel),
    ("nbr", Band::Nbr),
];

impl Sensor {
    /// The sensor's bands; empty for one that is not known.
    fn table(self) -> &'static [Line] {
        match self {
            Self::Sentinel2 => SENTINEL2,
            Self::Landsat4to7 => LANDSAT4TO7,
            Self::Landsat8to9 => LANDSAT8TO9,
            Self::Generic => &[],
        }
    }

    /// The side of a pixel in metres, as the sensor takes this band.
    pub fn resolution(self, band: Band) -> Option<f64> {
        self.table().iter().find(|line| line.1 == band).map(|line| line.2)
    }

    /// Whether it is one of the Landsats.
    pub fn is_landsat(self) -> bool {
        matches!(self, Self::Landsat4to7 | Self::Landsat8to9)
    }

    /// The sensor by the names that users and catalogues give it: `sentinel-2`, `sentinel-2b`,
    /// `S2`, `landsat-8`, `LANDSAT_7`, `L8`, `generic`.
    pub fn parse(name: &str) -> Option<Self> {
        let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.as_str() {
            "sentinel2" | "sentinel2a" | "sentinel2b" | "sentinel2c" | "sentinel2d" | "s2" => Some(Self::Sentinel2),
            "landsat4" | "landsat5" | "landsat7" | "landsat4to7" | "l4" | "l5" | "l7" => Some(Self::Landsat4to7),
            "landsat8" | "landsat9" | "landsat8to9" | "l8" | "l9" => Some(Self::Landsat8to9),
            "generic" => Some(Self::Generic),
            _ => None,
        }
    }

    /// The sensor that the name of a product or file gives away: `S2A_..`, `T33UUU_2017..`, `LC08_..`.
    pub fn in_file_name(name: &str) -> Option<Self> {
        let mut parts = name.split(['_', '.', '/', ' ']);
        parts.find_map(|part| match part {
            "S2A" | "S2B" | "S2C" | "S2D" => Some(Self::Sentinel2),
            "LC08" | "LC09" | "LO08" | "LO09" => Some(Self::Landsat8to9),
            "LE07" | "LT05" | "LT04" => Some(Self::Landsat4to7),
            tile if tile.strip_prefix('T').is_some_and(is_mgrs) => Some(Self::Sentinel2),
            _ => None,
        })
    }
}

/// Whether it is a Sentinel-2 tile's name, such as `33UUU`.
pub fn is_mgrs(tile: &str) -> bool {
    let bytes = tile.as_bytes();
    bytes.len() == 5 && bytes.iter().take(2).all(u8::is_ascii_digit) && bytes.iter().skip(2).all(u8::is_ascii_uppercase)
}

/// A name as far as it can be understood without knowing the sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parsed {
    /// The band number, lower case and without leading zeros: `4`, `8a`, `12`.
    number: Option<String>,
    /// The meaning, for names that have one.
    common: Option<Band>,
    /// Written as Landsat surface reflectance (`SR_B4`).
    surface: bool,
}

/// Takes a name apart. Descriptions such as `B04 (665 nm)` and `B4, central wavelength 665 nm` and
/// resolutions such as `B02_10m` are understood; thermal bands (`ST_B10`) are not bands here.
fn parse(name: &str) -> Parsed {
    let first = name.trim().split([' ', ',', '(', ';', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let plain = ["_10m", "_20m", "_60m"].iter().find_map(|end| first.strip_suffix(end)).unwrap_or(&first);
    let inner = plain.strip_prefix("sr_");
    let number = inner.unwrap_or(plain).strip_prefix('b').map(|digits| digits.trim_start_matches('0'));
    let number =
        number.filter(|digits| matches!(digits.parse(), Ok(1u8..=12)) && !digits.starts_with('+') || *digits == "8a");
    Parsed {
        number: number.map(str::to_owned),
        common: COMMON.iter().find(|(common, _)| *common == plain).map(|(_, band)| *band),
        surface: inner.is_some() && number.is_some(),
    }
}

/// Whether a name says anything about a band of some sensor.
pub fn is_band_name(name: &str) -> bool {
    let parsed = parse(name);
    parsed.number.is_some() || parsed.common.is_some()
}

/// Understands a list of band names together: `B5` is near infrared or red edge only beside the
/// others. Gives the sensor, and for every name its band, or nothing for a name that is not known.
///
/// # Errors
/// `Mismatch` when the names fit several sensors, `Usage` when two names mean the same band.
pub fn resolve(names: &[&str], sensor: Option<Sensor>) -> Result<(Sensor, Vec<Option<Band>>)> {
    let parsed: Vec<Parsed> = names.iter().map(|name| parse(name)).collect();
    let sensor = match sensor {
        Some(sensor) => sensor,
        None => infer(&parsed)?,
    };
    let bands: Vec<Option<Band>> = parsed.iter().map(|name| band_of(name, sensor, &parsed)).collect();
    for (index, band) in bands.iter().enumerate() {
        let earlier = bands.iter().take(index).position(|other| band.is_some() && other == band);
        if let (Some(first), Some(band)) = (earlier, band) {
            return Err(twice(*band, names.get(first), names.get(index)));
        }
    }
    Ok((sensor, bands))
}

fn twice(band: Band, first: Option<&&str>, second: Option<&&str>) -> Error {
    let shown = |name: Option<&&str>| crate::text::Foreign::new(name.map_or("", |name| *name));
    Error::usage(format!("both {} and {} are the band {band}", shown(first), shown(second)))
        .hint("name the bands with --bands, each of them once")
}

/// The band that a name means with this sensor.
fn band_of(name: &Parsed, sensor: Sensor, all: &[Parsed]) -> Option<Band> {
    if let Some(number) = &name.number {
        return sensor.table().iter().find(|line| line.0 == number).map(|line| line.1);
    }
    let broad_is_there = all.iter().any(|other| other.common == Some(Band::Nir));
    match name.common? {
        // Landsat's catalogues call their only near infrared nir08, which is B8A's name elsewhere.
        Band::NirNarrow if sensor.is_landsat() || (sensor == Sensor::Generic && !broad_is_there) => Some(Band::Nir),
        band => Some(band),
    }
}

/// The sensor that a set of names fits, if it is only one.
fn infer(names: &[Parsed]) -> Result<Sensor> {
    let number = |wanted: &str| names.iter().any(|name| name.number.as_deref() == Some(wanted));
    let common = |wanted: Band| names.iter().any(|name| name.common == Some(wanted));
    let all = |wanted: &[&str]| wanted.iter().all(|name| number(name));
    let surface = names.iter().any(|name| name.surface);
    let landsat = surface || common(Band::QaPixel);
    let numbered = names.iter().any(|name| name.number.is_some());
    if !landsat && (number("8") || number("8a") || number("11") || number("12") || common(Band::Scl)) {
        return Ok(Sensor::Sentinel2);
    }
    if (surface && number("6")) || all(&["2", "3", "4", "5", "6", "7"]) {
        return Ok(Sensor::Landsat8to9);
    }
    if all(&["1", "2", "3", "4", "5", "7"]) {
        return Ok(Sensor::Landsat4to7);
    }
    if numbered {
        return Err(Error::mismatch("the band names fit Sentinel-2 as well as the Landsats")
            .hint("say which with --sensor sentinel2, --sensor landsat8 or --sensor landsat7"));
    }
    let red_edge = [Band::RedEdge1, Band::RedEdge2, Band::RedEdge3, Band::WaterVapour].into_iter().any(common);
    Ok(match (landsat, red_edge || (common(Band::Nir) && common(Band::NirNarrow))) {
        (true, _) if common(Band::Coastal) => Sensor::Landsat8to9,
        (true, _) => Sensor::Landsat4to7,
        (false, true) => Sensor::Sentinel2,
        (false, false) => Sensor::Generic,
    })
}

/// The near infrared that belongs to the burn ratio: the narrow one where it is at hand, at 20 m as
/// is the short-wave infrared, else the broad one.
pub fn nbr_nir(bands: &[Band]) -> Option<Band> {
    [Band::NirNarrow, Band::Nir].into_iter().find(|band| bands.contains(band))
}

#[cfg(test)]
mod tests;
