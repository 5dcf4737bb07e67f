use a2d_detect::{Detect as _, Samples, SavedDetector, Tune as _};
use serde::Serialize;

use crate::format::{Outcome, line};

/// What was fitted.
#[derive(Serialize)]
pub(super) struct Fitted {
    detector: &'static str,
    attacks: Vec<String>,
    #[serde(flatten)]
    samples: Samples,
    threshold: f64,
    /// The cost below which each attack flags an input (z-score).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cost_thresholds: Vec<f64>,
    /// The cost above which each attack flags an input (z-score on both sides).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    upper_cost_thresholds: Vec<f64>,
}

impl Fitted {
    pub(super) fn of(saved: &SavedDetector) -> Self {
        let limits = saved.detector.cost_limits().unwrap_or_default();
        Self {
            detector: saved.detector.name(),
            attacks: saved.attacks.clone(),
            samples: saved.detector.samples(),
            threshold: saved.detector.threshold(),
            cost_thresholds: limits.iter().map(|limits| limits.below).collect(),
            upper_cost_thresholds: limits.iter().filter_map(|limits| limits.above).collect(),
        }
    }
}

/// Costs for people, in the order of the attacks, behind what is said of them; nothing of none.
fn said(of: &str, costs: &[f64]) -> String {
    if costs.is_empty() { String::new() } else { format!("{of} {}", short(costs)) }
}

fn short(costs: &[f64]) -> String {
    costs.iter().map(|cost| format!("{cost:.1}")).collect::<Vec<_>>().join(" ")
}

impl Outcome for Fitted {
    fn human(&self) -> String {
        let Self { detector, samples, .. } = self;
        let attacks = self.attacks.join(", ");
        let below = said("; flags costs below", &self.cost_thresholds);
        let above = said(" and above", &self.upper_cost_thresholds);
        format!("{detector} detector on costs of {attacks}, {samples}{below}{above}")
    }

    fn lines(&self) -> Vec<Vec<String>> {
        vec![
            line([
                &"detector",
                &"attacks",
                &"benign",
                &"adversarial",
                &"cost_thresholds",
                &"held_out",
                &"threshold",
                &"upper_cost_thresholds",
            ]),
            line([
                &self.detector,
                &self.attacks.join(" "),
                &self.samples.benign,
                &self.samples.adversarial,
                &short(&self.cost_thresholds),
                &self.samples.held_out,
                &self.threshold,
                &short(&self.upper_cost_thresholds),
            ]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use a2d_detect::ndarray::Array2;
    use a2d_detect::{Conformal, DatasetBase, Fit as _, Tails, Unit, ZScore};

    use super::*;

    fn fitted() -> Fitted {
        let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
        let benign = DatasetBase::from(benign);
        let z_score = ZScore::params(1).tails(Tails::Both).fit(&benign).unwrap();
        let detector = Conformal::params(z_score).alpha(0.1).fit(&benign).unwrap().into();
        let attacks = vec!["bim".into(), "jsma".into()];
        Fitted::of(&SavedDetector { attacks, unit: Unit::Iterations, provenance: None, detector })
    }

    #[test]
    fn people_read_a_sentence() {
        insta::assert_snapshot!(fitted().human());
    }

    #[test]
    fn programs_see_every_field() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&fitted()).unwrap());
        let lines: Vec<_> = fitted().lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
