//! A STAC Catalog in a folder (STAC 1.1): links to what lies below it. All links are relative and none names the
//! machine, so that the folder can be copied anywhere.
//!
//! It is a Catalog and not a Collection, because every Item that a Collection links to has to name that Collection,
//! and the Items here are files of runs that were published before there was one.

use serde_json::{Value, json};

use crate::error::{Error, Result};

/// A catalogue about to be written.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Identifier.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// A few sentences for people; CommonMark.
    pub description: String,
    /// Whether anything below is simulated.
    pub simulated: bool,
    /// The way to the catalogue above all, and the one above this; none when this is the one above all.
    pub above: Option<[String; 2]>,
    /// The name of the file itself; what the catalogue above all calls its own root.
    pub file: String,
    /// What lies below.
    pub below: Vec<Leaf>,
    /// The way to a page for people.
    pub page: Option<String>,
}

/// Something below a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Whether it is an Item; else it is a Catalog.
    pub is_item: bool,
    /// The way to it.
    pub href: String,
    /// Its title for people.
    pub title: String,
}

impl Branch {
    /// The catalogue as indented JSON with a final line feed.
    ///
    /// # Errors
    /// `Bug` when it cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_string_pretty(&self.to_json())
            .map_err(|error| Error::bug(format!("the catalogue was not serialised: {error}")))?;
        Ok(format!("{}\n", crate::text::inert_json(&text)).into_bytes())
    }

    fn to_json(&self) -> Value {
        json!({
            "type": "Catalog",
            "stac_version": "1.1.0",
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "groundtell:simulated": self.simulated,
            "links": self.links(),
        })
    }

    fn links(&self) -> Vec<Value> {
        let json_link = |rel: &str, href: &str| json!({ "rel": rel, "href": href, "type": "application/json" });
        let mut links = match &self.above {
            Some([root, parent]) => vec![json_link("root", root), json_link("parent", parent)],
            None => vec![json_link("root", &format!("./{}", self.file))],
        };
        links.extend(self.below.iter().map(Leaf::to_json));
        links.extend(
            self.page.iter().map(
                |page| json!({ "rel": "alternate", "href": page, "type": "text/html", "title": "Page for people" }),
            ),
        );
        links
    }
}

impl Leaf {
    fn to_json(&self) -> Value {
        let (rel, media) = if self.is_item { ("item", "application/geo+json") } else { ("child", "application/json") };
        json!({ "rel": rel, "href": self.href, "type": media, "title": self.title })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(above: Option<[String; 2]>) -> Branch {
        let leaf = Leaf { is_item: above.is_some(), href: "./x.json".into(), title: "a\u{202e}b".into() };
        Branch {
            id: "field".into(),
            title: "Field \u{1b}[31m".into(),
            description: "Looks.".into(),
            simulated: true,
            above,
            file: "catalog.json".into(),
            below: vec![leaf],
            page: None,
        }
    }

    fn links(branch: &Branch) -> Vec<(String, String)> {
        let value: Value = serde_json::from_slice(&branch.to_bytes().unwrap()).unwrap();
        let links = value["links"].as_array().unwrap().iter();
        links.map(|link| (link["rel"].as_str().unwrap().into(), link["href"].as_str().unwrap().into())).collect()
    }

    #[test]
    fn links_lead_up_and_down() {
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect::<Vec<_>>();
        assert_eq!(links(&branch(None)), pairs(&[("root", "./catalog.json"), ("child", "./x.json")]));
        let lower = Branch {
            page: Some("./field.html".into()),
            ..branch(Some(["../catalog.json".into(), "../catalog.json".into()]))
        };
        let expected = [
            ("root", "../catalog.json"),
            ("parent", "../catalog.json"),
            ("item", "./x.json"),
            ("alternate", "./field.html"),
        ];
        assert_eq!(links(&lower), pairs(&expected));
    }

    #[test]
    fn foreign_text_is_inert() {
        let text = String::from_utf8(branch(None).to_bytes().unwrap()).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.ends_with("}\n"));
    }
}
