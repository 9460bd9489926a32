//! The decision itself: the user's word, else the declarations, held against the pixels.

use super::{Baseline, Confidence, Decision, Declared, Measured, Scale, telling};
use crate::error::{Error, Result};
use crate::scene::sensor::{Band, Sensor};

/// Digital numbers of zero reflectance in Sentinel-2 products of baseline 04.00 and later.
const SENTINEL2_OFFSET: f64 = -1000.0;
/// Sentinel-2's quantification value.
const SENTINEL2_GAIN: f64 = 1e-4;
/// Landsat Collection 2 Level 2 surface reflectance (USGS): rho = DN * 2.75e-5 - 0.2.
const LANDSAT: (f64, f64) = (2.75e-5, -0.2);
/// Least 1st percentile of Landsat Collection 2 numbers; zero reflectance is 7273.
const LANDSAT_LEAST: f64 = 5000.0;
/// Largest share of valid numbers under 900 that an offset of -1000 can explain.
const SHARE_BELOW: f64 = 0.01;
/// A 99th percentile above this is no reflectance.
const BRIGHTEST: f64 = 2.0;

/// Decides how numbers become reflectance. `measured` holds any bands of the scene; classes, coastal,
/// water-vapour and cirrus bands do not count. `user_scale` and `user_offset` override everything:
/// reflectance = number * scale + offset.
///
/// # Errors
/// `Mismatch` when the pixels contradict what is declared, `Missing` when nothing says what the
/// numbers mean, `Usage` for a scale or offset that makes no sense. The hint names `--offset` or
/// `--scale`.
pub fn decide(
    sensor: Sensor,
    dtype_is_float: bool,
    declared: &Declared,
    measured: &[(Band, Measured)],
    user_scale: Option<f64>,
    user_offset: Option<f64>,
) -> Result<Decision> {
    let case = Case { sensor, dtype_is_float, declared, measured: telling(measured) };
    if user_scale.is_some() || user_offset.is_some() {
        return case.told(user_scale, user_offset);
    }
    match sensor {
        _ if dtype_is_float => case.float(),
        Sensor::Sentinel2 => case.sentinel2(),
        Sensor::Landsat4to7 | Sensor::Landsat8to9 => case.landsat(),
        Sensor::Generic => case.generic(),
    }
}

/// What a decision starts from.
struct Case<'a> {
    sensor: Sensor,
    dtype_is_float: bool,
    declared: &'a Declared,
    measured: Vec<(Band, Measured)>,
}

impl Case<'_> {
    fn decision(&self, scale: Scale, why: &str, confidence: Confidence) -> Decision {
        Decision {
            scale,
            declared: declared_in_words(self.declared),
            measured: measured_in_words(&self.measured),
            used: format!("{scale}: {why}"),
            confidence,
            warnings: Vec::new(),
        }
    }

    /// The user's own numbers. A missing scale is the sensor's, a missing offset is none.
    fn told(&self, scale: Option<f64>, offset: Option<f64>) -> Result<Decision> {
        let usual = match self.sensor {
            _ if self.dtype_is_float => Some(1.0),
            Sensor::Sentinel2 => Some(self.sentinel2_gain()),
            Sensor::Landsat4to7 | Sensor::Landsat8to9 => Some(LANDSAT.0),
            Sensor::Generic => self.declared.raster_band_scale,
        };
        let scale = scale.or(usual).ok_or_else(|| {
            Error::usage("an offset without a scale says nothing of a sensor that is not known")
                .hint("give --scale as well, such as --scale 0.0001")
        })?;
        Ok(self.decision(Scale::physical(scale, offset.unwrap_or(0.0))?, "as given", Confidence::Told))
    }

    /// Floating-point numbers are reflectance, unless the file's own tags say otherwise.
    fn float(&self) -> Result<Decision> {
        if let Some(scale) = self.tags()? {
            return Ok(self.decision(scale, "by the file's scale and offset", Confidence::Medium));
        }
        let brightest = self.measured.iter().map(|(_, at)| at.p99).fold(f64::NEG_INFINITY, f64::max);
        if brightest > BRIGHTEST {
            return Err(Error::mismatch(format!(
                "the samples are floating-point, which stands for reflectance, but their 99th percentile is {brightest}"
            ))
            .hint("say what they mean: --scale 0.0001 for reflectance times 10000"));
        }
        let confidence = if self.measured.is_empty() { Confidence::Medium } else { Confidence::High };
        Ok(self.decision(Scale::NONE, "floating-point samples are reflectance", confidence))
    }

    /// The scale and offset of the file's tags, where they are there and do something.
    fn tags(&self) -> Result<Option<Scale>> {
        let (scale, offset) = (self.declared.raster_band_scale, self.declared.raster_band_offset);
        match (scale.unwrap_or(1.0), offset.unwrap_or(0.0)) {
            (1.0, 0.0) => Ok(None),
            (scale, offset) => Scale::physical(scale, offset).map(Some),
        }
    }

    fn sentinel2_gain(&self) -> f64 {
        let quantification = self.declared.quantification.filter(|value| value.is_finite() && *value > 0.0);
        let tag = self.declared.raster_band_scale.filter(|scale| scale.is_finite() && *scale > 0.0 && *scale != 1.0);
        quantification.map(|value| 1.0 / value).or(tag).unwrap_or(SENTINEL2_GAIN)
    }

    fn sentinel2(&self) -> Result<Decision> {
        let gain = self.sentinel2_gain();
        let (claim, why, warnings) = self.sentinel2_claim(gain);
        let dark = self.measured.iter().max_by(|a, b| a.1.share_dn_below_900.total_cmp(&b.1.share_dn_below_900));
        let dark = dark.filter(|(_, at)| at.share_dn_below_900 > SHARE_BELOW);
        if let (Some(offset), Some((band, at))) = (claim.filter(|offset| *offset < 0.0), dark) {
            return Err(contradicted(offset, why, *band, at));
        }
        let confidence = match (claim, dark) {
            (Some(_), _) if self.measured.is_empty() => Confidence::Medium,
            (Some(_), _) => Confidence::High,
            (None, Some(_)) => Confidence::Medium,
            (None, None) => Confidence::Low,
        };
        let scale = Scale { gain, offset_dn: claim.unwrap_or(0.0) };
        let mut decision = self.decision(scale, why, confidence);
        decision.warnings = warnings;
        decision.warnings.extend(self.too_bright(claim, dark.is_some()));
        Ok(decision)
    }

    /// The offset that the declarations add up to (METHODS: -1000 if and only if the baseline is
    /// 04.00 or later and the offset was not applied before), why, and where they disagree.
    fn sentinel2_claim(&self, gain: f64) -> (Option<f64>, &'static str, Vec<String>) {
        let declared = self.declared;
        let tagged = declared.raster_band_offset.map(|offset| (offset / gain).round());
        let explicit = declared.boa_add_offset.or(tagged);
        let old = declared.baseline.is_some_and(|baseline| baseline < Baseline::WITH_OFFSET);
        let (claim, why) = if declared.offset_already_applied == Some(true) {
            (Some(0.0), "the offset was applied before")
        } else if old {
            (Some(0.0), "baselines before 04.00 have no offset")
        } else if let Some(offset) = explicit {
            (Some(offset), "the declared offset")
        } else if declared.baseline.is_some() {
            (Some(SENTINEL2_OFFSET), "baselines from 04.00 on carry an offset of 1000")
        } else {
            (None, "no offset is declared")
        };
        let disputed = [declared.boa_add_offset, tagged].into_iter().flatten().find(|other| Some(*other) != claim);
        let warning = disputed.map(|other| format!("an offset of {other} is declared as well, but {why}"));
        (claim, why, warning.into_iter().collect())
    }

    /// A word of warning when no offset is used although every band is as bright as if it had one.
    fn too_bright(&self, claim: Option<f64>, dark: bool) -> Option<String> {
        let bright = self.measured.iter().all(|(_, at)| at.p1 >= 900.0) && !self.measured.is_empty();
        match claim {
            Some(offset) if offset != 0.0 => None,
            Some(_) if !bright => None,
            None if dark => None,
            None => Some("nothing declares the offset and the pixels do not settle it; no offset is used. For products of baseline 04.00 and later say --offset -0.1".into()),
            Some(_) => Some("hardly a pixel is darker than 900; if the offset was not applied after all, say --offset -0.1".into()),
        }
    }

    fn landsat(&self) -> Result<Decision> {
        if let Some(scale) = self.tags()? {
            return Ok(self.decision(scale, "by the file's scale and offset", Confidence::Medium));
        }
        let scale = Scale::physical(LANDSAT.0, LANDSAT.1)?;
        let fits = self.measured.iter().all(|(_, at)| at.p1 >= LANDSAT_LEAST);
        let why = "Landsat Collection 2 Level 2";
        match (self.declared.landsat_collection2, self.measured.is_empty(), fits) {
            (true, true, _) => Ok(self.decision(scale, why, Confidence::Medium)),
            (true, false, true) => Ok(self.decision(scale, why, Confidence::High)),
            (false, false, true) => {
                Ok(self.decision(scale, "the numbers are those of Collection 2 Level 2", Confidence::Medium))
            }
            (true, false, false) => Err(Error::mismatch(format!(
                "the name says Landsat Collection 2 Level 2, but the numbers are too small for it: {}",
                measured_in_words(&self.measured)
            ))
            .hint("say what they mean: --scale 0.0001 --offset 0 for reflectance times 10000")),
            (false, ..) => {
                Err(unexplained("these Landsat files", "--scale 2.75e-5 --offset -0.2 for Collection 2 Level 2"))
            }
        }
    }

    fn generic(&self) -> Result<Decision> {
        match self.tags()? {
            Some(scale) => Ok(self.decision(scale, "by the file's scale and offset", Confidence::Medium)),
            None => Err(unexplained("this file", "--scale 0.0001 for reflectance times 10000, or --sensor sentinel-2")),
        }
    }
}

fn contradicted(offset: f64, why: &str, band: Band, at: &Measured) -> Error {
    Error::mismatch(format!(
        "an offset of {offset} is claimed to be still in the numbers ({why}), but {:.1} % of the valid pixels of {band} \
         lie below 900 (1st percentile {}): it was applied before",
        at.share_dn_below_900 * 100.0,
        at.p1
    ))
    .hint("say --offset 0 if the offset was applied already, or --offset -0.1 to apply it all the same")
}

fn unexplained(what: &str, how: &str) -> Error {
    Error::missing(format!("nothing says how the numbers of {what} become reflectance")).hint(format!("give {how}"))
}

fn declared_in_words(declared: &Declared) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(declared.baseline.map(|baseline| format!("processing baseline {baseline}")));
    words.extend(declared.quantification.map(|value| format!("quantification {value}")));
    words.extend(declared.boa_add_offset.map(|offset| format!("BOA_ADD_OFFSET {offset}")));
    words.extend(
        declared.offset_already_applied.map(|yes| format!("offset applied before: {}", if yes { "yes" } else { "no" })),
    );
    words.extend(declared.raster_band_scale.map(|scale| format!("scale {scale}")));
    words.extend(declared.raster_band_offset.map(|offset| format!("offset {offset}")));
    words.extend(declared.landsat_collection2.then(|| "Landsat Collection 2 Level 2".to_owned()));
    let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    if declared.source.is_empty() { words } else { format!("{words} ({})", declared.source) }
}

fn measured_in_words(measured: &[(Band, Measured)]) -> String {
    if measured.is_empty() {
        return "nothing".to_owned();
    }
    let one = |(band, at): &(Band, Measured)| {
        format!(
            "{band} {:.2} % below 900, 1st to 99th percentile {} to {}",
            at.share_dn_below_900 * 100.0,
            at.p1,
            at.p99
        )
    };
    measured.iter().map(one).collect::<Vec<_>>().join("; ")
}
