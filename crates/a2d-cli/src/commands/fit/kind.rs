//! The kinds of detectors that can be fitted, by the names that users give them.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::extensions::{self, CALIBRATED};

/// The kinds of `a2d` itself.
pub(crate) const DETECTORS: [&str; 3] = ["z-score", "knn", "conformal"];

/// A kind of detector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ZScore,
    Knn,
    /// Either of these, calibrated.
    Conformal,
    /// One that the program adds, and whether it is calibrated.
    Other {
        name: String,
        calibrated: bool,
    },
}

impl Kind {
    /// Reads the name of a kind.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        let kinds = extensions::get().detectors();
        let others = kinds.names().map(str::to_owned);
        let calibrated = kinds.names().map(|name| format!("{CALIBRATED}{name}"));
        let names = DETECTORS.into_iter().map(str::to_owned).chain(others).chain(calibrated);
        PossibleValuesParser::new(names).map(|name| Self::named(&name))
    }

    fn named(name: &str) -> Self {
        match name {
            "z-score" => Self::ZScore,
            "knn" => Self::Knn,
            "conformal" => Self::Conformal,
            other => {
                let within = other.strip_prefix(CALIBRATED);
                let name = within.unwrap_or(other).to_owned();
                Self::Other { name, calibrated: within.is_some() }
            }
        }
    }

    /// Whether benign inputs held out decide its threshold.
    pub(super) fn is_calibrated(&self) -> bool {
        matches!(self, Self::Conformal | Self::Other { calibrated: true, .. })
    }

    /// The name, if it is one that the program adds.
    pub(super) fn other(&self) -> Option<&str> {
        match self {
            Self::Other { name, .. } => Some(name),
            Self::ZScore | Self::Knn | Self::Conformal => None,
        }
    }
}
