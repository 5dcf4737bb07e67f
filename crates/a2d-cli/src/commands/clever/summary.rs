//! A summary of CLEVER scores, as people and programs see it.

use a2d_eval::clever::Basis;
use a2d_eval::{ScoreSummaries, ScoreSummary};

use crate::clever::CleverTable;
use crate::format::{Outcome, line, table};

/// What the scores are like, none of which is beyond the radius.
pub(super) fn summary(table: &CleverTable, radius: f64) -> a2d_eval::Result<ScoreSummaries> {
    let targets = table.targets().iter().map(|target| {
        let fell_back = |basis| basis == Basis::LargestSample;
        let largest_sample = table.of(target).filter(|row| fell_back(row.basis)).count();
        ScoreSummary::new(target, &table.of_target(target), radius, largest_sample)
    });
    Ok(ScoreSummaries { targets: targets.collect::<a2d_eval::Result<_>>()? })
}

/// The header, and a line for each target, with numbers as `digits` writes them and shares as `share` does.
fn lines_with(
    summaries: &ScoreSummaries,
    digits: impl Fn(f64) -> String,
    share: impl Fn(f64) -> String,
) -> Vec<Vec<String>> {
    let header = line([
        &"target",
        &"n",
        &"mean",
        &"median",
        &"at_radius",
        &"share_at_radius",
        &"largest_sample",
    ]);
    let rows = summaries.targets.iter().map(|summary| {
        let ScoreSummary { target, n, at_radius, largest_sample, .. } = summary;
        let (mean, median) = (digits(summary.mean), digits(summary.median));
        let share = share(summary.share_at_radius);
        line([target, n, &mean, &median, at_radius, &share, largest_sample])
    });
    std::iter::once(header).chain(rows).collect()
}

impl Outcome for ScoreSummaries {
    fn human(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        table(lines_with(self, |score| format!("{score:.4}"), percent))
    }

    fn lines(&self) -> Vec<Vec<String>> {
        lines_with(self, |score| score.to_string(), |share| share.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clever::tests;

    fn summary() -> ScoreSummaries {
        let table = tests::table(&["untargeted", "rank-5"], &[0.5, 5.0, 1.0 / 3.0]);
        super::summary(&table, 5.0).unwrap()
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
