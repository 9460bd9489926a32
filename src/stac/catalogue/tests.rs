//! Listings from a scripted peer and from files: paging that misbehaves, items that change or are gone.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::Kind;

const API: &str = "https://api.example/v1";
const SEARCH: &str = "https://api.example/v1/search";

/// Answers by address, or by address and body; the last answer of a list stays.
#[derive(Default)]
struct Script {
    answers: BTreeMap<String, Vec<Value>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn with(mut self, asked: &str, answers: &[Value]) -> Self {
        self.answers.insert(asked.to_owned(), answers.to_vec());
        self
    }

    fn answer(&self, asked: String) -> Result<Vec<u8>> {
        let before = self.asked();
        let turn = before.iter().filter(|other| **other == asked).count();
        self.asked.lock().unwrap().push(asked.clone());
        let answers =
            self.answers.get(&asked).ok_or_else(|| Error::missing("404").at(asked.split('?').next().unwrap()))?;
        Ok(answers[turn.min(answers.len() - 1)].to_string().into_bytes())
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Peer for Script {
    fn get(&self, address: &Address, _: u64) -> Result<Vec<u8>> {
        self.answer(format!("GET {}", address.whole()))
    }
    fn post(&self, address: &Address, body: &Value, _: u64) -> Result<Vec<u8>> {
        self.answer(format!("POST {} {body}", address.whole()))
    }
}

fn item(id: &str) -> Value {
    json!({ "type": "Feature", "id": id, "collection": "c", "bbox": [37.0, 48.0, 38.0, 49.0], "geometry": null,
        "properties": { "datetime": "2024-08-25T17:39:09Z", "platform": "sentinel-2b" }, "assets": {} })
}

fn page(ids: &[&str], next: Option<Value>) -> Value {
    let items: Vec<Value> = ids.iter().map(|id| item(id)).collect();
    json!({ "type": "FeatureCollection", "features": items, "links": next.into_iter().collect::<Vec<_>>() })
}

fn next(href: &str) -> Value {
    json!({ "rel": "next", "href": href })
}

fn post(body: Value, merge: bool) -> Value {
    json!({ "rel": "next", "href": SEARCH, "method": "POST", "body": body, "merge": merge })
}

fn landing(methods: &[&str]) -> Value {
    let links: Vec<Value> = methods
        .iter()
        .map(|method| json!({ "rel": "search", "href": SEARCH, "method": method, "type": "application/geo+json" }))
        .collect();
    json!({ "type": "Catalog", "id": "api", "links": links, "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"] })
}

fn web(address: &str) -> Place {
    Place::Web(Address::parse(address).unwrap())
}

fn list(script: &Script, at: &str, query: &Query) -> Result<Listing> {
    Catalogue::open(web(at), Some(script), Limits::default())?.list(query)
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|entry| entry.id.raw()).collect()
}

fn searched(body: &str) -> String {
    format!("POST {SEARCH} {body}")
}

#[test]
fn pages_are_posted_for_merged_or_alone() {
    let script = Script::default()
        .with(&format!("GET {API}"), &[landing(&["GET", "POST"])])
        .with(&searched(r#"{"limit":100}"#), &[page(&["b"], Some(post(json!({ "token": "t2" }), true)))])
        .with(&searched(r#"{"limit":100,"token":"t2"}"#), &[page(&["a"], Some(post(json!({ "next": "t3" }), false)))])
        .with(&searched(r#"{"next":"t3"}"#), &[page(&["c"], None)]);
    let listing = list(&script, API, &Query::default()).unwrap();
    assert_eq!(ids(&listing), ["a", "b", "c"]);
    assert_eq!(listing.notes, [""; 0]);
}

#[test]
fn pages_are_got_where_nothing_else_is_offered() {
    let query = Query {
        collections: vec!["c".into(), "d".into()],
        area: Some(Aoi::from_bbox("37,48,37.5,48.5").unwrap()),
        from: Some("2024-08-01T00:00:00Z".parse().unwrap()),
        ..Query::default()
    };
    let first = "?collections=c%2Cd&bbox=37%2C48%2C37.5%2C48.5&datetime=2024-08-01T00%3A00%3A00Z%2F..&limit=100";
    let script = Script::default()
        .with(&format!("GET {API}"), &[landing(&["GET"])])
        .with(&format!("GET {SEARCH}{first}"), &[page(&["a"], Some(next("?token=next:a")))])
        .with(&format!("GET {SEARCH}?token=next:a"), &[page(&["b"], None)]);
    assert_eq!(ids(&list(&script, API, &query).unwrap()), ["a", "b"]);
    // The address of the search itself does as well, and so does a page of items.
    assert_eq!(ids(&list(&script, SEARCH, &query).unwrap()), ["a", "b"]);
    let page_two = format!("{SEARCH}/pages?token=next:a");
    let script = Script::default().with(&format!("GET {page_two}"), &[page(&["b"], None)]);
    assert_eq!(ids(&list(&script, &page_two, &query).unwrap()), ["b"]);
    assert_eq!(script.asked().len(), 1, "the first page was in hand");
}

#[test]
fn paging_that_does_not_end_is_a_named_error() {
    let at = |token: &str| format!("GET {SEARCH}?token={token}");
    let first = format!("GET {SEARCH}?limit=100");
    let own = |name: &str| next(&format!("?token={name}"));
    let circle = Script::default()
        .with(&first, &[page(&["a"], Some(own("A")))])
        .with(&at("A"), &[page(&["b"], Some(own("B"))), page(&["d"], Some(own("B")))])
        .with(&at("B"), &[page(&["c"], Some(own("A")))]);
    let itself = Script::default().with(&first, &[page(&["a"], Some(next("?limit=100")))]);
    let mut stale = Script::default().with(&first, &[page(&["a"], Some(own("0")))]);
    for token in 0..10 {
        stale = stale.with(&at(&token.to_string()), &[page(&["a"], Some(own(&(token + 1).to_string())))]);
    }
    let mut empty = Script::default().with(&first, &[page(&["a"], Some(own("0")))]);
    for token in 0..10 {
        empty = empty.with(&at(&token.to_string()), &[page(&[], Some(own(&(token + 1).to_string())))]);
    }
    let elsewhere = Script::default().with(&first, &[page(&["a"], Some(next("https://evil.example/?SECRET")))]);
    let to_file = Script::default().with(&first, &[page(&["a"], Some(next("file:///etc/passwd")))]);
    for (script, words, requests) in [
        (circle, "made before", 3),
        (itself, "made before", 1),
        (stale, "no new item", 2),
        (empty, "no new item", 5),
        (elsewhere, "another server", 1),
        (to_file, "leads to no https", 1),
    ] {
        let error = list(&script, SEARCH, &Query::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Malformed, "{error}");
        assert!(error.to_string().contains(words) && !error.to_string().contains("SECRET"), "{error}");
        assert!(error.to_string().contains("page "), "{error}");
        assert_eq!(script.asked().len(), requests, "{words}");
    }
}

#[test]
fn too_much_of_it_is_a_limit() {
    let mut pages = Script::default().with(&format!("GET {SEARCH}?limit=100"), &[page(&["x"], Some(next("?t=1")))]);
    for turn in 1..30 {
        let answer = page(&[&turn.to_string()], Some(next(&format!("?t={}", turn + 1))));
        pages = pages.with(&format!("GET {SEARCH}?t={turn}"), &[answer]);
    }
    let within = |limits: Limits| {
        let catalogue = Catalogue::open(web(SEARCH), Some(&pages), limits).unwrap();
        catalogue.list(&Query::default()).unwrap_err()
    };
    for (limits, words) in [
        (Limits { catalogue_pages: 5, ..Limits::default() }, "more than 5 pages"),
        (Limits { catalogue_items: 5, ..Limits::default() }, "more than 5 items"),
        (Limits { catalogue_bytes: 1000, ..Limits::default() }, "more than 1000 bytes"),
        (Limits { catalogue_values: 10, ..Limits::default() }, "more than 10 values"),
    ] {
        let error = within(limits);
        assert_eq!(error.kind(), Kind::Limit, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let few = Query { limit: Some(3), ..Query::default() };
    let asked = pages.with(&format!("GET {SEARCH}?limit=3"), &[page(&["x", "y"], Some(next("?t=1")))]);
    let listing = list(&asked, SEARCH, &few).unwrap();
    assert_eq!(listing.entries.len(), 3);
    assert!(listing.notes[0].contains("limit of 3"));
}

#[test]
fn an_item_on_two_pages_counts_once_and_in_its_newer_form() {
    let mut newer = item("a");
    newer["properties"]["s2:processing_baseline"] = json!("05.11");
    let mut second = page(&["b", "a"], None);
    second["features"][1] = newer;
    let script = Script::default()
        .with(&format!("GET {SEARCH}?limit=100"), &[page(&["a", "a"], Some(next("?t=2")))])
        .with(&format!("GET {SEARCH}?t=2"), &[second]);
    let listing = list(&script, SEARCH, &Query::default()).unwrap();
    assert_eq!(ids(&listing), ["a", "b"]);
    assert!(listing.entries[0].baseline.is_some());
    assert_eq!(listing.notes.len(), 1);
    assert!(listing.notes[0].contains("item a was replaced"), "{:?}", listing.notes);
}

#[test]
fn items_that_cannot_be_read_or_are_gone_are_notes() {
    let mut odd = page(&["a", "b"], None);
    odd["features"][0]["properties"] = Value::Null;
    odd["features"].as_array_mut().unwrap().push(json!(5));
    let listing = list(&Script::default().with(&format!("GET {SEARCH}?limit=100"), &[odd]), SEARCH, &Query::default());
    let listing = listing.unwrap();
    assert_eq!(ids(&listing), ["b"]);
    assert_eq!(listing.notes.len(), 2);
    assert!(listing.notes[0].contains("item a"), "{:?}", listing.notes);

    let root = json!({ "type": "Catalog", "id": "c", "links": [
        { "rel": "item", "href": "gone.json" }, { "rel": "item", "href": "https://evil.example/x.json" },
        { "rel": "child", "href": "sub/catalog.json" }, { "rel": "item", "href": "file:///etc/passwd" } ]});
    let sub = json!({ "type": "Catalog", "id": "s", "links": [
        { "rel": "item", "href": "a.json" }, { "rel": "child", "href": "../catalog.json" }, { "rel": "child", "href": "catalog.json" } ]});
    let script = Script::default()
        .with("GET https://s.example/catalog.json", &[root])
        .with("GET https://s.example/sub/catalog.json", &[sub])
        .with("GET https://s.example/sub/a.json", &[item("a")]);
    let listing = list(&script, "https://s.example/catalog.json", &Query::default()).unwrap();
    assert_eq!(ids(&listing), ["a"]);
    assert_eq!(listing.entries[0].place, web("https://s.example/sub/a.json"));
    let notes = listing.notes.join("\n");
    assert!(notes.contains("gone.json") && notes.contains("another server") && listing.notes.len() == 3, "{notes}");
    assert!(!script.asked().iter().any(|asked| asked.contains("evil")), "nobody else was asked");
}

#[test]
fn the_server_is_not_trusted_with_the_query() {
    let mut late = page(&["a", "late", "far", "other", "radar", "top", "nowhere"], None);
    let items = late["features"].as_array_mut().unwrap();
    items[1]["properties"]["datetime"] = json!("2025-01-01T00:00:00Z");
    // The box alone would meet the area; the triangle of a swath's edge does not.
    items[2]["geometry"] = json!({ "type": "Polygon", "coordinates": [[[38, 48], [38, 49], [37.9, 49], [38, 48]]] });
    items[3]["collection"] = json!("d");
    items[4]["properties"]["platform"] = json!("sentinel-1a");
    items[5]["properties"]["s2:product_type"] = json!("S2MSI1C");
    items[6].as_object_mut().unwrap().remove("bbox");
    let query = Query {
        collections: vec!["c".into()],
        area: Some(Aoi::from_bbox("37,48,37.5,48.5").unwrap()),
        from: Some("2024-08-01T00:00:00Z".parse().unwrap()),
        to: Some("2024-09-01T00:00:00Z".parse().unwrap()),
        ..Query::default()
    };
    let request = r#"{"collections":["c"],"bbox":[37.0,48.0,37.5,48.5],"datetime":"2024-08-01T00:00:00Z/2024-09-01T00:00:00Z","limit":100}"#;
    let script = Script::default().with(&format!("GET {API}"), &[landing(&["POST"])]).with(&searched(request), &[late]);
    let listing = list(&script, API, &query).unwrap();
    assert_eq!(ids(&listing), ["a"]);
    assert_eq!(listing.notes.len(), 3, "{:?}", listing.notes);
    let platform = |platform: &str| {
        let query = Query { platform: Some(platform.into()), ..query.clone() };
        list(&script, API, &query).unwrap().entries.len()
    };
    assert_eq!(["sentinel-2", "SENTINEL-2B", "sentinel-2a", "landsat"].map(platform), [1, 1, 0, 0]);
}

#[test]
fn an_area_over_the_antimeridian_is_asked_for_in_two_boxes() {
    let area = Aoi::from_bbox("179,-17,-179,-16").unwrap();
    let query = Query { area: Some(area), ..Query::default() };
    let search = Address::parse(SEARCH).unwrap();
    let Request::Post(_, body) = Request::first(&search, true, &query) else { panic!("it is posted") };
    assert_eq!(body["intersects"]["coordinates"].as_array().unwrap().len(), 2);
    let got = Request::first(&search, false, &query);
    assert!(got.address().whole().contains("bbox=179%2C-17%2C-179%2C-16"), "{}", got.address().whole());
}

#[test]
fn a_catalogue_on_disk_stays_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let links = [
        "in/a.json",
        "in/b.json",
        "../out.json",
        "/etc/passwd",
        "https://evil.example/a.json",
        "none.json",
        "bad.json",
        "link.json",
    ];
    let links: Vec<Value> = links.iter().map(|href| json!({ "rel": "item", "href": href })).collect();
    write("cat/catalog.json", &json!({ "type": "Catalog", "id": "c", "links": links }).to_string());
    write("cat/in/a.json", &item("a").to_string());
    write("cat/in/b.json", &format!("\u{feff}{}", item("b")));
    write("cat/bad.json", &"[".repeat(10_000));
    write("out.json", &item("out").to_string());
    std::os::unix::fs::symlink(folder.path().join("out.json"), folder.path().join("cat/link.json")).unwrap();
    let open = |name: &str| Catalogue::open(Place::File(folder.path().join(name)), None, Limits::default());
    let listing = open("cat/catalog.json").unwrap().list(&Query::default()).unwrap();
    assert_eq!(ids(&listing), ["a", "b"]);
    assert_eq!(listing.notes.len(), 6, "{:#?}", listing.notes);

    let listing = open("cat/in").unwrap().list(&Query::default()).unwrap();
    assert_eq!(ids(&listing), ["a", "b"]);
    assert_eq!(ids(&open("out.json").unwrap().list(&Query::default()).unwrap()), ["out"]);
    write("page.json", &page(&["a", "b"], Some(next("https://api.example/2"))).to_string());
    let listing = open("page.json").unwrap().list(&Query::default()).unwrap();
    assert!(ids(&listing) == ["a", "b"] && listing.notes[0].contains("one page"), "{:?}", listing.notes);
    for (name, kind) in [("cat", Kind::Usage), ("none.json", Kind::Missing), ("cat/bad.json", Kind::Malformed)] {
        assert_eq!(open(name).err().unwrap().kind(), kind, "{name}");
    }
    assert_eq!(Catalogue::open(web(API), None, Limits::default()).err().unwrap().kind(), Kind::Unsupported);
}

#[test]
fn a_server_that_is_down_does_not_look_empty() {
    struct Down;
    impl Peer for Down {
        fn get(&self, address: &Address, _: u64) -> Result<Vec<u8>> {
            if address.path().ends_with("catalog.json") {
                return Ok(json!({ "links": [{ "rel": "item", "href": "a.json" }] }).to_string().into_bytes());
            }
            Err(Error::new(Kind::Environment, "no answer"))
        }
        fn post(&self, _: &Address, _: &Value, _: u64) -> Result<Vec<u8>> {
            Err(Error::bug("not asked"))
        }
    }
    for at in ["https://s.example/catalog.json", "https://s.example/search"] {
        let listed = Catalogue::open(web(at), Some(&Down), Limits::default()).unwrap().list(&Query::default());
        assert_eq!(listed.unwrap_err().kind(), Kind::Environment);
    }
}
