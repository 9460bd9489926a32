//! How the keys of a claim file are written, for hints.

/// How a key is written, for a hint.
pub(in crate::claim) fn example(key: &str) -> Option<&'static str> {
    let examples = [
        ("id", "id = \"kupiansk-1\""),
        ("text", "text = \"the words as they were said\""),
        ("source", "source = \"who said it, where\""),
        ("source_sha256", "source_sha256 = \"...\", the 64 digits that sha256sum prints for the archived source"),
        ("made_at", "made_at = \"2025-11-28\""),
        ("asserts", "asserts = \"occurred\" or asserts = \"did_not_occur\""),
        ("aoi", "aoi = \"area.geojson\""),
        ("bbox", "bbox = [37.5, 49.6, 37.8, 49.8], which is west, south, east, north in degrees"),
        ("location_error_m", "location_error_m = 500"),
        ("window", "window = [\"2025-11-20\", \"2025-11-30\"], the first and the last day"),
        ("kinds", "kinds = [\"burned_fields\", \"thermal\"]"),
        ("smallest_effect", "smallest_effect = { burned_fields = 10, thermal = \"heavy\" }"),
        ("sides", "sides = [\"one\", \"another\"]"),
        ("prior", "prior = 0.5"),
        ("before", "before = [\"2025-11-18.tif\"]"),
        ("after", "after = [\"2025-12-01.tif\"]"),
        ("before_date", "before_date = \"2025-11-18\""),
        ("after_date", "after_date = \"2025-12-01\""),
        ("bands", "bands = [\"B04\", \"B8A\", \"B12\", \"SCL\"]"),
        ("scale", "scale = 0.0001"),
        ("offset", "offset = -0.1"),
        ("stack", "stack = [\"radar\"]"),
        ("hotspots", "hotspots = [\"firms.csv\"]"),
        ("claim", "[[claim]] once for each claim"),
        ("imagery", "[claim.imagery] with before = [..] and after = [..] below it"),
        ("control", "[[claim.imagery.control]] with before = [..] and after = [..] below it"),
    ];
    examples.iter().find(|(name, _)| *name == key).map(|(_, example)| *example)
}
