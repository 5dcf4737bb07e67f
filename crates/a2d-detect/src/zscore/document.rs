//! A z-score detector as files have it.

use serde::Deserialize;

use super::{Tails, ZScore, check_threshold, check_votes};
use crate::distribution::CostDistribution;
use crate::fitted_scores::FittedScores;
use crate::{Error, Numbers, Result};

/// A detector as a file has it: of the right shape, with values that may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    votes: usize,
    threshold: f64,
    tails: Tails,
    #[serde(default)]
    numbers: Numbers,
    samples: usize,
    attacks: Vec<CostDistribution>,
    fitted_scores: Option<FittedScores>,
}

impl TryFrom<Document> for ZScore {
    type Error = Error;

    fn try_from(file: Document) -> Result<Self> {
        check_threshold(file.threshold, file.tails)?;
        check_votes(file.votes, file.attacks.len())?;
        file.numbers.check_signs(file.attacks.len())?;
        file.attacks.iter().try_for_each(CostDistribution::check)?;
        if let Some(scores) = &file.fitted_scores {
            scores.check(file.samples)?;
        }
        Ok(Self {
            votes: file.votes,
            threshold: file.threshold,
            tails: file.tails,
            numbers: file.numbers,
            samples: file.samples,
            attacks: file.attacks,
            fitted_scores: file.fitted_scores,
        })
    }
}
