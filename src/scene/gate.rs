//! Gates: whether two dates suit each other at all, each as a figure and what follows from it (METHODS 9).

use std::collections::BTreeMap;

use serde::Serialize;

use super::sun::Sun;
use crate::kernel::coregistration::{Shift, Silence};
use crate::kernel::radiometry::Consistency;
use crate::recipe::GatesRecipe;

/// Correlation of the unchanged pixels below which no gain is stated (our own choice).
const RELATED: f64 = 0.5;

/// Error of an estimated solar zenith in degrees; see [`Sun::at_overpass`].
const ESTIMATE_ERROR: f64 = 5.5;

/// What follows from a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Nothing.
    Ok,
    /// There was nothing to judge by: no figure, no opinion.
    NotJudged,
    /// The reader is warned.
    Warned,
    /// What the gate bears on cannot be observed with this pair.
    NotObservable,
}

/// One gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// What was judged.
    pub gate: String,
    /// The figure; none when it could not be judged.
    pub figure: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// What follows.
    pub consequence: Consequence,
    /// The same in words.
    pub words: String,
    /// Further figures behind it, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<&'static str, f64>,
    /// Whether a warning makes the run's figures doubtful; else it is only passed on.
    #[serde(skip)]
    bears_on_figures: bool,
}

impl Gate {
    fn judged(gate: &str, figure: f64, unit: &'static str, consequence: Consequence, words: String) -> Self {
        let figure = Some(rounded(figure));
        let details = BTreeMap::new();
        Self { gate: gate.to_owned(), figure, unit, consequence, words, details, bears_on_figures: false }
    }

    fn not_judged(gate: &str, unit: &'static str, words: String) -> Self {
        Self { figure: None, ..Self::judged(gate, 0.0, unit, Consequence::NotJudged, words) }
    }

    fn with(mut self, details: impl IntoIterator<Item = (&'static str, f64)>) -> Self {
        self.details.extend(details.into_iter().map(|(name, figure)| (name, rounded(figure))));
        self
    }

    fn bearing(self) -> Self {
        Self { bears_on_figures: true, ..self }
    }

    /// Why the figures of the run are doubtful, if they are.
    pub fn doubt(&self) -> Option<&str> {
        (self.bears_on_figures && self.consequence >= Consequence::Warned).then_some(&self.words)
    }

    /// What a reader should know, though the figures stand.
    pub fn warning(&self) -> Option<&str> {
        (!self.bears_on_figures && self.consequence >= Consequence::Warned).then_some(&self.words)
    }
}

/// What the tie windows of a pair gave.
#[derive(Debug, Clone, Default)]
pub struct Ties {
    /// The shifts that can be believed.
    pub kept: Vec<Shift>,
    /// Why the other windows say nothing.
    pub silent: Vec<Silence>,
}

impl Ties {
    /// Reasons for silence with their counts, in words.
    fn excuses(&self) -> String {
        let mut counts: BTreeMap<Silence, usize> = BTreeMap::new();
        self.silent.iter().for_each(|silence| *counts.entry(*silence).or_default() += 1);
        let parts = counts.iter().map(|(silence, count)| format!("{count} {}", silence.words()));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// The gate of co-registration: the median shift of the tie windows in pixels. `pixel_m` is a pixel's width
/// and height in metres.
pub fn coregistration(ties: &Ties, pixel_m: (f64, f64), recipe: &GatesRecipe) -> Gate {
    const NAME: &str = "co-registration";
    let windows = ties.kept.len() + ties.silent.len();
    let Some(shift) = crate::kernel::coregistration::agreed(&ties.kept) else {
        let why = if windows == 0 { "no window could be read".to_owned() } else { ties.excuses() };
        return Gate::not_judged(
            NAME,
            "px",
            format!("how well the dates lie on each other could not be judged: {why}"),
        );
    };
    let length = shift.length();
    let metres = (shift.dx * pixel_m.0).hypot(shift.dy * pixel_m.1);
    let told = format!("the dates lie {length:.2} px ({metres:.0} m) apart");
    let [warns, fails] = recipe.shift_px;
    let (consequence, words) = match length {
        length if length > fails => {
            (Consequence::NotObservable, format!("{told}: change of single pixels and edges cannot be observed"))
        }
        length if length > warns => (Consequence::Warned, format!("{told}: edges may look like change")),
        _ => (Consequence::Ok, told),
    };
    Gate::judged(NAME, length, "px", consequence, words).bearing().with([
        ("dx_px", shift.dx),
        ("dy_px", shift.dy),
        ("metres", metres),
        ("reliability", shift.reliability),
        ("windows_kept", ties.kept.len() as f64),
        ("windows", windows as f64),
    ])
}

/// The gate of the sun's height: the largest solar zenith of all scenes. A scene whose sun is not known is
/// `None`.
pub fn sun_height(suns: &[Option<Sun>], recipe: &GatesRecipe) -> Gate {
    const NAME: &str = "sun zenith";
    let lowest = suns.iter().flatten().max_by(|a, b| a.zenith.total_cmp(&b.zenith));
    let Some(lowest) = lowest else {
        return Gate::not_judged(NAME, "degrees", "how high the sun stood is not known: no metadata, no date".into());
    };
    let zenith = lowest.zenith;
    let told = format!("the sun stood {zenith:.0} degrees from the zenith{}", source(lowest));
    let [warns, fails] = recipe.sun_zenith;
    // An estimate alone condemns nothing that may lie within its error.
    let fails = if lowest.estimated { fails + ESTIMATE_ERROR } else { fails };
    let (consequence, words) = match zenith {
        zenith if zenith > fails => (Consequence::NotObservable, format!("{told}: too low for optical evidence")),
        zenith if zenith > warns => (Consequence::Warned, format!("{told}: long shadows, weak light")),
        _ if suns.iter().any(Option::is_none) => (Consequence::Ok, format!("{told}; not known for every scene")),
        _ => (Consequence::Ok, told),
    };
    let gate = Gate::judged(NAME, zenith, "degrees", consequence, words);
    if lowest.estimated { gate } else { gate.bearing() }
}

fn source(sun: &Sun) -> &'static str {
    if sun.estimated { " (estimated from date and place at 10:30 local solar time)" } else { "" }
}

/// The gate of the sun's change: how much the solar zeniths of the dates differ.
pub fn sun_difference(before: Option<Sun>, after: Option<Sun>, recipe: &GatesRecipe) -> Gate {
    const NAME: &str = "sun difference";
    let Some((before, after)) = before.zip(after) else {
        return Gate::not_judged(NAME, "degrees", "whether the sun stood alike on both dates is not known".into());
    };
    let difference = (before.zenith - after.zenith).abs();
    let estimated = if before.estimated || after.estimated { " (estimated)" } else { "" };
    let told = format!("the sun's zenith differs by {difference:.1} degrees between the dates{estimated}");
    if difference > recipe.sun_difference {
        let words = format!("{told}: shadows and brightness differ without any change");
        return Gate::judged(NAME, difference, "degrees", Consequence::Warned, words);
    }
    Gate::judged(NAME, difference, "degrees", Consequence::Ok, told)
}

/// The gate of the view: how many relative orbits the scenes come from. `None` is an unknown one.
pub fn orbits(orbits: &[Option<u32>]) -> Gate {
    const NAME: &str = "relative orbits";
    let mut known: Vec<u32> = orbits.iter().flatten().copied().collect();
    let all = known.len() == orbits.len() && !known.is_empty();
    known.sort_unstable();
    known.dedup();
    let figure = known.len() as f64;
    if known.len() > 1 {
        let words = "the scenes come from different relative orbits: view angles differ".to_owned();
        return Gate::judged(NAME, figure, "orbits", Consequence::Warned, words);
    }
    if !all {
        return Gate::not_judged(
            NAME,
            "orbits",
            "whether the view was the same is not known: no orbit is stated".into(),
        );
    }
    Gate::judged(NAME, figure, "orbits", Consequence::Ok, "the scenes come from one relative orbit".into())
}

/// The gate of radiometry for one band: the bias of unchanged pixels, in reflectance.
pub fn radiometry(band: &str, found: Option<Consistency>, recipe: &GatesRecipe) -> Gate {
    let name = format!("radiometry {band}");
    let related = found.filter(|found| found.correlation >= RELATED);
    let Some(found) = related else {
        let words = format!("too little of {band} is alike on both dates to compare their brightness");
        return Gate::not_judged(&name, "reflectance", words);
    };
    let told = format!("unchanged ground differs by {:+.3} in {band}, at a gain of {:.2}", found.bias, found.gain);
    let [least, greatest] = recipe.gain;
    let alike = found.bias.abs() <= recipe.bias && (least..=greatest).contains(&found.gain);
    let (consequence, words) = if alike {
        (Consequence::Ok, told)
    } else {
        (Consequence::Warned, format!("{told}: season, haze or calibration"))
    };
    Gate::judged(&name, found.bias, "reflectance", consequence, words).with([
        ("gain", found.gain),
        ("correlation", found.correlation),
        ("unchanged_share", found.unchanged),
        ("pixels", found.pixels as f64),
    ])
}

/// To four decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sun(zenith: f64) -> Option<Sun> {
        Some(Sun { zenith, azimuth: None, estimated: false })
    }

    fn shifted(dx: f64, dy: f64) -> Ties {
        Ties { kept: vec![Shift { dx, dy, reliability: 80.0 }], silent: vec![Silence::NoTexture; 2] }
    }

    #[test]
    fn a_shift_has_its_consequence() {
        let recipe = GatesRecipe::default();
        let judge = |ties: &Ties| coregistration(ties, (20.0, 20.0), &recipe);
        for (dx, consequence) in
            [(0.1, Consequence::Ok), (0.4, Consequence::Warned), (-0.6, Consequence::NotObservable)]
        {
            let gate = judge(&shifted(dx, 0.0));
            assert_eq!((gate.consequence, gate.figure), (consequence, Some(dx.abs())));
            assert_eq!(gate.doubt().is_some(), consequence != Consequence::Ok);
        }
        let gate = judge(&shifted(0.3, 0.4));
        assert_eq!((gate.details["metres"], gate.details["windows"]), (10.0, 3.0));
        let silent =
            judge(&Ties { kept: Vec::new(), silent: vec![Silence::TooSmall, Silence::NoTexture, Silence::TooSmall] });
        assert_eq!((silent.figure, silent.consequence), (None, Consequence::NotJudged));
        assert!(silent.words.contains("2 too small, 1 without texture"), "{}", silent.words);
        assert_eq!(silent.doubt(), None);
    }

    #[test]
    fn a_low_sun_has_its_consequence() {
        let recipe = GatesRecipe::default();
        for (zenith, consequence) in
            [(40.0, Consequence::Ok), (70.5, Consequence::Warned), (75.5, Consequence::NotObservable)]
        {
            let gate = sun_height(&[sun(30.0), None, sun(zenith)], &recipe);
            assert_eq!((gate.figure, gate.consequence), (Some(zenith), consequence));
        }
        assert_eq!(sun_height(&[None, None], &recipe).consequence, Consequence::NotJudged);
        let estimate = Some(Sun { zenith: 76.0, azimuth: None, estimated: true });
        let gate = sun_height(&[estimate], &recipe);
        assert_eq!((gate.consequence, gate.doubt()), (Consequence::Warned, None), "an estimate only warns");
        assert!(gate.warning().is_some());
        assert_eq!(sun_difference(sun(40.0), sun(44.9), &recipe).consequence, Consequence::Ok);
        assert_eq!(sun_difference(sun(40.0), sun(45.1), &recipe).consequence, Consequence::Warned);
        assert_eq!(sun_difference(sun(40.0), None, &recipe).figure, None);
    }

    #[test]
    fn orbits_are_one_or_flagged() {
        assert_eq!(orbits(&[Some(51), Some(51)]).consequence, Consequence::Ok);
        assert!(orbits(&[Some(51), Some(94), None]).warning().is_some());
        assert_eq!(orbits(&[Some(51), None]).consequence, Consequence::NotJudged);
        assert_eq!(orbits(&[]).consequence, Consequence::NotJudged);
    }

    #[test]
    fn radiometry_is_judged_where_ground_is_alike() {
        let recipe = GatesRecipe::default();
        let found = Consistency { gain: 1.0, bias: 0.01, correlation: 0.9, unchanged: 0.8, pixels: 1000 };
        assert_eq!(radiometry("NIR", Some(found), &recipe).consequence, Consequence::Ok);
        for odd in [Consistency { gain: 1.6, ..found }, Consistency { bias: -0.06, ..found }] {
            assert_eq!(radiometry("NIR", Some(odd), &recipe).consequence, Consequence::Warned);
        }
        let apart = Consistency { correlation: 0.2, ..found };
        assert_eq!(radiometry("NIR", Some(apart), &recipe).figure, None);
        assert_eq!(radiometry("NIR", None, &recipe).consequence, Consequence::NotJudged);
    }
}
