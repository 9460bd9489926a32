//! One file of a run in a STAC Item: its kind, checksum, grid, bands and classes.

use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::io::raster::Dtype;
use serde_json::{Map, Value, json};

/// What kind of file an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// Cloud-optimised GeoTIFF.
    Cog,
    /// GeoJSON (RFC 7946).
    GeoJson,
    /// GeoPackage.
    GeoPackage,
    /// PNG picture.
    Png,
    /// JSON document.
    Json,
    /// HTML page.
    Html,
}

impl Media {
    fn name(self) -> &'static str {
        match self {
            Self::Cog => "image/tiff; application=geotiff; profile=cloud-optimized",
            Self::GeoJson => "application/geo+json",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::Png => "image/png",
            Self::Json => "application/json",
            Self::Html => "text/html",
        }
    }
}

/// One value of a class layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The value in the file.
    pub value: i64,
    /// A name of letters, digits, `-` and `_`.
    pub name: String,
    /// What it means, in a sentence.
    pub description: String,
    /// The colour in the file's colour table.
    pub colour: Option<[u8; 3]>,
}

/// Statistics of a band in physical values; what is not finite is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Statistics {
    pub minimum: f64,
    pub maximum: f64,
    pub mean: f64,
    pub stddev: f64,
    /// Valid pixels over all pixels, 0 to 100.
    pub valid_percent: f64,
}

/// One band of a raster asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Short name, such as `dnbr`.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Type of the samples.
    pub dtype: Dtype,
    /// The value that means "not seen"; may be NaN.
    pub nodata: Option<f64>,
    /// Factor to physical values, if not 1.
    pub scale: Option<f64>,
    /// Summand to physical values, if not 0.
    pub offset: Option<f64>,
    /// Unit of the physical values; none for pure numbers.
    pub unit: Option<String>,
    /// Statistics, where they were computed.
    pub statistics: Option<Statistics>,
    /// The classes of a class layer, else empty.
    pub classes: Vec<Class>,
}

/// One file of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Key in the item.
    pub key: String,
    /// Path relative to the item, of letters, digits, `.`, `-`, `_` and `/`.
    pub path: String,
    /// Title for people.
    pub title: String,
    /// Kind of file.
    pub media: Media,
    /// Roles, such as `data`, `overview`, `metadata`.
    pub roles: Vec<&'static str>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Bytes of the file.
    pub size: u64,
    /// Grid of a raster.
    pub grid: Option<Grid>,
    /// Bands of a raster, else empty.
    pub bands: Vec<Band>,
}

impl Asset {
    /// The asset as JSON, keys in a fixed order.
    ///
    /// # Errors
    /// `Bug` for a path or a class name that is not plain.
    pub(super) fn to_json(&self) -> Result<Value> {
        let plain = |part: &str| part != ".." && part != "." && is_plain(part, "._-");
        if !self.path.split('/').all(plain) {
            return Err(Error::bug(format!("{:?} is no plain relative path", self.path)));
        }
        let mut asset = json!({
            "href": format!("./{}", self.path),
            "title": self.title,
            "type": self.media.name(),
            "roles": self.roles,
            "file:size": self.size,
            // A multihash: 0x12 is SHA-256, 0x20 its 32 bytes.
            "file:checksum": format!("1220{}", hex(&self.sha256)),
        });
        if let Some(grid) = &self.grid {
            let [x0, dx, _, y0, _, dy] = grid.geotransform();
            insert(&mut asset, "proj:code", json!(grid.crs().to_string()));
            insert(&mut asset, "proj:shape", json!([grid.height(), grid.width()]));
            // Row by row of the affine matrix, which is not GDAL's order.
            insert(&mut asset, "proj:transform", json!([dx, 0.0, x0, 0.0, dy, y0]));
        }
        if !self.bands.is_empty() {
            let bands = self.bands.iter().map(Band::to_json).collect::<Result<Vec<_>>>()?;
            insert(&mut asset, "bands", json!(bands));
        }
        Ok(asset)
    }
}

impl Band {
    fn to_json(&self) -> Result<Value> {
        let mut band = json!({
            "name": self.name,
            "description": self.description,
            "data_type": type_name(self.dtype),
        });
        let known = [
            ("nodata", self.nodata.map(number_or_name)),
            ("unit", self.unit.as_ref().map(|unit| json!(unit))),
            ("statistics", self.statistics.and_then(|statistics| statistics.to_json())),
            ("raster:scale", self.scale.map(|scale| json!(scale))),
            ("raster:offset", self.offset.map(|offset| json!(offset))),
        ];
        for (key, value) in known {
            if let Some(value) = value {
                insert(&mut band, key, value);
            }
        }
        if !self.classes.is_empty() {
            let classes = self.classes.iter().map(Class::to_json).collect::<Result<Vec<_>>>()?;
            insert(&mut band, "classification:classes", json!(classes));
        }
        Ok(band)
    }
}

impl Class {
    fn to_json(&self) -> Result<Value> {
        if !is_plain(&self.name, "-_") {
            return Err(Error::bug(format!("{:?} is no plain class name", self.name)));
        }
        let mut class = json!({ "value": self.value, "name": self.name, "description": self.description });
        if let Some(colour) = self.colour {
            insert(&mut class, "color_hint", json!(hex(&colour).to_uppercase()));
        }
        Ok(class)
    }
}

impl Statistics {
    fn to_json(self) -> Option<Value> {
        let fields = [
            ("minimum", self.minimum),
            ("maximum", self.maximum),
            ("mean", self.mean),
            ("stddev", self.stddev),
            ("valid_percent", self.valid_percent),
        ];
        let finite = fields.into_iter().filter(|field| field.1.is_finite());
        let kept: Map<String, Value> = finite.map(|(key, value)| (key.to_owned(), json!(value))).collect();
        (!kept.is_empty()).then_some(Value::Object(kept))
    }
}

/// Sets a field of a JSON object.
pub(super) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

fn is_plain(text: &str, also: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || also.contains(character))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number, whole where it is whole, or the name that stands for it in JSON.
fn number_or_name(value: f64) -> Value {
    match value {
        _ if value.is_nan() => json!("nan"),
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        _ if value.fract() == 0.0 && value.abs() < 9e15 => json!(value as i64),
        _ => json!(value),
    }
}

fn type_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::U8 => "uint8",
        Dtype::I8 => "int8",
        Dtype::U16 => "uint16",
        Dtype::I16 => "int16",
        Dtype::U32 => "uint32",
        Dtype::I32 => "int32",
        Dtype::U64 => "uint64",
        Dtype::I64 => "int64",
        Dtype::F32 => "float32",
        Dtype::F64 => "float64",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::geom::crs::Crs;

    fn band() -> Band {
        Band {
            name: "dnbr".to_owned(),
            description: "NBR before minus NBR after".to_owned(),
            dtype: Dtype::I16,
            nodata: Some(-32768.0),
            scale: Some(1e-4),
            offset: None,
            unit: None,
            statistics: Some(Statistics {
                minimum: -0.5,
                maximum: 1.0,
                mean: 0.1,
                stddev: f64::NAN,
                valid_percent: 97.5,
            }),
            classes: Vec::new(),
        }
    }

    pub(in crate::stac) fn asset(key: &str, path: &str) -> Asset {
        Asset {
            key: key.to_owned(),
            path: path.to_owned(),
            title: "dNBR".to_owned(),
            media: Media::Cog,
            roles: vec!["data"],
            sha256: [0xab; 32],
            size: 12,
            grid: Grid::new(Crs::from_epsg(32637).unwrap(), (4e5, 5.5e6), (20.0, 10.0), (30, 40)).ok(),
            bands: vec![band()],
        }
    }

    #[test]
    fn projection_follows_the_extension_not_gdal() {
        let asset = asset("dnbr", "layers/dnbr.tif").to_json().unwrap();
        assert_eq!(asset["proj:code"], "EPSG:32637");
        assert_eq!(asset["proj:shape"], json!([40, 30]));
        assert_eq!(asset["proj:transform"], json!([20.0, 0.0, 4e5, 0.0, -10.0, 5.5e6]));
    }

    #[test]
    fn checksums_are_multihashes_and_numbers_stay_json() {
        let asset = asset("dnbr", "layers/dnbr.tif").to_json().unwrap();
        assert_eq!(asset["file:checksum"], format!("1220{}", "ab".repeat(32)));
        let band = &asset["bands"][0];
        assert_eq!(band["nodata"], json!(-32768));
        assert_eq!(band["statistics"].get("stddev"), None);
        assert_eq!(band["raster:scale"], json!(1e-4));
        assert_eq!(number_or_name(f64::NAN), "nan");
        assert_eq!(number_or_name(f64::NEG_INFINITY), "-inf");
    }
}
