//! Whether a burn map can be leant on, from what the scene itself shows; nothing of any truth is known here.

use std::fmt;

use super::Settings;

/// What the map was made from, in whole counts of pixels unless said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Seen, and neither water nor snow.
    pub seen: u64,
    /// Quiet enough to be a control.
    pub quiet: u64,
    /// Mean distance of the background's dNBR from 0.
    pub shift: f64,
    /// Mean standard deviation of the background's dNBR.
    pub scatter: f64,
    /// Above the seed threshold and no bared soil.
    pub first: u64,
    /// Above the seed threshold, and soil laid bare.
    pub soil: u64,
    /// Of [`first`](Self::first), those that their neighbours support.
    pub core: u64,
    /// The same upside down: ground that greened up as much.
    pub greened: u64,
    /// Mapped as burned.
    pub mapped: u64,
    /// The same as area, in minimum mapping units.
    pub units: f64,
    /// Mean dNBR of what was grown in the objects that stand, the shift taken off.
    pub mean_dnbr: f64,
    /// Grown, in the objects that stand.
    pub grown: u64,
    /// Seeds among them.
    pub seeds: u64,
    /// Still green after, among them.
    pub still_green: u64,
    /// Grown, in objects that stand and darkened in shortwave infrared 2 nearly as much as in near infrared.
    pub darkened: u64,
    /// Grown, in objects that stand though nothing speaks of char.
    pub uncharred: u64,
    /// Grown, in objects dropped for want of seeds.
    pub weak: u64,
    /// Grown, in objects dropped for want of char.
    pub faded: u64,
    /// Whether SWIR1 is known, so that char can be told.
    pub tells_char: bool,
}

/// One reason to doubt a map.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "each says itself in words below")]
pub enum Doubt {
    NoControl { share: f64 },
    Shifted { shift: f64 },
    Scattered { scatter: f64, seed: f64 },
    AllBurned { share: f64 },
    Harvest { share: f64 },
    Faint { mean: f64, seed: f64 },
    Little { units: f64 },
    FewSeeds { share: f64 },
    GreenedUp { ratio: f64 },
    MuchDropped { ratio: f64 },
    Uncharred { share: f64 },
    StillGreen { share: f64 },
    Darkened { share: f64 },
    OnlyWeak { pixels: u64 },
    OnlyFaded { pixels: u64 },
    Blind { seed: f64 },
}

/// Every reason to doubt the map, in a fixed order; none means that it can be leant on. `enough` is the least
/// control in pixels.
pub fn doubts(found: &Evidence, enough: u64, settings: &Settings) -> Vec<Doubt> {
    let mut doubts = background_doubts(found, enough, settings);
    if found.mapped == 0 {
        let many = |pixels: u64| ratio(pixels, found.seen) > settings.doubt.missed;
        doubts.extend(many(found.weak).then_some(Doubt::OnlyWeak { pixels: found.weak }));
        doubts.extend(many(found.faded).then_some(Doubt::OnlyFaded { pixels: found.faded }));
        let seed = found.seed_height(settings);
        doubts.extend((seed > settings.doubt.blind).then_some(Doubt::Blind { seed }));
    } else {
        doubts.extend(map_doubts(found, settings));
    }
    doubts
}

impl Evidence {
    /// The dNBR that a seed needs, over both classes.
    fn seed_height(&self, settings: &Settings) -> f64 {
        (settings.seed_z * self.scatter).max(settings.floor)
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What the unburned ground itself gives to doubt.
fn background_doubts(found: &Evidence, enough: u64, settings: &Settings) -> Vec<Doubt> {
    let limit = &settings.doubt;
    let quiet = ratio(found.quiet, found.seen);
    let mapped = ratio(found.mapped, found.seen);
    let seed = found.seed_height(settings);
    let cases = [
        (found.quiet < enough || quiet < limit.control_share, Doubt::NoControl { share: quiet }),
        (found.shift > limit.shift, Doubt::Shifted { shift: found.shift }),
        (found.scatter > limit.scatter, Doubt::Scattered { scatter: found.scatter, seed }),
        (mapped > limit.burned_share, Doubt::AllBurned { share: mapped }),
    ];
    cases.into_iter().filter_map(|(holds, doubt)| holds.then_some(doubt)).collect()
}

/// What the map gives to doubt.
fn map_doubts(found: &Evidence, settings: &Settings) -> Vec<Doubt> {
    let limit = &settings.doubt;
    let soil = ratio(found.soil, found.soil + found.first);
    let seeds = ratio(found.seeds, found.grown);
    let (greened, dropped) = (ratio(found.greened, found.core), ratio(found.weak + found.faded, found.grown));
    let (bare, green) = (ratio(found.uncharred, found.grown), ratio(found.still_green, found.grown));
    let dark = ratio(found.darkened, found.grown);
    let seed = found.seed_height(settings);
    let cases = [
        (found.mean_dnbr < limit.faint * seed, Doubt::Faint { mean: found.mean_dnbr, seed }),
        (found.units < limit.units, Doubt::Little { units: found.units }),
        (soil > limit.harvest, Doubt::Harvest { share: soil }),
        (seeds < limit.seed_share, Doubt::FewSeeds { share: seeds }),
        (greened > limit.greening, Doubt::GreenedUp { ratio: greened }),
        (dropped > limit.dropped, Doubt::MuchDropped { ratio: dropped }),
        (bare > limit.dropped, Doubt::Uncharred { share: bare }),
        (!found.tells_char && green > limit.still_green, Doubt::StillGreen { share: green }),
        (!found.tells_char && dark > limit.darkened, Doubt::Darkened { share: dark }),
    ];
    cases.into_iter().filter_map(|(holds, doubt)| holds.then_some(doubt)).collect()
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        match *self {
            Self::NoControl { share } => write!(
                f,
                "hardly any unburned control is left: {} of what was seen kept still (the frame may have burned whole)",
                percent(share)
            ),
            Self::Shifted { shift } => write!(
                f,
                "the unburned control itself changed by {shift:.3}: season (leaf fall, drying, green-up), moisture or radiometry differ between the dates"
            ),
            Self::Scattered { scatter, seed } => write!(
                f,
                "the unburned control scatters by {scatter:.3}: what burned below dNBR {seed:.2} cannot be told from it"
            ),
            Self::AllBurned { share } => write!(f, "{} of what was seen is mapped as burned", percent(share)),
            Self::Harvest { share } => write!(
                f,
                "{} of what lost green as a burn does is soil laid bare: harvest or ploughing",
                percent(share)
            ),
            Self::Faint { mean, seed } => write!(
                f,
                "what is mapped changed by dNBR {mean:.2} on average, hardly more than it takes to be seen at all ({seed:.2}): lighter parts are missed"
            ),
            Self::Little { units } => {
                write!(
                    f,
                    "what is mapped amounts to {units:.1} minimum mapping units: too little to stand for an event"
                )
            }
            Self::Blind { seed } => {
                write!(f, "nothing is mapped, but what burned below dNBR {seed:.2} would not have been seen")
            }
            Self::FewSeeds { share } => {
                write!(f, "only {} of the mapped ground clearly stands out from the control", percent(share))
            }
            Self::GreenedUp { ratio } => write!(
                f,
                "ground greened up as strongly on {} of the area that lost green: the dates differ by more than an event",
                percent(ratio)
            ),
            Self::MuchDropped { ratio } => write!(
                f,
                "more was dropped than is sure: objects too weak or without char amount to {} of what was kept",
                percent(ratio)
            ),
            Self::Uncharred { share } => {
                write!(f, "{} of the mapped ground shows no char in shortwave infrared", percent(share))
            }
            Self::Darkened { share } => write!(
                f,
                "{} of the mapped ground lost as much in shortwave as in near infrared: ploughed or wet soil, flood or shade \
                 do that, and no SWIR1 band tells char from them",
                percent(share)
            ),
            Self::StillGreen { share } => write!(
                f,
                "{} of the mapped ground is still green, and without shortwave infrared 1 a light burn cannot be told from leaf fall or drying",
                percent(share)
            ),
            Self::OnlyWeak { pixels } => {
                write!(f, "nothing is mapped, but {pixels} pixels changed too weakly to be told from the control")
            }
            Self::OnlyFaded { pixels } => write!(
                f,
                "nothing is mapped, but {pixels} pixels lost green without char: leaf fall, drying or harvest"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clear burn before a quiet background.
    const CLEAR: Evidence = Evidence {
        seen: 10_000,
        quiet: 8_000,
        shift: 0.03,
        scatter: 0.02,
        first: 1_500,
        soil: 10,
        core: 1_400,
        greened: 20,
        mapped: 1_600,
        units: 170.0,
        mean_dnbr: 0.2,
        grown: 1_500,
        seeds: 1_300,
        still_green: 100,
        darkened: 0,
        uncharred: 0,
        weak: 10,
        faded: 0,
        tells_char: false,
    };

    fn doubted(found: Evidence) -> Vec<Doubt> {
        doubts(&found, 200, &Settings::default())
    }

    #[test]
    fn a_clear_burn_is_ok() {
        assert_eq!(doubted(CLEAR), []);
        let nothing = Evidence { mapped: 0, grown: 0, seeds: 0, first: 3, core: 0, weak: 20, ..CLEAR };
        assert_eq!(doubted(nothing), []);
    }

    #[test]
    fn each_trap_is_named() {
        let traps = [
            (Evidence { quiet: 100, mapped: 9_900, ..CLEAR }, "hardly any unburned control"),
            (Evidence { shift: 0.14, ..CLEAR }, "leaf fall"),
            (Evidence { scatter: 0.08, ..CLEAR }, "below dNBR 0.24"),
            (Evidence { mapped: 7_000, ..CLEAR }, "70 % of what was seen"),
            (Evidence { soil: 400, ..CLEAR }, "harvest or ploughing"),
            (Evidence { seeds: 600, ..CLEAR }, "only 40 %"),
            (Evidence { mean_dnbr: 0.11, ..CLEAR }, "hardly more than it takes"),
            (Evidence { units: 4.0, ..CLEAR }, "4.0 minimum mapping units"),
            (Evidence { mapped: 0, weak: 0, scatter: 0.04, ..CLEAR }, "below dNBR 0.12 would not"),
            (Evidence { greened: 900, ..CLEAR }, "greened up"),
            (Evidence { faded: 900, ..CLEAR }, "61 % of what was kept"),
            (Evidence { uncharred: 900, ..CLEAR }, "no char"),
            (Evidence { still_green: 900, ..CLEAR }, "still green"),
            (Evidence { darkened: 540, ..CLEAR }, "36 % of the mapped ground lost as much"),
            (Evidence { mapped: 0, grown: 0, weak: 50, ..CLEAR }, "50 pixels changed too weakly"),
            (Evidence { mapped: 0, grown: 0, weak: 0, faded: 50, ..CLEAR }, "50 pixels lost green without char"),
        ];
        for (found, words) in traps {
            let said: Vec<String> = doubted(found).iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|reason| reason.contains(words)), "{words}: {said:?}");
        }
        assert_eq!(doubted(Evidence { still_green: 900, darkened: 540, tells_char: true, ..CLEAR }), []);
    }
}
