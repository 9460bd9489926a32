//! File names of bands, as ESA, Earth Search, USGS and users write them.

use crate::scene::sensor::is_band_name;

/// Endings of the rasters that are read.
const RASTERS: [&str; 4] = ["jp2", "j2k", "tif", "tiff"];

/// The name without its ending, if it is that of a raster.
pub(super) fn raster_stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let known = RASTERS.iter().any(|known| ending.eq_ignore_ascii_case(known));
    (known && !stem.is_empty() && !stem.starts_with('.')).then_some(stem)
}

/// The band's part of a file's stem, if there is one: `B02` of `T33UUU_20170216T102101_B02_10m`,
/// `SR_B5` of `LC08_.._T1_SR_B5`, `QA_PIXEL`, `nir`. Thermal bands (`ST_B10`) are none.
pub(super) fn band_in(stem: &str) -> Option<&str> {
    let plain = ["_10m", "_20m", "_60m"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let last = plain.rfind(['_', '-', '.', ' ']).map_or(0, |at| at + 1);
    let before = plain.get(..last).unwrap_or_default();
    let group = before.trim_end_matches(['_', '-', '.', ' ']).rsplit(['_', '-', '.', ' ']).next().unwrap_or_default();
    let ends = |word: &str| before.ends_with('_') && group.eq_ignore_ascii_case(word);
    let word = plain.get(last..)?;
    let start = if ends("ST") {
        return None;
    } else if (ends("SR") && word.starts_with(['B', 'b'])) || (ends("QA") && word.eq_ignore_ascii_case("pixel")) {
        last - 3
    } else {
        last
    };
    plain.get(start..).filter(|name| is_band_name(name))
}

/// Whether a name is that of a Landsat Collection 2 Level 2 product.
pub(super) fn is_landsat_collection2(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    matches!(parts.as_slice(), [_, "L2SP" | "L2SR", _, _, _, "02", ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_found_in_the_names_of_all_agencies() {
        for (stem, band) in [
            ("T33UUU_20170216T102101_B02", Some("B02")),
            ("T33UUU_20170216T102101_B8A_20m", Some("B8A")),
            ("T33UUU_20170216T102101_SCL_20m", Some("SCL")),
            ("S2A_37UCR_20251120_0_L2A_B02", Some("B02")),
            ("B02", Some("B02")),
            ("nir", Some("nir")),
            ("antes_B8A", Some("B8A")),
            ("post_B8A", Some("B8A")),
            ("ST_B10", None),
            ("LC08_L2SP_003071_20200725_20200908_02_T1_SR_B5", Some("SR_B5")),
            ("LC08_L2SP_003071_20200725_20200908_02_T1_QA_PIXEL", Some("QA_PIXEL")),
            ("LC08_L2SP_003071_20200725_20200908_02_T1_ST_B10", None),
            ("LC08_L2SP_003071_20200725_20200908_02_T1_QA_RADSAT", None),
            ("T33UUU_20170216T102101_TCI_10m", None),
            ("dNBR", None),
            ("", None),
            ("é_é", None),
        ] {
            assert_eq!(band_in(stem), band, "{stem}");
        }
    }

    #[test]
    fn only_rasters_have_a_stem() {
        assert_eq!(raster_stem("a_SR_B5.TIF"), Some("a_SR_B5"));
        assert_eq!(raster_stem("B02.tif.aux.xml"), None);
        assert_eq!(raster_stem(".tif"), None);
    }

    #[test]
    fn landsat_products_are_known_by_name() {
        assert!(is_landsat_collection2("LC08_L2SP_003071_20200725_20200908_02_T1_SR_B5"));
        assert!(!is_landsat_collection2("LC08_L1TP_003071_20200725_20200908_02_T1_B5"));
    }
}
