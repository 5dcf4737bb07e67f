//! Detectors of adversarial inputs from the cost of attacking them.
//!
//! Adversarial inputs lie close to the decision boundary, so an attack flips their label at a lower cost
//! than that of benign inputs (Zhao et al., "Attack as defense: characterizing adversarial examples using
//! robustness", ISSTA 2021). A detector looks at one cost per attack: iterations, queries or time,
//! measured by whatever tool, always in the same [`Unit`]. Costs are matrices of samples x attacks,
//! numbers from 0 to [`MAX_COST`].
//!
//! | detector | is fitted on | flags |
//! |---|---|---|
//! | [`ZScore`] | benign costs | if enough attacks cost improbably little, or much if asked to |
//! | [`Cascade`] | benign costs | as a z-score, by the first attack that is sure |
//! | [`Knn`] | benign and adversarial costs | if most samples of similar costs are adversarial; those that tie share votes |
//! | [`Conformal`] | a fitted detector and benign costs held out from it | at most a chosen share of benign inputs |
//!
//! Each is set up by hyper-parameters that are checked when it is fitted ([`Fit`]), judges and explains
//! ([`Detect`]), and has a threshold that moves without fitting anew ([`Tune`]). [`Detector`] is any of
//! them, or [one of another crate](Detector::other), and [`SavedDetector`] keeps it in a file; [`Kinds`] are
//! those of other crates that a program reads and fits.
//!
//! ```
//! use a2d_detect::ndarray::Array2;
//! use a2d_detect::{Conformal, DatasetBase, Detect, Fit, Knn, SavedDetector, Unit, ZScore, labelled};
//!
//! // Costs of two attacks on 40 benign and 40 adversarial inputs.
//! let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
//! let adversarial = Array2::from_shape_fn((40, 2), |(i, attack)| (i % 8 + attack) as f64);
//!
//! let knn = Knn::params().k(9).fit(&labelled(benign.view(), adversarial.view())?)?;
//! assert!(knn.verdict(&[3.0, 5.0])?.adversarial);
//!
//! let z_score = ZScore::params(1).fit(&DatasetBase::from(benign))?; // one attack suffices to flag
//! assert!(z_score.verdict(&[3.0, 5.0])?.adversarial);
//! assert!(!z_score.verdict(&[110.0, 160.0])?.adversarial);
//!
//! // Calibrated on other benign inputs, it flags at most 5 % of those to come.
//! let held_out = Array2::from_shape_fn((40, 2), |(i, attack)| (89 + i + 50 * attack) as f64);
//! let detector = Conformal::params(z_score).alpha(0.05).fit(&DatasetBase::from(held_out))?;
//! assert_eq!(detector.verdict(&[3.0, 5.0])?.p_value, Some(1.0 / 41.0));
//!
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("detector.json");
//! let attacks = vec!["bim".into(), "jsma".into()];
//! let (unit, detector) = (Unit::Iterations, detector.into());
//! SavedDetector { attacks, unit, provenance: None, detector }.save(&path)?;
//!
//! let explanation = SavedDetector::load(&path)?.explain(&[3.0, 5.0])?;
//! assert!(explanation.verdict.adversarial);
//! println!("{explanation}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Costs that are only known to be "at least"
//! An attack that was stopped early, or gave up without flipping the label, leaves a cost of "at least so
//! much". Passed off as exact it looks like that of an adversarial input. Say what is known instead, as a
//! range for each attack: [`Foresee::certain`] tells whether that suffices for the verdict, and
//! [`Foresee::verdict_within`] gives the verdict in favour of the input, in which what is not known is no
//! evidence.
//!
//! ```
//! use a2d_detect::ndarray::Array2;
//! use a2d_detect::{DatasetBase, Detect, Fit, Foresee, ZScore};
//!
//! let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
//! let detector = ZScore::params(1).fit(&DatasetBase::from(benign))?;
//!
//! // The first attack cost 110; the second gave up after 4 steps.
//! assert!(detector.verdict(&[110.0, 4.0])?.adversarial, "4 would be suspiciously low");
//! let known = [110.0..=110.0, 4.0..=f64::INFINITY];
//! assert_eq!(detector.certain(&known)?, None);
//! assert!(!detector.verdict_within(&known)?.adversarial);
//!
//! // It does not hide what another attack finds.
//! assert!(detector.verdict_within(&[3.0..=3.0, 4.0..=f64::INFINITY])?.adversarial);
//! # Ok::<(), a2d_detect::Error>(())
//! ```
//!
//! [`SavedDetector::verdicts`] does this for the rows of a [`CostTable`] whose label did not flip.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests compare floats that must be the same"))]

mod box_cox;
mod calibration;
mod cascade;
mod conformal;
mod detect;
mod detector;
mod distribution;
mod error;
mod explanation;
mod fitted;
mod fitted_scores;
mod fitting;
mod foresee;
mod kinds;
mod knn;
mod moments;
mod normality;
mod numbers;
mod other;
mod saved;
mod verdict_record;
mod zscore;

#[cfg(test)]
mod contract;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use box_cox::{BoxCox, LOWEST_COST};
pub use calibration::Calibration;
pub use cascade::{Band, Cascade, CascadeParams, CascadeValidParams, DEFAULT_DOUBT};
pub use conformal::{Conformal, ConformalParams, ConformalValidParams, DEFAULT_ALPHA};
pub use detect::{CostLimits, Detect, Samples, Tune, Verdict};
pub use detector::Detector;
pub use distribution::CostDistribution;
pub use error::{Error, Result};
pub use explanation::{Evidence, Explanation, Neighbour, Opinion, Stage, Vote};
pub use fitted::Fitted;
pub use fitting::{DetectorKind, Fitting, TrainingNumbers};
pub use foresee::Foresee;
pub use kinds::{Kind, Kinds};
pub use knn::{ClassCounts, DEFAULT_K, Knn, KnnParams, KnnValidParams};
pub use numbers::{MAX_COST, Numbers, labelled};
pub use other::{AnyDetector, OtherDetector};
pub use saved::SavedDetector;
pub use verdict_record::{KnownCost, VerdictDocument, VerdictRecord};
pub use zscore::{DEFAULT_THRESHOLD, Tails, ZScore, ZScoreParams, ZScoreValidParams, threshold_at};

// What fitting takes, so that this crate is the only one to add.
pub use a2d_cost::{CostTable, Provenance, Sign, Unit};
pub use linfa::traits::Fit;
pub use linfa::{Dataset, DatasetBase, ParamGuard};
pub use ndarray;

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    /// Benign costs of BIM and JSMA, 64 samples x 2 attacks.
    pub(crate) fn benign() -> Array2<f64> {
        Array2::from_shape_fn((64, 2), |(row, attack)| [BIM, JSMA][attack][row])
    }

    /// Costs of BIM on 64 benign MNIST images: normal by D'Agostino and Pearson's test.
    pub(crate) const BIM: [f64; 64] = [
        201.0, 171.0, 114.0, 134.0, 83.0, 174.0, 109.0, 140.0, 131.0, 51.0, 82.0, 175.0, 106.0,
        125.0, 132.0, 259.0, 242.0, 196.0, 86.0, 137.0, 98.0, 130.0, 149.0, 214.0, 108.0, 155.0,
        229.0, 193.0, 198.0, 168.0, 131.0, 42.0, 199.0, 162.0, 325.0, 190.0, 282.0, 125.0, 243.0,
        62.0, 50.0, 308.0, 188.0, 210.0, 256.0, 217.0, 34.0, 115.0, 73.0, 164.0, 189.0, 147.0,
        96.0, 240.0, 168.0, 140.0, 164.0, 171.0, 265.0, 126.0, 83.0, 218.0, 94.0, 265.0,
    ];

    /// Costs of JSMA on the same images: skewed, not normal.
    pub(crate) const JSMA: [f64; 64] = [
        337.0, 155.0, 153.0, 187.0, 80.0, 190.0, 53.0, 411.0, 75.0, 33.0, 36.0, 224.0, 162.0,
        2000.0, 89.0, 583.0, 533.0, 341.0, 100.0, 95.0, 201.0, 128.0, 329.0, 231.0, 63.0, 64.0,
        298.0, 284.0, 264.0, 99.0, 181.0, 52.0, 229.0, 138.0, 381.0, 458.0, 261.0, 198.0, 369.0,
        68.0, 45.0, 342.0, 138.0, 182.0, 353.0, 232.0, 12.0, 74.0, 130.0, 109.0, 251.0, 145.0,
        143.0, 274.0, 109.0, 57.0, 196.0, 192.0, 343.0, 157.0, 108.0, 197.0, 44.0, 468.0,
    ];

    /// Costs of which some are zero.
    pub(crate) const WITH_ZEROS: [f64; 20] = [
        0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 12.0, 16.0, 21.0, 28.0, 37.0,
        50.0, 66.0, 88.0,
    ];
}
