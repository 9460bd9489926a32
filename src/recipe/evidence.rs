//! The part of the recipe that weighs evidence for a claim (METHODS 10 and 11).

use serde::{Deserialize, Serialize};

/// How evidence is weighed (`check`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidenceRecipe {
    /// Probability of chance, after Holm's correction, up to which a layer may corroborate.
    pub alpha: f64,
    /// Spatial placebos that are looked for.
    pub placebos: usize,
    /// Spatial placebos without which a layer cannot corroborate.
    pub min_placebos: usize,
    /// Least and greatest distance of a placebo from the area in kilometres; a scene without enough room at the
    /// least distance is searched nearer, down to the area's own size, and the report says so.
    pub placebo_km: [f64; 2],
    /// Greatest difference of the observed share between a placebo and the area.
    pub valid_tolerance: f64,
    /// Greatest difference of the share of green ground between a placebo and the area.
    pub cover_tolerance: f64,
    /// Events implanted to learn the power.
    pub implants: usize,
    /// Sizes of implants, in times the smallest effect of interest.
    pub implant_sizes: Vec<f64>,
    /// Draws of a bootstrap.
    pub resamples: usize,
    /// What all random draws start from.
    pub seed: u64,
    /// Observed share of the area below which a layer is not observable.
    pub min_observed: f64,
    /// Observed share from which a layer may contradict.
    pub contradict_observed: f64,
    /// Power at the smallest effect from which a layer may contradict.
    pub contradict_power: f64,
    /// Least share of a mark's bracket that lies in the window.
    pub min_overlap: f64,
    /// Score from which a rival explanation rates as well as the claim.
    pub rival: f64,
    /// Share of snow from which optical layers are not observable.
    pub max_snow: f64,
    /// Days after the window in which a mark on open ground is still there (burned crops, torn soil) ...
    pub fade_open_days: i64,
    /// ... and one on buildings.
    pub fade_built_days: i64,
    /// With `--public`: nothing younger than so many days is published ...
    pub public_delay_days: i64,
    /// ... and geometry is coarsened to so many metres.
    pub public_metres: f64,
}

impl Default for EvidenceRecipe {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            placebos: 99,
            min_placebos: 19,
            placebo_km: [10.0, 130.0],
            valid_tolerance: 0.10,
            cover_tolerance: 0.20,
            implants: 200,
            implant_sizes: vec![0.25, 0.5, 1.0, 2.0],
            resamples: 999,
            seed: 1,
            min_observed: 0.5,
            contradict_observed: 0.8,
            contradict_power: 0.8,
            min_overlap: 0.5,
            rival: 0.5,
            max_snow: 0.30,
            fade_open_days: 30,
            fade_built_days: 365,
            public_delay_days: 7,
            public_metres: 500.0,
        }
    }
}

impl EvidenceRecipe {
    /// The first key out of range, and what it must be.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let [near, far] = self.placebo_km;
        let shares = [self.min_observed, self.contradict_observed, self.contradict_power, self.min_overlap];
        let more = [self.rival, self.max_snow, self.valid_tolerance, self.cover_tolerance];
        let sizes = &self.implant_sizes;
        let faults = [
            (self.alpha > 0.0 && self.alpha < 1.0, "evidence.alpha", "between 0 and 1"),
            ((1..=100_000).contains(&self.placebos), "evidence.placebos", "1 to 100000"),
            ((1..=100_000).contains(&self.min_placebos), "evidence.min_placebos", "1 to 100000"),
            (0.0 <= near && near < far && far <= 1000.0, "evidence.placebo_km", "[least, greatest], 0 to 1000"),
            (shares.into_iter().chain(more).all(share), "shares of evidence", "0 to 1"),
            (self.implants <= 100_000, "evidence.implants", "0 to 100000"),
            (
                (1..=20).contains(&sizes.len()) && sizes.iter().all(|size| *size > 0.0 && *size <= 1000.0),
                "evidence.implant_sizes",
                "1 to 20 positive numbers",
            ),
            (sizes.is_sorted() && sizes.contains(&1.0), "evidence.implant_sizes", "ascending, with 1.0 among them"),
            ((99..=100_000).contains(&self.resamples), "evidence.resamples", "99 to 100000"),
            (self.fade_open_days >= 0 && self.fade_built_days >= 0, "evidence.fade_*_days", "0 or more"),
            (self.public_delay_days >= 0, "evidence.public_delay_days", "0 or more"),
            ((1.0..=100_000.0).contains(&self.public_metres), "evidence.public_metres", "1 to 100000"),
        ];
        faults.into_iter().find(|(fits, ..)| !fits).map(|(_, key, must)| (key, must))
    }
}
