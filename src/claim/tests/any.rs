//! Any claim survives its file; any bytes are read or refused, never a panic.

use proptest::prelude::*;

use super::*;

fn words() -> impl Strategy<Value = String> {
    "[^\\s]\\PC{0,20}|\\PC{0,5}[\"'\\\\\n\t]x\\PC{0,5}"
}

fn path() -> impl Strategy<Value = String> {
    "[a-z0-9 éж_-]{1,8}x(/[a-z.]{0,3}x){0,2}"
}

fn day() -> impl Strategy<Value = Date> {
    (0i32..40_000).prop_map(|days| date("1980-01-01").checked_add(jiff::Span::new().days(days)).unwrap())
}

fn scenes(around: Option<(Date, Date)>) -> impl Strategy<Value = Scenes> {
    let lists = (prop::collection::vec(path(), 1..3), prop::collection::vec(path(), 1..3));
    let reading =
        (prop::collection::vec("[A-Z0-9]{1,3}", 0..3), prop::option::of(1e-6f64..1e3), prop::option::of(-1f64..1.0));
    (lists, reading).prop_map(move |((before, after), (bands, scale, offset))| Scenes {
        before,
        after,
        before_date: around.map(|(from, _)| from.yesterday().unwrap()),
        after_date: around.map(|(_, to)| to.tomorrow().unwrap()),
        bands,
        scale,
        offset,
    })
}

fn place() -> impl Strategy<Value = Place> {
    let corner = (-179.0f64..178.0, -89.0f64..88.0, 0.01f64..0.5, 0.01f64..0.5);
    let boxed = corner.prop_map(|(west, south, wide, high)| Place::Bbox([west, south, west + wide, south + high]));
    prop_oneof![path().prop_map(Place::File), boxed]
}

fn claim() -> impl Strategy<Value = Claim> {
    let said =
        (words(), words(), prop::option::of("[0-9a-f]{64}"), any::<bool>(), prop::collection::vec(words(), 0..3));
    let when = (day(), 0i32..400, prop::option::of(0i32..900));
    let what = (prop::sample::subsequence(KINDS.to_vec(), 1..=5), 0.001f64..1e6, prop::option::of(0.001f64..0.999));
    (said, when, what, place(), 0f64..50_000.0).prop_flat_map(|(said, when, what, place, location_error_m)| {
        let (from, length, later) = when;
        let days = move |days| from.checked_add(jiff::Span::new().days(days)).unwrap();
        let (text, source, source_sha256, occurred, sides) = said;
        let (kinds, size, prior) = what;
        let window = Window { from, to: days(length) };
        let files = || prop::collection::vec(path(), 0..3);
        let seen = (prop::option::of(scenes(Some((from, window.to)))), prop::collection::vec(scenes(None), 0..3));
        (seen, files(), files()).prop_map(move |((scenes, controls), stack, hotspots)| Claim {
            id: "a".to_owned(),
            text: text.clone(),
            source: source.clone(),
            source_sha256: source_sha256.clone(),
            made_at: later.map(days),
            asserts: if occurred { Asserts::Occurred } else { Asserts::DidNotOccur },
            place: place.clone(),
            location_error_m,
            window,
            smallest_effect: kinds.iter().filter(|kind| kind.is_testable()).map(|kind| (*kind, size)).collect(),
            kinds: kinds.clone(),
            sides: sides.clone(),
            prior,
            imagery: Imagery { scenes, controls, stack, hotspots },
        })
    })
}

const KINDS: [Kind; 5] = [Kind::BurnedFields, Kind::ImpactArea, Kind::BuiltDamage, Kind::Thermal, Kind::FirePosition];

/// Pieces of TOML and of claims that a hostile file may be put together of.
const PIECES: &[&str] = &[
    "\n",
    "=",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    ",",
    ".",
    "#",
    "nan",
    "-inf",
    "1e999",
    "0x",
    "2025-11-20",
    "claim",
    "[[claim]]\n",
    "[claim.imagery]\n",
    "[[claim.imagery.control]]\n",
    "id",
    "window",
    "kinds",
    "bbox",
    "smallest_effect",
    "99999999999999999999",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "é",
    "..",
    "/",
    "\\",
    "`",
    "`, expected `",
];

proptest! {
    #[test]
    fn a_claim_survives_its_file(claims in prop::collection::vec(claim(), 1..4)) {
        let numbered = claims.into_iter().enumerate().map(|(n, claim)| Claim { id: format!("c{n}"), ..claim });
        let claims: Vec<_> = numbered.collect();
        let text = ClaimFile::to_toml(&claims).unwrap();
        let file = read(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
        prop_assert_eq!(file.claims, claims);
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(error) = ClaimFile::from_bytes(&bytes, &Limits::default()) {
            prop_assert!(error.advice().is_some());
        }
    }

    #[test]
    fn no_change_of_a_claim_is_too_strange(
        changes in prop::collection::vec((0..FULL.len(), 0usize..30, prop::sample::select(PIECES)), 1..8),
    ) {
        let mut text: Vec<char> = FULL.chars().collect();
        for (at, cut, piece) in changes {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        match read(&text.into_iter().collect::<String>()) {
            Ok(file) => prop_assert!(file.claims.iter().all(|claim| claim.paths().iter().all(|path| !path.starts_with('/')))),
            Err(error) => {
                prop_assert!(error.advice().is_some(), "{:?}", error);
                prop_assert!(error.to_string().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{:?}", error);
            }
        }
    }
}
