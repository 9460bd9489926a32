//! The STAC Item of a run's output folder (STAC 1.1; what 1.0 readers do not know they skip).
//!
//! Extensions: file 2.1, processing 1.2, projection 2.0, raster 2.0, classification 2.0. Paths are
//! relative to the item, no link names the machine, and no clock is read: the same run gives the
//! same bytes.

use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::io::raster::Dtype;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// When the ground was looked at.
///
/// The specification wants a `datetime`, null only beside both a `start_datetime` and an
/// `end_datetime`. A pair of dates gives the null and the bracket. One known date stands in all
/// three, which claims no more than that the ground was seen then. With no date known there is no
/// honest value (the time of processing is no acquisition): no `When`, hence no item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    start: String,
    end: String,
    single: bool,
}

impl When {
    /// From the first day of the scene before to the last day of the scene after, UTC.
    ///
    /// # Errors
    /// `Missing` when neither date is known, `Mismatch` when they are the wrong way round.
    pub fn days(before: Option<Date>, after: Option<Date>) -> Result<Self> {
        let (Some(start), Some(end)) = (before.or(after), after.or(before)) else {
            return Err(Error::missing("no acquisition date is known, and a STAC Item must have one")
                .hint("name the dates of the scenes, or leave the item out"));
        };
        Self::ordered(format!("{start}T00:00:00Z"), format!("{end}T23:59:59Z"), before.is_none() || after.is_none())
    }

    /// Between two instants.
    ///
    /// # Errors
    /// `Mismatch` when they are the wrong way round.
    pub fn between(start: Timestamp, end: Timestamp) -> Result<Self> {
        if start > end {
            return Err(Self::reversed(&start.to_string(), &end.to_string()));
        }
        Ok(Self { start: start.to_string(), end: end.to_string(), single: start == end })
    }

    fn ordered(start: String, end: String, single: bool) -> Result<Self> {
        if start > end { Err(Self::reversed(&start, &end)) } else { Ok(Self { start, end, single }) }
    }

    fn reversed(start: &str, end: &str) -> Error {
        Error::mismatch(format!("the scene before ({start}) is later than the scene after ({end})"))
            .hint("swap --before and --after")
    }

    fn write(&self, properties: &mut Map<String, Value>) {
        let datetime = if self.single { json!(self.start) } else { Value::Null };
        properties.insert("datetime".to_owned(), datetime);
        properties.insert("start_datetime".to_owned(), json!(self.start));
        properties.insert("end_datetime".to_owned(), json!(self.end));
    }
}

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

/// Something that the run was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Address of a STAC Item or file. Passwords, queries and fragments of URLs are cut off,
    /// because tokens travel there.
    pub href: String,
    /// What it is, for people.
    pub title: Option<String>,
}

/// A run, as a catalogue sees it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Identifier.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// A few sentences for people.
    pub description: String,
    /// The AOI, or the footprint of the scenes, in longitude and latitude.
    pub geometry: geojson::Geometry,
    /// West, south, east, north in degrees; west is greater than east across the antimeridian.
    pub bbox: [f64; 4],
    /// The bracket of the acquisitions.
    pub when: When,
    /// What was done, in words.
    pub lineage: String,
    /// Further properties, such as `gsd` or `groundtell:simulated`; they replace none of ours.
    pub properties: Vec<(String, Value)>,
    /// The files, in the order to be written.
    pub assets: Vec<Asset>,
    /// The inputs.
    pub derived_from: Vec<Source>,
}

impl Item {
    /// The item as indented JSON with a final line feed.
    ///
    /// # Errors
    /// `Bug` for a path that is not relative and plain, a class name that is not plain, a key
    /// given twice, or a bounding box outside the globe.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(&self.to_json()?)
            .map_err(|error| Error::bug(format!("the item was not serialised: {error}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The item as a JSON value, keys in a fixed order.
    ///
    /// # Errors
    /// As [`Item::to_bytes`].
    pub fn to_json(&self) -> Result<Value> {
        let [west, south, east, north] = self.bbox;
        let on_globe =
            [west, east].iter().all(|lon| lon.abs() <= 180.0) && -90.0 <= south && south <= north && north <= 90.0;
        if !on_globe {
            return Err(Error::bug(format!("the item's bounding box {:?} is not on the globe", self.bbox)));
        }
        let mut assets = Map::new();
        for asset in &self.assets {
            let value = asset.to_json().map_err(|error| error.at(&asset.key))?;
            if assets.insert(asset.key.clone(), value).is_some() {
                return Err(Error::bug(format!("two assets are called {}", asset.key)));
            }
        }
        Ok(json!({
            "type": "Feature",
            "stac_version": "1.1.0",
            "stac_extensions": self.extensions(),
            "id": self.id,
            "geometry": self.geometry,
            "bbox": self.bbox,
            "properties": self.properties_json()?,
            "links": self.derived_from.iter().map(Source::to_json).collect::<Vec<_>>(),
            "assets": assets,
        }))
    }

    /// The extensions of which a field is used, by name.
    fn extensions(&self) -> Vec<String> {
        let any = |uses: fn(&Asset) -> bool| self.assets.iter().any(uses);
        let scaled = |asset: &Asset| asset.bands.iter().any(|band| band.scale.is_some() || band.offset.is_some());
        let classed = |asset: &Asset| asset.bands.iter().any(|band| !band.classes.is_empty());
        [
            ("classification/v2.0.0", any(classed)),
            ("file/v2.1.0", any(|_| true)),
            ("processing/v1.2.0", true),
            ("projection/v2.0.0", any(|asset| asset.grid.is_some())),
            ("raster/v2.0.0", any(scaled)),
        ]
        .into_iter()
        .filter(|(_, used)| *used)
        .map(|(name, _)| format!("https://stac-extensions.github.io/{name}/schema.json"))
        .collect()
    }

    fn properties_json(&self) -> Result<Value> {
        let mut properties = Map::new();
        properties.insert("title".to_owned(), json!(self.title));
        properties.insert("description".to_owned(), json!(self.description));
        self.when.write(&mut properties);
        properties.insert("processing:lineage".to_owned(), json!(self.lineage));
        properties.insert("processing:software".to_owned(), json!({ "groundtell": env!("CARGO_PKG_VERSION") }));
        for (key, value) in &self.properties {
            if properties.insert(key.clone(), value.clone()).is_some() {
                return Err(Error::bug(format!("the property {key} is given twice")));
            }
        }
        Ok(Value::Object(properties))
    }
}

impl Source {
    fn to_json(&self) -> Value {
        let mut link = json!({ "rel": "derived_from", "href": without_secrets(&self.href) });
        if let Some(title) = &self.title {
            insert(&mut link, "title", json!(title));
        }
        link
    }
}

impl Asset {
    fn to_json(&self) -> Result<Value> {
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

fn insert(object: &mut Value, key: &str, value: Value) {
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

/// A URL without user, password, query and fragment; anything else as it is.
fn without_secrets(href: &str) -> String {
    let Some((scheme, rest)) = href.split_once("://") else { return href.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use jiff::civil::date;

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

    fn asset(key: &str, path: &str) -> Asset {
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

    fn item() -> Item {
        let ring = [[36.0, 50.0], [36.1, 50.0], [36.1, 50.1], [36.0, 50.0]].map(|corner| corner.to_vec()).to_vec();
        Item {
            id: "field-1".to_owned(),
            title: "A field".to_owned(),
            description: "Change between two dates.".to_owned(),
            geometry: geojson::Geometry::new(geojson::GeometryValue::new_polygon([ring])),
            bbox: [36.0, 50.0, 36.1, 50.1],
            when: When::days(Some(date(2025, 5, 1)), Some(date(2025, 5, 11))).unwrap(),
            lineage: "dNBR of two scenes".to_owned(),
            properties: Vec::new(),
            assets: vec![asset("dnbr", "layers/dnbr.tif")],
            derived_from: Vec::new(),
        }
    }

    #[test]
    fn a_pair_gives_a_bracket_and_one_date_a_moment() {
        let pair = item().to_json().unwrap();
        assert_eq!(pair["properties"]["datetime"], Value::Null);
        assert_eq!(pair["properties"]["start_datetime"], "2025-05-01T00:00:00Z");
        assert_eq!(pair["properties"]["end_datetime"], "2025-05-11T23:59:59Z");
        let one = Item { when: When::days(None, Some(date(2025, 5, 11))).unwrap(), ..item() }.to_json().unwrap();
        assert_eq!(one["properties"]["datetime"], "2025-05-11T00:00:00Z");
        assert_eq!(When::days(None, None).unwrap_err().kind(), crate::Kind::Missing);
        assert!(When::days(Some(date(2025, 5, 12)), Some(date(2025, 5, 11))).is_err());
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(When::between(at("2025-05-11T08:30:00.5Z"), at("2025-05-11T08:30:00Z")).is_err());
    }

    #[test]
    fn projection_follows_the_extension_not_gdal() {
        let item = item().to_json().unwrap();
        let asset = &item["assets"]["dnbr"];
        assert_eq!(asset["proj:code"], "EPSG:32637");
        assert_eq!(asset["proj:shape"], json!([40, 30]));
        assert_eq!(asset["proj:transform"], json!([20.0, 0.0, 4e5, 0.0, -10.0, 5.5e6]));
    }

    #[test]
    fn checksums_are_multihashes_and_numbers_stay_json() {
        let item = item().to_json().unwrap();
        let asset = &item["assets"]["dnbr"];
        assert_eq!(asset["file:checksum"], format!("1220{}", "ab".repeat(32)));
        let band = &asset["bands"][0];
        assert_eq!(band["nodata"], json!(-32768));
        assert_eq!(band["statistics"].get("stddev"), None);
        assert_eq!(band["raster:scale"], json!(1e-4));
        assert_eq!(number_or_name(f64::NAN), "nan");
        assert_eq!(number_or_name(f64::NEG_INFINITY), "-inf");
    }

    #[test]
    fn only_used_extensions_are_named() {
        let mut item = item();
        let named = |item: &Item| {
            item.extensions().iter().map(|url| url.split('/').nth(3).unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named(&item), ["file", "processing", "projection", "raster"]);
        let class = |value, name: &str| Class {
            value,
            name: name.to_owned(),
            description: String::new(),
            colour: Some([255, 0, 10]),
        };
        item.assets[0].bands[0].classes = vec![class(1, "burned")];
        item.assets[0].bands[0].scale = None;
        assert_eq!(named(&item), ["classification", "file", "processing", "projection"]);
        let json = item.to_json().unwrap();
        assert_eq!(json["assets"]["dnbr"]["bands"][0]["classification:classes"][0]["color_hint"], "FF000A");
        item.assets[0].bands[0].classes = vec![class(1, "not plain")];
        assert!(item.to_json().is_err());
    }

    #[test]
    fn hostile_paths_and_keys_are_refused() {
        for path in ["", "/etc/passwd", "../x", "a/../x", "http://x/y", "a b", "a\\b", "a//b", "./a"] {
            let item = Item { assets: vec![asset("x", path)], ..item() };
            assert!(item.to_json().is_err(), "{path:?}");
        }
        let twice = Item { assets: vec![asset("x", "a.tif"), asset("x", "b.tif")], ..item() };
        assert!(twice.to_json().is_err());
        let stolen = Item { properties: vec![("datetime".to_owned(), json!("2000-01-01T00:00:00Z"))], ..item() };
        assert!(stolen.to_json().is_err());
        assert!(Item { bbox: [0.0, 0.0, f64::NAN, 1.0], ..item() }.to_json().is_err());
    }

    #[test]
    fn tokens_do_not_get_into_links() {
        for (given, kept) in [
            ("https://me:pw@host/a/b.tif?sig=SECRET#SECRET", "https://host/a/b.tif"),
            ("s3://bucket/key", "s3://bucket/key"),
            ("https://host?token=SECRET", "https://host"),
            ("scene?1.tif", "scene?1.tif"),
        ] {
            assert_eq!(without_secrets(given), kept);
        }
    }

    #[test]
    fn the_same_item_gives_the_same_bytes_in_the_same_order() {
        let bytes = item().to_bytes().unwrap();
        assert_eq!(bytes, item().to_bytes().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        let places: Vec<_> =
            ["\"type\"", "\"stac_version\"", "\"geometry\"", "\"properties\"", "\"links\"", "\"assets\""]
                .iter()
                .map(|key| text.find(key).unwrap())
                .collect();
        assert!(places.is_sorted(), "{places:?}");
    }
}
