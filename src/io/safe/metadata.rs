//! What Sentinel-2's metadata documents say: MTD_MSIL2A.xml or MTD_MSIL1C.xml of the product, and
//! MTD_TL.xml of the granule (metadata.xml in the layout of the AWS archive).

use super::xml::{Element, elements};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::scene::scale::{Baseline, Declared};
use crate::scene::sensor::{Band, is_mgrs};
use crate::text::Foreign;

/// Bands in the order of `band_id`.
const BAND_IDS: [Band; 13] = [
    Band::Coastal,
    Band::Blue,
    Band::Green,
    Band::Red,
    Band::RedEdge1,
    Band::RedEdge2,
    Band::RedEdge3,
    Band::Nir,
    Band::NirNarrow,
    Band::WaterVapour,
    Band::Cirrus,
    Band::Swir1,
    Band::Swir2,
];

/// The documents' contents, as far as they are of use. Texts are untrusted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// `PRODUCT_URI`, the product's name.
    pub name: Option<Foreign>,
    /// `PROCESSING_LEVEL`, such as `Level-2A`.
    pub level: Option<Foreign>,
    /// `SPACECRAFT_NAME`, such as `Sentinel-2B`.
    pub platform: Option<Foreign>,
    /// `PRODUCT_START_TIME`, else the granule's `SENSING_TIME`.
    pub datetime: Option<Foreign>,
    /// The MGRS tile, such as `33UUU`.
    pub tile: Option<String>,
    /// `SENSING_ORBIT_NUMBER`, which is the relative orbit.
    pub relative_orbit: Option<u32>,
    /// `PROCESSING_BASELINE`.
    pub baseline: Option<Baseline>,
    /// `BOA_QUANTIFICATION_VALUE` (Level-1C: `QUANTIFICATION_VALUE`).
    pub quantification: Option<f64>,
    /// `BOA_ADD_OFFSET` (Level-1C: `RADIO_ADD_OFFSET`) of every band, in digital numbers.
    pub offsets: Vec<(Band, f64)>,
    /// Mean solar zenith, degrees.
    pub sun_zenith: Option<f64>,
    /// Mean solar azimuth, degrees clockwise from north.
    pub sun_azimuth: Option<f64>,
}

impl Metadata {
    /// Takes in the product's document.
    ///
    /// # Errors
    /// `Malformed` for broken XML or a number that is none, `Limit` for an oversized document.
    pub fn read_product(&mut self, document: &[u8], limits: &Limits) -> Result<()> {
        self.read(document, limits, Self::product_element)
    }

    /// Takes in the granule's document.
    ///
    /// # Errors
    /// As for [`Metadata::read_product`].
    pub fn read_granule(&mut self, document: &[u8], limits: &Limits) -> Result<()> {
        self.read(document, limits, Self::granule_element)
    }

    fn read(
        &mut self,
        document: &[u8],
        limits: &Limits,
        take: fn(&mut Self, &Element<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut first = Ok(());
        elements(document, limits, |element| {
            if first.is_ok() {
                first = take(self, element);
            }
        })?;
        first
    }

    fn product_element(&mut self, element: &Element<'_>) -> Result<()> {
        let text = || Some(Foreign::new(element.text()));
        match element.name() {
            "PRODUCT_URI" => {
                self.tile = self.tile.take().or_else(|| tile_in(element.text()));
                self.name = text();
            }
            "PROCESSING_LEVEL" => self.level = text(),
            "SPACECRAFT_NAME" => self.platform = text(),
            "PRODUCT_START_TIME" => self.datetime = text(),
            "SENSING_ORBIT_NUMBER" => self.relative_orbit = Some(number(element)?),
            "PROCESSING_BASELINE" => self.baseline = Some(baseline(element.text())?),
            "BOA_QUANTIFICATION_VALUE" | "QUANTIFICATION_VALUE" => self.quantification = Some(number(element)?),
            "BOA_ADD_OFFSET" | "RADIO_ADD_OFFSET" => self.offsets.push((band_of(element)?, number(element)?)),
            _ => {}
        }
        Ok(())
    }

    fn granule_element(&mut self, element: &Element<'_>) -> Result<()> {
        if element.ends(&["Mean_Sun_Angle", "ZENITH_ANGLE"]) {
            self.sun_zenith = Some(number(element)?);
        } else if element.ends(&["Mean_Sun_Angle", "AZIMUTH_ANGLE"]) {
            self.sun_azimuth = Some(number(element)?);
        } else if element.name() == "SENSING_TIME" && self.datetime.is_none() {
            self.datetime = Some(Foreign::new(element.text()));
        } else if element.name() == "TILE_ID" {
            self.tile_id(element.text());
        }
        Ok(())
    }

    /// The granule's id gives tile, baseline and platform where no product document did:
    /// `S2A_OPER_MSI_L2A_TL_2APS_20240108T121951_A044635_T34VEL_N05.10`.
    fn tile_id(&mut self, id: &str) {
        self.tile = self.tile.take().or_else(|| tile_in(id));
        let last = id.rsplit('_').next().unwrap_or_default();
        self.baseline = self.baseline.or_else(|| Baseline::parse(last));
        let unit = id.strip_prefix("S2").and_then(|rest| rest.chars().next());
        let unit = unit.filter(char::is_ascii_uppercase);
        self.platform = self.platform.take().or_else(|| unit.map(|unit| Foreign::new(format!("Sentinel-2{unit}"))));
    }

    /// What this says of the numbers. Bands with different offsets are not read as one scene.
    ///
    /// # Errors
    /// `Unsupported` when the offset is not the same in all bands.
    pub fn declared(&self) -> Result<Declared> {
        let mut offsets = self.offsets.iter().map(|(_, offset)| *offset);
        let first = offsets.next();
        if offsets.any(|offset| Some(offset) != first) {
            return Err(Error::unsupported("the bands have different offsets, which is not read")
                .hint("state one scale for all with --scale and --offset"));
        }
        Ok(Declared {
            baseline: self.baseline,
            quantification: self.quantification,
            boa_add_offset: first,
            source: "metadata of the product".into(),
            ..Declared::default()
        })
    }
}

/// The tile in a product's or granule's name: `.._T33UUU_..`.
pub(crate) fn tile_in(name: &str) -> Option<String> {
    let parts = name.split(['_', '.']).map(|part| part.strip_prefix('T').unwrap_or(part));
    parts.into_iter().find(|part| is_mgrs(part)).map(str::to_owned)
}

fn baseline(text: &str) -> Result<Baseline> {
    Baseline::parse(text).ok_or_else(|| Error::malformed(format!("{} is no processing baseline", Foreign::new(text))))
}

fn number<N: std::str::FromStr>(element: &Element<'_>) -> Result<N> {
    element.text().parse().map_err(|_| {
        Error::malformed(format!("{} is {}, which is no number", element.name(), Foreign::new(element.text())))
    })
}

fn band_of(element: &Element<'_>) -> Result<Band> {
    let id = element.attribute("band_id").and_then(|id| id.parse::<usize>().ok());
    id.and_then(|id| BAND_IDS.get(id).copied())
        .ok_or_else(|| Error::malformed(format!("{} is for no band from 0 to 12", element.name())))
}
