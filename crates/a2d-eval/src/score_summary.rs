//! What CLEVER scores are like, target by target.

use serde::{Deserialize, Serialize};

use crate::mean_scores::share_at_cap;
use crate::{BoxPlot, MeanInterval, Result};

/// What CLEVER scores are like, target by target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummaries {
    /// Each target's.
    pub targets: Vec<ScoreSummary>,
}

/// What the CLEVER scores for one target are like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// The target.
    pub target: String,
    /// How many scores there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// How many say no more than that the boundary is farther than the radius.
    pub at_radius: usize,
    /// Their share.
    #[serde(default)]
    pub share_at_radius: f64,
    /// How many go by the largest sample, because no distribution fits.
    pub largest_sample: usize,
}

impl ScoreSummary {
    /// Of scores that are at most this radius, of which so many go by the largest sample.
    ///
    /// # Errors
    /// If there is no score, or one is not finite or beyond [`MAX_VALUE`](crate::MAX_VALUE).
    pub fn new(target: &str, scores: &[f64], radius: f64, largest_sample: usize) -> Result<Self> {
        Ok(Self {
            target: target.to_owned(),
            n: scores.len(),
            mean: MeanInterval::new(scores, 0.95)?.mean,
            median: BoxPlot::new(scores)?.median,
            at_radius: scores.iter().filter(|score| **score >= radius).count(),
            share_at_radius: share_at_cap(scores, radius),
            largest_sample,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_counted_and_come_back_from_json() {
        let found = ScoreSummary::new("second", &[0.5, 5.0, 2.0, 5.0], 5.0, 1).unwrap();
        assert_eq!((found.n, found.mean, found.median, found.at_radius), (4, 3.125, 3.5, 2));
        assert_eq!(found.share_at_radius, 0.5);
        let all = ScoreSummaries { targets: vec![found] };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<ScoreSummaries>(&text).unwrap(), all);
        assert!(ScoreSummary::new("second", &[], 5.0, 0).is_err());
    }
}
