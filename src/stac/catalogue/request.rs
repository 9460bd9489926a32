//! What is asked of a STAC API, and what its links mean (STAC API 1.0: Item Search, and OGC API Features).

use serde_json::{Map, Value, json};

use super::Query;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;

/// Items of one page: a few megabytes of Earth Search's.
const PAGE: usize = 100;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    Get(Address),
    Post(Address, Value),
}

/// A link of a document.
pub(super) struct Link<'a> {
    pub(super) rel: &'a str,
    pub(super) href: &'a str,
    whole: &'a Map<String, Value>,
}

/// The links of a document that have both a relation and a reference.
pub(super) fn links(document: &Value) -> impl Iterator<Item = Link<'_>> {
    let list = document.get("links").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|link| {
        let whole = link.as_object()?;
        Some(Link { rel: whole.get("rel")?.as_str()?, href: whole.get("href")?.as_str()?, whole })
    })
}

impl Link<'_> {
    pub(super) fn is_post(&self) -> bool {
        self.whole.get("method").and_then(Value::as_str).is_some_and(|method| method.eq_ignore_ascii_case("POST"))
    }
}

impl Request {
    /// The first request of a search.
    pub(super) fn first(search: &Address, posted: bool, query: &Query) -> Self {
        if posted {
            Self::Post(search.clone(), body(query))
        } else {
            let pairs = parameters(query);
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Self::Get(search.with_query(&pairs))
        }
    }

    /// Where it goes.
    pub(super) fn address(&self) -> &Address {
        match self {
            Self::Get(address) | Self::Post(address, _) => address,
        }
    }

    /// All of it as one text, to know it again. It holds what may be secret and is never shown.
    pub(super) fn whole(&self) -> String {
        match self {
            Self::Get(address) => format!("GET {}", address.whole()),
            Self::Post(address, body) => format!("POST {} {body}", address.whole()),
        }
    }

    /// The request for the page behind `page`, which answered this one; none behind the last.
    ///
    /// # Errors
    /// `Malformed` for a link that leads nowhere or to another server.
    pub(super) fn next(&self, page: &Value) -> Result<Option<Self>> {
        let Some(link) = links(page).find(|link| link.rel == "next") else { return Ok(None) };
        let address = self.address().join(link.href)?;
        if !address.same_origin(self.address()) {
            return Err(Error::malformed(format!("the next page is said to lie on another server: {address}"))
                .hint("a catalogue that sends its readers elsewhere is not followed"));
        }
        Ok(Some(if link.is_post() { Self::Post(address, self.next_body(&link)) } else { Self::Get(address) }))
    }

    /// The body of the next request: the link's, alone or merged into the one before; without one the same again.
    fn next_body(&self, link: &Link<'_>) -> Value {
        let before = match self {
            Self::Post(_, body) => body.clone(),
            Self::Get(_) => json!({}),
        };
        let merged = link.whole.get("merge").and_then(Value::as_bool).unwrap_or(false);
        match (link.whole.get("body").and_then(Value::as_object), before) {
            (None, before) => before,
            (Some(more), Value::Object(mut before)) if merged => {
                before.extend(more.clone());
                Value::Object(before)
            }
            (Some(body), _) => Value::Object(body.clone()),
        }
    }
}

/// A search as a document.
fn body(query: &Query) -> Value {
    let mut body = Map::new();
    if !query.collections.is_empty() {
        body.insert("collections".to_owned(), json!(query.collections));
    }
    if let Some(area) = &query.area {
        let boxes = boxes(area);
        match boxes.as_slice() {
            [one] => body.insert("bbox".to_owned(), json!(one)),
            _ => body.insert("intersects".to_owned(), rectangles(&boxes)),
        };
    }
    if let Some(times) = times(query) {
        body.insert("datetime".to_owned(), json!(times));
    }
    body.insert("limit".to_owned(), json!(page(query)));
    Value::Object(body)
}

/// The same search as parameters of an address.
fn parameters(query: &Query) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    if !query.collections.is_empty() {
        pairs.push(("collections", query.collections.join(",")));
    }
    if let Some(area) = &query.area {
        pairs.push(("bbox", around(&boxes(area)).map(|degrees| degrees.to_string()).join(",")));
    }
    pairs.extend(times(query).map(|times| ("datetime", times)));
    pairs.push(("limit", page(query).to_string()));
    pairs
}

fn page(query: &Query) -> usize {
    query.limit.map_or(PAGE, |limit| limit.clamp(1, PAGE))
}

/// An interval as RFC 3339 and STAC have it, with `..` for an open end.
fn times(query: &Query) -> Option<String> {
    let end = |time: Option<jiff::Timestamp>| time.map_or_else(|| "..".to_owned(), |time| time.to_string());
    (query.from.is_some() || query.to.is_some()).then(|| format!("{}/{}", end(query.from), end(query.to)))
}

/// The area's boxes: the outline itself is nobody's business, and is held against every item here.
fn boxes(area: &Aoi) -> Vec<[f64; 4]> {
    area.bounds().iter().map(|bounds| [bounds.west, bounds.south, bounds.east, bounds.north]).collect()
}

/// One box around them; west of east where it goes over the antimeridian (RFC 7946).
fn around(boxes: &[[f64; 4]]) -> [f64; 4] {
    let fold = |of: usize, best: fn(f64, f64) -> f64| boxes.iter().map(|edges| edges[of]).reduce(best).unwrap_or(0.0);
    let (south, north) = (fold(1, f64::min), fold(3, f64::max));
    match boxes {
        [western, .., eastern] => [eastern[0], south, western[2], north],
        _ => [fold(0, f64::min), south, fold(2, f64::max), north],
    }
}

fn rectangles(boxes: &[[f64; 4]]) -> Value {
    let ring = |[west, south, east, north]: &[f64; 4]| {
        json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
    };
    json!({ "type": "MultiPolygon", "coordinates": boxes.iter().map(ring).collect::<Vec<_>>() })
}
