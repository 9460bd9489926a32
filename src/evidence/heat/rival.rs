//! Other explanations of heat: the season's field fires, a fire summer over the whole region, works.

use super::season::Count;
use crate::evidence::measurement::{Placebos, Rival};
use crate::evidence::test::median;
use crate::hotspot::series::Seen;

/// All of them, each with how well it explains what was seen.
pub(super) fn rivals(count: Count, seen: Seen, temporal: &Placebos, around: &[Count]) -> Vec<Rival> {
    vec![stubble(count, temporal), wildfire(count, around), industry(seen)]
}

fn rival(name: &str, score: f64, words: String) -> Rival {
    let score = if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
    Rival { name: name.into(), score, words }
}

/// What this place burns every year in this season: the share of what was seen that is usual, or of the other years'
/// windows that had as much, whichever is larger.
fn stubble(count: Count, temporal: &Placebos) -> Rival {
    let usual = if count.seen == 0 { 0.0 } else { count.usual / count.seen as f64 };
    let as_much = temporal.exceeding as f64 / temporal.values.len().max(1) as f64;
    let words = format!(
        "{} detections, {:.1} are usual in this season; {} of {} windows of other years stood out as much",
        count.seen,
        count.usual,
        temporal.exceeding,
        temporal.values.len()
    );
    rival("stubble burning", usual.max(as_much), words)
}

/// Fire weather or burning over the whole region: how far the median of the places around rose in the same window, as
/// a share of the rise here, in logarithms.
fn wildfire(count: Count, around: &[Count]) -> Rival {
    let values: Vec<f64> = around.iter().map(Count::statistic).collect();
    let (here, there) = (count.statistic(), median(&values));
    let score = if here > 0.0 && !values.is_empty() { there / here } else { 0.0 };
    let words = format!(
        "places around had {:.1} times their usual heat in the same window (median of {}), this one {:.1} times",
        there.exp(),
        values.len(),
        here.exp()
    );
    rival("wildfire", score, words)
}

/// Works and flares: the share of all detections that lies on such a source or at its edge. Those on it are not
/// counted, but where they are many the rest may be theirs too.
fn industry(seen: Seen) -> Rival {
    let (all, theirs) = (seen.counted + seen.masked, seen.skirting + seen.masked);
    let score = theirs as f64 / all.max(1) as f64;
    let words = format!(
        "of {all} detections {} lie on a source that burns all the time and were left out, {} more within 1.5 km of one",
        seen.masked, seen.skirting
    );
    rival("industry", score, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::measurement::Movement;
    use crate::evidence::test::ranked;

    #[test]
    fn a_fire_summer_everywhere_explains_a_fire_here() {
        let risen = Count { seen: 40, usual: 4.0 };
        assert!(wildfire(risen, &[risen; 9]).score > 0.99);
        assert_eq!(wildfire(risen, &[Count { seen: 1, usual: 4.0 }; 9]).score, 0.0);
        assert_eq!(wildfire(Count { seen: 0, usual: 1.0 }, &[risen; 9]).score, 0.0);
        assert_eq!(wildfire(risen, &[]).score, 0.0);
    }

    #[test]
    fn works_and_fields_are_scored_by_their_share() {
        let seen = Seen { counted: 10, skirting: 2, masked: 10, ..Seen::default() };
        assert_eq!(industry(seen).score, 0.6);
        let temporal = ranked(Movement::Temporal, 1.0, vec![0.0; 19], Vec::new(), String::new());
        assert_eq!(stubble(Count { seen: 10, usual: 6.0 }, &temporal).score, 0.6);
        assert_eq!(industry(Seen::default()).score, 0.0);
    }
}
