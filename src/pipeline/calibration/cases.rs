//! How often verdicts are wrong on cases whose truth is known: claims of what never happened, and claims of what did.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::measurement::Rate;
use crate::evidence::test::exact;
use crate::evidence::verdict::Verdict;
use crate::evidence::{LayerKind, Outcome};
use crate::time::month_name;

/// What truly happened in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// Nothing of the kind.
    Placebo,
    /// What the claim says, at its smallest effect at least.
    Event,
}

/// One case and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Case {
    /// The claim's label.
    pub id: String,
    /// What truly happened.
    pub truth: Truth,
    /// Month of the window's first day.
    pub month: i8,
    /// The verdict.
    pub outcome: Outcome,
    /// By layer.
    pub layers: BTreeMap<LayerKind, Outcome>,
}

impl Case {
    /// The case of a verdict.
    pub fn of(verdict: &Verdict, truth: Truth) -> Self {
        let layers = verdict.judgement.layers.iter().map(|layer| (layer.measured.layer, layer.outcome));
        Self {
            id: verdict.claim.id.clone(),
            truth,
            month: verdict.claim.window.from.month(),
            outcome: verdict.judgement.outcome,
            layers: layers.collect(),
        }
    }
}

/// How often verdicts were wrong, and how often right.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// `all`, a layer, or a month.
    pub of: String,
    /// Placebos that were corroborated.
    pub false_corroborations: Rate,
    /// Events that were contradicted.
    pub wrong_contradictions: Rate,
    /// Events that were corroborated.
    pub found: Rate,
}

/// The reliability table: all cases, by layer, by month.
pub fn table(cases: &[Case]) -> Vec<Row> {
    let overall = cases.iter().map(|case| (case, case.outcome)).collect::<Vec<_>>();
    let mut rows = vec![row("all".into(), &overall)];
    for layer in [LayerKind::Burn, LayerKind::OpticalChange, LayerKind::Radar, LayerKind::Heat] {
        let own: Vec<_> = cases.iter().filter_map(|case| Some((case, *case.layers.get(&layer)?))).collect();
        rows.extend((!own.is_empty()).then(|| row(layer.words().to_owned(), &own)));
    }
    for month in 1..=12 {
        let own: Vec<_> = overall.iter().filter(|(case, _)| case.month == month).copied().collect();
        rows.extend((!own.is_empty()).then(|| row(month_name(month).to_owned(), &own)));
    }
    rows
}

fn row(of: String, cases: &[(&Case, Outcome)]) -> Row {
    let rate = |truth: Truth, outcome: Outcome| {
        let own = || cases.iter().filter(|(case, _)| case.truth == truth);
        exact(own().filter(|(_, own)| *own == outcome).count() as u64, own().count() as u64)
    };
    Row {
        of,
        false_corroborations: rate(Truth::Placebo, Outcome::Corroborates),
        wrong_contradictions: rate(Truth::Event, Outcome::Contradicts),
        found: rate(Truth::Event, Outcome::Corroborates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(truth: Truth, month: i8, outcome: Outcome) -> Case {
        Case { id: "x".into(), truth, month, outcome, layers: [(LayerKind::Burn, outcome)].into() }
    }

    #[test]
    fn wrong_verdicts_are_counted_where_they_belong() {
        let cases = [
            case(Truth::Placebo, 7, Outcome::Corroborates),
            case(Truth::Placebo, 7, Outcome::Contradicts),
            case(Truth::Event, 11, Outcome::Contradicts),
            case(Truth::Event, 11, Outcome::Corroborates),
            case(Truth::Event, 11, Outcome::NotObservable),
        ];
        let rows = table(&cases);
        let names: Vec<&str> = rows.iter().map(|row| row.of.as_str()).collect();
        assert_eq!(names, ["all", "burned ground", "July", "November"]);
        let counts = |rate: &Rate| (rate.hits, rate.trials);
        assert_eq!(counts(&rows[0].false_corroborations), (1, 2));
        assert_eq!(counts(&rows[0].wrong_contradictions), (1, 3));
        assert_eq!((counts(&rows[2].found), counts(&rows[3].found)), ((0, 0), (1, 3)));
    }
}
