//! Mean CLEVER scores of sets, with intervals and tests.

use a2d_eval::{PValue, WelchTest};
use serde::Serialize;

use super::sets::ScoreSet;
use super::statistic::{defined, half_width, interval, mean, p_text};
use crate::format::line;

/// The scores for one target, set by set.
#[derive(Serialize)]
pub(super) struct TargetScores {
    pub(super) target: String,
    /// The benign set first.
    pub(super) sets: Vec<ScoreMean>,
    /// The mean of the benign scores over the mean of the other sets' means.
    pub(super) mean_lambda: Option<f64>,
    /// Of Welch's t-test of the benign scores against those of all other sets together.
    pub(super) p: Option<PValue>,
}

#[derive(Serialize)]
pub(super) struct ScoreMean {
    pub(super) set: String,
    pub(super) n: usize,
    pub(super) mean: f64,
    /// The mean's 90 % confidence interval reaches so far to either side; none for a single score.
    pub(super) half_width: Option<f64>,
    /// The mean's 95 % confidence interval.
    low: Option<f64>,
    high: Option<f64>,
    /// The mean of the benign scores over this one; none for the benign set, and over 0.
    pub(super) lambda: Option<f64>,
}

impl TargetScores {
    /// The scores for each target of these sets, of which the first is benign.
    pub(super) fn of(sets: &[ScoreSet]) -> anyhow::Result<Vec<Self>> {
        let Some(benign) = sets.first() else { return Ok(vec![]) };
        let targets = benign.table.targets().iter();
        targets.map(|target| Self::of_target(target, sets)).collect()
    }

    fn of_target(target: &str, sets: &[ScoreSet]) -> anyhow::Result<Self> {
        let scores: Vec<_> = sets.iter().map(|set| set.table.scores(target)).collect();
        let means: Vec<_> = scores.iter().map(|scores| mean(scores)).collect();
        let lambda = |other: f64| (other > 0.0).then(|| means[0] / other);
        let summaries = sets.iter().enumerate().map(|(place, set)| {
            let (low, high) = interval(&scores[place])?;
            Ok(ScoreMean {
                set: set.name.clone(),
                n: scores[place].len(),
                mean: means[place],
                half_width: half_width(&scores[place], 0.9)?,
                low,
                high,
                lambda: if place == 0 { None } else { lambda(means[place]) },
            })
        });
        Ok(Self {
            target: target.to_owned(),
            sets: summaries.collect::<anyhow::Result<_>>()?,
            mean_lambda: if sets.len() > 1 { lambda(mean(&means[1..])) } else { None },
            p: defined(WelchTest::new(&scores[0], &scores[1..].concat()))?.map(|test| test.p),
        })
    }
}

/// The table for people: a line per target, two columns per set.
pub(super) fn lines(scores: &[TargetScores]) -> Vec<Vec<String>> {
    let Some(first) = scores.first() else { return vec![] };
    let decimals = |number: Option<f64>| number.map_or(String::new(), |x| format!("{x:.2}"));
    let mut header = line([&"target"]);
    for (place, set) in first.sets.iter().enumerate() {
        header.push(set.set.clone());
        header.extend((place > 0).then(|| "λ".into()));
    }
    header.extend(line([&"mean λ", &"p-value"]));
    let rows = scores.iter().map(|target| {
        let mut fields = line([&target.target]);
        for (place, set) in target.sets.iter().enumerate() {
            let half_width = set.half_width.map_or(String::new(), |x| format!(" ± {x:.4}"));
            fields.push(format!("{:.4}{half_width}", set.mean));
            fields.extend((place > 0).then(|| decimals(set.lambda)));
        }
        fields.extend([decimals(target.mean_lambda), p_text(target.p)]);
        fields
    });
    std::iter::once(header).chain(rows).collect()
}
