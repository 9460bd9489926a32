//! What the name of a Sentinel-1 file or band says: polarisation, date, relative orbit.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::time::date_in;

/// A polarisation of a dual-pol acquisition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Polarisation {
    Vv,
    Vh,
}

impl Polarisation {
    /// Both, VV first.
    pub const ALL: [Self; 2] = [Self::Vv, Self::Vh];

    /// Its name in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vv => "vv",
            Self::Vh => "vh",
        }
    }
}

/// What a name says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Named {
    /// Day of acquisition, UTC.
    pub date: Option<Date>,
    /// Polarisation.
    pub polarisation: Option<Polarisation>,
    /// Relative orbit (track), 1 to 175.
    pub orbit: Option<u16>,
}

/// Relative orbits of Sentinel-1.
const ORBITS: u32 = 175;

impl Named {
    /// Reads a file name, scene identifier or band description: ESA's (`S1A_IW_GRDH_1SDV_<start>_<stop>_<absolute
    /// orbit>_...`), OPERA's (`..._T137-292319-IW2_<start>_..._VV`), or plain ones such as `S1_VV_20180101`,
    /// `vh_2018-01-01_orb88`.
    pub fn read(name: &str) -> Self {
        let tokens: Vec<&str> =
            name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|token| !token.is_empty()).collect();
        let polarisation = tokens.iter().find_map(|token| {
            Polarisation::ALL.into_iter().find(|polarisation| token.eq_ignore_ascii_case(polarisation.word()))
        });
        let orbit = tokens.iter().find_map(|token| said(token)).or_else(|| of_scene(&tokens));
        Self { date: date_in(name), polarisation, orbit }
    }

    /// The same with what `other` says where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            date: self.date.or(other.date),
            polarisation: self.polarisation.or(other.polarisation),
            orbit: self.orbit.or(other.orbit),
        }
    }
}

/// A token that names a track: `T137`, `R088`, `orb88`, `orbit88`, `track137`.
fn said(token: &str) -> Option<u16> {
    let digits = token.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (word, whole) = (&token[..token.len() - digits.len()], digits.bytes().all(|byte| byte.is_ascii_digit()));
    let known = match word.to_ascii_lowercase().as_str() {
        "t" | "r" => digits.len() == 3,
        "orb" | "orbit" | "ro" | "track" => (1..=3).contains(&digits.len()),
        _ => false,
    };
    let number: u16 = digits.parse().ok()?;
    (known && whole && (1..=ORBITS).contains(&u32::from(number))).then_some(number)
}

/// The relative orbit behind the absolute one of an ESA scene identifier, by platform (ESA's product naming;
/// Sentinel-1C changed its phase in June 2026, after absolute orbit 8018).
fn of_scene(tokens: &[&str]) -> Option<u16> {
    let at = tokens.iter().position(|token| ["S1A", "S1B", "S1C", "S1D"].contains(token))?;
    let parts = tokens.get(at..)?;
    let moment = |token: &&str| token.len() == 15 && token.as_bytes().get(8) == Some(&b'T');
    let start = parts.windows(3).position(|three| moment(&three[0]) && moment(&three[1]) && three[2].len() == 6)?;
    let absolute: u32 = parts.get(start + 2)?.parse().ok()?;
    let phase = match (*parts.first()?, absolute) {
        ("S1A", _) => 73,
        ("S1B", _) => 27,
        ("S1C", ..=8018) => 172,
        ("S1C", _) => 99,
        _ => 42,
    };
    u16::try_from(absolute.checked_sub(phase)? % ORBITS + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_makers_are_read() {
        use Polarisation::{Vh, Vv};
        for (name, date, polarisation, orbit) in [
            (
                "OPERA_L2_RTC-S1_T137-292319-IW2_20211119T015858Z_20250830T120333Z_S1A_30_v1.0_VH.tif",
                Some("2021-11-19"),
                Some(Vh),
                Some(137),
            ),
            (
                "20141012 S1A_IW_GRDH_1SDV_20141012T233201_20141012T233226_002803_003287_1E3D",
                Some("2014-10-12"),
                None,
                Some(106),
            ),
            ("S1_VV_20180101.tif", Some("2018-01-01"), Some(Vv), None),
            ("vh_2018-01-01_orb88.tif", Some("2018-01-01"), Some(Vh), Some(88)),
            ("S1_VV_dB100_98scenes.tif", None, Some(Vv), None),
            ("scene", None, None, None),
            ("R999_T12", None, None, None),
        ] {
            let read = Named::read(name);
            assert_eq!(read.date.map(|date| date.to_string()).as_deref(), date, "{name}");
            assert_eq!((read.polarisation, read.orbit), (polarisation, orbit), "{name}");
        }
    }

    #[test]
    fn platforms_have_their_own_phase() {
        for (platform, absolute, due) in [
            ("S1A", "002803", 106),
            ("S1B", "026269", 168),
            ("S1C", "001681", 110),
            ("S1C", "008019", 46),
            ("S1D", "002389", 73),
        ] {
            let name = format!("{platform}_IW_GRDH_1SDV_20210401T052623_20210401T052648_{absolute}_032297_ECC8");
            assert_eq!(Named::read(&name).orbit, Some(due), "{name}");
        }
    }
}
