//! Any detector as files have it: read before it is known whether the program knows its kind.

use serde::Deserialize;
use serde_json::Value;

use super::Detector;
use crate::{Cascade, Error, Kinds, Knn, Result, ZScore, conformal};

/// A detector as a file has it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Document {
    Knn(Knn),
    ZScore(ZScore),
    Cascade(Cascade),
    Conformal(conformal::Document<Document>),
    Other(State),
}

/// A detector of another crate as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    kind: String,
    state: Value,
}

impl Document {
    /// The kind of the detector if it is of another crate, or of the one within.
    pub(crate) fn kind(&self) -> Option<&str> {
        match self {
            Self::Knn(_) | Self::ZScore(_) | Self::Cascade(_) => None,
            Self::Conformal(conformal) => conformal.detector.kind(),
            Self::Other(State { kind, .. }) => Some(kind),
        }
    }

    /// The detector, which is one of these kinds if it is of another crate.
    pub(crate) fn read(self, kinds: &Kinds) -> Result<Detector> {
        match self {
            Self::Knn(knn) => Ok(knn.into()),
            Self::ZScore(z_score) => Ok(z_score.into()),
            Self::Cascade(cascade) => Ok(cascade.into()),
            Self::Conformal(conformal) => {
                conformal.read(|within| within.read(kinds)).map(Detector::Conformal)
            }
            Self::Other(State { kind, state }) => kinds.read(&kind, state),
        }
    }
}

impl TryFrom<Document> for Detector {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self> {
        document.read(&Kinds::new())
    }
}
