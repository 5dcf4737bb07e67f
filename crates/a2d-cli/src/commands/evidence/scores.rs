//! The mean scores of sets, as people see them.

use a2d_eval::MeanScores;

use super::statistic::p_text;
use crate::clever::TargetName;
use crate::format::line;

/// Whether these columns are targets of CLEVER scores.
pub(super) fn are_clever(columns: &[impl AsRef<str>]) -> bool {
    columns.iter().all(|column| column.as_ref().parse::<TargetName>().is_ok())
}

/// What the scores are called.
pub(super) fn name(scores: &[MeanScores]) -> &'static str {
    let columns: Vec<_> = scores.iter().map(|scores| &scores.target).collect();
    if are_clever(&columns) { "CLEVER scores" } else { "scores" }
}

/// The table for people: a line per target, and up to three columns per set.
pub(super) fn lines(scores: &[MeanScores]) -> Vec<Vec<String>> {
    let Some(first) = scores.first() else { return vec![] };
    let decimals = |number: Option<f64>| number.map_or(String::new(), |x| format!("{x:.2}"));
    let mut header = line([&"target"]);
    for (place, set) in first.sets.iter().enumerate() {
        header.push(set.set.clone());
        header.extend(set.share_at_cap.map(|_| "at cap".into()));
        header.extend((place > 0).then(|| "λ".into()));
    }
    header.extend(line([&"mean λ", &"p-value"]));
    let rows = scores.iter().map(|target| {
        let mut fields = line([&target.target]);
        for (place, set) in target.sets.iter().enumerate() {
            let half_width = set.half_width.map_or(String::new(), |x| format!(" ± {x:.4}"));
            fields.push(format!("{:.4}{half_width}", set.mean));
            fields.extend(set.share_at_cap.map(|share| format!("{:.0} %", 100.0 * share)));
            fields.extend((place > 0).then(|| decimals(set.lambda)));
        }
        fields.extend([decimals(target.mean_lambda), p_text(target.p)]);
        fields
    });
    std::iter::once(header).chain(rows).collect()
}
