//! What grows on a parcel in each season, and what is done to it between the two dates.

use super::band::{Cover, Mixture};
use super::noise::{between, derive, unit};
use super::scenario::{Date, Events, Season};
use super::truth::Truth;

/// The use of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Green winter crop.
    Winter,
    Stubble,
    Tilled,
    /// Ripe or dried crop, not harvested yet.
    Ripe,
    /// Tall green summer crop.
    Tall,
    /// Land left to grass and weeds.
    Fallow,
}

/// The state of one parcel at one date: fractions of the covers besides soil.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand {
    pub(super) crop: f32,
    straw: f32,
    grass: f32,
    /// Share of light soil in the soil, before the land's own variation.
    light: f32,
    brightness: f32,
    /// How strongly rows of machines show.
    pub(super) rows: f32,
    /// What changed until the later date.
    pub(super) change: Truth,
}

/// Shares of the uses in the order of [`Use`], in percent.
fn shares(season: Season) -> [(Use, f32); 6] {
    let [winter, stubble, tilled, ripe, tall, fallow] = match season {
        Season::LateNovember => [0.29, 0.26, 0.27, 0.06, 0.0, 0.12],
        Season::Spring => [0.33, 0.17, 0.36, 0.0, 0.0, 0.14],
        Season::Summer => [0.0, 0.12, 0.06, 0.33, 0.37, 0.12],
    };
    [
        (Use::Winter, winter),
        (Use::Stubble, stubble),
        (Use::Tilled, tilled),
        (Use::Ripe, ripe),
        (Use::Tall, tall),
        (Use::Fallow, fallow),
    ]
}

/// The use that a parcel's hash draws.
fn use_of(season: Season, bits: u32) -> Use {
    let mut draw = unit(derive(bits, 30));
    for (kind, share) in shares(season) {
        if draw < share {
            return kind;
        }
        draw -= share;
    }
    Use::Fallow
}

/// The parcel on the earlier date.
fn earlier(kind: Use, season: Season, bits: u32) -> Stand {
    let pick = |salt, low, high| between(bits, salt, low, high);
    let summer = season == Season::Summer;
    let (crop, straw, grass) = match kind {
        Use::Winter if season == Season::Spring => (pick(31, 0.22, 0.68), pick(32, 0.03, 0.1), 0.0),
        Use::Winter => (pick(31, 0.14, 0.6), pick(32, 0.03, 0.12), 0.0),
        Use::Stubble => (pick(31, 0.03, 0.13), pick(32, 0.44, 0.74), 0.06),
        Use::Tilled => (pick(31, 0.0, 0.03), pick(32, 0.02, 0.12), 0.0),
        Use::Ripe => (pick(31, 0.03, 0.1), pick(32, 0.72, 0.92), 0.0),
        Use::Tall => (pick(31, 0.55, 0.95), 0.03, 0.0),
        Use::Fallow if summer => (pick(31, 0.2, 0.42), 0.1, pick(32, 0.35, 0.55)),
        Use::Fallow => (pick(31, 0.03, 0.16), 0.12, pick(32, 0.5, 0.72)),
    };
    Stand {
        crop,
        straw,
        grass,
        light: pick(33, 0.0, if summer { 0.35 } else { 0.16 }),
        brightness: pick(34, 0.93, 1.08),
        rows: if kind == Use::Fallow { 0.0 } else { pick(35, 0.01, 0.05) },
        change: Truth::Unchanged,
    }
}

/// What is done to a parcel, if its hash draws it.
fn work(kind: Use, season: Season, bits: u32, events: &Events, stand: &mut Stand) {
    let draw = unit(derive(bits, 36));
    let pick = |salt, low, high| between(bits, salt, low, high);
    let greens = kind == Use::Winter || (kind == Use::Fallow && season == Season::Spring);
    match kind {
        Use::Stubble if draw < events.ploughing => {
            // A fresh furrow is moist and dark, with little residue on top.
            *stand = Stand { crop: 0.005, straw: pick(37, 0.02, 0.09), grass: 0.0, light: 0.4 * stand.light, ..*stand };
            stand.change = Truth::Worked;
        }
        Use::Ripe if draw < events.harvest => {
            *stand = Stand { crop: 0.02, straw: pick(37, 0.45, 0.62), grass: 0.0, ..*stand };
            stand.change = Truth::Worked;
        }
        _ if greens && draw < events.green_up => {
            stand.crop = (stand.crop + pick(37, 0.2, 0.32)).min(0.97);
            stand.grass *= 0.7;
            stand.change = Truth::Seasonal;
        }
        _ => {}
    }
}

impl Stand {
    /// The state of the parcel with the hash `bits`.
    pub(super) fn of(season: Season, date: Date, events: &Events, bits: u32) -> Self {
        let kind = use_of(season, bits);
        let mut stand = earlier(kind, season, bits);
        if date == Date::After {
            // Weeks pass on every field: a little more or less green, wetter or drier.
            stand.crop = (stand.crop * between(bits, 38, 0.86, 1.1)).min(0.97);
            stand.light = (stand.light + between(bits, 39, -0.06, 0.05)).max(0.0);
            stand.brightness *= between(bits, 40, 0.97, 1.03);
            work(kind, season, bits, events, &mut stand);
        }
        stand
    }

    /// The covers of a pixel: `vigour` (about -1..1) thins or thickens what grows, `soil` lightens the soil,
    /// `shade` is a factor on the brightness.
    pub(super) fn cover(&self, vigour: f32, soil: f32, shade: f32) -> Mixture {
        let thicker = 1.0 + 0.16 * vigour;
        let crop = (self.crop * thicker).clamp(0.0, 1.0);
        let dry = (1.0 - 0.08 * vigour) * (self.straw + self.grass);
        let dry_share = dry.min(1.0 - crop) / (self.straw + self.grass).max(1e-6);
        let bare = (1.0 - crop - dry_share * (self.straw + self.grass)).max(0.0);
        let light = (self.light + soil).clamp(0.0, 0.85);
        let bright = self.brightness * shade;
        let mut mixture = Mixture::default();
        mixture.add(Cover::Crop, crop * bright);
        mixture.add(Cover::Straw, self.straw * dry_share * bright);
        mixture.add(Cover::Grass, self.grass * dry_share * bright);
        mixture.add(Cover::Dark, bare * (1.0 - light) * bright);
        mixture.add(Cover::Light, bare * light * bright);
        mixture
    }
}

/// Share of the canopy in leaf on a date.
pub(super) fn leaves(season: Season, date: Date, events: &Events) -> f32 {
    let before = match season {
        Season::LateNovember => 0.32,
        Season::Spring => 0.03,
        Season::Summer => 1.0,
    };
    let unfolded = if season == Season::Spring { 0.22 * events.green_up } else { 0.0 };
    match date {
        Date::Before => before,
        Date::After => before * (1.0 - events.leaf_fall) + unfolded,
    }
}

/// Share of green in grassland: meadows, gullies, verges.
pub(super) fn greenness(season: Season) -> f32 {
    match season {
        Season::LateNovember => 0.13,
        Season::Spring => 0.15,
        Season::Summer => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happens_before_and_the_asked_share_happens_after() {
        let events = Events { ploughing: 0.5, ..Events::none() };
        let (mut stubble, mut ploughed) = (0, 0);
        for bits in (0..20_000u32).map(|n| derive(n, 77)) {
            let stand = |date| Stand::of(Season::LateNovember, date, &events, bits);
            assert_eq!(stand(Date::Before).change, Truth::Unchanged);
            stubble += i32::from(use_of(Season::LateNovember, bits) == Use::Stubble);
            ploughed += i32::from(stand(Date::After).change == Truth::Worked);
        }
        let share = f64::from(ploughed) / f64::from(stubble);
        assert!((share - 0.5).abs() < 0.03, "{share}");
    }

    #[test]
    fn covers_sum_to_the_brightness() {
        for bits in (0..2000u32).map(|n| derive(n, 5)) {
            let stand = Stand::of(Season::Summer, Date::After, &Events::usual(Season::Summer), bits);
            let sum: f32 = stand.cover(1.5, 0.3, 1.0).0.iter().sum();
            assert!((sum / stand.brightness - 1.0).abs() < 1e-4, "{sum}");
        }
    }
}
