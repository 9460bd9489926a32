//! The pages and the STAC catalogue of a watch, as they are written by passes over a simulated year: every link leads
//! somewhere, a pass without news writes nothing, hostile names are only text, and foreign readers agree.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;
mod watch_support;

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use common::{contents, json, run};
use jiff::civil::date;
use serde_json::{Value, json};
use watch_support::{REPROCESSED, catalogue, day, job, passes, year};

/// A browser that takes longer waits for a dialog.
const DEADLINE: Duration = Duration::from_secs(120);
/// The passage whose item has a hostile id.
const HOSTILE: usize = 30;

/// A watch after two passes over half a year; who called this machine meanwhile and after.
struct Watched {
    folder: PathBuf,
    calls: Arc<AtomicUsize>,
    passes: Vec<Value>,
}

/// Text that would do all it can where it is not text.
fn attack(address: &str) -> String {
    format!("</td><script>alert(1)</script><img src={address}/i onerror=alert(2)>\u{1b}[31m\u{202e}\" onload=\"x")
}

/// A listener on this machine that counts who calls.
fn listener() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
            let _ = stream.read(&mut [0; 256]);
        }
    });
    (address, calls)
}

/// The catalogue until a day, one item in it replaced by a copy with a hostile id.
fn hostile(until: jiff::civil::Date, attack: &str) -> PathBuf {
    let path = catalogue(year(), &passes(), until);
    let mut document = json(&path);
    let own = format!("./items/{}/item.json", passes()[HOSTILE].id());
    for link in document["links"].as_array_mut().unwrap().iter_mut().filter(|link| link["href"] == own.as_str()) {
        let mut item = json(&year().join(&own));
        item["id"] = json!(format!("SIMULATED {attack}"));
        link["href"] = json!(own.replace("item.json", "hostile.json"));
        std::fs::write(year().join(&own).with_file_name("hostile.json"), item.to_string()).unwrap();
    }
    let path = path.with_file_name(format!("hostile-{until}.json"));
    std::fs::write(&path, document.to_string()).unwrap();
    path
}

fn watched() -> &'static Watched {
    static WATCHED: OnceLock<Watched> = OnceLock::new();
    WATCHED.get_or_init(|| {
        let (address, calls) = listener();
        let attack = attack(&address);
        let folder = tempfile::tempdir().unwrap().keep();
        let pass = |until| {
            let name = serde_json::to_string(&attack).unwrap().replace('\u{202e}', "\\u202e");
            let text = format!("{}name = {name}\n", job(&hostile(until, &attack), ""));
            std::fs::write(folder.join("job.toml"), text).unwrap();
            run(&folder, &["watch", "job.toml", "--json"]).done().json()
        };
        // Between the two, a passage is processed again.
        let passes = vec![pass(date(2025, 5, 3)), pass(date(2025, 7, 15)), pass(date(2025, 7, 15))];
        Watched { folder: folder.join("watch"), calls, passes }
    })
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The values of an attribute.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let lead = format!("{attribute}=\"");
    page.split(&lead).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Asserts that every link of a page leads to a file, and where it names a part, to a page with that part.
fn links_of(path: &Path) -> usize {
    let page = read(path);
    let links: Vec<&str> = [" href", " src"].iter().flat_map(|name| values(&page, name)).collect();
    for link in links.iter().filter(|link| !link.starts_with("data:")) {
        let (file, part) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { path.to_owned() } else { path.parent().unwrap().join(file) };
        assert!(target.is_file(), "{}: {link} leads nowhere", path.display());
        assert!(part.is_empty() || read(&target).contains(&format!("id=\"{part}\"")), "{link} has no such part");
    }
    links.len()
}

#[test]
fn every_link_leads_somewhere() {
    let folder = &watched().folder;
    assert!(links_of(&folder.join("index.html")) > 60 && links_of(&folder.join("areas/field.html")) > 60);
}

#[test]
fn a_pass_without_news_writes_nothing() {
    let [first, second, third] = &watched().passes[..] else { panic!("three passes") };
    assert!(first["written"].as_u64() >= Some(7) && second["written"].as_u64() >= Some(4), "{first} {second}");
    assert_eq!((&third["written"], &third["looked"]), (&json!(0), &json!(0)));
}

#[test]
fn what_is_superseded_is_not_linked() {
    let folder = &watched().folder;
    let again = day(REPROCESSED[0]).strftime("%Y%m%d").to_string();
    let folders = std::fs::read_dir(folder.join("acquisitions/field")).unwrap();
    let both = folders.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(&again));
    assert_eq!(both.count(), 2, "it was looked at twice");
    let links = json(&folder.join("areas/field.json"));
    let items = links["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "item");
    let own = items.filter(|link| link["href"].as_str().unwrap().contains(&format!("/{again}-")));
    assert_eq!(own.count(), 1);
    let page = read(&folder.join("index.html"));
    assert_eq!(page.matches("; processed anew</title>").count(), 1);
    assert!(page.contains("The watch</span> <bdi>year</bdi>") && page.contains("role=\"note\"><strong>SIMULATED"));
}

#[test]
fn hostile_names_are_only_text() {
    let folder = &watched().folder;
    for name in ["index.html", "areas/field.html", "catalog.json", "areas/field.json"] {
        let text = read(&folder.join(name));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{name}");
        if name.ends_with("html") {
            assert!(
                !text.contains("<script") && !text.contains("<img src=http") && !text.contains("\" onload"),
                "{name}"
            );
            assert!(text.matches("&lt;script&gt;").count() >= 2, "{name} shows the area's name and the item's id");
            assert!(text.contains("content=\"default-src 'none'; img-src 'self' data:;"), "{name}");
        }
    }
}

#[test]
fn pystac_reads_and_validates_the_whole_tree() {
    let folder = &watched().folder;
    let looks = json(&folder.join("status.json"))["areas"][0]["looks"].to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/check_catalogue.py");
    let Ok(output) = Command::new("python3").arg(script).arg(folder).arg(&looks).output() else {
        println!("skipped: no python");
        return;
    };
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(matches!(output.status.code(), Some(0 | 77)), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn several_areas_have_a_list_and_a_page_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = catalogue(year(), &passes(), date(2025, 1, 28));
    let more = "[[area]]\nid = \"south.1\"\nbbox = [36.19, 50.49, 36.21, 50.50]\n";
    std::fs::write(folder.path().join("job.toml"), job(&path, "") + more).unwrap();
    run(folder.path(), &["watch", "job.toml", "--json"]).done();
    let out = folder.path().join("watch");
    for name in ["index.html", "areas/field.html", "areas/south.1.html"] {
        assert!(links_of(&out.join(name)) > 5, "{name}");
    }
    assert!(read(&out.join("index.html")).contains("2 areas are watched"));
    let before = contents(&out);
    run(folder.path(), &["watch", "rebuild", "job.toml"]).done();
    run(folder.path(), &["watch", "job.toml", "--json"]).done();
    for (name, bytes) in before.iter().filter(|(name, _)| !ledger(name)) {
        assert_eq!(std::fs::read(out.join(name)).unwrap(), *bytes, "{} after a rebuild", name.display());
    }
}

/// Ledger and lock, which say more than what is on record.
fn ledger(name: &Path) -> bool {
    name == Path::new("watch.lock") || name.to_string_lossy().contains("sqlite")
}

fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

/// What a browser says of a page: its document and the lines of its console.
fn opened(browser: &Path, page: &Path) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (out, log) = (folder.path().join("out"), folder.path().join("log"));
    let mut child = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--v=0"])
        .arg("--virtual-time-budget=3000")
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("the page was not finished");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let console = text(&log).lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    (text(&out), console)
}

#[test]
fn a_browser_has_nothing_to_say_and_calls_nobody() {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium");
        return;
    };
    let watched = watched();
    for name in ["index.html", "areas/field.html"] {
        let (document, console) = opened(&browser, &watched.folder.join(name));
        assert!(console.is_empty(), "{name}: {console:?}");
        assert_eq!(document.matches("<img ").count(), 3, "{name}");
    }
    assert_eq!(watched.calls.load(Ordering::SeqCst), 0, "a page called somebody");
    // The same eyes see a picture that the policy forbids, and one that is not there.
    let broken = watched.folder.join("areas/broken.html");
    std::fs::write(
        &broken,
        read(&watched.folder.join("areas/field.html")).replace("src=\"../acq", "src=\"http://127.0.0.1/"),
    )
    .unwrap();
    let (_, console) = opened(&browser, &broken);
    std::fs::remove_file(broken).unwrap();
    assert!(!console.is_empty());
}
