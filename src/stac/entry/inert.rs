//! What may be stored of an Item: every address absolute and without credentials.

use serde_json::Value;
use url::Url;

use super::{Entry, Place};
use crate::address::Address;

/// Members of a link that are sent with a request, where tokens travel.
const SENT: [&str; 2] = ["headers", "body"];

impl Entry {
    /// The Item with every address absolute and without user, password, query and fragment. References that lead
    /// from a document on the web to a file, or nowhere, are emptied. Relative references of a local file stay.
    pub fn inert_document(&self) -> Value {
        let mut document = self.document.clone();
        make_inert(&mut document, &self.place, false);
        document
    }

    /// The whole addresses that the Item's assets lie at, credentials included, in its order: for requests, and
    /// for a keyring that gives an inert address its credentials back.
    pub fn addresses(&self) -> Vec<Address> {
        let assets = self.document.get("assets").and_then(Value::as_object);
        let hrefs =
            assets.into_iter().flat_map(|assets| assets.values()).filter_map(|asset| asset.get("href")?.as_str());
        hrefs.filter_map(|href| self.address(href)).collect()
    }

    /// The reference of the asset under the first of these keys that the Item has, whatever their case.
    pub fn asset_href(&self, keys: &[&str]) -> Option<&str> {
        let assets = self.document.get("assets")?.as_object()?;
        let named = |key: &&str| assets.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        keys.iter().find_map(|key| named(key)?.1.get("href")?.as_str())
    }

    /// A reference as an address on the web, if it is one.
    fn address(&self, href: &str) -> Option<Address> {
        match &self.place {
            Place::Web(address) => address.join(href).ok(),
            Place::File(_) => {
                Some(href).filter(|href| Address::is_meant(href)).and_then(|href| Address::parse(href).ok())
            }
        }
    }
}

/// Goes through a value; `is_reference` says that a text in it stands under `href`.
fn make_inert(value: &mut Value, place: &Place, is_reference: bool) {
    match value {
        Value::String(text) if is_reference => *text = inert_reference(text, place),
        Value::String(text) if text.contains("://") => *text = inert_text(text),
        Value::Array(list) => list.iter_mut().for_each(|item| make_inert(item, place, false)),
        Value::Object(members) => {
            let is_link = members.contains_key("href");
            members.retain(|name, _| !(is_link && SENT.contains(&name.as_str())));
            members.iter_mut().for_each(|(name, member)| make_inert(member, place, name == "href"));
        }
        _ => {}
    }
}

/// A reference made absolute.
fn inert_reference(href: &str, place: &Place) -> String {
    match place {
        Place::Web(_) if is_other_scheme(href) => inert_text(href),
        Place::Web(address) => address.join(href).map(|address| address.inert()).unwrap_or_default(),
        Place::File(_) if href.contains("://") => inert_text(href),
        Place::File(_) => href.to_owned(),
    }
}

/// Stores that are named by schemes of their own; nothing opens them here, and they lead to no file.
fn is_other_scheme(href: &str) -> bool {
    ["s3://", "gs://", "az://", "abfs://", "ftp://"].iter().any(|scheme| href.starts_with(scheme))
}

/// An absolute address of any scheme without what may be secret in it; empty for what is no address.
fn inert_text(text: &str) -> String {
    let Ok(mut url) = Url::parse(text.trim()) else {
        return text.split(['?', '#']).next().filter(|kept| !kept.contains('@')).unwrap_or_default().to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.as_str().contains('@') { String::new() } else { url.into() }
}
