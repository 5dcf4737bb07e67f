//! A cascade as files have it.

use serde::Deserialize;

use super::{Band, Cascade};
use crate::fitted_scores::FittedScores;
use crate::{Detect as _, Error, Result, Tails, ZScore};

/// A cascade as a file has it: of the right shape, with values that may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    stages: ZScore,
    bands: Vec<Band>,
    fitted_scores: FittedScores,
}

impl TryFrom<Document> for Cascade {
    type Error = Error;

    fn try_from(file: Document) -> Result<Self> {
        let Document { stages, bands, fitted_scores } = file;
        let broken = |expected: &str, found: String| {
            Err(Error::Description { expected: expected.into(), found })
        };
        if bands.len() + 1 != stages.columns() {
            let found = format!("{} bands of {} stages", bands.len(), stages.columns());
            return broken("a band for each stage but the last", found);
        }
        if stages.tails() != Tails::Lower {
            return broken("stages that look for low costs", format!("{:?}", stages.tails()));
        }
        bands.iter().try_for_each(Band::check)?;
        fitted_scores.check(stages.samples().benign)?;
        Ok(Self { stages, bands, fitted_scores })
    }
}
