//! How well costs, other scores and detectors separate adversarial from benign inputs.
//!
//! * **Scores**: [`Scores`] fixes the direction once: larger means more adversarial. [`Auroc`] and
//!   [`RocCurve`] judge scores at every threshold.
//! * **Verdicts**: [`DetectionTable`] tells how often verdicts are right, on each set of adversarial samples
//!   and overall. Its [`DetectionRates`] are [`Proportion`]s with intervals.
//! * **Costs**: [`WelchTest`] says whether two classes differ, [`Correlation`] whether two measures of the
//!   same samples agree, each with a [`PValue`]; [`BoxPlot`] summarises one set of values.
//! * **Results**: an [`Evaluation`] of tables of numbers, and of a detector on them; a [`Comparison`] of sets of
//!   inputs. Both are written as JSON and read back.
//! * **Other scores**: `scoring` (feature of this name) gives scores of images for a classifier, `clever`
//!   CLEVER's.
//!
//! Score a detector on inputs it was not fitted on.
//!
//! ```
//! use a2d_eval::{Auroc, BoxPlot, Correlation, DetectionTable, RocCurve, Scores, WelchTest};
//!
//! let benign = [120.0, 95.0, 143.0, 31.0]; // iterations
//! let adversarial = [4.0, 12.0, 31.0, 7.0];
//!
//! let scores = Scores::from_costs(&benign, &adversarial)?;
//! let Auroc { auroc, low, high } = Auroc::new(&scores);
//! println!("{auroc:.3} ({low:.3} to {high:.3})");
//! assert_eq!(auroc, 15.5 / 16.0);
//! assert_eq!(RocCurve::new(&scores).tpr_at_fpr(0.05)?, 0.75);
//!
//! let flagged = |costs: &[f64]| costs.iter().map(|&cost| cost < 20.0).collect::<Vec<_>>();
//! let table = DetectionTable::new(&flagged(&benign), &[("bim", &flagged(&adversarial))])?;
//! assert_eq!(table.overall.rates.accuracy.share, 7.0 / 8.0);
//!
//! assert!(WelchTest::new(&benign, &adversarial)?.p.value < 0.05);
//! assert_eq!(BoxPlot::new(&benign)?.median, 107.5);
//!
//! let seconds = [2.5, 1.9, 2.9, 0.7];
//! assert_eq!(Correlation::spearman(&benign, &seconds)?.coefficient, 1.0);
//! # Ok::<(), a2d_eval::Error>(())
//! ```

#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests compare floats that must be the same"))]

mod auroc;
mod box_plot;
mod classification;
#[cfg(feature = "clever")]
pub mod clever;
mod comparison;
mod confidence;
mod confusion;
mod correlation;
mod cost_distribution;
mod defined;
mod detection_rates;
mod detection_table;
mod error;
mod estimate;
mod evaluation;
mod judged;
mod mean_interval;
mod mean_ratio;
mod mean_scores;
mod moments;
mod p_value;
mod proportion;
mod ranks;
mod roc;
mod score_correlation;
mod score_summary;
mod scores;
#[cfg(feature = "scoring")]
pub mod scoring;
mod students_t;
mod values;
mod welch;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use auroc::Auroc;
pub use box_plot::BoxPlot;
pub use classification::Classification;
pub use comparison::Comparison;
pub use confusion::Confusion;
pub use correlation::Correlation;
pub use cost_distribution::{CostDistribution, PooledMean, SetDistribution};
pub use detection_rates::DetectionRates;
pub use detection_table::{DetectionRow, DetectionTable};
pub use error::{Class, Error, Result};
pub use evaluation::{AdversarialGroup, BenignGroup, Evaluation, Separation, TprAtFpr};
pub use judged::{Judged, Verdicts};
pub use mean_interval::MeanInterval;
pub use mean_ratio::MeanRatio;
pub use mean_scores::{MeanScores, ScoreMean};
pub use p_value::PValue;
pub use proportion::Proportion;
pub use roc::{RocCurve, RocVertex};
pub use score_correlation::ScoreCorrelation;
pub use score_summary::{ScoreSummaries, ScoreSummary};
pub use scores::Scores;
pub use values::MAX_VALUE;
pub use welch::WelchTest;

#[cfg(test)]
mod tests {
    use proptest::collection::SizeRange;
    use proptest::prelude::*;

    /// Scores with ties within and between the classes.
    pub(crate) const BENIGN: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.2, 0.4, 0.05];
    pub(crate) const ADVERSARIAL: [f64; 7] = [0.4, 0.9, 0.8, 0.35, 0.7, 0.4, 0.95];

    /// Benign and adversarial scores, most of them tied.
    pub(crate) fn tied_scores() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let scores = || prop::collection::vec((-8_i8..8).prop_map(f64::from), 2..60);
        (scores(), scores())
    }

    /// As many values as `lengths` allows, with ties and with small and large differences.
    pub(crate) fn values(lengths: impl Into<SizeRange>) -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![(-4_i8..4).prop_map(f64::from), -100.0..100.0_f64];
        prop::collection::vec(value, lengths)
    }

    pub(crate) fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} {expected}");
    }
}
