//! The STAC Item of a run's output folder (STAC 1.1; what 1.0 readers do not know they skip).
//!
//! Extensions: file 2.1, processing 1.2, projection 2.0, raster 2.0, classification 2.0. Paths are
//! relative to the item, no link names the machine, and no clock is read: the same run gives the
//! same bytes.

use super::asset::{Asset, insert};
use crate::error::{Error, Result};
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
        let text = serde_json::to_string_pretty(&self.to_json()?)
            .map_err(|error| Error::bug(format!("the item was not serialised: {error}")))?;
        Ok(format!("{}\n", crate::text::inert_json(&text)).into_bytes())
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
    use crate::stac::asset::{Class, tests::asset};
    use jiff::civil::date;

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
