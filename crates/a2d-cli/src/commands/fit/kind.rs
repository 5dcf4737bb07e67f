//! The kinds of detectors that can be fitted, by the names that users give them.

use a2d_detect::DetectorKind;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::extensions::{self, CALIBRATED};

/// The kinds of `a2d` itself.
pub(crate) const DETECTORS: [&str; 3] = ["z-score", "knn", "conformal"];

/// Reads the name of a kind.
pub(super) fn parser() -> impl TypedValueParser<Value = DetectorKind> {
    let kinds = extensions::get().detectors();
    let others = kinds.names().map(str::to_owned);
    let calibrated = kinds.names().map(|name| format!("{CALIBRATED}{name}"));
    let names = DETECTORS.into_iter().map(str::to_owned).chain(others).chain(calibrated);
    PossibleValuesParser::new(names).map(|name| named(&name))
}

fn named(name: &str) -> DetectorKind {
    match name {
        "z-score" => DetectorKind::ZScore,
        "knn" => DetectorKind::Knn,
        "conformal" => DetectorKind::Conformal,
        other => {
            let within = other.strip_prefix(CALIBRATED);
            let kinds = extensions::get().detectors().clone();
            let name = within.unwrap_or(other).to_owned();
            DetectorKind::Other { name, kinds, calibrated: within.is_some() }
        }
    }
}
