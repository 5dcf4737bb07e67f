//! A conformal detector as files have it.

use serde::{Deserialize, Deserializer};

use super::Conformal;
use crate::{Calibration, Result, Tune};

/// A detector as a file has it: of the right shape, with values that may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document<D> {
    alpha: f64,
    pub(crate) detector: Box<D>,
    benign_scores: Calibration,
}

impl<D> Document<D> {
    /// The detector, once the one within is read.
    pub(crate) fn read<E: Tune>(self, read: impl FnOnce(D) -> Result<E>) -> Result<Conformal<E>> {
        Conformal::new(self.alpha, read(*self.detector)?, self.benign_scores)
    }
}

impl<'de, D: Tune + Deserialize<'de>> Deserialize<'de> for Conformal<D> {
    fn deserialize<R: Deserializer<'de>>(reader: R) -> std::result::Result<Self, R::Error> {
        let document = Document::<D>::deserialize(reader)?;
        document.read(Ok).map_err(serde::de::Error::custom)
    }
}
