//! Well-known text (OGC 01-009) of the reference systems that are read.

const WGS84: &str = concat!(
    r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],"#,
    r#"AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],"#,
    r#"UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#
);
const ETRS89: &str = concat!(
    r#"GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989","#,
    r#"SPHEROID["GRS 1980",6378137,298.257222101,AUTHORITY["EPSG","7019"]],AUTHORITY["EPSG","6258"]],"#,
    r#"PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],"#,
    r#"UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4258"]]"#
);
/// Web Mercator is spherical on ellipsoidal coordinates, which this text can say only beside itself.
const SPHERICAL: &str = concat!(
    r#",EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 "#,
    r#"+units=m +nadgrids=@null +wktext +no_defs"]"#
);

/// Name and definition of the system with this EPSG code; a code that [`crate::geom::crs::Crs`]
/// does not know is "undefined".
pub(super) fn describe(code: u32) -> (String, String) {
    match code {
        4326 => ("WGS 84".into(), WGS84.into()),
        3857 => projected(
            code,
            "WGS 84 / Pseudo-Mercator",
            WGS84,
            "Mercator_1SP",
            &[("central_meridian", 0.0), ("scale_factor", 1.0), ("false_easting", 0.0), ("false_northing", 0.0)],
            SPHERICAL,
        ),
        3035 => projected(
            code,
            "ETRS89-extended / LAEA Europe",
            ETRS89,
            "Lambert_Azimuthal_Equal_Area",
            &[
                ("latitude_of_center", 52.0),
                ("longitude_of_center", 10.0),
                ("false_easting", 4_321_000.0),
                ("false_northing", 3_210_000.0),
            ],
            "",
        ),
        32601..=32660 => utm(code, code - 32600, 'N', 0.0),
        32701..=32760 => utm(code, code - 32700, 'S', 10_000_000.0),
        _ => (format!("EPSG:{code}"), "undefined".into()),
    }
}

fn utm(code: u32, zone: u32, half: char, northing: f64) -> (String, String) {
    let meridian = f64::from(zone) * 6.0 - 183.0;
    projected(
        code,
        &format!("WGS 84 / UTM zone {zone}{half}"),
        WGS84,
        "Transverse_Mercator",
        &[
            ("latitude_of_origin", 0.0),
            ("central_meridian", meridian),
            ("scale_factor", 0.9996),
            ("false_easting", 500_000.0),
            ("false_northing", northing),
        ],
        "",
    )
}

fn projected(
    code: u32,
    name: &str,
    base: &str,
    method: &str,
    parameters: &[(&str, f64)],
    more: &str,
) -> (String, String) {
    let parameters: String =
        parameters.iter().map(|(name, value)| format!(r#",PARAMETER["{name}",{value}]"#)).collect();
    let axes = if code == 3035 {
        r#"AXIS["Northing",NORTH],AXIS["Easting",EAST]"#
    } else {
        r#"AXIS["Easting",EAST],AXIS["Northing",NORTH]"#
    };
    let unit = r#"UNIT["metre",1,AUTHORITY["EPSG","9001"]]"#;
    let text = format!(
        r#"PROJCS["{name}",{base},PROJECTION["{method}"]{parameters},{unit},{axes}{more},AUTHORITY["EPSG","{code}"]]"#
    );
    (name.to_owned(), text)
}
