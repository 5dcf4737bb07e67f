//! What is said of a detector that was fitted.

use a2d_detect::{Detect as _, Detector, Foresee as _, Samples, SavedDetector, Tune as _};
use ndarray::Array2;
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
    /// How many of its attacks must flag an input (z-score).
    #[serde(skip_serializing_if = "Option::is_none")]
    votes: Option<usize>,
    /// The share that it flags of the benign inputs it was calibrated or, if it was not, fitted on.
    flagged: f64,
    /// The cost below which each attack flags an input (z-score).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cost_thresholds: Vec<f64>,
    /// The cost above which each attack flags an input (z-score on both sides).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    upper_cost_thresholds: Vec<f64>,
}

impl Fitted {
    /// `benign` are the costs of the inputs it was calibrated or fitted on.
    pub(super) fn of(saved: &SavedDetector, benign: &Array2<f64>) -> a2d_detect::Result<Self> {
        let limits = saved.detector.cost_limits().unwrap_or_default();
        let verdicts = saved.detector.verdicts(benign.view())?;
        let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
        Ok(Self {
            detector: saved.detector.name(),
            attacks: saved.attacks.clone(),
            samples: saved.detector.samples(),
            threshold: saved.detector.threshold(),
            votes: votes(&saved.detector),
            flagged: flagged as f64 / verdicts.len() as f64,
            cost_thresholds: limits.iter().map(|limits| limits.below).collect(),
            upper_cost_thresholds: limits.iter().filter_map(|limits| limits.above).collect(),
        })
    }
}

/// How many attacks must flag an input, where they vote.
fn votes(detector: &Detector) -> Option<usize> {
    match detector {
        Detector::ZScore(z_score) => Some(z_score.votes()),
        Detector::Conformal(conformal) => votes(conformal.detector()),
        _ => None,
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
        let of = self.attacks.len();
        let votes = self.votes.map_or_else(String::new, |votes| format!("; {votes} of {of} votes"));
        let flagged = 100.0 * self.flagged;
        let known = if samples.held_out == 0 { "fitted" } else { "calibrated" };
        let below = said("; flags costs below", &self.cost_thresholds);
        let above = said(" and above", &self.upper_cost_thresholds);
        format!(
            "{detector} detector on costs of {attacks}, {samples}{votes}; flags {flagged:.1} % of the \
             benign inputs it was {known} on{below}{above}"
        )
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
                &"votes",
                &"flagged",
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
                &self.votes.map_or_else(String::new, |votes| votes.to_string()),
                &self.flagged,
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
        let samples = DatasetBase::from(benign.view());
        let z_score = ZScore::params(1).tails(Tails::Both).fit(&samples).unwrap();
        let detector = Conformal::params(z_score).alpha(0.1).fit(&samples).unwrap().into();
        let attacks = vec!["bim".into(), "jsma".into()];
        let unit = Unit::Iterations;
        let saved = SavedDetector { attacks, unit, provenance: None, detector };
        Fitted::of(&saved, &benign).unwrap()
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
