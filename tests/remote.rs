//! Files on servers: read by ranges with the same outcome as from disk, and every fault of RELIABILITY's rows 13,
//! 14, 15, 18 and 30 against a server that was told to misbehave.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;
mod peer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use common::{Ended, contents, names, pair, program, run, shelf};
use groundtell::address::Address;
use groundtell::io::access::{Access, Storage};
use groundtell::io::bytes::Bytes;
use groundtell::io::http::{Http, PlanetaryComputer, Policy};
use groundtell::stac::peer::Peer;
use groundtell::{Error, Kind};
use peer::{Act, Server};

/// A client that is patient for milliseconds.
fn policy() -> Policy {
    Policy {
        loopback: true,
        attempts: 4,
        stall: Duration::from_millis(300),
        connect: Duration::from_secs(2),
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(20),
        ..Policy::default()
    }
}

fn http() -> Arc<Http> {
    Arc::new(Http::new(policy()))
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A way to servers with a cache in a fresh folder of this name.
fn access(name: &str) -> (Access, PathBuf) {
    let root = shelf().join(name);
    std::fs::remove_dir_all(&root).ok();
    (again(&root), root)
}

/// Another run over the same cache.
fn again(root: &Path) -> Access {
    Access::new(http(), Storage::Folder { root: root.to_owned(), most: 1 << 40 })
}

/// Something that starts like a TIFF and tells every byte by its place.
fn file(length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|at| (at / 7 % 251) as u8).collect();
    bytes[..4].copy_from_slice(b"II*\0");
    bytes
}

const LARGE: usize = 300_000;

/// A server with one large file.
fn large() -> Server {
    let server = Server::bare();
    server.put("/a.tif", "image/tiff", file(LARGE));
    server
}

/// Reads a stretch of the large file through `access`.
fn read(access: &Access, server: &Server, offset: usize, length: usize) -> Result<Vec<u8>, Error> {
    let file = access.open(&address(&server.url("/a.tif")))?;
    let mut into = vec![0; length];
    file.read_at(offset as u64, &mut into).map_err(|error| Error::system(&error, "test"))?;
    Ok(into)
}

/// All bytes of a cache's stretches of the large file are the file's.
fn cache_is_true(root: &Path) {
    let right = file(LARGE);
    for (path, bytes) in contents(&root.join("files")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((offset, _)) = name.split_once('-').filter(|_| !name.starts_with('.')) {
            let offset = usize::from_str_radix(offset, 16).unwrap();
            assert_eq!(bytes, right[offset..offset + bytes.len()], "{name}");
        }
    }
}

fn change_over(server: &Server, out: &str, cache: &str, more: &[&str]) -> Ended {
    let (before, after) = (server.url("/before/item.json"), server.url("/after/item.json"));
    let line = [
        "change",
        "--before",
        &before,
        "--after",
        &after,
        "--out",
        out,
        "--overwrite",
        "--loopback-http",
        "--cache",
        cache,
    ];
    run(&shelf(), &[&line, more].concat())
}

#[test]
fn a_run_over_a_server_gives_the_bytes_of_a_local_one_and_a_second_one_asks_for_nothing_twice() {
    let server = Server::over(pair());
    std::fs::remove_dir_all(shelf().join("cache-same")).ok();
    let local = [&common::change()[..], &["--out", "local", "--overwrite"]].concat();
    run(&shelf(), &local).done();
    change_over(&server, "served", "cache-same", &[]).done();
    let (requests, first) = server.count();
    assert!(requests > 10);
    let outputs = |out: &str| {
        let mut files = contents(&shelf().join(out));
        files.remove(Path::new("manifest.json"));
        files
    };
    assert!(outputs("local").len() > 8);
    assert_eq!(outputs("local"), outputs("served"));
    change_over(&server, "again", "cache-same", &["--threads", "5", "--requests", "1"]).done();
    let (requests, second) = server.count();
    assert_eq!(outputs("local"), outputs("again"));
    let items: u64 =
        ["before", "after"].iter().map(|side| pair().join(side).join("item.json").metadata().unwrap().len()).sum();
    assert_eq!(second, items, "of files nothing is fetched again, of {first} bytes");
    assert!(requests < 40);
    let manifest = |out: &str| common::json(&shelf().join(out).join("manifest.json"))["inputs"].clone();
    assert_eq!(manifest("served"), manifest("again"));
    let inputs = manifest("served");
    assert!(
        inputs.as_array().unwrap().iter().all(|input| input["path"].as_str().unwrap().starts_with("http://127.0.0.1"))
    );
    assert!(inputs[1]["remote"]["read"].as_u64().unwrap() > 0 && inputs[1]["remote"]["version"].is_string());
    run(&shelf(), &["verify", "served"]).done();
    run(&shelf(), &["verify", "served", "--replay"]).refused(2, &["lies on a server"]);
    run(&shelf(), &["verify", "served", "--replay", "--remote", "--loopback-http", "--cache", "cache-same"]).done();
}

#[test]
fn a_local_item_reads_its_bands_from_a_server_and_without_the_network_from_the_cache() {
    let server = Server::over(pair());
    let folder = shelf().join("hrefs");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    for side in ["before", "after"] {
        let mut item = common::json(&pair().join(side).join("item.json"));
        for asset in item["assets"].as_object_mut().unwrap().values_mut() {
            let href = asset["href"].as_str().unwrap().trim_start_matches("./").to_owned();
            asset["href"] = server.url(&format!("/{side}/{href}")).into();
        }
        std::fs::write(folder.join(format!("{side}.json")), item.to_string()).unwrap();
    }
    let line = [
        "change",
        "--before",
        "before.json",
        "--after",
        "after.json",
        "--out",
        "out",
        "--overwrite",
        "--cache",
        "cache",
    ];
    let online = [&line[..], &["--loopback-http"]].concat();
    run(&folder, &[&online[..], &["--offline"]].concat()).refused(4, &["--offline"]);
    run(&folder, &line).refused(2, &["on this machine"]);
    assert_eq!(server.count().0, 0, "nothing was reached");
    run(&folder, &online).done();
    assert!(server.count().0 > 0);
    run(&folder, &[&online[..], &["--offline"]].concat()).done();
    assert_eq!(server.count().0, 0, "nothing was reached");
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_ends_with_what_was_fetched() {
    // Row 13.
    let server = large();
    let (access, root) = access("row13");
    let wait = || Some("0".to_owned());
    server.script(
        "/a.tif",
        [Act::Status(429, wait()), Act::Status(500, None), Act::Reset, Act::Right, Act::Status(503, wait())],
    );
    assert_eq!(read(&access, &server, 100_000, 5000).unwrap(), file(LARGE)[100_000..105_000]);
    server.always("/a.tif", Act::Status(503, Some("Wed, 21 Oct 2015 07:28:00 GMT".into())));
    server.count();
    let error = read(&access, &server, 200_000, 5000).unwrap_err();
    assert_eq!((error.kind(), server.count().0), (Kind::Environment, 4));
    assert!(error.to_string().contains("503") && error.to_string().contains("tried 4 times"), "{error}");
    assert!(error.advice().unwrap().contains("only the rest"));
    let sound = access.sound().unwrap_err();
    assert_eq!(sound.kind(), Kind::Environment, "a run that missed something publishes nothing");
    server.heal();
    let later = again(&root);
    read(&later, &server, 100_000, 5000).unwrap();
    assert_eq!(server.count().1, 0, "what was fetched is there");
    assert_eq!(read(&later, &server, 200_000, 5000).unwrap(), file(LARGE)[200_000..205_000]);
    cache_is_true(&root);
}

#[test]
fn the_retries_of_a_run_end() {
    let server = large();
    let http = Http::new(Policy { retries: 3, ..policy() });
    server.always("/a.tif", Act::Reset);
    let error = http.get(&address(&server.url("/a.tif")), 10).unwrap_err();
    assert!(error.to_string().contains("tried 4 times"), "{error}");
    let error = http.get(&address(&server.url("/a.tif")), 10).unwrap_err();
    assert!(error.to_string().contains("used up; tried 1 times"), "{error}");
}

#[test]
fn a_run_that_cannot_be_finished_publishes_nothing_exits_with_4_and_goes_on_later() {
    let server = Server::over(pair());
    std::fs::remove_dir_all(shelf().join("cache-broken")).ok();
    std::fs::remove_dir_all(shelf().join("broken")).ok();
    server.always("/after/B12.tif", Act::Status(429, Some("0".into())));
    let broken = names(&pair().join("after")).into_iter().find(|name| name.contains("B12")).unwrap();
    server.always(&format!("/after/{broken}"), Act::Status(429, Some("0".into())));
    change_over(&server, "broken", "cache-broken", &[]).refused(4, &["429", "tried 5 times"]);
    assert!(!shelf().join("broken").exists());
    let (_, spent) = server.count();
    server.heal();
    change_over(&server, "broken", "cache-broken", &[]).done();
    assert!(spent > 0);
}

#[test]
fn broken_bodies_are_taken_up_where_they_broke_off() {
    // Row 14.
    let server = large();
    let (access, root) = access("row14");
    read(&access, &server, 0, 10).unwrap();
    server.count();
    server.script("/a.tif", [Act::Cut(1000), Act::Stall]);
    assert_eq!(read(&access, &server, 100_000, 50_000).unwrap(), file(LARGE)[100_000..150_000]);
    let ranges: Vec<_> = server.asked().iter().map(|asked| asked.range().unwrap()).collect();
    assert_eq!(ranges[0], (100_000, 149_999));
    assert_eq!(ranges[1], (101_000, 149_999));
    assert!(ranges[2].0 > 101_000 && ranges.len() == 3, "{ranges:?}");
    server.script("/a.tif", [Act::Longer(500)]);
    assert_eq!(read(&access, &server, 200_000, 20_000).unwrap(), file(LARGE)[200_000..220_000]);
    cache_is_true(&root);
}

#[test]
fn what_is_not_what_was_asked_for_is_refused_and_never_enters_the_cache() {
    // Row 14.
    let cases: [(Act, Kind, &str); 7] = [
        (Act::Html, Kind::Unsupported, "web page"),
        (Act::HtmlRange, Kind::Unsupported, "web page"),
        (Act::WrongRange, Kind::Malformed, "were asked for"),
        (Act::Announce(10), Kind::Malformed, "announced"),
        (Act::Whole, Kind::Unsupported, "does not answer ranges"),
        (Act::OtherTag("\"other\"".into()), Kind::Mismatch, "changed on the server"),
        (Act::Status(404, None), Kind::Missing, "404"),
    ];
    for (act, kind, says) in cases {
        let server = large();
        let (access, root) = access("row14-refused");
        read(&access, &server, 0, 10).unwrap();
        let before = contents(&root.join("files")).len();
        server.script("/a.tif", [act.clone()]);
        let error = read(&access, &server, 100_000, 50_000).unwrap_err();
        assert_eq!(error.kind(), kind, "{act:?}: {error}");
        assert!(error.to_string().contains(says), "{act:?}: {error}");
        assert_eq!(contents(&root.join("files")).len(), before, "{act:?}");
    }
    for act in [Act::Html, Act::HtmlRange, Act::WrongRange, Act::Whole, Act::Announce(3)] {
        let server = large();
        let (access, root) = access("row14-head");
        server.script("/a.tif", [act.clone()]);
        assert!(read(&access, &server, 0, 10).is_err(), "{act:?}");
        assert!(contents(&root.join("files")).is_empty(), "{act:?}");
    }
}

#[test]
fn what_is_no_geotiff_is_refused_before_any_of_it_is_kept() {
    let server = Server::bare();
    server.put("/a.tif", "image/tiff", b"\0\0\0\x0cjP  \r\n\x87\n and so on".to_vec());
    server.put("/b.tif", "image/tiff", b"<html>".to_vec());
    let (access, root) = access("magic");
    for (path, says) in [("/a.tif", "JPEG 2000"), ("/b.tif", "no GeoTIFF")] {
        let error = access.open(&address(&server.url(path))).unwrap_err();
        assert!(error.to_string().contains(says) && error.kind() == Kind::Unsupported, "{error}");
    }
    assert!(contents(&root).is_empty());
}

#[test]
fn documents_are_bounded_and_pages_for_people_refused() {
    let server = Server::bare();
    server.put("/item.json", "application/json", "{\"a\":1}");
    let (http, at) = (http(), address(&server.url("/item.json")));
    assert_eq!(http.get(&at, 7).unwrap(), b"{\"a\":1}");
    assert_eq!(http.post(&at, &serde_json::json!({ "limit": 1 }), 100).unwrap(), b"{\"a\":1}");
    assert_eq!(server.asked()[1].body, b"{\"limit\":1}");
    assert_eq!(http.get(&at, 6).unwrap_err().kind(), Kind::Limit);
    server.script("/item.json", [Act::Cut(3), Act::Stall, Act::Right, Act::Html]);
    assert_eq!(http.get(&at, 7).unwrap(), b"{\"a\":1}");
    assert!(http.get(&at, 7000).unwrap_err().to_string().contains("web page"));
    assert_eq!(http.get(&address(&server.url("/none")), 7).unwrap_err().kind(), Kind::Missing);
}

#[test]
fn redirects_lead_to_no_other_server_of_this_machine_no_private_one_and_no_file() {
    // Row 15.
    let (server, other) = (large(), large());
    let targets = [
        other.url("/a.tif"),
        "http://169.254.169.254/latest/meta-data/".into(),
        "https://10.0.0.1/a.tif".into(),
        "https://[fd00::1]/a.tif".into(),
        "http://example.org/a.tif".into(),
        "file:///etc/passwd".into(),
        "ftp://example.org/a".into(),
        "gopher:x".into(),
    ];
    for target in targets {
        let (access, root) = access("row15");
        server.script("/a.tif", [Act::Redirect(target.clone())]);
        let error = access.open(&address(&server.url("/a.tif"))).unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported, "{target}: {error}");
        assert!(contents(&root.join("files")).is_empty());
    }
    assert_eq!(other.count().0, 0, "the other server saw nothing");
    let (access, _) = access("row15-good");
    server.put("/b.tif", "image/tiff", file(LARGE));
    server.always("/a.tif", Act::Redirect("/b.tif".into()));
    assert_eq!(read(&access, &server, 70_000, 100).unwrap(), file(LARGE)[70_000..70_100]);
    server.always("/b.tif", Act::Redirect("/a.tif".into()));
    server.count();
    let error = http().get(&address(&server.url("/a.tif")), 10).unwrap_err();
    assert!(error.to_string().contains("redirects"), "{error}");
    assert_eq!(server.count().0, 6, "the first and five redirects");
}

#[test]
fn an_expired_signature_is_replaced_once_and_the_body_taken_up_where_it_was() {
    // Row 18.
    let server = large();
    server.sign_with("FIRST-SECRET");
    let (access, root) = access("row18");
    access.http().unwrap().sign_with(Box::new(PlanetaryComputer::new(address(&server.url("/sign")))));
    read(&access, &server, 0, 10).unwrap();
    server.count();
    server.script("/a.tif", [Act::CutAndExpire(1234, "SECOND-SECRET".into())]);
    assert_eq!(read(&access, &server, 100_000, 50_000).unwrap(), file(LARGE)[100_000..150_000]);
    let asked = server.asked();
    let shown: Vec<_> =
        asked.iter().map(|asked| (asked.path.as_str(), asked.range().map_or(0, |range| range.0))).collect();
    assert_eq!(shown, [("/a.tif", 100_000), ("/a.tif", 101_234), ("/sign", 0), ("/a.tif", 101_234)]);
    server.always("/a.tif", Act::Status(403, None));
    server.count();
    let error = read(&access, &server, 200_000, 10).unwrap_err();
    assert_eq!((error.kind(), server.count().0), (Kind::Environment, 3), "one new signature, then the end: {error}");
    for (path, bytes) in contents(&root) {
        let text = format!("{}{}", path.display(), String::from_utf8_lossy(&bytes));
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[test]
fn no_secret_of_an_address_is_in_any_byte_of_output() {
    // Row 30.
    const SECRET: &str = "SECRETcanary";
    let server = Server::over(pair());
    server.sign_with(SECRET);
    let port_and_host = server.url("");
    let host = port_and_host.trim_start_matches("http://");
    let url = |side: &str| {
        format!("http://user{SECRET}:word{SECRET}@{host}/{side}/item.json?sig={SECRET}&sv={SECRET}#{SECRET}")
    };
    let folder = shelf().join("secret");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let ran = |more: &[&str]| {
        let (before, after) = (url("before"), url("after"));
        let line =
            ["change", "--before", &before, "--after", &after, "--out", "out", "--overwrite", "--cache", "cache"];
        let sign = format!("{port_and_host}/sign?key={SECRET}");
        common::ended(program(&folder).args(line).args(more).env("GROUNDTELL_SIGN", sign))
    };
    let clean = |ended: &Ended| {
        assert!(!ended.data.contains(SECRET) && !ended.talk.contains(SECRET), "{}{}", ended.data, ended.talk);
        for (path, bytes) in contents(&folder) {
            let text = format!("{}{}", path.display(), String::from_utf8_lossy(&bytes));
            assert!(!text.contains(SECRET), "{}", path.display());
        }
    };
    clean(&ran(&[]).refused(2, &["on this machine"]));
    let done = ran(&["--loopback-http"]).done();
    clean(&done);
    let first = server.asked().first().cloned().unwrap();
    assert!(first.query.contains(SECRET) && first.headers["authorization"].starts_with("Basic "), "it did travel");
    clean(&ran(&["--loopback-http", "--plan", "--json"]).done());
    for act in [
        Act::Html,
        Act::Status(403, None),
        Act::Status(404, None),
        Act::Redirect(format!("https://10.0.0.1/?{SECRET}")),
    ] {
        server.script("/after/item.json", [act]);
        let ended = ran(&["--loopback-http", "--json"]);
        assert_ne!(ended.code, Some(0));
        clean(&ended);
    }
}

#[test]
fn credentials_stay_with_the_server_they_were_given_for() {
    let server = large();
    let host = server.url("").trim_start_matches("http://").to_owned();
    server.put("/b", "application/json", "{}");
    server.script("/a", [Act::Redirect(server.url("/b"))]);
    // The same server by another name is another origin, and one of this machine is refused: nothing arrives there.
    let named = format!("http://localhost:{}/b", host.rsplit(':').next().unwrap());
    server.script("/c", [Act::Redirect(named)]);
    let http = http();
    http.get(&address(&format!("http://me:word@{host}/a")), 100).unwrap();
    assert!(http.get(&address(&format!("http://me:word@{host}/c")), 100).is_err());
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_flipped_bit_in_the_cache_is_fetched_again_and_noted() {
    let server = large();
    let (access, root) = access("flip");
    read(&access, &server, 100_000, 50_000).unwrap();
    let files = contents(&root.join("files"));
    let (path, mut bytes) = files.into_iter().find(|(_, bytes)| bytes.len() == 50_000).unwrap();
    bytes[777] ^= 4;
    std::fs::write(root.join("files").join(path), bytes).unwrap();
    server.count();
    let later = again(&root);
    assert_eq!(read(&later, &server, 120_000, 100).unwrap(), file(LARGE)[120_000..120_100]);
    assert!(later.notes()[0].contains("damaged"), "{:?}", later.notes());
    assert!(server.count().0 >= 2);
    cache_is_true(&root);
}

#[test]
fn a_new_version_on_the_server_is_read_anew() {
    let server = large();
    let (access, root) = access("version");
    read(&access, &server, 100_000, 100).unwrap();
    let mut newer = file(LARGE);
    newer[100_000..100_100].fill(9);
    server.put("/a.tif", "image/tiff", newer);
    server.touch("/a.tif");
    assert_eq!(read(&again(&root), &server, 100_000, 100).unwrap(), [9; 100]);
}

#[test]
fn the_cache_keeps_to_its_size_and_throws_out_nothing_in_use() {
    let server = Server::bare();
    for name in ["/a.tif", "/b.tif", "/c.tif"] {
        server.put(name, "image/tiff", file(LARGE));
    }
    let root = shelf().join("size");
    std::fs::remove_dir_all(&root).ok();
    let filled = |name: &str, most: u64| {
        let access = Access::new(http(), Storage::Folder { root: root.clone(), most });
        let file = access.open(&address(&server.url(name))).unwrap();
        let mut into = vec![0; 200_000];
        file.read_at(50_000, &mut into).unwrap();
        access.notes()
    };
    let held = || contents(&root.join("files")).values().map(Vec::len).sum::<usize>();
    filled("/a.tif", 600_000);
    std::thread::sleep(Duration::from_millis(20));
    filled("/b.tif", 600_000);
    assert!(held() > 460_000);
    std::thread::sleep(Duration::from_millis(20));
    filled("/c.tif", 600_000);
    assert!(held() <= 600_000);
    server.count();
    filled("/b.tif", 600_000);
    assert_eq!(server.count().1, 0, "the newer ones are still there");
    let notes = filled("/a.tif", 100_000);
    assert!(notes[0].contains("--cache-size"), "{notes:?}");
    assert!(held() < 250_000, "the others went, its own stayed");
}

#[test]
fn names_that_turn_private_are_refused_and_items_lead_to_no_file() {
    let server = Server::over(pair());
    let item = |href: &str| {
        let mut item = common::json(&pair().join("before/item.json"));
        for asset in item["assets"].as_object_mut().unwrap().values_mut() {
            asset["href"] = href.into();
        }
        item.to_string()
    };
    for (href, says) in
        [("file:///etc/passwd.tif", "leads to no"), ("http://10.0.0.1/B04.tif", "private"), ("/x/B04.jp2", "JPEG 2000")]
    {
        server.put("/bad/item.json", "application/geo+json", item(href));
        let (bad, after) = (server.url("/bad/item.json"), server.url("/after/item.json"));
        let line = ["change", "--before", &bad, "--after", &after, "--out", "bad", "--loopback-http", "--no-cache"];
        let ended = run(&shelf(), &line);
        assert_eq!(ended.code, Some(2), "{}", ended.talk);
        assert!(ended.talk.contains(says) || ended.talk.contains("not a plain"), "{}", ended.talk);
    }
}

#[test]
fn sizes_and_checksums_that_an_item_tells_are_held_against_the_file() {
    let server = Server::over(pair());
    let mut item = common::json(&pair().join("before/item.json"));
    let key = item["assets"].as_object().unwrap().keys().next().unwrap().clone();
    let href = item["assets"][&key]["href"].as_str().unwrap().trim_start_matches("./").to_owned();
    let after = server.url("/after/item.json");
    let at = server.url("/before/told.json");
    let line =
        ["change", "--before", &at, "--after", &after, "--out", "told", "--overwrite", "--loopback-http", "--no-cache"];
    item["assets"][&key]["file:size"] = 12.into();
    server.put("/before/told.json", "application/geo+json", item.to_string());
    run(&shelf(), &line).refused(2, &["says 12 bytes"]);
    item["assets"][&key]["file:size"] = std::fs::metadata(pair().join("before").join(href)).unwrap().len().into();
    server.put("/before/told.json", "application/geo+json", item.to_string());
    run(&shelf(), &line).done();
}
