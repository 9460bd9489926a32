//! What may be asked for: the scenario as a plain value, its defaults, its bounds and its description.

use super::shape::Shape;
use crate::error::{Error, Result};
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;

/// Pixels of a full Sentinel-2 tile a side at 10 m.
pub const TILE: usize = 10_980;

/// North-western corner of tile 37UCR in EPSG:32637: the country around Kupiansk.
const CORNER: (f64, f64) = (300_000.0, 5_600_040.0);

/// Which acquisition of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[allow(missing_docs)]
pub enum Date {
    Before,
    After,
}

impl Date {
    /// 0 for before, 1 for after: the place in a pair of settings.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// The time of year: what the crops look like and how high the sun stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Season {
    /// Bare and ploughed fields, winter wheat, trees losing leaves, a low sun.
    LateNovember,
    /// Winter wheat growing, ploughed fields, dry grass of last year.
    Spring,
    /// Ripe and harvested grain, green sunflower and maize, a high sun.
    Summer,
}

impl Season {
    /// Sun height over the horizon in degrees (at the sensor's passage, latitude 50 degrees north).
    pub const fn sun_height(self) -> f32 {
        match self {
            Self::LateNovember => 20.0,
            Self::Spring => 44.0,
            Self::Summer => 58.0,
        }
    }

    /// Direction of the sun in degrees from north, clockwise.
    pub const fn sun_azimuth(self) -> f32 {
        match self {
            Self::LateNovember => 170.0,
            Self::Spring => 160.0,
            Self::Summer => 150.0,
        }
    }

    /// Dates that fit the season, for file names and metadata.
    pub const fn day(self, date: Date) -> &'static str {
        match (self, date) {
            (Self::LateNovember, Date::Before) => "2025-11-05",
            (Self::LateNovember, Date::After) => "2025-11-25",
            (Self::Spring, Date::Before) => "2025-03-20",
            (Self::Spring, Date::After) => "2025-04-14",
            (Self::Summer, Date::Before) => "2025-07-03",
            (Self::Summer, Date::After) => "2025-07-28",
        }
    }
}

/// What happens between the two acquisitions.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Events {
    /// Share of the scene's pixels that burn, placed by the seed where fuel is.
    pub burned: f32,
    /// Burns at given places, beside the share; they burn whatever carries fuel.
    pub burns: Vec<Shape>,
    /// Share of the stubble fields that are ploughed.
    pub ploughing: f32,
    /// Share of the ripe fields that are harvested.
    pub harvest: f32,
    /// Share of their leaves that deciduous trees lose.
    pub leaf_fall: f32,
    /// Share of the winter crops (in spring also of the fallow land) that grows markedly greener.
    pub green_up: f32,
    /// Share of the scene under snow on the later date.
    pub snow: f32,
    /// Share of the scene that water newly covers.
    pub flood: f32,
}

impl Events {
    /// What is usual in the season, with 3 % burned.
    pub fn usual(season: Season) -> Self {
        let still = Self::none();
        match season {
            Season::LateNovember => {
                Self { burned: 0.03, ploughing: 0.25, harvest: 0.4, leaf_fall: 0.8, green_up: 0.15, ..still }
            }
            Season::Spring => Self { burned: 0.03, ploughing: 0.5, green_up: 0.6, ..still },
            Season::Summer => Self { burned: 0.03, ploughing: 0.3, harvest: 0.6, ..still },
        }
    }

    /// Nothing happens.
    pub fn none() -> Self {
        Self {
            burned: 0.0,
            burns: Vec::new(),
            ploughing: 0.0,
            harvest: 0.0,
            leaf_fall: 0.0,
            green_up: 0.0,
            snow: 0.0,
            flood: 0.0,
        }
    }

    fn shares(&self) -> [(&'static str, f32); 7] {
        [
            ("burned share", self.burned),
            ("ploughing", self.ploughing),
            ("harvest", self.harvest),
            ("leaf fall", self.leaf_fall),
            ("green-up", self.green_up),
            ("snow", self.snow),
            ("flood", self.flood),
        ]
    }
}

/// A change of the later acquisition's radiometry that has nothing to do with the ground.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Drift {
    /// Factor on the reflectance of every band.
    pub gain: f32,
    /// Reflectance that haze adds in the blue; it falls with the fourth power of the wavelength's ratio.
    pub haze: f32,
    /// Standard deviation of a slow change over tens of kilometres, as a share of the reflectance.
    pub slow: f32,
}

impl Drift {
    /// No drift at all.
    pub const NONE: Self = Self { gain: 1.0, haze: 0.0, slow: 0.0 };
}

/// A pair of simulated acquisitions. `build` turns it into a [`World`](super::World) that yields pixels.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Scenario {
    /// Everything random follows from it.
    pub seed: u64,
    /// 10 m pixels a side: even, 16 to 10,980.
    pub size10: usize,
    /// The 10 m grid that is written on the product; the pixels do not depend on it.
    pub grid10: Grid,
    /// Time of year.
    pub season: Season,
    /// Share of each date under visible cloud, thin cloud included.
    pub cloud_share: [f32; 2],
    /// Share of each date without data: a wedge in the west before, in the east after.
    pub nodata_share: [f32; 2],
    /// What happens on the ground.
    pub events: Events,
    /// Added to every DN but nodata: 1000 since processing baseline 04.00, else 0.
    pub offset_dn: i32,
    /// Misregistration of the later date in 10 m pixels: its pixel (c, r) shows the ground at (c, r) + shift.
    pub shift_px: (f32, f32),
    /// Radiometric drift of the later date.
    pub drift: Drift,
    /// Factor on the sensor's noise; 0 for none.
    pub noise: f32,
    /// Number of the look: sky and sensor noise follow from it, the ground does not. With 0 from the seed alone.
    pub look: u32,
}

impl Scenario {
    /// The usual scenario of a season: 3 % burned, some cloud after, a tenth of a pixel misregistered.
    ///
    /// # Errors
    /// `Usage` when the size is odd, below 16 or above a full tile.
    pub fn new(seed: u64, size10: usize, season: Season) -> Result<Self> {
        check_size(size10)?;
        let crs = Crs::from_epsg(32637)?;
        Ok(Self {
            seed,
            size10,
            grid10: Grid::new(crs, CORNER, (10.0, 10.0), (size10, size10))?,
            season,
            cloud_share: [0.02, 0.06],
            nodata_share: [0.0, 0.0],
            events: Events::usual(season),
            offset_dn: 0,
            shift_px: (0.1, -0.1),
            drift: Drift { gain: 1.01, haze: 0.002, slow: 0.005 },
            noise: 1.0,
            look: 0,
        })
    }

    /// Whether the scenario can be built.
    ///
    /// # Errors
    /// `Usage` that names the first setting that is out of bounds.
    pub fn check(&self) -> Result<()> {
        check_size(self.size10)?;
        let side = (self.grid10.width(), self.grid10.height());
        if side != (self.size10, self.size10) {
            return Err(Error::usage(format!("a grid of {side:?} pixels does not fit {} pixels a side", self.size10)));
        }
        for (name, share) in self.events.shares() {
            check_range(name, share, 0.0, 1.0)?;
        }
        for (name, [before, after], most) in
            [("cloud share", self.cloud_share, 1.0), ("nodata share", self.nodata_share, 0.5)]
        {
            check_range(name, before, 0.0, most)?;
            check_range(name, after, 0.0, most)?;
        }
        check_range("gain", self.drift.gain, 0.5, 2.0)?;
        check_range("haze", self.drift.haze, 0.0, 0.2)?;
        check_range("slow drift", self.drift.slow, 0.0, 0.2)?;
        check_range("noise", self.noise, 0.0, 100.0)?;
        check_range("shift east", self.shift_px.0, -64.0, 64.0)?;
        check_range("shift south", self.shift_px.1, -64.0, 64.0)?;
        self.events.burns.iter().try_for_each(Shape::check)?;
        if !(0..=10_000).contains(&self.offset_dn) {
            return Err(Error::usage(format!("the DN offset {} is not within 0..=10000", self.offset_dn)));
        }
        Ok(())
    }

    /// What a product made of this scenario must say about itself, in a fixed order, the word SIMULATED first.
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("SIMULATED", "SIMULATED by groundtell simulate: not an observation of any place".to_owned()),
            ("seed", self.seed.to_string()),
            ("size", format!("{0} x {0} pixels of 10 m", self.size10)),
            ("grid", format!("{}, corner {:?}", self.grid10.crs(), self.grid10.origin())),
            ("season", format!("{:?}", self.season)),
            ("before", self.season.day(Date::Before).to_owned()),
            ("after", self.season.day(Date::After).to_owned()),
            ("sun height", format!("{} degrees", self.season.sun_height())),
            ("sun azimuth", format!("{} degrees", self.season.sun_azimuth())),
            ("cloud share", format!("{} before, {} after", self.cloud_share[0], self.cloud_share[1])),
            ("nodata share", format!("{} before, {} after", self.nodata_share[0], self.nodata_share[1])),
        ];
        lines.extend(self.events.shares().map(|(name, share)| (name, share.to_string())));
        lines.extend([
            ("given burns", self.events.burns.len().to_string()),
            ("DN", format!("round(10000 * reflectance) + {}, 0 is nodata", self.offset_dn)),
            ("shift", format!("{:?} pixels of 10 m (after)", self.shift_px)),
            ("drift", format!("gain {}, haze {}, slow {}", self.drift.gain, self.drift.haze, self.drift.slow)),
            ("noise", format!("{} of the sensor's", self.noise)),
            ("truth", super::truth::Truth::legend()),
        ]);
        lines
    }
}

fn check_size(size10: usize) -> Result<()> {
    if size10.is_multiple_of(2) && (16..=TILE).contains(&size10) {
        return Ok(());
    }
    Err(Error::usage(format!("{size10} pixels a side cannot be simulated"))
        .hint(format!("give an even number from 16 to {TILE}")))
}

fn check_range(name: &str, value: f32, low: f32, high: f32) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::usage(format!("{name} {value} is not within {low}..={high}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_bounds_are_refused_by_name() {
        for (size, good) in [(15, false), (17, false), (16, true), (10_980, true), (10_982, false)] {
            assert_eq!(Scenario::new(1, size, Season::Summer).is_ok(), good, "{size}");
        }
        let sound = Scenario::new(1, 64, Season::Spring).unwrap();
        sound.check().unwrap();
        let cloudy = Scenario { cloud_share: [0.0, f32::NAN], ..sound.clone() };
        assert!(cloudy.check().unwrap_err().to_string().starts_with("cloud share NaN"));
        let bare = Scenario { size10: 66, ..sound.clone() };
        assert!(bare.check().unwrap_err().to_string().contains("does not fit"));
        assert!(Scenario { offset_dn: -1, ..sound }.check().is_err());
    }

    #[test]
    fn the_description_says_that_it_is_simulated_first() {
        let lines = Scenario::new(7, 64, Season::LateNovember).unwrap().describe();
        assert_eq!(lines[0].0, "SIMULATED");
        assert!(lines[0].1.starts_with("SIMULATED"));
        assert!(lines.iter().any(|(name, value)| *name == "seed" && value == "7"));
    }
}
