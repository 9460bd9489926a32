//! Claim files, good and bad.

mod any;

use serde_json::json;

use super::*;

/// A claim that uses every key but `aoi`.
const FULL: &str = r#"
[claim]
id = "every-key_1.0"
text = "the words"
source = "who, where"
source_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
made_at = 2025-11-28
asserts = "did_not_occur"
bbox = [37.5, 49, 37.8, 49.8]
location_error_m = 500
window = [2025-11-20, "2025-11-30"]
kinds = ["burned_fields", "impact_area", "built_damage", "thermal", "fire_position"]
smallest_effect = { burned_fields = 25, impact_area = "some", thermal = "heavy" }
sides = ["one", "another"]
prior = 0.25
[claim.imagery]
before = ["a..b/2025-11-18.tif"]
after = "2025-12-01.tif"
before_date = 2025-11-18
after_date = "2025-12-01"
bands = ["B04", "B8A"]
scale = 1e-4
offset = -0.1
stack = ["radar"]
hotspots = "firms.csv"
[[claim.imagery.control]]
before = "2024-11-18.tif"
after = ["2024-12-01.tif"]
before_date = 2024-11-18
after_date = 2024-12-01
"#;

fn read(text: &str) -> Result<ClaimFile> {
    ClaimFile::from_toml(text, &Limits::default())
}

fn only(text: &str) -> Claim {
    let mut file = read(text).unwrap();
    assert_eq!(file.claims.len(), 1);
    file.claims.remove(0)
}

/// The full claim with the first line of this key replaced; with no such key, with the line added.
fn with(line: &str) -> String {
    let key = line.split(" =").next().unwrap_or_default();
    let old = FULL.lines().find(|old| old.split(" =").next() == Some(key));
    match old {
        Some(old) => FULL.replacen(old, line, 1),
        None => FULL.replacen("[claim]", &format!("[claim]\n{line}"), 1),
    }
}

fn without(key: &str) -> String {
    FULL.lines().filter(|line| line.split(" =").next() != Some(key)).map(|line| format!("{line}\n")).collect()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn every_key_arrives() {
    let claim = only(FULL);
    let pair = |year: i16, before: &str, after: &str| Scenes {
        before: vec![before.to_owned()],
        after: vec![after.to_owned()],
        before_date: Some(Date::new(year, 11, 18).unwrap()),
        after_date: Some(Date::new(year, 12, 1).unwrap()),
        ..Scenes::default()
    };
    let expected = Claim {
        id: "every-key_1.0".to_owned(),
        text: "the words".to_owned(),
        source: "who, where".to_owned(),
        source_sha256: Some("0123456789abcdef".repeat(4)),
        made_at: Some(date("2025-11-28")),
        asserts: Asserts::DidNotOccur,
        place: Place::Bbox([37.5, 49.0, 37.8, 49.8]),
        location_error_m: 500.0,
        window: Window { from: date("2025-11-20"), to: date("2025-11-30") },
        kinds: vec![Kind::BurnedFields, Kind::ImpactArea, Kind::BuiltDamage, Kind::Thermal, Kind::FirePosition],
        smallest_effect: BTreeMap::from([
            (Kind::BurnedFields, 25.0),
            (Kind::ImpactArea, 1.0),
            (Kind::BuiltDamage, 0.5),
            (Kind::Thermal, 30.0),
        ]),
        sides: vec!["one".to_owned(), "another".to_owned()],
        prior: Some(0.25),
        imagery: Imagery {
            scenes: Some(Scenes {
                bands: vec!["B04".to_owned(), "B8A".to_owned()],
                scale: Some(1e-4),
                offset: Some(-0.1),
                ..pair(2025, "a..b/2025-11-18.tif", "2025-12-01.tif")
            }),
            controls: vec![pair(2024, "2024-11-18.tif", "2024-12-01.tif")],
            stack: vec!["radar".to_owned()],
            hotspots: vec!["firms.csv".to_owned()],
        },
    };
    assert_eq!(claim, expected);
    let paths = ["a..b/2025-11-18.tif", "2025-12-01.tif", "2024-11-18.tif", "2024-12-01.tif", "radar", "firms.csv"];
    assert_eq!(claim.paths(), paths);
}

#[test]
fn several_claims_and_a_byte_order_mark_are_read() {
    let one = FULL.replace("[claim]", "[[claim]]").replace("[claim.imagery]", "[claim.imagery] # of the last");
    let file = read(&format!("\u{feff}{one}{}", one.replace("every-key_1.0", "second"))).unwrap();
    let ids: Vec<_> = file.claims.iter().map(|claim| claim.id.as_str()).collect();
    assert_eq!(ids, ["every-key_1.0", "second"]);
    assert_eq!(read(&with("window = [\"2025-11-20\", 2025-11-20]")).unwrap().claims[0].window.days(), 1);
}

#[test]
fn the_sum_of_a_file_is_that_of_its_bytes() {
    // printf '%s' '<the text>' | sha256sum
    let text = "claim = []\n";
    assert!(read(text).is_err(), "a file without a claim says nothing");
    assert_eq!(file::hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(read(FULL).unwrap().sha256, file::hex(FULL.as_bytes()));
}

/// What is refused: a line that stands in the place of its key, or is added.
const BAD_LINES: &[&str] = &[
    "id = \"../up\"",
    "id = \"\"",
    "id = \".hidden\"",
    "id = 7",
    "txet = \"the words\"",
    "colour = 1",
    "text = \" \\n \"",
    "text = [\"a\", \"b\"]",
    "source = \"\"",
    "source_sha256 = \"abc\"",
    "source_sha256 = \"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
    "made_at = 2025-11-19",
    "made_at = \"yesterday\"",
    "made_at = 2025-11-28T10:00:00Z",
    "made_at = 20251128",
    "asserts = \"occured\"",
    "asserts = true",
    "aoi = \"area.geojson\"",
    "bbox = [37.5, 49.0, 37.8]",
    "bbox = \"37.5,49,37.8,49.8\"",
    "bbox = [37.5, 49, 37.8, nan]",
    "bbox = [37.5, 49, inf, 49.8]",
    "bbox = [37.5, 49.8, 37.8, 49]",
    "bbox = [37.5, 49, 37.5, 49.8]",
    "bbox = [49, 137.5, 49.8, 137.8]",
    "bbox = [1e308, 49, 37.8, 49.8]",
    "bbox = [30, 49, 37.8, 52]",
    "location_error_m = -1",
    "location_error_m = 50001",
    "location_error_m = nan",
    "location_error_m = \"1 km\"",
    "window = [\"2025-11-30\", \"2025-11-20\"]",
    "window = [\"2024-10-01\", \"2025-11-20\"]",
    "window = [\"2025-11-31\", \"2025-12-02\"]",
    "window = [\"1025-11-20\", \"1025-11-30\"]",
    "window = [\"20.11.2025\", \"30.11.2025\"]",
    "window = [\"2025-11-20\"]",
    "window = \"2025-11-20/2025-11-30\"",
    "kinds = []",
    "kinds = \"thermal\"",
    "kinds = [\"thermal\", \"termal\"]",
    "kinds = [\"thermal\", \"burned_fields\", \"thermal\"]",
    "kinds = [\"burned_fields\", \"impact_area\"]",
    "smallest_effect = { burned_fields = 0 }",
    "smallest_effect = { burned_fields = -3 }",
    "smallest_effect = { burned_fields = nan }",
    "smallest_effect = { burned_fields = inf }",
    "smallest_effect = { burned_fields = 1e7 }",
    "smallest_effect = { burned_field = 1 }",
    "smallest_effect = { fire_position = 1 }",
    "smallest_effect = { thermal = \"hevy\" }",
    "smallest_effect = { thermal = [3] }",
    "smallest_effect = 3",
    "sides = \"one\"",
    "prior = 0",
    "prior = 1.0",
    "prior = -0.5",
    "prior = nan",
    "before = []",
    "before = [\"a.tif\", \"/etc/passwd\"]",
    "before = \"../a.tif\"",
    "before = \"a/..\"",
    "before = 'C:\\a.tif'",
    "before = 'a\\b.tif'",
    "before = \"https://example.org/a.tif\"",
    "before = \"NETCDF:a.nc\"",
    "before = \"a\\u0000.tif\"",
    "before = \" \"",
    "before = 3",
    "before_date = 2025-12-01",
    "after_date = 2025-11-18",
    "before_date = \"18 Nov\"",
    "bands = [\"B04\", \"\"]",
    "scale = 0",
    "scale = inf",
    "offset = nan",
    "stack = [\"..\"]",
    "hotspots = \"file:///firms.csv\"",
    "id = \"a\"\nid = \"b\"",
    "id = \"unended",
    "id = ",
    "id",
];

/// The full claim without one of its keys.
const NEEDED: &[&str] = &["id", "text", "source", "asserts", "bbox", "window", "kinds", "before", "after"];

/// One refusal as a person meets it.
fn told(case: &str, text: &str) -> String {
    let error = read(text).expect_err(case);
    let hint = error.advice().unwrap_or_else(|| panic!("{case}: no hint for {error}"));
    format!("{case}\n  {error}\n  hint: {hint}\n")
}

#[test]
fn every_bad_field_is_refused_where_it_stands_with_a_hint() {
    let lines = BAD_LINES.iter().map(|line| told(&line.replace('\n', "\\n"), &with(line)));
    let missing = NEEDED.iter().map(|key| told(&format!("no {key}"), &without(key)));
    insta::assert_snapshot!(lines.chain(missing).collect::<String>());
}

#[test]
fn whole_files_are_refused_with_a_hint() {
    let twice = FULL.replace("[claim]", "[[claim]]");
    let late_pair = with("window = [2025-12-02, 2025-12-03]").replace("made_at = 2025-11-28", "");
    let early_pair = with("window = [2025-11-10, 2025-11-17]");
    let control = FULL.replace("2024-12-01\n", "2025-12-01\n");
    let cases = [
        ("nothing", String::new()),
        ("another table", "[clam]\nid = 1\n".to_owned()),
        ("no table", "claim = 3\n".to_owned()),
        ("no claim", "claim = []\n".to_owned()),
        ("an id twice", format!("{twice}{twice}")),
        ("deep", format!("claim = {}", "[".repeat(1000))),
        ("after the window", early_pair),
        ("before the window", late_pair),
        ("a control in the window", control),
    ];
    insta::assert_snapshot!(cases.map(|(case, text)| told(case, &text)).concat());
}

#[test]
fn too_much_is_refused() {
    let many = FULL.replace("[claim]", "[[claim]]");
    let side = |text: &str| with(&format!("sides = [{}]", text.repeat(1001)));
    let file = (0..1001).map(|n| many.replace("every-key_1.0", &format!("c{n}"))).collect::<String>();
    for text in [
        with(&format!("text = \"{}\"", "é".repeat(20_001))),
        with(&format!("source = \"{}\"", "x".repeat(1 << 20))),
        with(&format!("sides = [\"{}\"]", "x".repeat(20_001))),
        side("\"x\","),
        FULL.replace("hotspots = \"firms.csv\"", &format!("hotspots = [{}]", "\"x\",".repeat(1001))),
        FULL.replace("bands = [\"B04\", \"B8A\"]", &format!("bands = [{}]", "\"x\",".repeat(1001))),
        file,
        "#".repeat((4 << 20) + 1),
    ] {
        let error = read(&text).unwrap_err();
        assert_eq!(error.kind(), crate::Kind::Limit, "{error}");
        assert!(error.advice().is_some() && error.to_string().len() < 300, "{error}");
    }
    only(&with(&format!("text = \"{}\"", "é".repeat(20_000))));
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let error = ClaimFile::from_bytes(b"[claim]\nid = \"\xe9\"", &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "byte 14 is not UTF-8");
}

#[test]
fn preregistration_sees_what_reaches_the_evidence_and_nothing_else() {
    let recipe = json!({ "z": 1, "a": { "y": 0.5, "x": [1, 2] } });
    let sum = |text: &str| only(text).preregistration(&recipe).unwrap();
    let base = sum(FULL);
    for line in [
        "sides = [\"another\", \"one\"]",
        "sides = []",
        "id = \"other\"",
        "text = \"other\"",
        "source = \"other\"",
        "made_at = 2025-11-30",
        "prior = 0.75",
        "kinds = [\"fire_position\", \"thermal\", \"burned_fields\", \"impact_area\", \"built_damage\"]",
        "location_error_m = 500.0",
    ] {
        assert_eq!(sum(&with(line)), base, "{line}");
    }
    for line in [
        "asserts = \"occurred\"",
        "bbox = [37.5, 49, 37.8, 49.7]",
        "location_error_m = 501",
        "window = [2025-11-20, 2025-11-29]",
        "kinds = [\"burned_fields\", \"impact_area\", \"built_damage\", \"thermal\"]",
        "smallest_effect = { burned_fields = 26, impact_area = \"some\", thermal = \"heavy\" }",
        "before = [\"other.tif\"]",
        "scale = 2e-4",
        "hotspots = [\"firms.csv\", \"more.csv\"]",
    ] {
        assert_ne!(sum(&with(line)), base, "{line}");
    }
    let claim = only(FULL);
    let turned = json!({ "a": { "x": [1, 2], "y": 0.5 }, "z": 1 });
    assert_eq!(claim.preregistration(&turned).unwrap(), base, "the order of keys is nothing");
    assert_ne!(claim.preregistration(&json!({ "z": 2 })).unwrap(), base);
}

#[test]
fn preregistration_is_as_python_has_it() {
    // tests/oracle/make_claim.py
    let oracle: serde_json::Value = serde_json::from_str(include_str!("../../../tests/oracle/claim.json")).unwrap();
    let sum = only(FULL).preregistration(&json!({ "burn": { "threshold": "auto", "alpha": 0.05 }, "é": [] })).unwrap();
    assert_eq!(sum, oracle["preregistration"].as_str().unwrap());
}

#[test]
fn a_claim_is_testable_by_its_kinds() {
    let both = only(FULL);
    assert!(both.is_testable() && both.untestable_reason().is_none());
    assert!(both.testable_kinds().all(|kind| kind != Kind::FirePosition) && both.testable_kinds().count() == 4);
    let alone = only(&with("kinds = [\"fire_position\"]").replace("smallest_effect", "# "));
    assert!(!alone.is_testable() && alone.untestable_reason().is_some());
}
