//! The burn map by seed and grow (after Sali et al. 2021, doi 10.3390/rs13112040, and METHODS section 5), with
//! statistics that come from whole counts only, so that a scene of any size is worked off block by block.
//!
//! [`signs`] says what a pixel shows beside dNBR, [`background`] what unburned ground did between the dates,
//! [`membership`] how much a pixel looks like the seeds, [`objects`] which grown objects stand, [`shape`] what
//! an object looks like, [`rivals`] what else might explain it and [`judge`] whether the map can be leant on.

use serde::{Deserialize, Serialize};

pub mod background;
pub mod judge;
pub mod membership;
pub mod objects;
pub mod rivals;
pub mod shape;
pub mod signs;

/// Every constant of the seed and grow strategy. One set serves all scenes; what each does when it is moved by
/// a fifth was measured on real pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// NDVI before from which ground counts as green.
    pub green_ndvi: f64,
    /// NDVI after from which ground is still green.
    pub still_green_ndvi: f64,
    /// Soil laid bare: N + S2 after over N + S2 before is at least this ...
    pub soil_brightening: f64,
    /// ... and S2 after is at least this.
    pub soil_swir2: f64,
    /// The mode of dNBR may lie this far from 0 and still be that of unburned ground.
    pub max_shift: f64,
    /// Least and greatest standard deviation that unburned ground is granted.
    pub sigma: [f64; 2],
    /// A seed's dNBR, its shift taken off, in standard deviations.
    pub seed_z: f64,
    /// dNBR, its shift taken off, that seeds and grown pixels need at least.
    pub floor: f64,
    /// Standard deviations from which a pixel supports its neighbours as seeds ...
    pub support_z: f64,
    /// ... and how many of the 3 x 3 around a seed must.
    pub support: u32,
    /// The control lies below this many standard deviations.
    pub control_z: f64,
    /// How far control and seeds must stand apart for a feature to be used.
    pub distinct: f64,
    /// Score of a seed.
    pub seed_score: f64,
    /// Score down to which seeds grow.
    pub grow_score: f64,
    /// How many of the 3 x 3 around a grown pixel must reach that.
    pub majority: u32,
    /// Gaps up to twice this many metres across are closed.
    pub close_m: f64,
    /// Share of an object's grown pixels that must be seeds.
    pub seed_share: f64,
    /// Rise of MIRBI over the control that char shows at least, where SWIR1 is known.
    pub char_rise: f64,
    /// Mean dNBR from which an object stands even without that rise.
    pub strong_dnbr: f64,
    /// Pixels above the seed threshold that it takes to speak of seeds.
    pub min_seeds: u64,
    /// When the map is called doubtful.
    pub doubt: Doubts,
}

/// When a burn map is called doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Doubts {
    /// Least share of what was seen that is quiet enough to be a control.
    pub control_share: f64,
    /// Greatest mean shift of the background.
    pub shift: f64,
    /// Greatest mean standard deviation of the background.
    pub scatter: f64,
    /// Greatest share of what was seen that is mapped as burned.
    pub burned_share: f64,
    /// Greatest share of soil laid bare among what lies above the seed threshold.
    pub harvest: f64,
    /// Least share of seeds in what was grown.
    pub seed_share: f64,
    /// Greatest ratio of ground that greened up to ground that lost green.
    pub greening: f64,
    /// Greatest ratio of what was dropped to what was kept.
    pub dropped: f64,
    /// Greatest share of the objects that is still green after, where SWIR1 is not known.
    pub still_green: f64,
    /// Where nothing is mapped: greatest share of what was seen that lies in objects dropped ...
    pub missed: f64,
    /// ... and greatest dNBR that a seed needs, above which a light burn stays hidden.
    pub blind: f64,
    /// Least mean dNBR of what is mapped, in times what a seed needs.
    pub faint: f64,
    /// Least area mapped, in minimum mapping units.
    pub units: f64,
    /// Mean dNBR of an object in mean falls of ln near infrared, below which shortwave infrared 2 fell along (a
    /// constant one gives about 0.5), where SWIR1 is not known ...
    pub darkening: f64,
    /// ... and the greatest share of the mapped ground in such objects.
    pub darkened: f64,
}

impl Settings {
    /// Refuses constants that make no map: what is out of range, in words.
    ///
    /// # Errors
    /// What must hold and does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let shares = [self.seed_score, self.grow_score, self.seed_share];
        let positive = [self.seed_z, self.support_z, self.control_z, self.floor, self.sigma[0], self.max_shift];
        let rules = [
            (shares.iter().all(|share| (0.0..=1.0).contains(share)), "scores and shares must be 0 to 1"),
            (positive.iter().all(|value| *value > 0.0 && *value <= 100.0), "distances and deviations must be positive"),
            (self.sigma[0] <= self.sigma[1] && self.sigma[1] <= 2.0, "sigma must be [least, greatest]"),
            (self.floor <= 2.0 && self.max_shift <= 2.0, "floor and max_shift must be at most 2"),
            (
                (1..=9).contains(&self.support) && (1..=9).contains(&self.majority),
                "support and majority must be 1 to 9",
            ),
            ((0.0..=1000.0).contains(&self.close_m), "close_m must be 0 to 1000 metres"),
            (self.soil_brightening > 0.0 && self.distinct.is_finite(), "soil_brightening must be positive"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, must)| Err(must))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            green_ndvi: 0.30,
            still_green_ndvi: 0.50,
            soil_brightening: 1.05,
            soil_swir2: 0.30,
            max_shift: 0.25,
            sigma: [0.01, 0.09],
            seed_z: 3.0,
            floor: 0.075,
            support_z: 2.0,
            support: 6,
            control_z: 2.0,
            distinct: 1.25,
            seed_score: 0.9,
            grow_score: 0.35,
            majority: 5,
            close_m: 40.0,
            seed_share: 0.35,
            char_rise: 0.10,
            strong_dnbr: 0.27,
            min_seeds: 30,
            doubt: Doubts::default(),
        }
    }
}

impl Default for Doubts {
    fn default() -> Self {
        Self {
            control_share: 0.05,
            shift: 0.10,
            scatter: 0.07,
            burned_share: 0.60,
            harvest: 0.10,
            seed_share: 0.50,
            greening: 0.50,
            dropped: 0.50,
            still_green: 0.50,
            missed: 0.002,
            blind: 0.10,
            faint: 1.5,
            units: 10.0,
            darkening: 0.30,
            darkened: 0.25,
        }
    }
}
