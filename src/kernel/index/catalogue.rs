//! Names, formulas, bands and sources of the indices (METHODS section 4).

use super::Index;
use super::Role::{self, Blue, Green, Nir, NirNarrow, Red, RedEdge2, RedEdge3, Swir1, Swir2};

/// What is known of one index.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) formula: &'static str,
    pub(super) bands: &'static [Role],
    pub(super) scale_invariant: bool,
    pub(super) source: &'static str,
}

const fn entry(
    name: &'static str,
    formula: &'static str,
    bands: &'static [Role],
    scale_invariant: bool,
    source: &'static str,
) -> Entry {
    Entry { name, formula, bands, scale_invariant, source }
}

/// One entry an index, in the order of [`Index::ALL`].
#[rustfmt::skip]
pub(super) static CATALOGUE: [Entry; Index::ALL.len()] = [
    entry("NBR", "(N - S2) / (N + S2)", &[Nir, Swir2], true,
        "Lopez Garcia & Caselles 1991, doi 10.1080/10106049109354290; Key & Benson 2006, USDA RMRS-GTR-164-CD"),
    entry("NBR2", "(S1 - S2) / (S1 + S2)", &[Swir1, Swir2], true,
        "USGS, Landsat Normalized Burn Ratio 2"),
    entry("MIRBI", "10 S2 - 9.8 S1 + 2", &[Swir1, Swir2], false,
        "Trigg & Flasse 2001, doi 10.1080/01431160110053185"),
    entry("CSI", "N / S2", &[Nir, Swir2], true,
        "Smith et al. 2005, doi 10.1016/j.rse.2005.04.014"),
    entry("BAI", "1 / ((0.1 - R)^2 + (0.06 - N)^2)", &[Red, Nir], false,
        "Chuvieco, Martin & Palacios 2002, doi 10.1080/01431160210153129"),
    entry("BAIM", "1 / ((N - 0.05)^2 + (S2 - 0.2)^2)", &[Nir, Swir2], false,
        "Martin, Gomez & Chuvieco 2006, doi 10.1016/j.foreco.2006.08.248"),
    entry("BAIS2", "(1 - sqrt(RE2 RE3 N2 / R)) ((S2 - N2) / sqrt(S2 + N2) + 1)",
        &[Red, RedEdge2, RedEdge3, NirNarrow, Swir2], false,
        "Filipponi 2018, doi 10.3390/ecrs-2-05177"),
    entry("NBRplus", "(S2 - N2 - G - B) / (S2 + N2 + G + B)", &[Blue, Green, NirNarrow, Swir2], true,
        "Alcaras et al. 2022, doi 10.3390/rs14071727"),
    entry("NBRSWIR", "(S2 - S1 - 0.02) / (S2 + S1 + 0.1)", &[Swir1, Swir2], false,
        "Liu et al. 2020, doi 10.1080/22797254.2020.1738900"),
    entry("NDVI", "(N - R) / (N + R)", &[Nir, Red], true,
        "Rouse et al. 1974, NASA SP-351"),
    entry("kNDVI", "tanh(NDVI^2)", &[Nir, Red], true,
        "Camps-Valls et al. 2021, doi 10.1126/sciadv.abc7447"),
    entry("NDMI", "(N - S1) / (N + S1)", &[Nir, Swir1], true,
        "Gao 1996, doi 10.1016/S0034-4257(96)00067-3"),
    entry("BSI", "((S1 + R) - (N + B)) / ((S1 + R) + (N + B))", &[Blue, Red, Nir, Swir1], true,
        "Rikimaru, Roy & Miyatake 2002, Tropical Ecology 43"),
    entry("NDWI", "(G - N) / (G + N)", &[Green, Nir], true,
        "McFeeters 1996, doi 10.1080/01431169608948714"),
    entry("MNDWI", "(G - S1) / (G + S1)", &[Green, Swir1], true,
        "Xu 2006, doi 10.1080/01431160600589179"),
    entry("NDSI", "(G - S1) / (G + S1)", &[Green, Swir1], true,
        "Hall, Riggs & Salomonson 1995, doi 10.1016/0034-4257(95)00137-P"),
];
