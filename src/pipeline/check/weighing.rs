//! What both optical layers share: the area against its placebos, the effect, and power from trials.

use jiff::civil::Date;

use super::field::Ground;
use crate::claim::{Claim, Window};
use crate::error::Result;
use crate::evidence::LayerKind;
use crate::evidence::bootstrap::{blocks, effect};
use crate::evidence::implant::{Trial, curve, detectable_at_80, hidden, power_at};
use crate::evidence::judge::layers_for;
use crate::evidence::measurement::{Bracket, Interval, Measurement, Movement, Observability, Placebos, Power, Rival};
use crate::evidence::placement::{Field, Place, Spread, spread};
use crate::evidence::test::{balance, exact, median, ranked};
use crate::geom::bits::Bits;
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::plan::area_ha;
use crate::recipe::EvidenceRecipe;

/// A covariate of a place, by name.
type Covariate = (&'static str, fn(&Place) -> f64);

/// One layer over the grid of a run.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    /// Which.
    pub(super) kind: LayerKind,
    /// What it found.
    pub(super) hit: &'a Bits,
    /// The statistic in words.
    pub(super) statistic: &'static str,
    /// Least area that counts, in hectares.
    pub(super) least_ha: f64,
}

/// A claim's area laid out over a layer.
pub(super) struct Laid<'a> {
    pub(super) layer: Layer<'a>,
    pub(super) spread: Spread,
    /// Hectares of a pixel of the area.
    pub(super) pixel_ha: f64,
    /// Share of the area that lies on the grid.
    pub(super) covered: f64,
    blocks: Vec<crate::evidence::bootstrap::Block>,
    recipe: &'a EvidenceRecipe,
}

impl<'a> Laid<'a> {
    /// Lays the area out. `event` is what placebos must not touch; none for an area off the grid.
    pub(super) fn out(
        layer: Layer<'a>,
        (seen, green): (&'a Bits, &'a Bits),
        grid: &'a Grid,
        ground: &Ground,
        event: &Bits,
        recipe: &'a EvidenceRecipe,
    ) -> Option<Self> {
        let field = Field { grid, seen, hit: layer.hit, green };
        let spread = spread(&field, &ground.mask, event, recipe)?;
        let blocks = blocks(&field, &spread.own);
        let pixel_ha = area_ha(grid, &ground.mask) / ground.mask.pixels().max(1) as f64;
        Some(Self { layer, spread, pixel_ha, covered: ground.covered, blocks, recipe })
    }

    /// The area itself.
    pub(super) fn own(&self) -> &Place {
        &self.spread.own
    }

    /// Share of the claimed area that was observed.
    pub(super) fn observed(&self) -> f64 {
        self.covered * self.own().seen_share()
    }

    /// The smallest effect of interest in hectares: of the claim's kinds that the layer bears on the least, and never
    /// more than the area holds.
    pub(super) fn smallest_ha(&self, claim: &Claim) -> f64 {
        let bears = claim.kinds.iter().filter(|kind| layers_for(**kind).contains(&self.layer.kind));
        let least = bears.filter_map(|kind| claim.smallest_effect.get(kind)).copied().fold(f64::INFINITY, f64::min);
        least.min(self.own().pixels as f64 * self.pixel_ha)
    }

    /// Sizes of implants in hectares, as far as the area holds them.
    pub(super) fn sizes(&self, claim: &Claim) -> Vec<f64> {
        let (smallest, most) = (self.smallest_ha(claim), self.own().pixels as f64 * self.pixel_ha);
        let sizes = self.recipe.implant_sizes.iter().map(|times| times * smallest);
        sizes.filter(|size| *size <= most * 1.001).collect()
    }

    /// Which of the [`sizes`](Self::sizes) is the smallest effect of interest; all are below it in a small area.
    pub(super) fn interest(&self, claim: &Claim) -> usize {
        let smallest = self.smallest_ha(claim);
        self.sizes(claim).iter().position(|size| (size - smallest).abs() < 1e-9).unwrap_or(0)
    }

    /// The spatial placebos with their rank.
    fn placebos(&self) -> Placebos {
        let of = |value: fn(&Place) -> f64| self.spread.places.iter().map(value).collect::<Vec<f64>>();
        let own = self.own();
        let covariates: [Covariate; 2] =
            [("share observed", Place::seen_share), ("share green before", Place::green_share)];
        // A spread of fewer than two is none.
        let several = covariates.into_iter().filter(|_| self.spread.places.len() > 1);
        let balance = several.map(|(name, value)| balance(name, value(own), &of(value))).collect();
        ranked(Movement::Spatial, own.hit_share(), of(Place::hit_share), balance, self.words())
    }

    fn words(&self) -> String {
        let cover = if self.spread.any_cover { "cover could not be matched" } else { "of the same cover" };
        let [asked, _] = self.recipe.placebo_km;
        let near = if self.spread.nearest_km < asked {
            format!("the scenes leave too little room {asked:.0} km away: at least {:.1} km", self.spread.nearest_km)
        } else {
            format!("at least {asked:.0} km")
        };
        format!(
            "the area's shape, turned and moved over the same scenes ({near} away), as well observed, {cover}, not touching the event or each other"
        )
    }

    /// The measurement, from what else is known. `trials` are implants of [`sizes`](Self::sizes).
    pub(super) fn measured(&self, claim: &Claim, trials: &[Trial], known: Known) -> Measurement {
        let own = self.own();
        let seen_ha = own.seen as f64 * self.pixel_ha;
        let shares: Vec<f64> = self.spread.places.iter().map(Place::hit_share).collect();
        let bare = effect(&self.blocks, &shares, self.recipe.resamples, self.recipe.seed);
        let mut effect = Interval { value: bare.value * seen_ha, low: bare.low * seen_ha, high: bare.high * seen_ha };
        let power = self.power(claim, trials, known.power_words);
        if power.is_some() {
            effect.high = effect.high.max(hidden(&self.sizes(claim), trials, effect.high.max(0.0)));
        }
        let least_share = self.layer.least_ha / seen_ha.max(f64::MIN_POSITIVE);
        let flagged = shares.iter().filter(|share| **share > 0.0 && **share >= least_share).count() as u64;
        let spatial = (!shares.is_empty()).then(|| self.placebos());
        let mut placebos: Vec<Placebos> = spatial.into_iter().collect();
        placebos.extend(
            known
                .temporal
                .map(|(values, words)| ranked(Movement::Temporal, own.hit_share(), values, Vec::new(), words)),
        );
        Measurement {
            layer: self.layer.kind,
            unit: "ha",
            statistic: self.layer.statistic.to_owned(),
            value: (own.seen > 0).then(|| own.hit_share()),
            seen: own.hit as f64 * self.pixel_ha,
            usual: median(&shares) * seen_ha,
            effect,
            effect_ha: effect,
            least: self.layer.least_ha,
            observability: Observability { share: self.observed(), ..known.observability },
            false_alarms: (!shares.is_empty()).then(|| exact(flagged, shares.len() as u64)),
            power,
            bracket: known.bracket,
            rivals: known.rivals,
            looked_after_days: known.looked_after_days,
            notes: Self::notes(known.notes, &placebos),
            placebos,
            days: Vec::new(),
        }
    }

    fn notes(mut notes: Vec<String>, placebos: &[Placebos]) -> Vec<String> {
        let unlike = placebos.iter().flat_map(|family| &family.balance).filter(|balance| !balance.balanced);
        notes.extend(unlike.map(|own| {
            format!(
                "area and placebos differ in the {} ({:.2} against {:.2}, {:.1} standard deviations)",
                own.covariate, own.area, own.placebos, own.standardised_difference
            )
        }));
        notes
    }

    /// The effect that a normal test of level 5 % and power 80 % would find, as a check on the implants: (1.645 + 0.842)
    /// times the spread of the placebos, over the share of an implant that is found again.
    fn closed_form(&self, smallest: f64, trials: &[Trial], interest: usize) -> Option<f64> {
        const DEVIATES: f64 = 1.645 + 0.842;
        let shares: Vec<f64> = self.spread.places.iter().map(Place::hit_share).collect();
        let (spread, own) = (deviation(&shares)?, trials.iter().filter(|trial| trial.size == interest));
        let recovered: Vec<f64> = own.map(|trial| trial.recovered / smallest).collect();
        let signal = recovered.iter().sum::<f64>() / recovered.len().max(1) as f64;
        let seen_ha = self.own().seen as f64 * self.pixel_ha;
        (signal > 0.0).then(|| DEVIATES * spread * seen_ha / signal)
    }

    fn power(&self, claim: &Claim, trials: &[Trial], words: &str) -> Option<Power> {
        let sizes = self.sizes(claim);
        let smallest = self.smallest_ha(claim);
        if trials.is_empty() {
            return None;
        }
        let curve = curve(&sizes, trials);
        let own = trials.iter().filter(|trial| trial.size == self.interest(claim));
        Some(Power {
            detectable_at_80: detectable_at_80(&curve),
            smallest_effect: smallest,
            at_smallest: power_at(&curve, smallest),
            statistics: own.map(|trial| trial.statistic).collect(),
            closed_form: self.closed_form(smallest, trials, self.interest(claim)),
            words: words.to_owned(),
            curve,
        })
    }
}

/// The standard deviation; none of fewer than two values.
fn deviation(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt())
}

/// What a layer knows beside its counts.
pub(super) struct Known {
    pub(super) observability: Observability,
    pub(super) bracket: Option<Bracket>,
    pub(super) rivals: Vec<Rival>,
    pub(super) looked_after_days: Option<i64>,
    pub(super) notes: Vec<String>,
    /// The statistic in other years, and how it was found.
    pub(super) temporal: Option<(Vec<f64>, String)>,
    pub(super) power_words: &'static str,
}

/// Days of the window behind one look, up to the next; none behind the last day that there is.
fn shared_days(behind: Date, until: Date, window: &Window) -> Option<i64> {
    let from = behind.tomorrow().ok()?.max(window.from);
    let to = until.min(window.to);
    Some(if from <= to { i64::from((to - from).get_days()) + 1 } else { 0 })
}

/// A bracket against the window.
pub(super) fn bracket(after: Option<Date>, until: Option<Date>, window: &Window) -> Option<Bracket> {
    let (last, first) = (after?, until?);
    // The day of the last look without the mark is not part of the bracket.
    let length = i64::from((first - last).get_days()).max(1);
    let shared = shared_days(last, first, window)?;
    Some(Bracket { after, until, overlap: shared as f64 / length as f64, before_window: first < window.from })
}

/// Share of the window's days that lie behind the look before, up to the look after; 0 where either is undated.
pub(super) fn between(before: Option<Date>, after: Option<Date>, window: &Window) -> f64 {
    let (Some(before), Some(after)) = (before, after) else { return 0.0 };
    let days = shared_days(before, after, window).unwrap_or(0);
    days as f64 / window.days().max(1) as f64
}

/// Days from the end of the window to a look.
pub(super) fn days_after(window: &Window, look: Option<Date>) -> Option<i64> {
    look.map(|look| i64::from((look - window.to).get_days()).max(0))
}

/// The area, and every detected object that reaches into it.
pub(super) fn event(area: &Runs, objects: &Runs, labels: &[u32], count: usize) -> Bits {
    let mut touching = vec![false; count];
    let bits = Bits::of(area);
    for (run, label) in objects.as_slice().iter().zip(labels) {
        if let Some(touching) = touching.get_mut(*label as usize) {
            *touching |= bits.any(*run);
        }
    }
    for (run, label) in objects.as_slice().iter().zip(labels) {
        if touching.get(*label as usize) == Some(&true) {
            bits.set(*run);
        }
    }
    bits
}

/// Why dates cannot show the window, if so; and whether they span all of it.
pub(super) fn spanned(before: Option<Date>, after: Option<Date>, window: &Window) -> Result<(), String> {
    match (before, after) {
        (_, Some(after)) if after < window.from => {
            Err(format!("the last scene was taken on {after}, before the window opens on {}", window.from))
        }
        (Some(before), _) if before > window.to => {
            Err(format!("the first scene was taken on {before}, after the window closed on {}", window.to))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_bracket_is_measured_in_its_own_days() {
        let window = Window { from: date("2025-11-15").unwrap(), to: date("2025-11-30").unwrap() };
        let overlap = |after: &str, until: &str| bracket(date(after), date(until), &window).unwrap();
        assert_eq!(overlap("2025-11-14", "2025-11-24").overlap, 1.0);
        assert_eq!(overlap("2025-11-04", "2025-11-24").overlap, 0.5);
        assert_eq!(overlap("2025-12-04", "2025-12-24").overlap, 0.0);
        assert!(overlap("2025-10-04", "2025-11-14").before_window);
        assert!(bracket(None, date("2025-11-24"), &window).is_none());
    }

    #[test]
    fn scenes_must_meet_the_window() {
        let window = Window { from: date("2025-11-15").unwrap(), to: date("2025-11-30").unwrap() };
        assert!(spanned(date("2025-10-01"), date("2025-11-10"), &window).unwrap_err().contains("before the window"));
        assert!(spanned(date("2025-12-01"), date("2025-12-10"), &window).unwrap_err().contains("after the window"));
        assert!(
            spanned(date("2025-11-01"), date("2025-12-10"), &window).is_ok() && spanned(None, None, &window).is_ok()
        );
    }
}
