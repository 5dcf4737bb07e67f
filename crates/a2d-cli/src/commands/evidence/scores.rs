use a2d_eval::{PValue, WelchTest};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::sets::ScoreSet;
use super::statistic::{defined, mean, p_text};
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
            Ok(ScoreMean {
                set: set.name.clone(),
                n: scores[place].len(),
                mean: means[place],
                half_width: half_width(&scores[place])?,
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

/// Half the 90 % confidence interval of the mean, by Student's t.
fn half_width(values: &[f64]) -> anyhow::Result<Option<f64>> {
    if values.len() < 2 {
        return Ok(None);
    }
    let n = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = (squares / (n - 1.0) / n).sqrt();
    Ok(Some(StudentsT::new(0.0, 1.0, n - 1.0)?.inverse_cdf(0.95) * standard_error))
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

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy import stats  # 1.17.1
    // x = [1, 2, 4, 9]; stats.sem(x) * stats.t.ppf(0.95, 3)
    // 4.187840924808042
    #[test]
    fn interval_is_that_of_scipy() {
        let found = half_width(&[1.0, 2.0, 4.0, 9.0]).unwrap().unwrap();
        assert!((found / 4.187_840_924_808_042 - 1.0).abs() < 1e-9, "{found}");
        assert_eq!(half_width(&[1.0]).unwrap(), None);
    }
}
