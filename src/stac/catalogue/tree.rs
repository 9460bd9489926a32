//! A catalogue of files that link to each other, on disk below its own folder or on one server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::gather::Gather;
use super::request::links;
use super::{Query, fetched};
use crate::error::{Error, Kind, Result};
use crate::io::safe::tree::inside;
use crate::stac::entry::Place;
use crate::stac::json;
use crate::stac::peer::Peer;
use crate::text::{Foreign, shown_path};

/// Takes every item that the catalogue's documents lead to, in the order of their links.
pub(super) fn walk(
    peer: Option<&dyn Peer>,
    place: &Place,
    root: &Value,
    query: &Query,
    gather: &mut Gather<'_>,
) -> Result<()> {
    let mut walk = Walk { peer, query, border: Border::around(place)?, seen: BTreeSet::from([place.clone()]), gather };
    walk.enter(place, root, 0)
}

/// Takes the items of a folder.
pub(super) fn folder(folder: &Path, names: &[String], gather: &mut Gather<'_>) -> Result<()> {
    let most = gather.limits().catalogue_documents;
    if names.len() > most {
        return Err(Error::limit(format!("the folder holds more than {most} documents")));
    }
    for name in names {
        let place = Place::File(folder.join(name));
        match read(None, &place, gather) {
            Ok(document) if is_item(&document) => drop(gather.take(document, &place)?),
            Ok(_) => {}
            Err(error) => set_aside(error, name, gather)?,
        }
    }
    Ok(())
}

/// How far links may lead.
enum Border {
    /// Below this folder, with links of the disk resolved.
    Folder(PathBuf),
    /// On the server of the document itself.
    Server,
}

impl Border {
    fn around(place: &Place) -> Result<Self> {
        let Place::File(path) = place else { return Ok(Self::Server) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().map(Self::Folder).map_err(|error| Error::system(&error, shown_path(folder)))
    }

    /// The document that a link of the one at `from` leads to.
    fn follow(&self, from: &Place, href: &str) -> Result<Place> {
        match (self, from) {
            (Self::Folder(root), Place::File(path)) => below(root, path, href).map(Place::File),
            (Self::Server, Place::Web(address)) => {
                let to = address.join(href)?;
                let same = to.same_origin(address);
                same.then(|| Place::Web(to.clone()))
                    .ok_or_else(|| Error::unsupported(format!("{to} lies on another server")))
            }
            _ => Err(Error::bug("a file's border around an address")),
        }
    }
}

/// The file that a plain reference in the document at `path` names, which must lie below `root`.
fn below(root: &Path, path: &Path, href: &str) -> Result<PathBuf> {
    if href.starts_with('/') || href.contains([':', '\\', '\0', '?', '#', '%']) {
        let shown = href.split(['?', '#', '@']).next().unwrap_or_default();
        return Err(Error::unsupported(format!("the link {} is not a plain relative path", Foreign::new(shown))));
    }
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let within = folder.as_deref().and_then(|folder| folder.strip_prefix(root).ok()).and_then(Path::to_str);
    let within = within.ok_or_else(|| Error::unsupported("the folder's name is no text"))?;
    inside(root, &Path::new(within).join(href).to_string_lossy())
}

/// A walk through linked documents.
struct Walk<'a, 'g, 'q> {
    peer: Option<&'a dyn Peer>,
    query: &'a Query,
    border: Border,
    seen: BTreeSet<Place>,
    gather: &'g mut Gather<'q>,
}

impl Walk<'_, '_, '_> {
    /// Follows the links of a catalogue or collection.
    fn enter(&mut self, place: &Place, document: &Value, depth: usize) -> Result<()> {
        let deepest = self.gather.limits().catalogue_depth;
        if depth > deepest {
            self.gather.note(format!("not followed: {place} lies deeper than {deepest} levels"));
            return Ok(());
        }
        for link in links(document).filter(|link| matches!(link.rel, "child" | "item")) {
            if self.gather.is_full() {
                break;
            }
            match self.border.follow(place, link.href) {
                Ok(to) => self.visit(to, depth)?,
                Err(error) => set_aside(error, link.href, self.gather)?,
            }
        }
        Ok(())
    }

    /// Reads one document, if it was not met before.
    fn visit(&mut self, to: Place, depth: usize) -> Result<()> {
        let most = self.gather.limits().catalogue_documents;
        if !self.seen.insert(to.clone()) {
            return Ok(());
        }
        if self.seen.len() > most {
            return Err(Error::limit(format!("the catalogue has more than {most} documents")).hint("name a part of it"));
        }
        match read(self.peer, &to, self.gather) {
            Err(error) => set_aside(error, &to.to_string(), self.gather),
            Ok(document) if is_item(&document) => self.gather.take(document, &to).map(|_| ()),
            Ok(document) if self.is_unasked(&document) => Ok(()),
            Ok(document) => self.enter(&to, &document, depth + 1),
        }
    }

    /// Whether it is a collection that was not asked for.
    fn is_unasked(&self, document: &Value) -> bool {
        let is_collection = document.get("type").and_then(Value::as_str) == Some("Collection");
        let id = document.get("id").and_then(Value::as_str).unwrap_or_default();
        is_collection && !self.query.collections.is_empty() && !self.query.collections.iter().any(|asked| asked == id)
    }
}

fn read(peer: Option<&dyn Peer>, place: &Place, gather: &mut Gather<'_>) -> Result<Value> {
    let bytes = fetched(place, peer, gather.limits())?;
    gather.count(bytes.len())?;
    json::parse(&bytes, gather.limits())
}

fn is_item(document: &Value) -> bool {
    document.get("type").and_then(Value::as_str) == Some("Feature")
}

/// One document that is gone or damaged must not hide the others; a server that is down must not look like an
/// empty one.
fn set_aside(error: Error, place: &str, gather: &mut Gather<'_>) -> Result<()> {
    let ends = matches!(error.kind(), Kind::Environment | Kind::Interrupted | Kind::Bug) || gather.is_over();
    if ends {
        return Err(error);
    }
    let shown = Foreign::new(place.split(['?', '#', '@']).next().unwrap_or_default());
    gather.note(format!("left aside: {}", super::placed(error, &shown.to_string())));
    Ok(())
}
