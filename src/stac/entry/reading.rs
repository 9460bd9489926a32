//! From an Item as it was served to an [`Entry`]: only the members that are understood, each checked.
//! Properties after STAC 1.0 and its extensions (view, sat, eo, grid, mgrs, processing, s2, landsat), and after
//! Earth Search v0 (`sentinel:*`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::name::{Datatake, Product, datastrip_start};
use super::{Entry, Place};
use crate::error::{Error, Result};
use crate::io::safe::metadata::tile_in;
use crate::scene::scale::Baseline;
use crate::scene::sensor::is_mgrs;
use crate::text::Foreign;

/// Characters of an id; the longest in use have about 80.
const ID_CHARS: usize = 500;
/// The most that a relative orbit or a Landsat path is: 175 for Sentinel-1, 233 for Landsat.
const MOST_ORBIT: u64 = 233;

impl Entry {
    /// Reads an Item. What is missing or of an odd form is left out, except for what an entry cannot do without:
    /// type, id and time.
    ///
    /// # Errors
    /// `Malformed` for an Item without these, or with a geometry or place that is none.
    pub fn parse(document: Value, place: &Place) -> Result<Self> {
        let id = id_of(&document)?;
        let named = |error: Error| error.at(format!("item {id}"));
        if document.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(named(Error::malformed("a STAC Item is a Feature, and this is none")));
        }
        let properties = Properties::of(&document).map_err(named)?;
        let datetime = properties.datetime().map_err(named)?;
        let landsat = properties.text("landsat:wrs_path").is_some();
        Ok(Self {
            datetime,
            collection: document.get("collection").and_then(Value::as_str).map(Foreign::new),
            place: own_place(&document, place),
            platform: properties.platform(),
            tile: if landsat { properties.path_row() } else { properties.tile(id.raw()) },
            datatake: properties.datatake(),
            datastrip: properties.text("s2:datastrip_id").and_then(datastrip_start),
            relative_orbit: properties.relative_orbit(),
            top_of_atmosphere: properties.is_top_of_atmosphere(),
            baseline: properties.baseline(),
            processed: properties.time(&["s2:generation_time", "processing:datetime", "landsat:product_generated"]),
            updated: properties.time(&["updated", "created"]),
            sun_zenith: properties.sun_zenith(),
            sun_azimuth: properties.sun_azimuth(),
            declared_cloud: properties.within("eo:cloud_cover", 0.0, 100.0).map(|percent| percent / 100.0),
            bbox: bbox(&document),
            id,
            document,
        })
    }
}

/// The id, as something that can be shown and compared.
fn id_of(document: &Value) -> Result<Foreign> {
    let id = document.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Error::malformed("an item has no id"))?;
    if id.chars().nth(ID_CHARS).is_some() {
        return Err(Error::limit(format!("an item's id has more than {ID_CHARS} characters")));
    }
    Ok(Foreign::new(id))
}

/// Where the item itself lies: its link to itself when that leads to the same server, else where it was read.
fn own_place(document: &Value, place: &Place) -> Place {
    let Place::Web(address) = place else { return place.clone() };
    let links = document.get("links").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let own = links.iter().find(|link| link.get("rel").and_then(Value::as_str) == Some("self"));
    let own = own.and_then(|link| link.get("href")?.as_str()).and_then(|href| address.join(href).ok());
    Place::Web(own.filter(|own| own.same_origin(address)).unwrap_or_else(|| address.clone()))
}

/// West, south, east, north; of a box with heights the heights are left out.
fn bbox(document: &Value) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = document.get("bbox")?.as_array()?.iter().filter_map(Value::as_f64).collect();
    let bbox = match *numbers.as_slice() {
        [west, south, east, north] | [west, south, _, east, north, _] => [west, south, east, north],
        _ => return None,
    };
    let [west, south, east, north] = bbox;
    let on_earth = west.abs() <= 180.0 && east.abs() <= 180.0 && south.abs() <= 90.0 && north.abs() <= 90.0;
    (on_earth && south <= north).then_some(bbox)
}

/// The properties of an Item, with the name of the product that it was made from.
struct Properties<'a> {
    members: &'a Map<String, Value>,
    product: Option<Product>,
}

impl<'a> Properties<'a> {
    fn of(document: &'a Value) -> Result<Self> {
        let members = document.get("properties").and_then(Value::as_object);
        let members = members.ok_or_else(|| Error::malformed("the item has no properties"))?;
        let names = ["s2:product_uri", "sentinel:product_id"].map(|name| members.get(name).and_then(Value::as_str));
        let id = document.get("id").and_then(Value::as_str);
        let product = names.into_iter().chain([id]).flatten().find_map(Product::parse);
        Ok(Self { members, product })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.members.get(name)?.as_str()
    }

    fn within(&self, name: &str, least: f64, most: f64) -> Option<f64> {
        self.members.get(name)?.as_f64().filter(|number| (least..=most).contains(number))
    }

    /// The first of these that is a time.
    fn time(&self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| time(self.text(name)?))
    }

    /// The time of acquisition; `datetime` may be null beside a start.
    fn datetime(&self) -> Result<Timestamp> {
        self.time(&["datetime", "start_datetime"])
            .ok_or_else(|| Error::malformed("the item has no time that can be read"))
    }

    /// `Sentinel-2B`, `SENTINEL_2B` and `sentinel-2b` are one satellite.
    fn platform(&self) -> Option<Foreign> {
        let written = self.text("platform").filter(|name| !name.is_empty());
        let written = written.map(|name| name.trim().to_lowercase().replace([' ', '_'], "-"));
        let satellite = |product: &Product| product.satellite.to_lowercase().replace("s2", "sentinel-2");
        written.or_else(|| self.product.as_ref().map(satellite)).map(Foreign::new)
    }

    fn tile(&self, id: &str) -> Option<String> {
        let grid = self.text("grid:code").and_then(|code| code.strip_prefix("MGRS-"));
        let whole = [grid, self.text("s2:mgrs_tile")].into_iter().flatten().map(|tile| tile.trim_start_matches('T'));
        let whole = whole.filter(|tile| is_mgrs(tile)).map(str::to_owned).next();
        whole
            .or_else(|| self.grid_square(["mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square"]))
            .or_else(|| self.grid_square(["sentinel:utm_zone", "sentinel:latitude_band", "sentinel:grid_square"]))
            .or_else(|| self.product.as_ref()?.tile.clone())
            .or_else(|| tile_in(id))
    }

    /// A tile that is given as zone, band and square.
    fn grid_square(&self, [zone, band, square]: [&str; 3]) -> Option<String> {
        let zone = self.members.get(zone)?.as_u64()?;
        let tile = format!("{zone:02}{}{}", self.text(band)?, self.text(square)?);
        is_mgrs(&tile).then_some(tile)
    }

    /// Landsat's path and row, three digits each (Worldwide Reference System 2).
    fn path_row(&self) -> Option<String> {
        let number = |name| self.text(name)?.parse::<u16>().ok().filter(|number| *number < 1000);
        Some(format!("{:03}{:03}", number("landsat:wrs_path")?, number("landsat:wrs_row")?))
    }

    /// The datatake without its baseline; from a product's name the absolute orbit is missing.
    fn datatake(&self) -> Option<Foreign> {
        let declared = self.text("s2:datatake_id").and_then(Datatake::parse).map(|datatake| datatake.plain.to_owned());
        let named = |product: &Product| format!("G{}_{}", product.satellite, product.datatake);
        declared.or_else(|| self.product.as_ref().map(named)).map(Foreign::new)
    }

    fn relative_orbit(&self) -> Option<u32> {
        let plausible = |orbit: &u64| (1..=MOST_ORBIT).contains(orbit);
        let declared = self.members.get("sat:relative_orbit").and_then(Value::as_u64).filter(plausible);
        let path = self.text("landsat:wrs_path").and_then(|path| path.parse().ok()).filter(plausible);
        let stated = declared.or(path).and_then(|orbit| u32::try_from(orbit).ok());
        stated
            .or_else(|| self.product.as_ref()?.orbit)
            .or_else(|| Datatake::parse(self.text("s2:datatake_id")?)?.relative_orbit())
    }

    fn is_top_of_atmosphere(&self) -> bool {
        let declared = self.text("s2:product_type").map(|kind| kind.ends_with("1C"));
        declared.unwrap_or_else(|| self.product.as_ref().is_some_and(|product| product.top_of_atmosphere))
    }

    fn baseline(&self) -> Option<Baseline> {
        let names = ["s2:processing_baseline", "sentinel:processing_baseline", "processing:version"];
        let declared = names.iter().find_map(|name| Baseline::parse(self.text(name)?));
        declared.or_else(|| self.product.as_ref()?.baseline)
    }

    fn sun_zenith(&self) -> Option<f64> {
        let elevation = || self.within("view:sun_elevation", -90.0, 90.0).map(|elevation| 90.0 - elevation);
        self.within("s2:mean_solar_zenith", 0.0, 180.0).or_else(elevation)
    }

    fn sun_azimuth(&self) -> Option<f64> {
        let declared = || self.within("view:sun_azimuth", -360.0, 360.0).map(|azimuth| azimuth.rem_euclid(360.0));
        self.within("s2:mean_solar_azimuth", 0.0, 360.0).or_else(declared)
    }
}

/// A time as RFC 3339 has it; without a zone it is taken as UTC.
fn time(text: &str) -> Option<Timestamp> {
    let zoned = || text.parse::<Timestamp>().ok();
    zoned().or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}
