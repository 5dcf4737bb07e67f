//! Mean scores of sets, with intervals and tests.

use a2d_cost::ScoreTable;
use serde::{Deserialize, Serialize};

use crate::defined::defined;
use crate::{MeanInterval, MeanRatio, PValue, Result, WelchTest};

/// The scores of one column, set by set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanScores {
    /// The column: of CLEVER scores, their target.
    pub target: String,
    /// The benign set first.
    pub sets: Vec<ScoreMean>,
    /// The mean of the benign scores over the mean of the other sets' means.
    pub mean_lambda: Option<f64>,
    /// Lower end of its 95 % confidence interval, as [`MeanRatio`] has it.
    pub mean_lambda_low: Option<f64>,
    /// Its upper end.
    pub mean_lambda_high: Option<f64>,
    /// Of Welch's t-test of the benign scores against those of all other sets together.
    pub p: Option<PValue>,
}

/// The mean score of one set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreMean {
    /// The name of the set.
    pub set: String,
    /// How many scores there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// The mean's 90 % confidence interval reaches so far to either side; none for a single score.
    pub half_width: Option<f64>,
    /// Lower end of the mean's 95 % confidence interval.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The share of scores at the largest that there can be; none where there is no largest.
    #[serde(default)]
    pub share_at_cap: Option<f64>,
    /// The mean of the benign scores over this one; none for the benign set, and where it is no number of
    /// times: over 0 and of scores below.
    pub lambda: Option<f64>,
}

impl MeanScores {
    /// The scores of each column of the first set, which is benign. The others have the same columns. No score
    /// is above `cap`, where there is one: CLEVER's are at most the radius.
    ///
    /// # Errors
    /// If a score is beyond [`MAX_VALUE`](crate::MAX_VALUE).
    pub fn of(sets: &[(&str, &ScoreTable)], cap: Option<f64>) -> Result<Vec<Self>> {
        let Some((_, benign)) = sets.first() else { return Ok(vec![]) };
        (0..benign.columns().len()).map(|column| Self::of_column(column, sets, cap)).collect()
    }

    fn of_column(column: usize, sets: &[(&str, &ScoreTable)], cap: Option<f64>) -> Result<Self> {
        let scores: Vec<_> =
            sets.iter().map(|(_, table)| table.scores().column(column).to_vec()).collect();
        let intervals = |confidence| {
            let of = move |scores: &Vec<f64>| MeanInterval::new(scores, confidence);
            scores.iter().map(of).collect::<Result<Vec<_>>>()
        };
        let (narrow, wide) = (intervals(0.9)?, intervals(0.95)?);
        let benign = wide[0].mean;
        let lambda = |other: f64| (other > 0.0 && benign >= 0.0).then(|| benign / other);
        let means = sets.iter().enumerate().map(|(place, (set, _))| ScoreMean {
            set: (*set).to_owned(),
            n: scores[place].len(),
            mean: wide[place].mean,
            half_width: narrow[place].half_width,
            low: wide[place].low(),
            high: wide[place].high(),
            share_at_cap: cap.map(|cap| share_at_cap(&scores[place], cap)),
            lambda: if place == 0 { None } else { lambda(wide[place].mean) },
        });
        let others = wide.len() - 1;
        let mean_of_others = wide[1..].iter().map(|set| set.mean).sum::<f64>() / others as f64;
        let mean_lambda = if others > 0 { lambda(mean_of_others) } else { None };
        let equal: Vec<_> = scores.iter().map(|scores| (1.0, &scores[..])).collect();
        let interval = mean_lambda.map(|_| MeanRatio::new(&equal[..1], &equal[1..])).transpose()?;
        Ok(Self {
            target: sets[0].1.columns()[column].name.clone(),
            sets: means.collect(),
            mean_lambda,
            mean_lambda_low: interval.and_then(|ratio| ratio.low),
            mean_lambda_high: interval.and_then(|ratio| ratio.high),
            p: defined(WelchTest::new(&scores[0], &scores[1..].concat()))?.map(|test| test.p),
        })
    }
}

/// The share of scores, of which there is at least one, that say no more than that they are `cap` or above.
pub(crate) fn share_at_cap(scores: &[f64], cap: f64) -> f64 {
    scores.iter().filter(|score| **score >= cap).count() as f64 / scores.len() as f64
}
