//! The watch over a simulated year: every acquisition judged once, the event told, dated, confirmed and finished; kills,
//! crowds, damage, odd clocks and long absences that change nothing.

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
mod peer;
mod watch_support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{ended, program, run};
use jiff::civil::{Date, date};
use serde_json::Value;
use watch_support::{EVENT, PASSES, REPROCESSED, TWICE, burn, catalogue, day, ground, job, make, passes, year};

/// The last day of the year and what is processed after it.
const END: Date = date(2026, 1, 31);

/// Writes a job on what the catalogue has until a day.
fn prepare(folder: &Path, until: Date, more: &str) {
    let path = catalogue(year(), &passes(), until);
    std::fs::write(folder.join("job.toml"), job(&path, more)).unwrap();
}

/// A pass over what a catalogue has until a day.
fn pass(folder: &Path, until: Date) -> Value {
    prepare(folder, until, "");
    run(folder, &["watch", "job.toml", "--json"]).done().json()
}

fn history(folder: &Path) -> Value {
    run(folder, &["watch", "history", "job.toml", "--json"]).done().json()
}

fn number(report: &Value, key: &str) -> u64 {
    report[key].as_u64().unwrap_or_else(|| panic!("{key} in {report}"))
}

fn alerts(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("watch/alerts.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn day_of(value: &Value) -> Date {
    value.as_str().unwrap().parse().unwrap()
}

/// The bytes of a watch's files, but for the ledger, whose pages depend on its history, and the lock.
fn outputs(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = common::contents(&folder.join("watch"));
    files.retain(|path, _| !path.to_string_lossy().contains("watch.sqlite") && !path.ends_with("watch.lock"));
    files
}

/// Asserts that two watches hold the same bytes and tell the same of their ledgers.
#[track_caller]
fn same(one: &Path, other: &Path, what: &str) {
    let (one_files, other_files) = (outputs(one), outputs(other));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one_files), names(&other_files), "{what}");
    for (path, bytes) in &one_files {
        assert!(other_files[path] == *bytes, "{what}: {} differs", path.display());
    }
    assert_eq!(history(one), history(other), "{what}");
}

#[test]
fn a_year_is_watched_month_by_month() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut worked_off = 0;
    for month in 1..=12 {
        let report = pass(folder, date(2025, month, 28));
        assert_eq!(report["failed"], Value::Array(vec![]), "{report}");
        worked_off += number(&report, "looked") + number(&report, "unseen") + number(&report, "first");
    }
    let report = pass(folder, END);
    worked_off += number(&report, "looked") + number(&report, "unseen") + number(&report, "first");
    assert_eq!(worked_off as usize, PASSES + REPROCESSED.len(), "each acquisition once, each reprocessing once");

    let history = history(folder);
    let records = history["acquisitions"].as_array().unwrap();
    let judged: BTreeSet<_> = records.iter().map(|one| (one["identity"].as_str(), one["version"].as_str())).collect();
    assert_eq!(judged.len(), PASSES + REPROCESSED.len());
    let twice = records.iter().find(|one| day_of(&one["day"]) == day(TWICE)).unwrap();
    assert_eq!(twice["left_aside"].as_array().unwrap().len(), 1, "{twice}");

    let alerts = alerts(folder);
    let of = |state: &str| alerts.iter().filter(|alert| alert["state"] == state).collect::<Vec<_>>();
    for alert in alerts.iter().filter(|alert| alert["state"] != "revised") {
        let [from, to] = [0, 1].map(|end| day_of(&alert["bracket"][end]));
        assert!(from < EVENT && EVENT <= to, "no false alert, and every bracket holds the event: {alert}");
        assert_eq!(alert["simulated"], true);
        assert!(alert["words"].as_str().unwrap().starts_with("SIMULATED: "));
    }
    assert_eq!(of("revised").len(), REPROCESSED.len());
    assert!(
        of("revised").iter().all(|alert| alert["withdrawn"].as_array().unwrap().is_empty()),
        "same ground, same words"
    );

    let first = of("first")[0];
    let clear = |one: &&Value| day_of(&one["day"]) > EVENT && one["clear_share"].as_f64().unwrap() >= 0.6;
    let clear: Vec<Date> = records.iter().filter(clear).map(|one| day_of(&one["day"])).take(2).collect();
    assert!(day_of(&first["day"]) <= clear[1], "told within two clear acquisitions: {} {clear:?}", first["day"]);
    assert_eq!(day_of(&first["bracket"][0]), date(2025, 6, 7), "the last clear look before the event");
    let course: Vec<_> =
        alerts.iter().filter(|alert| alert["object"] == first["object"]).map(|alert| &alert["state"]).collect();
    assert_eq!(course, ["first", "confirmed", "finished"]);
    let largest = of("confirmed").iter().map(|alert| alert["area_ha"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(largest > 3.0, "the burn is 22 ha of which what carries fuel burns: {largest}");

    let before = outputs(folder);
    let report = pass(folder, END);
    assert_eq!(
        (number(&report, "looked"), number(&report, "unseen"), number(&report, "written")),
        (0, 0, 0),
        "{report}"
    );
    assert!(before == outputs(folder), "a second run does nothing");
}

#[test]
fn years_without_an_event_give_no_alert() {
    for seed in [11, 12] {
        let folder = tempfile::tempdir().unwrap();
        let series = folder.path().join("year");
        make(&series, &ground(seed, vec![]), &passes());
        let path = catalogue(&series, &passes(), END);
        std::fs::write(folder.path().join("job.toml"), job(&path, "")).unwrap();
        let report = run(folder.path(), &["watch", "job.toml", "--json"]).done().json();
        assert!(number(&report, "looked") > 40, "{report}");
        let told: Vec<_> = report["alerts"].as_array().unwrap().iter().map(|alert| &alert["words"]).collect();
        println!("seed {seed}: {told:?}");
        assert!(told.iter().all(|words| words.as_str().unwrap().contains("processed anew")), "{told:?}");
    }
    // The same ground with the burn is told: the silence above is not deafness.
    assert!(matches!(burn(), groundtell::simulate::Shape::Ellipse { .. }));
}

/// A watch that stands at the middle of May, to be copied, and the undisturbed pass until the middle of July.
fn two_months() -> (tempfile::TempDir, tempfile::TempDir) {
    let (start, end) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    pass(start.path(), date(2025, 5, 25));
    common::copied(start.path(), end.path());
    pass(end.path(), date(2025, 7, 5));
    (start, end)
}

/// A copy of a watch with the job of the next pass.
fn copy_of(start: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    common::copied(start, copy.path());
    prepare(copy.path(), date(2025, 7, 5), "");
    copy
}

#[test]
fn a_kill_at_any_moment_changes_nothing() {
    let (start, undisturbed) = two_months();
    let clock = std::time::Instant::now();
    let timed = copy_of(start.path());
    run(timed.path(), &["watch", "job.toml"]).done();
    let whole = clock.elapsed();
    let kills = std::env::var("GROUNDTELL_KILLS").map_or(30, |kills| kills.parse().unwrap());
    let mut killed = 0;
    for kill in 0..kills {
        let copy = copy_of(start.path());
        // Moments spread over the pass like the golden ratio's multiples: none is tried twice.
        let moment = whole.mul_f64((f64::from(kill) * 0.618_033_988_75).fract());
        let mut child = program(copy.path()).args(["watch", "job.toml"]).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        run(copy.path(), &["watch", "job.toml"]).done();
        same(copy.path(), undisturbed.path(), &format!("killed after {moment:?}"));
    }
    println!("{killed} of {kills} passes were killed before their end");
    assert!(killed > 0, "no pass was killed before its end");
}

#[test]
fn a_kill_at_any_write_changes_nothing() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: no strace");
        return;
    }
    let (start, undisturbed) = two_months();
    let steps = "write,pwrite64,fsync,fdatasync,rename,unlink,mkdir,ftruncate";
    let traced = |folder: &Path, inject: &str, log: &Path| {
        let mut line = Command::new("strace");
        line.args(["-f", "-qq", "-o"]).arg(log).args(["-e", &format!("trace={steps}"), "-e", inject]);
        line.arg(env!("CARGO_BIN_EXE_groundtell")).args(["watch", "job.toml", "-j", "1"]).current_dir(folder);
        line.output().unwrap();
    };
    let copy = copy_of(start.path());
    let log = copy.path().join("log");
    traced(copy.path(), "signal=none", &log);
    let all = std::fs::read_to_string(&log).unwrap().lines().count();
    let stride = std::env::var("GROUNDTELL_STRIDE").map_or(all / 25, |stride| stride.parse().unwrap()).max(1);
    let mut survived = 0;
    for step in (1..=all).step_by(stride) {
        let copy = copy_of(start.path());
        // strace counts each thread's calls by themselves; the pass itself runs on one.
        traced(copy.path(), &format!("inject={steps}:signal=SIGKILL:when={step}"), &copy.path().join("log"));
        std::fs::remove_file(copy.path().join("log")).unwrap();
        run(copy.path(), &["watch", "job.toml"]).done();
        same(copy.path(), undisturbed.path(), &format!("killed at step {step} of {all}"));
        survived += 1;
    }
    println!("{survived} of {all} steps tried");
    assert!(survived > 10, "{survived}");
}

#[test]
fn a_crowd_does_the_work_once() {
    let (start, undisturbed) = two_months();
    let crowded = copy_of(start.path());
    let crowd: Vec<_> =
        (0..20).map(|_| program(crowded.path()).args(["watch", "job.toml", "--json"]).spawn().unwrap()).collect();
    let mut worked = 0;
    for child in crowd {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        match report["held_by"].as_str() {
            Some(holder) => assert!(holder.starts_with("process ") || holder.is_empty(), "{holder}"),
            None => worked += number(&report, "looked"),
        }
    }
    let alone = tempfile::tempdir().unwrap();
    common::copied(start.path(), alone.path());
    assert_eq!(worked, number(&pass(alone.path(), date(2025, 7, 5)), "looked"), "no look was taken twice");
    same(crowded.path(), undisturbed.path(), "twenty at once");
}

#[test]
fn a_damaged_ledger_is_made_again() {
    let (start, undisturbed) = two_months();
    type Harm = fn(&[u8]) -> Vec<u8>;
    let damage: [(&str, Harm); 4] = [
        ("cut", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("garbage", |bytes| vec![0xA5; bytes.len()]),
        ("emptied", |_| Vec::new()),
        ("a page overwritten", |bytes| [&bytes[..4096], &vec![0xFF; 4096][..], &bytes[8192..]].concat()),
    ];
    for (what, harm) in damage {
        let copy = copy_of(start.path());
        let ledger = copy.path().join("watch/watch.sqlite");
        let bytes = std::fs::read(&ledger).unwrap();
        std::fs::write(&ledger, harm(&bytes)).unwrap();
        let report = run(copy.path(), &["watch", "job.toml", "--json"]).done().json();
        let noted = report["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains("set aside"));
        assert!(noted || what == "emptied", "{what}: {report}");
        for aside in ["", "-wal", "-shm"] {
            std::fs::remove_file(copy.path().join(format!("watch/damaged.sqlite{aside}"))).ok();
        }
        same(copy.path(), undisturbed.path(), what);
    }
    let copy = copy_of(start.path());
    let newer = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('PRAGMA user_version=99'); c.commit()";
    let made = Command::new("python3").args(["-c", newer]).arg(copy.path().join("watch/watch.sqlite")).status();
    if made.is_ok_and(|status| status.success()) {
        run(copy.path(), &["watch", "job.toml"]).refused(2, &["newer"]);
    }
}

#[test]
fn no_clock_is_read() {
    if Command::new("faketime").arg("--version").output().is_err() {
        println!("skipped: no faketime");
        return;
    }
    let (start, undisturbed) = two_months();
    for clock in ["-40d", "+40d", "1970-01-02 00:00:00"] {
        let copy = copy_of(start.path());
        let mut line = Command::new("faketime");
        line.args(["-f", clock]).arg(env!("CARGO_BIN_EXE_groundtell")).args(["watch", "job.toml"]);
        line.current_dir(copy.path()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        ended(&mut line).done();
        same(copy.path(), undisturbed.path(), clock);
    }
}

#[test]
fn long_absence_is_made_up_for_in_order_and_in_portions() {
    let (start, undisturbed) = two_months();
    let copy = copy_of(start.path());
    let mut portions = Vec::new();
    loop {
        let report = run(copy.path(), &["watch", "job.toml", "--json", "--per-pass", "2"]).done().json();
        let done = number(&report, "looked") + number(&report, "unseen");
        assert!(done <= 2, "{report}");
        portions.push(done);
        if number(&report, "left") == 0 {
            break;
        }
    }
    assert!(portions.len() >= 4, "{portions:?}");
    same(copy.path(), undisturbed.path(), "in portions");
}

#[test]
fn bad_jobs_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.json");
    let good = job(&path, "");
    for (from, to, says) in [
        ("id = \"year\"", "id = \"../up\"", vec!["line 1", "no label"]),
        ("since = 2025-01-01", "since = 2025-13-01", vec!["line 3"]),
        ("per_pass = 1000", "per_pass = 0", vec!["per_pass"]),
        ("per_pass", "per_pas", vec!["per_pas"]),
        ("id = \"field\"", "id = \"a/b\"", vec!["area[0].id"]),
        ("bbox = [36.182, 50.4915, 36.221, 50.5165]", "", vec!["aoi or by bbox"]),
        ("bbox = [36.182, 50.4915, 36.221, 50.5165]", "bbox = [36.182, 50.4915, 36.221, 95]", vec!["area field"]),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        std::fs::write(folder.path().join("job.toml"), text).unwrap();
        run(folder.path(), &["watch", "job.toml"]).refused(2, &says);
    }
    std::fs::write(folder.path().join("job.toml"), &good).unwrap();
    let report = run(folder.path(), &["watch", "job.toml"]);
    assert_eq!(report.code, Some(2), "a catalogue that is not there: {}{}", report.data, report.talk);
    assert!(report.talk.contains("catalog.json"), "{}", report.talk);
}

#[test]
fn alerts_reach_a_program_once_and_again_after_it_failed() {
    let (start, _) = two_months();
    let copy = copy_of(start.path());
    let told = copy.path().join("told.jsonl");
    let script =
        |body: &str| format!("[alerts]\ncommand = [\"sh\", \"-c\", '{body}']\nstates = [\"first\", \"confirmed\"]\n");
    prepare(copy.path(), date(2025, 7, 5), &script("exit 1"));
    let report = run(copy.path(), &["watch", "job.toml", "--json"]);
    assert_eq!(report.code, Some(3), "{}", report.talk);
    assert!(number(&report.json(), "untold") > 0 && !alerts(copy.path()).is_empty());
    prepare(copy.path(), date(2025, 7, 5), &script(&format!("cat >> {}", told.display())));
    for _ in 0..2 {
        run(copy.path(), &["watch", "job.toml"]).done();
    }
    let lines: Vec<Value> =
        std::fs::read_to_string(&told).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: BTreeSet<_> = lines.iter().map(|alert| alert["id"].as_str().unwrap()).collect();
    assert!(!lines.is_empty() && ids.len() == lines.len(), "each once: {lines:?}");
    assert_eq!(lines, alerts(copy.path()).into_iter().filter(|alert| alert["state"] != "finished").collect::<Vec<_>>());
}

#[test]
fn a_unit_names_the_job() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("job.toml"), job(&folder.path().join("catalog.json"), "")).unwrap();
    let page = run(folder.path(), &["watch", "unit", "job.toml", "--when", "hourly"]).done().data;
    for word in ["[Service]", "[Timer]", "OnCalendar=hourly", "groundtell-year.timer", "*/6 * * *", "job.toml"] {
        assert!(page.contains(word), "{word}: {page}");
    }
}

/// Every byte that a command and its folder show, the job itself apart.
fn shown(folder: &Path, ended: &common::Ended) -> Vec<u8> {
    let mut all = [ended.data.as_bytes(), ended.talk.as_bytes()].concat();
    for (path, bytes) in common::contents(folder) {
        if !path.ends_with("job.toml") {
            all.extend(path.to_string_lossy().bytes());
            all.extend(bytes);
        }
    }
    all
}

#[test]
fn a_watch_over_a_server_sees_the_same_and_keeps_secrets() {
    let until = date(2025, 7, 5);
    let local = tempfile::tempdir().unwrap();
    pass(local.path(), until);

    let server = peer::Server::over(year());
    server.put("/hook/SECRET-path", "application/json", "{}");
    let name = catalogue(year(), &passes(), until).file_name().unwrap().to_string_lossy().into_owned();
    let remote = tempfile::tempdir().unwrap();
    let folder = remote.path();
    let more = format!(
        "[alerts.webhook]\nurl = \"{}\"\nsecret_env = \"HOOK\"\n",
        server.url("/hook/SECRET-path?token=SECRET-query")
    );
    let address = server.url(&format!("/{name}?token=SECRET-token")).replace("http://", "http://me:SECRET-password@");
    std::fs::write(folder.join("job.toml"), job(Path::new(&address), &more)).unwrap();
    let line = ["watch", "job.toml", "--json", "--loopback-http", "--cache", "cache"];
    let missing = run(folder, &line);
    missing.refused(2, &["HOOK"]);
    let done = ended(program(folder).args(line).env("HOOK", "SECRET-key").env("AWS_SECRET_ACCESS_KEY", "SECRET-env"));
    let done = done.done();
    let report = done.json();
    assert_eq!((report["failed"].as_array().unwrap().len(), number(&report, "untold")), (0, 0), "{report}");

    let told: Vec<_> = server.asked().into_iter().filter(|asked| asked.path.starts_with("/hook")).collect();
    assert_eq!(told.len(), alerts(folder).len());
    assert!(told.iter().all(|asked| asked.headers["x-groundtell-signature"].starts_with("sha256=")));
    let ids: BTreeSet<_> = told.iter().map(|asked| asked.headers["idempotency-key"].clone()).collect();
    assert_eq!(ids, alerts(folder).iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect());

    let shown = shown(folder, &done);
    let leaks = shown.windows(6).filter(|bytes| *bytes == b"SECRET").count();
    assert_eq!(leaks, 0, "secrets in {} bytes", shown.len());

    let layers = |folder: &Path| {
        let mut files = outputs(folder);
        files.retain(|path, _| path.extension().is_some_and(|end| end == "tif"));
        files
    };
    let (here, there) = (layers(local.path()), layers(folder));
    assert!(!here.is_empty() && here.keys().eq(there.keys()), "{:?}", there.keys().take(3).collect::<Vec<_>>());
    assert!(here == there, "the layers of a watch do not depend on where the scenes lie");
}

#[test]
fn a_server_that_fails_now_is_asked_again_on_the_next_pass() {
    let until = date(2025, 2, 10);
    let local = tempfile::tempdir().unwrap();
    pass(local.path(), until);
    let server = peer::Server::over(year());
    let name = catalogue(year(), &passes(), until).file_name().unwrap().to_string_lossy().into_owned();
    let remote = tempfile::tempdir().unwrap();
    std::fs::write(remote.path().join("job.toml"), job(Path::new(&server.url(&format!("/{name}"))), "")).unwrap();
    let line = ["watch", "job.toml", "--json", "--loopback-http", "--cache", "cache"];
    server.always(&format!("/items/{}/B12.tif", passes()[4].id()), peer::Act::Status(404, None));
    server.always(&format!("/items/{}/SCL.tif", passes()[6].id()), peer::Act::Html);
    let ended = run(remote.path(), &line);
    assert_eq!(ended.code, Some(3), "{}{}", ended.data, ended.talk);
    let report = ended.json();
    assert!(!report["failed"].as_array().unwrap().is_empty(), "{report}");
    let done = number(&report, "looked") + number(&report, "unseen") + number(&report, "first");
    assert!(done < 8, "what failed is not on record: {report}");
    server.heal();
    let report = run(remote.path(), &line).done().json();
    assert!(report["failed"].as_array().unwrap().is_empty(), "{report}");
    let days = |folder: &Path| {
        let history = history(folder);
        let all = history["acquisitions"].as_array().unwrap();
        all.iter().map(|one| day_of(&one["day"])).collect::<BTreeSet<_>>()
    };
    assert_eq!(days(remote.path()), days(local.path()));
}

#[test]
fn a_check_fetches_its_own_pair() {
    let folder = tempfile::tempdir().unwrap();
    let path = catalogue(year(), &passes(), END);
    let claim = "[claim]\nid = \"field\"\ntext = \"the field burned\"\nsource = \"a test\"\nasserts = \"occurred\"\n\
bbox = [36.198, 50.502, 36.206, 50.507]\nwindow = [2025-06-08, 2025-07-10]\nkinds = [\"burned_fields\"]\n";
    std::fs::write(folder.path().join("claim.toml"), claim).unwrap();
    let catalogue = path.to_string_lossy().into_owned();
    let line = ["check", "claim.toml", "--fetch", "--catalogue", &catalogue, "--json", "--out", "out"];
    let done = run(folder.path(), &line).done();
    assert!(done.talk.contains("claim field: SIMULATED_37UCR_2025"), "{}", done.talk);
    let verdict = &done.json()["verdicts"][0];
    let sources = &verdict["sources"];
    let [before, after] = ["before", "after"].map(|side| day_of(&sources[side]));
    assert!(before < date(2025, 6, 8) && (date(2025, 6, 8)..=date(2025, 7, 10)).contains(&after), "{sources}");
    assert!(verdict["layers"].as_array().is_some_and(|layers| !layers.is_empty()), "{verdict}");

    let none = claim.replace("2025-06-08, 2025-07-10", "2025-06-11, 2025-06-13");
    std::fs::write(folder.path().join("claim.toml"), none).unwrap();
    let line = [&line[..7], &["cloudy"]].concat();
    let done = run(folder.path(), &line).done();
    assert!(done.talk.contains("no pair of scenes was found") && done.talk.contains("clear"), "{}", done.talk);
    assert_eq!(done.json()["verdicts"][0]["outcome"], "not-observable");
}
