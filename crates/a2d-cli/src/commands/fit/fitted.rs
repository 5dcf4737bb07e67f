//! A detector that was fitted, as people and programs see it.

use a2d_detect::{Fitted, MAX_COST};

use crate::format::{Outcome, line, short};

/// Costs for people, in the order of the attacks, behind what is said of them; nothing of none.
fn said(of: &str, costs: &[f64]) -> String {
    if costs.is_empty() { String::new() } else { format!("{of} {}", all_short(costs)) }
}

fn all_short(costs: &[f64]) -> String {
    let short = |cost: &f64| match cost {
        cost if cost.abs() == MAX_COST => "-".into(), // flags none
        cost => short(*cost),
    };
    costs.iter().map(short).collect::<Vec<_>>().join(" ")
}

/// Two costs for programs, `-` of none.
fn pair(costs: Option<[f64; 2]>) -> String {
    costs.map_or_else(|| "-".into(), |[low, high]| format!("{}-{}", short(low), short(high)))
}

/// What an attack of a cascade leaves to the next.
fn unsure((attack, costs): (&String, &Option<[f64; 2]>)) -> String {
    match costs {
        Some([low, high]) => {
            format!("; {attack} leaves costs from {} to {} to the next", short(*low), short(*high))
        }
        None => format!("; {attack} leaves none to the next"),
    }
}

impl Outcome for Fitted {
    fn human(&self) -> String {
        let Self { detector, samples, .. } = self;
        let attacks = self.attacks.join(", ");
        let of = self.attacks.len();
        let votes = self.votes.map_or_else(String::new, |votes| format!("; {votes} of {of} votes"));
        let flagged = 100.0 * self.flagged;
        let known = if samples.held_out == 0 { "fitted" } else { "calibrated" };
        let numbers = if self.numbers.are_costs() { "costs" } else { "scores" };
        let unsure: String = self.attacks.iter().zip(&self.unsure_costs).map(unsure).collect();
        let below = said(&format!("; flags {numbers} below"), &self.cost_thresholds);
        let above = said(" and above", &self.upper_cost_thresholds);
        format!(
            "{detector} detector on {numbers} of {attacks}, {samples}{votes}; flags {flagged:.1} % of the \
             benign inputs it was {known} on{below}{above}{unsure}"
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
                &"unsure_costs",
            ]),
            line([
                &self.detector,
                &self.attacks.join(" "),
                &self.samples.benign,
                &self.samples.adversarial,
                &all_short(&self.cost_thresholds),
                &self.samples.held_out,
                &self.threshold,
                &all_short(&self.upper_cost_thresholds),
                &self.votes.map_or_else(String::new, |votes| votes.to_string()),
                &self.flagged,
                &self.unsure_costs.iter().copied().map(pair).collect::<Vec<_>>().join(" "),
            ]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use a2d_detect::ndarray::Array2;
    use a2d_detect::{Conformal, DatasetBase, Fit as _, SavedDetector, Tails, Unit, ZScore};

    use super::*;

    fn fitted() -> Fitted {
        let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
        let samples = DatasetBase::from(benign.view());
        let z_score = ZScore::params(1).tails(Tails::Both).fit(&samples).unwrap();
        let detector = Conformal::params(z_score).alpha(0.1).fit(&samples).unwrap().into();
        let attacks = vec!["bim".into(), "jsma".into()];
        let unit = Unit::Iterations;
        let saved = SavedDetector { attacks, unit, provenance: None, detector };
        saved.fitted(benign.view()).unwrap()
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
