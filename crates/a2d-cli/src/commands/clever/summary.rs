//! What the scores are like, target by target.

use a2d_eval::BoxPlot;
use a2d_eval::clever::Basis;
use serde::Serialize;

use crate::clever::CleverTable;
use crate::format::{Outcome, line, table};

/// What the scores are like, target by target.
#[derive(Serialize)]
pub(super) struct Summary {
    targets: Vec<TargetSummary>,
}

#[derive(Serialize)]
struct TargetSummary {
    target: String,
    n: usize,
    mean: f64,
    median: f64,
    /// How many say no more than that the boundary is farther than the radius.
    at_radius: usize,
    /// How many go by the largest sample, because no distribution fits.
    largest_sample: usize,
}

impl Summary {
    pub(super) fn of(table: &CleverTable, radius: f64) -> anyhow::Result<Self> {
        let targets = table.targets().iter().map(|target| {
            let scores = table.scores(target);
            let fell_back = |basis| basis == Basis::LargestSample;
            Ok(TargetSummary {
                target: target.clone(),
                n: scores.len(),
                mean: scores.iter().sum::<f64>() / scores.len() as f64,
                median: BoxPlot::new(&scores)?.median,
                at_radius: scores.iter().filter(|score| **score >= radius).count(),
                largest_sample: table.of(target).filter(|row| fell_back(row.basis)).count(),
            })
        });
        Ok(Self { targets: targets.collect::<anyhow::Result<_>>()? })
    }

    fn lines_with(&self, digits: impl Fn(f64) -> String) -> Vec<Vec<String>> {
        let header = line([&"target", &"n", &"mean", &"median", &"at_radius", &"largest_sample"]);
        let rows = self.targets.iter().map(|summary| {
            let TargetSummary { target, n, at_radius, largest_sample, .. } = summary;
            let (mean, median) = (digits(summary.mean), digits(summary.median));
            line([target, n, &mean, &median, at_radius, largest_sample])
        });
        std::iter::once(header).chain(rows).collect()
    }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        table(self.lines_with(|score| format!("{score:.4}")))
    }

    fn lines(&self) -> Vec<Vec<String>> {
        self.lines_with(|score| score.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clever::tests;

    fn summary() -> Summary {
        let table = tests::table(&["untargeted", "rank-5"], &[0.5, 5.0, 1.0 / 3.0]);
        Summary::of(&table, 5.0).unwrap()
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(summary().human());
    }

    #[test]
    fn programs_see_every_digit() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&summary()).unwrap());
        let lines: Vec<_> = summary().lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
