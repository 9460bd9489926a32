//! From a parsed GeoJSON object to its polygons as they were written, each with its place.

use super::json::{self, Anything, Node, Token};
use super::outline::on_earth;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// Longitude and latitude of a position.
pub(super) type Position = (f64, f64);

/// A polygon as it was written; every ring has a position, and every position is on earth.
#[derive(Debug)]
pub(super) struct Part {
    /// Where it stood: "feature 2, part 0".
    pub(super) place: String,
    /// The rings, exterior first.
    pub(super) rings: Vec<Vec<Position>>,
}

/// The polygons of a GeoJSON text.
pub(super) fn parts(text: &str, limits: &Limits) -> Result<Vec<Part>> {
    let root = json::node(text, limits)?;
    let mut walk = Walk { parts: Vec::new(), left: limits.vertices, limits };
    walk.node(&root, "")?;
    Ok(walk.parts)
}

struct Walk<'a> {
    parts: Vec<Part>,
    /// Vertices that may still come.
    left: usize,
    limits: &'a Limits,
}

impl Walk<'_> {
    /// Collects from an object; `place` is empty or ends with ", ".
    fn node(&mut self, node: &Node, place: &str) -> Result<()> {
        known_crs(&node.crs).map_err(|error| placed(error, place))?;
        let kind = node.kind.words.first().map_or("", String::as_str);
        match kind {
            "FeatureCollection" => self.nodes(node.features.as_deref(), place, "feature"),
            "GeometryCollection" => self.nodes(node.geometries.as_deref(), place, "geometry"),
            "Feature" => match node.geometry.as_deref() {
                Some(geometry) if !geometry.null => self.node(geometry, place),
                _ => Err(placed(Error::malformed("the feature has no geometry"), place)),
            },
            "Polygon" | "MultiPolygon" => self.polygons(node, place, kind == "MultiPolygon"),
            "Point" | "MultiPoint" | "LineString" | "MultiLineString" => {
                let error = Error::unsupported(format!("a {kind} encloses no area"));
                Err(placed(error, place).hint("an AOI is made of polygons; remove other geometries or buffer them"))
            }
            _ => Err(placed(no_such_kind(kind), place)),
        }
    }

    fn nodes(&mut self, nodes: Option<&[Node]>, place: &str, noun: &str) -> Result<()> {
        let nodes = nodes.ok_or_else(|| placed(Error::malformed("the collection has no list of members"), place))?;
        nodes.iter().enumerate().try_for_each(|(i, node)| self.node(node, &format!("{place}{noun} {i}, ")))
    }

    fn polygons(&mut self, node: &Node, place: &str, several: bool) -> Result<()> {
        let tokens = node.coordinates.as_deref().unwrap_or_default();
        let mut tokens = tokens.iter().copied().peekable();
        if !several {
            return self.polygon(&mut tokens, format!("{place}part 0"));
        }
        open(&mut tokens, "a list of polygons").map_err(|error| placed(error, place))?;
        let mut index = 0;
        while !closed(&mut tokens) {
            self.polygon(&mut tokens, format!("{place}part {index}"))?;
            index += 1;
        }
        if index == 0 { Err(placed(Error::malformed("the MultiPolygon is empty"), place)) } else { Ok(()) }
    }

    fn polygon(&mut self, tokens: &mut Tokens<'_>, place: String) -> Result<()> {
        open(tokens, "a list of rings").map_err(|error| error.at(&place))?;
        let mut rings = Vec::new();
        while !closed(tokens) {
            let index = rings.len();
            rings.push(self.ring(tokens).map_err(|error| error.at(format!("{place}, ring {index}")))?);
        }
        if rings.is_empty() {
            return Err(Error::malformed("the polygon is empty").at(place));
        }
        self.parts.push(Part { place, rings });
        Ok(())
    }

    fn ring(&mut self, tokens: &mut Tokens<'_>) -> Result<Vec<Position>> {
        open(tokens, "a list of positions")?;
        let mut ring = Vec::new();
        while !closed(tokens) {
            self.left = self.left.checked_sub(1).ok_or_else(|| json::too_many(self.limits))?;
            ring.push(position(tokens).map_err(|error| error.at(format!("vertex {}", ring.len())))?);
        }
        if ring.is_empty() { Err(Error::malformed("the ring is empty")) } else { Ok(ring) }
    }
}

type Tokens<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, Token>>>;

/// A longitude, a latitude and perhaps an altitude, which is ignored.
fn position(tokens: &mut Tokens<'_>) -> Result<Position> {
    open(tokens, "a position [longitude, latitude]")?;
    let mut numbers = [0.0; 2];
    let mut count = 0;
    while !closed(tokens) {
        let Some(Token::Number(number)) = tokens.next() else {
            return Err(Error::malformed("a coordinate is not a number"));
        };
        if let Some(slot) = numbers.get_mut(count) {
            *slot = number;
        }
        count += 1;
    }
    if count < 2 {
        return Err(Error::malformed(format!("a position needs longitude and latitude, this one has {count} numbers")));
    }
    let [lon, lat] = numbers;
    on_earth(lon, lat).map_err(Error::malformed).map_err(|error| match swapped(lon, lat) {
        true => error.hint("longitude and latitude look swapped: GeoJSON puts the longitude first"),
        false => error,
    })?;
    Ok((lon, lat))
}

/// Whether the numbers make sense the other way round only.
fn swapped(lon: f64, lat: f64) -> bool {
    lon.abs() <= 90.0 && lat.abs() > 90.0 && lat.abs() <= 180.0
}

fn open(tokens: &mut Tokens<'_>, what: &str) -> Result<()> {
    match tokens.next() {
        Some(Token::Open) => Ok(()),
        _ => Err(Error::malformed(format!("here should be {what}"))),
    }
}

/// Steps over the end of a list, or says that more is to come. A cut list counts as ended.
fn closed(tokens: &mut Tokens<'_>) -> bool {
    if matches!(tokens.peek(), Some(Token::Close)) {
        tokens.next();
        return true;
    }
    tokens.peek().is_none()
}

fn placed(error: Error, place: &str) -> Error {
    if place.is_empty() { error } else { error.at(place.trim_end_matches(", ")) }
}

fn no_such_kind(kind: &str) -> Error {
    let error = match kind {
        "" => Error::malformed("an object has no \"type\""),
        _ => Error::malformed(format!("\"{}\" is no type of GeoJSON", Foreign::new(kind))),
    };
    error.hint("an AOI is a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection")
}

/// Refuses a `crs` member (a relic of GeoJSON 2008) that names anything but longitude and
/// latitude on WGS 84.
fn known_crs(crs: &Anything) -> Result<()> {
    let numbers = crs.tokens.iter().any(|token| matches!(token, Token::Number(_)));
    if crs.words.is_empty() && !numbers {
        return Ok(());
    }
    let last = |word: &String| word.rsplit([':', '/', '#']).next().unwrap_or_default().to_ascii_uppercase();
    let known = crs.words.iter().map(last).any(|code| code == "CRS84" || code == "4326")
        || crs.tokens.contains(&Token::Number(4326.0));
    if known {
        return Ok(());
    }
    let named = crs.words.last().map_or("another system", String::as_str);
    Err(Error::unsupported(format!("the AOI's coordinates are in \"{}\"", Foreign::new(named)))
        .hint("GeoJSON is in longitude and latitude: ogr2ogr -t_srs EPSG:4326 aoi.geojson IN"))
}
