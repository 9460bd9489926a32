//! A catalogue of imagery, whatever its form: a STAC API, a catalogue of files, an item collection, one item.

mod filter;
mod gather;
mod request;
mod search;
mod source;
#[cfg(test)]
mod tests;
mod tree;

use jiff::Timestamp;
use serde_json::Value;

pub use source::{SHORTCUTS, Source};

use super::entry::{Entry, Place};
use super::json;
use super::peer::Peer;
use crate::address::Address;
use crate::error::{Error, Kind, Result};
use crate::geom::aoi::Aoi;
use crate::io::bytes::{open_file, read_whole};
use crate::io::store;
use crate::limits::Limits;
use crate::text::shown_path;
use gather::Gather;
use request::Request;

/// What is looked for. Everything but the area may be left open.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Collections by id; all when there are none.
    pub collections: Vec<String>,
    /// The area that an item's footprint must meet.
    pub area: Option<Aoi>,
    /// Earliest time of acquisition.
    pub from: Option<Timestamp>,
    /// Latest time of acquisition.
    pub to: Option<Timestamp>,
    /// Only items whose catalogue entry was changed at or after this; items that tell no time of change stay.
    pub updated_since: Option<Timestamp>,
    /// The satellite or its family, such as `sentinel-2b`, `sentinel-2`, `landsat`.
    pub platform: Option<String>,
    /// Stop after so many items.
    pub limit: Option<usize>,
}

/// What a catalogue has.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The items by time, then id.
    pub entries: Vec<Entry>,
    /// What was left aside, and why: fit to be shown.
    pub notes: Vec<String>,
}

/// A catalogue whose first document was read.
pub struct Catalogue<'a> {
    place: Place,
    form: Form,
    peer: Option<&'a dyn Peer>,
    limits: Limits,
}

/// What a catalogue's first document shows it to be.
enum Form {
    /// Answers searches; the flag says that they may be posted.
    Searched { search: Address, posted: bool },
    /// Pages of items at an address, of which this is the first.
    Pages(Value),
    /// Documents that link to each other.
    Linked(Value),
    /// Items in hand: a collection of them or a single one. The flag says that it is a page of more.
    Items { items: Vec<Value>, cut: bool },
    /// A folder with a document for each item, in the order of their names.
    Folder(Vec<String>),
}

impl<'a> Catalogue<'a> {
    /// Opens the catalogue at `place`: reads its first document, nothing else.
    ///
    /// # Errors
    /// `Unsupported` for an address without a `peer` and for a document that is no catalogue, what the peer or
    /// the disk says, and what [`json::parse`] refuses.
    pub fn open(place: Place, peer: Option<&'a dyn Peer>, limits: Limits) -> Result<Self> {
        let shown = place.to_string();
        let form = form(&place, peer, &limits).map_err(|error| advised(placed(error, &shown)))?;
        Ok(Self { place, form, peer, limits })
    }

    /// Where it was opened.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The items that answer the query. What the catalogue sends beside them is left out whatever it says; an item
    /// that cannot be read, and one that is gone, is a note.
    ///
    /// # Errors
    /// `Malformed` for paging that leads nowhere (the same request again, a page without a new item, another
    /// server), `Limit` for too many pages, documents, bytes or items, and what the peer or the disk says.
    pub fn list(&self, query: &Query) -> Result<Listing> {
        let mut gather = Gather::new(query, &self.limits);
        self.gather(query, &mut gather).map_err(|error| placed(error, &self.place.to_string()))?;
        Ok(gather.listing())
    }

    fn gather(&self, query: &Query, gather: &mut Gather<'_>) -> Result<()> {
        match (&self.form, &self.place) {
            (Form::Searched { search, posted }, _) => {
                let first = Request::first(search, *posted, query);
                search::pages(needed(self.peer)?, first, None, gather)
            }
            (Form::Pages(first), Place::Web(address)) => {
                let request = Request::Get(address.clone());
                search::pages(needed(self.peer)?, request, Some(first.clone()), gather)
            }
            (Form::Linked(root), place) => tree::walk(self.peer, place, root, query, gather),
            (Form::Items { items, cut }, place) => {
                if *cut {
                    gather.note("the file is one page of a search; the pages behind it are not read".to_owned());
                }
                items.iter().try_for_each(|item| gather.take(item.clone(), place).map(|_| ()))
            }
            (Form::Folder(names), Place::File(folder)) => tree::folder(folder, names, gather),
            _ => Err(Error::bug("pages of a file, or a folder on the web")),
        }
    }
}

/// What else could be named, where the error itself gives no advice and the way there is not what failed.
fn advised(error: Error) -> Error {
    match error.kind() {
        Kind::Environment | Kind::Interrupted => error,
        _ => error
            .hint("a catalogue is the landing page of a STAC API, a catalog.json, or a file or folder of STAC items"),
    }
}

/// The place goes before an error once.
fn placed(error: Error, place: &str) -> Error {
    if error.place().is_some_and(|own| own.contains(place)) { error } else { error.at(place) }
}

/// Whom addresses are read from.
fn needed(peer: Option<&dyn Peer>) -> Result<&dyn Peer> {
    peer.ok_or_else(|| {
        Error::unsupported("a catalogue on the web is not read here").hint("name a file, or a folder with item files")
    })
}

/// Reads the first document and judges its form.
fn form(place: &Place, peer: Option<&dyn Peer>, limits: &Limits) -> Result<Form> {
    if let Place::File(folder) = place
        && folder.is_dir()
    {
        return in_folder(folder);
    }
    if let Place::Web(address) = place
        && address.path().trim_end_matches('/').ends_with("/search")
    {
        return Ok(Form::Searched { search: address.clone(), posted: false });
    }
    let document = json::parse(&fetched(place, peer, limits)?, limits)?;
    judged(document, place)
}

/// A folder of items; one with a `catalog.json` is a catalogue and has to be named by that.
fn in_folder(folder: &std::path::Path) -> Result<Form> {
    let mut names = store::names(folder)?;
    if names.iter().any(|name| name == "catalog.json") {
        return Err(Error::usage("the folder holds a catalogue").hint("name its catalog.json"));
    }
    names.retain(|name| name.ends_with(".json") || name.ends_with(".geojson"));
    match names.is_empty() {
        true => Err(Error::missing("the folder holds no item files (.json)")),
        false => Ok(Form::Folder(names)),
    }
}

/// The bytes of a document.
fn fetched(place: &Place, peer: Option<&dyn Peer>, limits: &Limits) -> Result<Vec<u8>> {
    let most = limits.catalogue_document_bytes;
    match place {
        Place::Web(address) => needed(peer)?.get(address, most),
        Place::File(path) => {
            read_whole(&open_file(path)?, most).map_err(|error| placed(error, &shown_path(path).to_string()))
        }
    }
}

/// What a document is: by its type, else by what it has.
fn judged(mut document: Value, place: &Place) -> Result<Form> {
    match (document.get("type").and_then(Value::as_str), place) {
        (Some("Feature"), _) => Ok(Form::Items { items: vec![document], cut: false }),
        (Some("FeatureCollection" | "ItemCollection"), Place::Web(_)) => Ok(Form::Pages(document)),
        (Some("FeatureCollection" | "ItemCollection"), Place::File(_)) => {
            let cut = request::links(&document).any(|link| link.rel == "next");
            match document.get_mut("features").map(Value::take) {
                Some(Value::Array(items)) => Ok(Form::Items { items, cut }),
                _ => Err(Error::malformed("the item collection has no list of features")),
            }
        }
        (_, place) if document.get("links").is_some_and(Value::is_array) => linked(document, place),
        _ => Err(Error::unsupported("this is no STAC catalogue, item collection or item")
            .hint("a catalogue is the landing page of a STAC API, a catalog.json, or a GeoJSON file of STAC items")),
    }
}

/// An API says where it is searched; anything else that links is a catalogue of files.
fn linked(document: Value, place: &Place) -> Result<Form> {
    let Place::Web(address) = place else { return Ok(Form::Linked(document)) };
    let links: Vec<request::Link<'_>> = request::links(&document).collect();
    let posted = links.iter().find(|link| link.rel == "search" && link.is_post());
    let plain = links.iter().find(|link| link.rel == "search" && !link.is_post());
    let items = links.iter().find(|link| link.rel == "items");
    let Some(link) = posted.or(plain).or(items) else { return Ok(Form::Linked(document)) };
    let search = address.join(link.href)?;
    if !search.same_origin(address) {
        return Err(Error::malformed(format!("the catalogue is searched on another server: {search}"))
            .hint("name the catalogue there, if you trust it"));
    }
    Ok(Form::Searched { search, posted: posted.is_some() })
}
