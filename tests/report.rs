//! `report.html`: all four outcomes as pages, hostile texts, and what a real browser makes of them. The browser
//! tests need Chromium and say so where it is absent.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may read and fail"
)]

mod report_support;

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use groundtell::report::html;
use report_support::{hostile, outcomes};

/// A page that a browser does not finish in this time waits for a dialog.
const DEADLINE: Duration = Duration::from_secs(120);

/// The values of an attribute, wherever it stands in markup.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let lead = format!(" {attribute}=\"");
    page.split(&lead).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The page without its scripts and styles.
fn marked_up(page: &str) -> String {
    let mut rest = page;
    let mut kept = String::new();
    while let Some(at) = ["<script", "<style"].iter().filter_map(|tag| rest.find(tag)).min() {
        kept.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("<script") { "</script>" } else { "</style>" };
        rest = rest[at..].split_once(end).unwrap().1;
    }
    kept + rest
}

#[test]
fn every_outcome_is_a_whole_page() {
    for (name, case) in outcomes() {
        let page = case.html();
        assert_eq!(page, case.html(), "{name}: the same bytes");
        let text = marked_up(&page);
        for said in [&case.judgement.headline, &case.judgement.limits].into_iter().chain(&case.judgement.why) {
            assert!(text.contains(said.as_str()), "{name} does not say: {said}");
        }
        assert!(text.contains(case.judgement.outcome.words()) && text.contains("9c56cc51b374"), "{name}");
        for heading in
            ["The claim", "What could not be seen", "The place", "Other explanations", "Methods", "Provenance"]
        {
            assert!(text.contains(heading), "{name} has no {heading}");
        }
        assert_eq!(text.matches("<section").count(), text.matches("</section>").count(), "{name}");
        let charts = case.judgement.layers.iter().map(|layer| layer.measured.placebos.len()).sum::<usize>();
        assert_eq!(text.matches("Histogram of").count(), charts, "{name}");
        assert!(!page.contains("NEVER-SHOWN-SIDE"), "{name} names a side");
        assert_eq!(page.contains("<title>SIMULATED: "), case.simulated, "{name}");
        assert_eq!(text.contains("role=\"note\"><strong>SIMULATED"), case.simulated, "{name}");
        assert_eq!(text.matches("\"map-stamp\"").count(), usize::from(case.simulated), "{name}");
    }
}

#[test]
fn no_page_names_anything_to_load() {
    for (name, case) in outcomes() {
        let text = marked_up(&case.html());
        for attribute in ["src", "href", "srcset", "action", "poster", "data"] {
            for value in values(&text, attribute) {
                assert!(value.starts_with("data:") || value.starts_with('#'), "{name}: {attribute}={value}");
            }
        }
        assert!(!text.contains("url("), "{name}");
    }
}

#[test]
fn a_page_can_be_read_aloud_and_walked_through_by_keyboard() {
    for (name, case) in outcomes() {
        let text = marked_up(&case.html());
        assert!(text.contains("<html lang=\"en\""), "{name}");
        // Until a script says otherwise the still panels show and the live map does not.
        assert!(text.contains("<div id=\"map-live\" hidden>") && !text.contains("scripted"), "{name}");
        assert_eq!(text.matches("<h1").count(), 1, "{name}");
        let ids = values(&text, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: an id stands twice");
        for pointed in values(&text, "aria-labelledby").into_iter().chain(values(&text, "for")) {
            assert!(ids.contains(&pointed), "{name}: {pointed} is nowhere");
        }
        for (tag, words) in [("<img", " alt=\""), ("<svg class=\"chart\"", "role=\"img\"")] {
            for element in text.split(tag).skip(1) {
                let element = element.split('>').next().unwrap();
                assert!(element.contains(words) && !element.contains("=\"\""), "{name}: {tag} without words");
            }
        }
        assert_eq!(text.contains("type=\"range\""), !case.overlays.is_empty(), "{name}");
    }
}

#[test]
fn hostile_texts_stay_text() {
    let page = hostile("http://127.0.0.1:1").html();
    assert_eq!(page.matches("<script").count(), 3, "data, Leaflet and our own");
    let text = marked_up(&page);
    for attack in
        ["<img src=", "<svg onload", "<iframe", "<link rel=stylesheet", "<meta http-equiv=refresh", "onerror=\""]
    {
        assert!(!text.contains(attack), "{attack}");
    }
    assert!(!page.contains(['\u{202e}', '\u{1b}', '\u{7}', '\u{0}']));
    assert!(!text.contains("href=\"javascript"));
    assert!(page.len() < 3 << 20, "a line of a megabyte is not quoted in full: {}", page.len());
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let cases = outcomes();
    let (_, case) = &cases[0];
    let mut page = case.page();
    page.overlays[0].bounds = [38.0, 49.0, 37.0, 50.0];
    assert!(html::render(&page).unwrap_err().to_string().contains("no place on the map"));
    for area in ["<script>", "{}", r#"{"type":"FeatureCollection","features":[]}"#] {
        assert!(html::render(&html::Page { area, ..case.page() }).is_err(), "{area}");
    }
}

/// What a browser did with a page.
struct Shown {
    /// The document after its scripts ran, or nothing where a picture was asked for.
    document: String,
    /// Lines of the console.
    console: Vec<String>,
}

fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

/// The browser, or the word that it is absent.
fn browser() -> Option<PathBuf> {
    let found = chromium();
    if found.is_none() {
        eprintln!("skipped: no Chromium");
    }
    found
}

/// Opens `page` from a file, with the network cut off but for this machine.
fn opened(browser: &Path, folder: &Path, page: &str, task: &str) -> Shown {
    let file = folder.join("report.html");
    std::fs::write(&file, page).unwrap();
    let (out, log) = (folder.join("out"), folder.join("log"));
    let mut child = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--v=0"])
        .args(["--virtual-time-budget=3000", "--no-pdf-header-footer", "--window-size=1000,1400"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(task)
        .arg(format!("file://{}", file.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("the page was not finished: does it wait for a dialog?");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let console = read(&log).lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Shown { document: read(&out), console }
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

#[test]
fn a_browser_shows_every_outcome_without_a_word_of_complaint() {
    let Some(browser) = browser() else { return };
    for (name, case) in outcomes() {
        let folder = tempfile::tempdir().unwrap();
        let shown = opened(&browser, folder.path(), &case.html(), "--dump-dom");
        assert!(shown.console.is_empty(), "{name}: {:?}", shown.console);
        assert!(shown.document.contains("scripted\"") || shown.document.contains(" scripted"), "{name}: the map ran");
        let drawn = case.overlays.iter().filter(|overlay| overlay.shown).count();
        assert_eq!(shown.document.matches("<img class=\"leaflet-image-layer").count(), drawn, "{name}");
        assert_eq!(shown.document.contains("aria-valuetext=\""), drawn > 0, "{name}: the slider was set");
        assert!(shown.document.contains("leaflet-control-scale-line"), "{name}");
    }
}

#[test]
fn in_a_browser_hostile_texts_do_nothing() {
    let Some(browser) = browser() else { return };
    let (address, calls) = listener();
    let folder = tempfile::tempdir().unwrap();
    let shown = opened(&browser, folder.path(), &hostile(&address).html(), "--dump-dom");
    assert!(shown.console.is_empty(), "{:?}", shown.console);
    assert!(shown.document.contains("scripted") && !shown.document.contains("data-owned"));
    assert_eq!(calls.load(Ordering::SeqCst), 0, "the page called somebody");
}

/// The same eyes see an attack where there is one: a page without escaping or policy.
#[test]
fn in_a_browser_an_open_page_is_caught() {
    let Some(browser) = browser() else { return };
    let (address, calls) = listener();
    let folder = tempfile::tempdir().unwrap();
    let open = format!(
        "<!DOCTYPE html><title>x</title><img src={address}/i onerror=\"document.documentElement.dataset.owned=2\">\
         <script>console.error('x')</script>"
    );
    let shown = opened(&browser, folder.path(), &open, "--dump-dom");
    assert!(shown.document.contains("data-owned") && !shown.console.is_empty() && calls.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_browser_prints_it_on_a4() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page.pdf");
    let (_, case) = outcomes().remove(0);
    opened(&browser, folder.path(), &case.html(), &format!("--print-to-pdf={}", target.display()));
    let pdf = std::fs::read(target).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    let sizes: Vec<&str> = text.split("/MediaBox [").skip(1).map(|rest| rest.split(']').next().unwrap()).collect();
    assert!((4..=14).contains(&sizes.len()), "{} pages", sizes.len());
    for size in sizes {
        let sides: Vec<f64> = size.split_whitespace().map(|side| side.parse().unwrap()).collect();
        assert!((sides[2] - 595.3).abs() < 2.0 && (sides[3] - 841.9).abs() < 2.0, "{size}");
    }
}

/// Relative luminance of `#rrggbb` (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let sample = |at: usize| {
        let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * sample(1) + 0.7152 * sample(3) + 0.0722 * sample(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Text 4.5:1, what carries meaning in charts 3:1, in light, dark and print (WCAG 2.2, 1.4.3 and 1.4.11).
#[test]
fn colours_contrast_in_every_scheme() {
    let page = outcomes().remove(0).1.html();
    // `#abc` is short for `#aabbcc`.
    let long = |colour: &str| match colour.len() {
        4 => colour.chars().skip(1).fold("#".to_owned(), |all, digit| format!("{all}{digit}{digit}")),
        _ => colour.to_owned(),
    };
    let schemes: Vec<&str> = page.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(schemes.len(), 3);
    for scheme in schemes {
        let colour = |name: &str| {
            let value = scheme.split(&format!("--{name}: ")).nth(1).unwrap_or_else(|| panic!("{name} in {scheme}"));
            long(value.split(';').next().unwrap())
        };
        for paper in ["paper", "raised"].map(colour) {
            for (ink, least) in [("ink", 7.0), ("soft", 4.5), ("blue", 4.5), ("orange", 3.0)] {
                let ratio = contrast(&colour(ink), &paper);
                assert!(ratio >= least, "{ink} on {paper}: {ratio:.2}");
            }
        }
        assert!(contrast(&colour("bar"), &colour("paper")) >= 3.0);
        for tag in ["corroborates", "contradicts", "inconclusive", "not-observable"] {
            assert!(contrast("#ffffff", &colour(&format!("tag-{tag}"))) >= 4.5, "{tag}");
        }
    }
}
