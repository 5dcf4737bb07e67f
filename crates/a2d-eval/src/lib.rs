//! How well costs and detectors separate adversarial from benign inputs.
//!
//! [`Scores`] fixes the direction once: larger means more adversarial. [`Auroc`] and [`RocCurve`] judge
//! scores at every threshold, [`DetectionRates`] the verdicts at one. Score a detector on inputs it was
//! not fitted on.
//!
//! ```
//! use a2d_eval::{Auroc, RocCurve, Scores};
//!
//! let scores = Scores::from_costs(&[120.0, 95.0, 143.0, 31.0], &[4.0, 12.0, 31.0, 7.0])?;
//! let Auroc { auroc, low, high } = Auroc::new(&scores);
//! println!("{auroc:.3} ({low:.3} to {high:.3})");
//! assert_eq!(auroc, 15.5 / 16.0);
//! assert_eq!(RocCurve::new(&scores).tpr_at_fpr(0.05)?, 0.75);
//! # Ok::<(), a2d_eval::Error>(())
//! ```

#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests compare floats that must be the same"))]

mod accuracy;
mod auroc;
mod error;
mod roc;
mod scores;

pub use accuracy::DetectionRates;
pub use auroc::Auroc;
pub use error::{Class, Error, Result};
pub use roc::{RocCurve, RocVertex};
pub use scores::Scores;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Scores with ties within and between the classes.
    pub(crate) const BENIGN: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.2, 0.4, 0.05];
    pub(crate) const ADVERSARIAL: [f64; 7] = [0.4, 0.9, 0.8, 0.35, 0.7, 0.4, 0.95];

    /// Benign and adversarial scores, most of them tied.
    pub(crate) fn tied_scores() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let scores = || prop::collection::vec((-8_i8..8).prop_map(f64::from), 2..60);
        (scores(), scores())
    }
}
