//! The summary of a study, printed.

use a2d_adaptive::{Rung, Summary, Survival};

use crate::format::{Outcome, line, short, table};

/// A distance for people: one is often a fraction of another that is below 1.
fn distance(distance: f64) -> String {
    if distance != 0.0 && distance < 0.1 { short(distance) } else { format!("{distance:.2}") }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        let header = line([
            &"detector",
            &"at FPR",
            &"adversary",
            &"success",
            &"95 % interval",
            &"mean L2",
            &"mean Linf",
            &"gradients",
        ]);
        let rows = self.survival.iter().map(|row| {
            let Survival { adversary, detector, rate, success, distances, gradients } = row;
            let none = || "-".to_owned();
            line([
                detector,
                &rate.map_or_else(none, |rate| format!("{:.0} %", rate * 100.0)),
                adversary,
                &format!("{:.1} %", success.share * 100.0),
                &format!("{:.1} to {:.1} %", success.low * 100.0, success.high * 100.0),
                &distances.map_or_else(none, |distances| distance(distances.l2)),
                &distances.map_or_else(none, |distances| distance(distances.linf)),
                &gradients.map_or_else(none, |gradients| format!("{gradients:.0}")),
            ])
        });
        let images = self.images;
        let survival = table(std::iter::once(header).chain(rows));
        let rungs = table(rungs(&self.rungs));
        format!(
            "{survival}\n{images} images that the model knows were attacked; {SUCCESS}\n\n{rungs}\n{RUNGS}"
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header = line([
            &"detector",
            &"rate",
            &"adversary",
            &"images",
            &"success",
            &"success_low",
            &"success_high",
            &"l0",
            &"l2",
            &"linf",
            &"gradients",
        ]);
        let number =
            |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
        let rows = self.survival.iter().map(|row| {
            let Survival { adversary, detector, rate, success, distances, gradients } = row;
            line([
                detector,
                &number(*rate),
                adversary,
                &self.images,
                &success.share,
                &success.low,
                &success.high,
                &number(distances.map(|distances| distances.l0)),
                &number(distances.map(|distances| distances.l2)),
                &number(distances.map(|distances| distances.linf)),
                &number(*gradients),
            ])
        });
        std::iter::once(header).chain(rows).collect()
    }
}

/// What adversaries left by what they asked for.
fn rungs(rungs: &[Rung]) -> Vec<Vec<String>> {
    let header = line([
        &"adversary",
        &"asked for",
        &"examples",
        &"mean L2",
        &"mean costs",
        &"passed at 5 % FPR",
    ]);
    let rows = rungs.iter().map(|rung| {
        let number = |number: &Option<f64>| number.map_or_else(|| "-".to_owned(), short);
        let costs: Vec<_> = rung.costs.iter().map(number).collect();
        let passed = rung.passed.iter().filter(|passed| passed.rate == Some(0.05));
        let passed: Vec<_> = passed
            .map(|passed| format!("{} {:.0} %", passed.detector, passed.success.share * 100.0))
            .collect();
        line([
            &rung.adversary,
            &number(&rung.level),
            &rung.examples,
            &distance(rung.distances.l2),
            &costs.join(", "),
            &passed.join(", "),
        ])
    });
    std::iter::once(header).chain(rows).collect()
}

/// What the rungs' numbers are of.
const RUNGS: &str = "asked for: a confidence, or a number that the adversary takes for the cost; costs in the order of the defenses";

/// What the shares are of.
const SUCCESS: &str =
    "a success is misclassified, within the cap, and not flagged by the full detector";
