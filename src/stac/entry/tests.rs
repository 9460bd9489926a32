//! Items of every kind of catalogue that is known, made short.

use serde_json::{Value, json};

use super::*;

fn web(address: &str) -> Place {
    Place::Web(Address::parse(address).unwrap())
}

fn item(properties: Value) -> Value {
    json!({ "type": "Feature", "id": "x", "properties": properties, "assets": {} })
}

fn parsed(document: Value) -> Entry {
    Entry::parse(document, &Place::File("item.json".into())).unwrap()
}

#[test]
fn earth_search_tells_most_in_ids() {
    let entry = parsed(item(json!({
        "datetime": "2024-04-22T17:53:02.036000Z", "platform": "sentinel-2a", "grid:code": "MGRS-13TDE",
        "s2:datatake_id": "GS2A_20240422T173911_046141_N05.10", "s2:processing_baseline": "05.10",
        "s2:datastrip_id": "S2A_OPER_MSI_L2A_DS_2APS_20240423T004950_S20240422T174753_N05.10",
        "s2:generation_time": "2024-04-23T00:49:50.000000Z", "updated": "2024-04-23T03:23:58.819Z",
        "view:sun_elevation": 58.65, "view:sun_azimuth": 147.02, "eo:cloud_cover": 81.3,
        "s2:product_type": "S2MSI2A",
    })));
    assert_eq!(entry.platform.as_ref().unwrap().raw(), "sentinel-2a");
    assert_eq!(entry.tile.as_deref(), Some("13TDE"));
    assert_eq!(entry.datatake.as_ref().unwrap().raw(), "GS2A_20240422T173911_046141");
    assert_eq!(entry.datastrip.unwrap().to_string(), "2024-04-22T17:47:53Z");
    assert_eq!(entry.relative_orbit, Some(98), "from the absolute orbit");
    assert_eq!(entry.baseline, Baseline::parse("05.10"));
    assert_eq!(entry.processed.unwrap().to_string(), "2024-04-23T00:49:50Z");
    assert!((entry.sun_zenith.unwrap() - 31.35).abs() < 1e-9);
    assert!((entry.declared_cloud.unwrap() - 0.813).abs() < 1e-9);
    assert!(!entry.top_of_atmosphere);
}

#[test]
fn other_catalogues_tell_it_in_other_places() {
    let old = parsed(item(json!({
        "datetime": "2025-07-31T13:19:22Z", "platform": "sentinel-2b", "sentinel:utm_zone": 7,
        "sentinel:latitude_band": "E", "sentinel:grid_square": "PT", "sentinel:processing_baseline": "05.11",
        "sentinel:product_id": "S2B_MSIL2A_20250731T131909_N0511_R095_T07EPT_20250731T143919",
    })));
    assert_eq!((old.tile.as_deref(), old.relative_orbit), (Some("07EPT"), Some(95)));
    assert_eq!(old.datatake.unwrap().raw(), "GS2B_20250731T131909");

    let planetary = json!({ "type": "Feature", "id": "S2B_MSIL2A_20240825T173909_R098_T13TDE_20240825T215747",
        "properties": { "datetime": "2024-08-25T17:39:09.024Z", "platform": "Sentinel-2B", "sat:relative_orbit": 98,
            "s2:mean_solar_zenith": 33.66, "s2:mean_solar_azimuth": 147.24 }});
    let planetary = parsed(planetary);
    assert_eq!(planetary.platform.unwrap().raw(), "sentinel-2b");
    assert_eq!((planetary.tile.as_deref(), planetary.relative_orbit), (Some("13TDE"), Some(98)));
    assert_eq!((planetary.sun_zenith, planetary.sun_azimuth), (Some(33.66), Some(147.24)));

    let landsat = parsed(item(json!({
        "datetime": "2023-10-08T17:37:26.656958Z", "platform": "landsat-8", "grid:code": "WRS2-033032",
        "landsat:wrs_path": "033", "landsat:wrs_row": "032", "landsat:product_generated": "2023-10-17T16:22:27Z",
    })));
    assert_eq!((landsat.tile.as_deref(), landsat.relative_orbit), (Some("033032"), Some(33)));
    assert!(landsat.processed.is_some() && landsat.datatake.is_none());
}

#[test]
fn what_is_odd_is_left_out_and_what_is_needed_is_asked_for() {
    let odd = parsed(item(json!({
        "datetime": null, "start_datetime": "2024-01-01T10:00:00", "sat:relative_orbit": 4_000_000_000_u64,
        "view:sun_elevation": 1e9, "eo:cloud_cover": "half", "s2:datatake_id": "../../etc", "platform": 5,
        "s2:processing_baseline": "future",
    })));
    assert_eq!(odd.datetime.to_string(), "2024-01-01T10:00:00Z");
    let (none, values) = ((None, None, None), (odd.relative_orbit, odd.sun_zenith, odd.declared_cloud));
    assert_eq!(values, none);
    assert!(odd.datatake.is_none() && odd.platform.is_none() && odd.baseline.is_none());
    let place = Place::File("a.json".into());
    for (document, words) in [
        (json!([1]), "no id"),
        (json!({ "type": "Feature", "id": "\u{1b}]52;" }), "no properties"),
        (json!({ "type": "Catalog", "id": "x" }), "Feature"),
        (item(json!({ "datetime": "yesterday" })), "no time"),
        (json!({ "type": "Feature", "id": "x".repeat(501) }), "more than 500"),
    ] {
        let error = Entry::parse(document, &place).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\u{1b}'), "{error}");
    }
}

#[test]
fn an_orbit_is_not_guessed_for_a_satellite_whose_offset_is_unknown() {
    let of = |id: &str| name::Datatake::parse(id).and_then(|datatake| datatake.relative_orbit());
    assert_eq!(of("GS2A_20230216T150721_039976_N04.00"), Some(82));
    assert_eq!(of("GS2B_20190629T212529_012081_N02.12"), Some(43));
    assert_eq!(of("GS2C_20250131T000000_002000_N05.11"), None);
}

#[test]
fn what_is_stored_has_no_secret_and_leads_to_no_file() {
    let mut document =
        item(json!({ "datetime": "2024-01-01T10:00:00Z", "see": "https://u:SECRET@h.example/a?SECRET" }));
    document["assets"] = json!({
        "SCL": { "href": "../d/SCL.tif?sig=SECRET#SECRET" },
        "B04": { "href": "https://u:SECRET@h.example/B04.tif?sig=SECRET", "alternate": { "s3": { "href": "s3://b/k?SECRET" } } },
        "B08": { "href": "file:///etc/passwd" },
    });
    document["links"] =
        json!([{ "rel": "next", "href": "?token=SECRET", "headers": { "x": "SECRET" }, "body": "SECRET" }]);
    let entry = Entry::parse(document.clone(), &web("https://h.example/c/i.json?k=SECRET")).unwrap();
    let stored = entry.inert_document();
    assert!(!stored.to_string().contains("SECRET"), "{stored}");
    let href = |key: &str| stored["assets"][key]["href"].as_str().unwrap().to_owned();
    assert_eq!(href("SCL"), "https://h.example/d/SCL.tif");
    assert_eq!(href("B04"), "https://h.example/B04.tif");
    assert_eq!(href("B08"), "");
    assert_eq!(stored["assets"]["B04"]["alternate"]["s3"]["href"], "s3://b/k");
    let whole: Vec<String> = entry.addresses().iter().map(|address| address.whole().to_owned()).collect();
    assert_eq!(
        whole,
        ["https://h.example/d/SCL.tif?sig=SECRET#SECRET", "https://u:SECRET@h.example/B04.tif?sig=SECRET"]
    );
    assert_eq!(entry.asset_href(&["scl"]), Some("../d/SCL.tif?sig=SECRET#SECRET"));

    let local = Entry::parse(document, &Place::File("i.json".into())).unwrap().inert_document();
    assert!(!local["assets"]["B04"].to_string().contains("SECRET"));
    let plain = parsed(json!({ "type": "Feature", "id": "x", "properties": { "datetime": "2024-01-01T10:00:00Z" },
        "assets": { "SCL": { "href": "bands/SCL.tif" } } }));
    assert_eq!(plain.inert_document(), plain.document);
}

#[test]
fn an_item_lies_where_it_says_unless_that_is_elsewhere() {
    let own = |href: &str| {
        let mut document = item(json!({ "datetime": "2024-01-01T10:00:00Z" }));
        document["links"] = json!([{ "rel": "self", "href": href }]);
        Entry::parse(document, &web("https://h.example/search")).unwrap().place
    };
    assert_eq!(own("https://h.example/c/i"), web("https://h.example/c/i"));
    for elsewhere in ["https://other.example/c/i", "file:///c/i", "s3://c/i"] {
        assert_eq!(own(elsewhere), web("https://h.example/search"), "{elsewhere}");
    }
}
