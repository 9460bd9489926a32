//! Searching catalogues: real answers of real servers replayed, facts that pystac reads in them, duplicates in any
//! order, the program on files, and a real STAC server where its package is installed.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may read, fail and say why it is skipped"
)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use common::{json, oracle, pair, program, real_data, run, shelf};
use groundtell::address::Address;
use groundtell::limits::Limits;
use groundtell::stac::catalogue::{Catalogue, Listing, Query};
use groundtell::stac::dedupe::acquisitions;
use groundtell::stac::entry::{Acquisition, Entry, Place};
use groundtell::stac::peer::Peer;
use groundtell::{Error, Result};
use proptest::prelude::*;
use serde_json::{Value, json};

const EARTH_SEARCH: &str = "https://earth-search.aws.element84.com/v1";
const PLANETARY: &str = "https://planetarycomputer.microsoft.com/api/stac/v1";

fn responses() -> Option<PathBuf> {
    real_data().map(|folder| folder.join("stac-json"))
}

/// A saved answer; those of test cassettes hold their request too.
fn response(name: &str) -> Option<Value> {
    let mut saved = json(&responses()?.join(name));
    Some(if saved.get("response").is_some() { saved["response"].take() } else { saved })
}

/// Plays saved answers one after another, and keeps what was asked.
struct Replay {
    answers: Mutex<Vec<Value>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Replay {
    fn of(answers: Vec<Value>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().rev().collect()), asked: Mutex::default() }
    }

    fn answer(&self, asked: String, body: Value) -> Result<Vec<u8>> {
        self.asked.lock().unwrap().push((asked, body));
        let answer = self.answers.lock().unwrap().pop().ok_or_else(|| Error::missing("nothing more was saved"))?;
        Ok(answer.to_string().into_bytes())
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    fn list(&self, at: &str, query: &Query) -> Result<Listing> {
        let place = Place::Web(Address::parse(at).unwrap());
        Catalogue::open(place, Some(self), Limits::default())?.list(query)
    }
}

impl Peer for Replay {
    fn get(&self, address: &Address, _: u64) -> Result<Vec<u8>> {
        self.answer(format!("GET {}", address.whole()), Value::Null)
    }
    fn post(&self, address: &Address, body: &Value, _: u64) -> Result<Vec<u8>> {
        self.answer(format!("POST {}", address.whole()), body.clone())
    }
}

fn landing(at: &str) -> Value {
    let search = |method: &str| json!({ "rel": "search", "href": format!("{at}/search"), "method": method });
    json!({ "type": "Catalog", "id": "landing", "links": [search("GET"), search("POST")] })
}

fn ids(listing: &Listing) -> BTreeSet<&str> {
    listing.entries.iter().map(|entry| entry.id.raw()).collect()
}

const PAGE_1: &str = "earthsearch_v1_search_POST_page1_mixed.json";
const PAGE_2: &str = "earthsearch_v1_search_POST_page2_sentinel-2-l2a_N0511_boa_offset_applied.json";

#[test]
fn earth_search_is_paged_as_it_pages() {
    let Some((first, second)) = response(PAGE_1).zip(response(PAGE_2)) else { return };
    let end = json!({ "type": "FeatureCollection", "features": [], "links": [] });
    let replay = Replay::of(vec![landing(EARTH_SEARCH), first.clone(), second.clone(), end.clone()]);
    let listing = replay.list(EARTH_SEARCH, &Query::default()).unwrap();
    let asked = replay.asked();
    assert_eq!(asked[1], (format!("POST {EARTH_SEARCH}/search"), json!({ "limit": 100 })));
    assert_eq!(asked[2].1, first["links"][0]["body"]);
    assert_eq!(asked[3].1, second["links"][0]["body"]);
    // The rest of the 20 items is radar and Level-1C.
    assert_eq!(listing.entries.len(), 12, "{:?}", ids(&listing));
    assert_eq!(listing.notes.len(), 2, "{:?}", listing.notes);
    assert!(
        listing.notes.iter().any(|note| note == "3 left aside: not of Sentinel-2 or Landsat"),
        "{:?}",
        listing.notes
    );
    let united = acquisitions(listing.entries);
    let parts: Vec<usize> = united.iter().map(|acquisition| acquisition.parts.len()).collect();
    assert_eq!(parts, [5, 1], "two datatakes; the same tile of two collections counts once");
    let query = Query { collections: vec!["sentinel-2-c1-l2a".into()], ..Query::default() };
    let replay = Replay::of(vec![landing(EARTH_SEARCH), first, second, end]);
    let listing = replay.list(EARTH_SEARCH, &query).unwrap();
    assert!(listing.entries.iter().all(|entry| entry.collection.as_ref().unwrap().raw() == "sentinel-2-c1-l2a"));
    assert_eq!(listing.entries.len(), 6);
}

#[test]
fn planetary_computer_is_paged_by_post_and_by_get() {
    let pages = ["planetarycomputer_search_page1_N0400.json", "planetarycomputer_search_page2_N0400.json"];
    let [Some(first), Some(second)] = pages.map(response) else { return };
    let mut last = second.clone();
    last["links"] = json!([]);
    let replay = Replay::of(vec![landing(PLANETARY), first.clone(), last.clone()]);
    assert_eq!(replay.list(PLANETARY, &Query::default()).unwrap().entries.len(), 2);
    assert_eq!(replay.asked()[2].1["token"], first["links"][0]["body"]["token"]);

    let Some(items) = response("planetarycomputer_items_page1_N0400.json") else { return };
    let at = format!("{PLANETARY}/collections/sentinel-2-l2a/items");
    let replay = Replay::of(vec![items.clone(), last.clone()]);
    assert_eq!(replay.list(&at, &Query::default()).unwrap().entries.len(), 2);
    let next = items["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").unwrap();
    assert_eq!(replay.asked()[1].0, format!("GET {}", next["href"].as_str().unwrap()));

    // The real second page again and again, as a server that forgets its token would send it.
    let replay = Replay::of(vec![landing(PLANETARY), first, second.clone(), second.clone(), second]);
    let error = replay.list(PLANETARY, &Query::default()).unwrap_err();
    assert!(error.to_string().contains("made before") || error.to_string().contains("no new item"), "{error}");
}

#[test]
fn entries_say_what_pystac_reads() {
    let Some(folder) = responses() else { return };
    let oracle = oracle("stac.json");
    let mut compared = 0;
    for (name, facts) in oracle["items"].as_object().unwrap() {
        let page = response(name).unwrap();
        for (item, fact) in page["features"].as_array().unwrap().iter().zip(facts.as_array().unwrap()) {
            let place = Place::File(folder.join(name));
            let entry = Entry::parse(item.clone(), &place).unwrap();
            let near = |ours: Option<f64>, theirs: &Value| match (ours, theirs.as_f64()) {
                (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
                (ours, theirs) => ours == theirs,
            };
            let id = entry.id.raw();
            assert_eq!(id, fact["id"]);
            assert_eq!(entry.collection.as_ref().unwrap().raw(), fact["collection"]);
            assert_eq!(entry.datetime.as_microsecond(), fact["microseconds"].as_i64().unwrap(), "{id}");
            assert_eq!(entry.platform.as_ref().unwrap().raw(), fact["platform"], "{id}");
            assert!(
                near(entry.sun_zenith, &fact["sun_zenith"]) && near(entry.sun_azimuth, &fact["sun_azimuth"]),
                "{id}"
            );
            assert!(near(entry.declared_cloud.map(|share| share * 100.0), &fact["cloud"]), "{id}");
            assert_eq!(
                json!(entry.bbox.unwrap()),
                json!(fact["bbox"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>())
            );
            assert_eq!(entry.asset_href(&["scl"]), fact["scl"].as_str(), "{id}");
            assert_eq!(
                entry.inert_document()["assets"].as_object().unwrap().len(),
                fact["assets"].as_u64().unwrap() as usize
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 38);
}

/// An item with just these properties.
fn bare(id: &str, properties: Value) -> Entry {
    let document = json!({ "type": "Feature", "id": id, "properties": properties });
    Entry::parse(document, &Place::File("items.json".into())).unwrap()
}

#[test]
fn absolute_orbits_lead_to_the_declared_ones() {
    let oracle = oracle("stac.json");
    let orbits = oracle["orbits"].as_array().unwrap();
    assert_eq!(orbits.len(), 51);
    for pair in orbits {
        let entry = bare("x", json!({ "datetime": "2024-01-01T00:00:00Z", "s2:datatake_id": pair[0] }));
        assert_eq!(json!(entry.relative_orbit), pair[1], "{pair}");
    }
}

#[test]
fn real_split_datastrips_are_united_and_no_reprocessing() {
    let rows = oracle("stac.json")["split"].take();
    let entries: Vec<Entry> =
        rows.as_array().unwrap().iter().map(|row| bare(row["id"].as_str().unwrap(), row.clone())).collect();
    assert_eq!(entries.len(), 26);
    let united = acquisitions(entries.clone());
    assert_eq!(united.len(), 2, "two datatakes");
    assert_eq!(united.iter().map(|acquisition| acquisition.parts.len()).sum::<usize>(), 26);
    assert_eq!(united.iter().map(|acquisition| acquisition.tiles().len()).sum::<usize>(), 13);
    // The same again in a newer baseline: all old ones lose, and only the version changes.
    let newer = rows.as_array().unwrap().iter().map(|row| {
        let mut row = row.clone();
        row["s2:processing_baseline"] = json!("05.12");
        bare(&format!("{}_again", row["id"].as_str().unwrap()), row)
    });
    let again = acquisitions(newer.chain(entries));
    assert!(again.iter().all(|acquisition| acquisition.losers.len() == acquisition.parts.len()));
    assert!(again.iter().flat_map(|acquisition| &acquisition.parts).all(|part| part.id.raw().ends_with("_again")));
    for (old, new) in united.iter().zip(&again) {
        assert_eq!(old.identity(), new.identity());
        assert_ne!(old.version(), new.version());
    }
}

/// One of a few satellites, passes, tiles, strips, baselines and processings.
fn an_item() -> impl Strategy<Value = (u8, u8, u8, u8, u8, u8, bool)> {
    (0..2u8, 0..3u8, 0..3u8, 0..3u8, 0..3u8, 0..3u8, any::<bool>())
}

fn made((satellite, pass, tile, strip, baseline, hour, top): (u8, u8, u8, u8, u8, u8, bool), number: usize) -> Entry {
    let letter = ["A", "B"][usize::from(satellite)];
    let name = ["37UCR", "37UDR", "37UCQ"][usize::from(tile)];
    let take = format!("GS2{letter}_2024010{}T083000_04000{pass}", pass + 1);
    let mut properties = json!({
        "datetime": format!("2024-01-0{}T08:3{tile}:0{strip}Z", pass + 1), "platform": format!("Sentinel-2{letter}"),
        "s2:mgrs_tile": name, "s2:datatake_id": format!("{take}_N0{baseline}.00"),
        "s2:processing_baseline": format!("0{baseline}.00"), "s2:generation_time": format!("2024-02-01T0{hour}:00:00Z"),
        "s2:product_type": if top { "S2MSI1C" } else { "S2MSI2A" },
    });
    if strip > 0 {
        properties["s2:datastrip_id"] =
            json!(format!("S2_OPER_MSI_L2A_DS_2BPS_20240201T000000_S20240101T08{strip}000_N05.00"));
        properties["s2:datastrip_id"] = json!(format!("DS_S20240101T08{strip}00{baseline}_N05.00"));
    }
    bare(&format!("item{number}"), properties)
}

/// Everything that is in acquisitions again.
fn everything(united: &[Acquisition]) -> Vec<Entry> {
    united.iter().flat_map(|acquisition| acquisition.parts.iter().chain(&acquisition.losers)).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn uniting_depends_on_no_order_and_can_be_done_again(items in prop::collection::vec(an_item(), 0..40), seed in any::<u64>()) {
        let entries: Vec<Entry> = items.iter().enumerate().map(|(number, item)| made(*item, number)).collect();
        let united = acquisitions(entries.clone());
        let mut shuffled = entries.clone();
        let length = shuffled.len().max(1);
        for place in 0..shuffled.len() {
            shuffled.swap(place, (seed.wrapping_mul(place as u64 + 7) % length as u64) as usize);
        }
        shuffled.extend(entries.iter().take(3).cloned());
        prop_assert_eq!(&acquisitions(shuffled), &united);
        prop_assert_eq!(&acquisitions(everything(&united)), &united);
        let mut all: Vec<String> = everything(&united).iter().map(|entry| entry.id.raw().to_owned()).collect();
        all.sort();
        let mut given: Vec<String> = entries.iter().map(|entry| entry.id.raw().to_owned()).collect();
        given.sort();
        prop_assert_eq!(all, given, "every item is in one place");
        for acquisition in &united {
            for part in &acquisition.parts {
                let rivals = acquisition.losers.iter().filter(|loser| loser.tile == part.tile);
                let strip = |entry: &Entry| entry.datastrip.map(|start| start.as_second() / 60);
                let worth = |entry: &Entry| (!entry.top_of_atmosphere, entry.baseline, entry.processed);
                for rival in rivals.filter(|rival| strip(rival) == strip(part)) {
                    prop_assert!(worth(rival) <= worth(part));
                }
            }
        }
    }
}

/// A catalogue of the simulated pair: linked files, one orbit, one sun, a reprocessed duplicate of the first.
fn catalogue() -> PathBuf {
    let folder = shelf().join("catalogue");
    let _ = std::fs::remove_dir_all(&folder);
    let mut links = Vec::new();
    for (side, name, baseline) in
        [("before", "before", "05.11"), ("after", "after", "05.11"), ("before", "older", "05.09")]
    {
        let own = folder.join(name);
        std::fs::create_dir_all(&own).unwrap();
        let mut item = json(&pair().join(side).join("item.json"));
        item["id"] = json!(format!("S2_{name}"));
        let properties = item["properties"].as_object_mut().unwrap();
        for (key, value) in [
            ("sat:relative_orbit", json!(64)),
            ("view:sun_azimuth", json!(170)),
            ("grid:code", json!("MGRS-37UCR")),
            ("s2:processing_baseline", json!(baseline)),
            ("note", json!("https://h.example/?token=SECRET")),
        ] {
            properties.insert(key.to_owned(), value);
        }
        std::fs::copy(pair().join(side).join("SCL.tif"), own.join("SCL.tif")).unwrap();
        std::fs::write(own.join("item.json"), item.to_string()).unwrap();
        links.push(json!({ "rel": "item", "href": format!("./{name}/item.json") }));
    }
    links.push(json!({ "rel": "item", "href": "./gone/item.json" }));
    let root = json!({ "type": "Catalog", "id": "c", "stac_version": "1.0.0", "description": "x", "links": links });
    std::fs::write(folder.join("catalog.json"), root.to_string()).unwrap();
    folder
}

const BOX: &str = "36.182,50.498,36.21,50.516";

#[test]
fn the_program_lists_looks_and_pairs() {
    let folder = catalogue();
    let words = [
        "search",
        "--catalogue",
        "catalog.json",
        "--bbox",
        BOX,
        "--pairs",
        "--window",
        "2025-11-20/2025-11-30",
        "--clear",
        "0.5",
    ];
    let found = run(&folder, &[&words[..], &["--json", "--out", "found.json"]].concat()).done();
    let document = found.json();
    assert!(!found.data.contains("SECRET") && !found.talk.contains("SECRET"));
    let items = document["features"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), ["S2_before", "S2_after"]);
    assert_eq!(items[0]["properties"]["groundtell:left_aside"], json!(["S2_older"]));
    for (item, side) in items.iter().zip(["before", "after"]) {
        let path = pair().join(side).join("item.json").display().to_string();
        let seen = run(&folder, &["inspect", &path, "--measure", "--bbox", BOX, "--json"]).done().json();
        let ours = &item["properties"]["groundtell:clear_share"];
        assert_eq!(ours, &seen[0]["facts"]["clear_share"], "two ways to the same classes");
        let shares = &item["properties"]["groundtell:shares"];
        let sum: f64 =
            ["clear", "cloud", "shadow", "snow", "nodata"].iter().map(|name| shares[name].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{shares}");
    }
    let pairs = document["groundtell:pairs"].as_array().unwrap();
    assert_eq!((pairs.len(), &pairs[0]["before"], &pairs[0]["days"]), (1, &json!(["S2_before"]), &json!(20.0)));
    assert_eq!(document["groundtell:notes"].as_array().unwrap().len(), 1, "the item that is gone");

    let bytes = std::fs::read(folder.join("found.json")).unwrap();
    run(&folder, &[&words[..], &["--out", "found.json"]].concat()).refused(2, &["found.json", "there already"]);
    let table = run(&folder, &[&words[..], &["--out", "found.json", "--overwrite", "-j", "2"]].concat()).done().data;
    assert_eq!(std::fs::read(folder.join("found.json")).unwrap(), bytes);
    for part in ["S2_before", "older form", "gone", "S2_before -> S2_after", "37UCR"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    // What was written can be searched again.
    let again = run(&folder, &["search", "--catalogue", "found.json", "--no-clear-share", "--json"]).done().json();
    assert_eq!(again["features"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_not_there_is_said_and_what_makes_no_sense_refused() {
    let folder = shelf().join("nothing");
    std::fs::create_dir_all(&folder).unwrap();
    let item = pair().join("before/item.json").display().to_string();
    let nothing = run(&folder, &["search", "--catalogue", &item, "--datetime", "2020-01-01/2020-02-01"]).done();
    assert!(nothing.data.contains("No acquisition answers"), "{}", nothing.data);
    std::fs::write(folder.join("lost.json"), std::fs::read_to_string(&item).unwrap().replace("SCL.tif", "LOST.tif"))
        .unwrap();
    let lost = run(&folder, &["search", "--catalogue", "lost.json", "--bbox", BOX]);
    assert_eq!(lost.code, Some(3), "{}{}", lost.data, lost.talk);
    assert!(lost.data.contains("clear share not known"), "{}", lost.data);
    let search = |words: &[&str]| run(&folder, &[&["search"], words].concat());
    search(&["--catalogue", "none.json"]).refused(2, &["none.json"]);
    search(&["--catalogue", &item, "--datetime", "soon"]).refused(2, &["soon"]);
    search(&["--catalogue", &item, "--pairs", "--window", "2025-01-01/.."]).refused(2, &["--window"]);
    search(&["--catalogue", "http://u:SECRET@127.0.0.1:9/v1?SECRET"]).refused(2, &["127.0.0.1"]);
    std::fs::write(folder.join("deep.json"), "[".repeat(100_000)).unwrap();
    std::fs::write(folder.join("twice.json"), r#"{"type":"Feature","type":"Feature"}"#).unwrap();
    std::fs::write(folder.join("latin.json"), b"{\"id\":\"\xe9\"}").unwrap();
    for name in ["deep.json", "twice.json", "latin.json"] {
        let refused = search(&["--catalogue", name]);
        assert_eq!(refused.code, Some(2), "{name}: {}", refused.talk);
        assert!(refused.talk.contains(name), "{}", refused.talk);
    }
}

/// A server that ends with the test.
struct Server {
    child: Child,
    port: String,
}

impl Server {
    /// The server of `tests/interop/stac_server.py`, or why there is none.
    fn start(items: &Path) -> std::result::Result<Self, String> {
        let python = std::env::var_os("GROUNDTELL_STAC_PYTHON").unwrap_or_else(|| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/stac_server.py");
        let mut command = Command::new(python);
        command.arg(script).arg(items).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().to_owned();
        if port.parse::<u16>().is_err() {
            child.wait().unwrap();
            return Err(port);
        }
        Ok(Self { child, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_server_is_searched_page_after_page() {
    let Some(folder) = responses() else { return };
    let server = match Server::start(&folder.join("planetarycomputer_1000items_stac-geoparquet.parquet")) {
        Ok(server) => server,
        Err(why) => return println!("skipped: no STAC server ({why})"),
    };
    let at = format!("http://127.0.0.1:{}", server.port);
    let search = |words: &[&str]| {
        let fixed = ["search", "--catalogue", &at, "--loopback-http", "--no-clear-share", "--json"];
        common::ended(program(&shelf()).args(fixed).args(words)).done().json()
    };
    let all = search(&[]);
    let items = all["features"].as_array().unwrap();
    let left = items.iter().filter_map(|item| item["properties"]["groundtell:left_aside"].as_array());
    let distinct: BTreeSet<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    let losers: BTreeSet<&str> = left.flatten().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(distinct.len() + losers.len(), 1000, "{:?}", all["groundtell:notes"]);
    let some =
        search(&["--bbox", "-105.2,40,-105,40.2", "--datetime", "2024-08-01/2024-08-31", "--platform", "sentinel-2a"]);
    let some = some["features"].as_array().unwrap();
    assert!(!some.is_empty());
    for item in some {
        assert!(distinct.contains(item["id"].as_str().unwrap()));
        assert!(item["properties"]["datetime"].as_str().unwrap().starts_with("2024-08"), "{item}");
        assert_eq!(item["properties"]["platform"], "Sentinel-2A");
    }
    let collection = format!("{at}/collections/sentinel-2-l2a");
    let fixed =
        ["search", "--catalogue", &collection, "--loopback-http", "--no-clear-share", "--json", "--limit", "150"];
    let got = run(&shelf(), &fixed).done().json();
    assert_eq!(got["groundtell:notes"], json!(["the listing stops at the limit of 150; there may be more"]));
}
