//! Screens the inputs of a classifier for adversarial ones, with no more queries than a verdict needs.
//!
//! A detector judges an input by what several attacks on it cost, but seldom needs to know it all: an attack
//! that has passed every cost that is flagged need not go on, nor need one start that cannot change the
//! verdict any more. A [`Guard`] holds classifier, attacks and detector, plans the attacks on every image,
//! and gives the verdicts that the full costs would have given. [`Guard::screen`] takes images from an iterator,
//! [`Guard::session`] as they come.
//!
//! ```
//! use a2d_attacks::{DEFENSES, Preset, queries};
//! use a2d_detect::ndarray::Array2;
//! use a2d_detect::{DatasetBase, Fit, SavedDetector, Unit, ZScore};
//! use a2d_guard::{Guard, Screening};
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let benign = Array2::from_shape_fn((40, 1), |(row, _)| (90 + row) as f64);
//! let detector = SavedDetector {
//!     attacks: vec!["bim".into()],
//!     unit: Unit::Iterations,
//!     provenance: None,
//!     detector: ZScore::params(1).fit(&DatasetBase::from(benign))?.into(),
//! };
//! let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
//! let guard = Guard::with_defenses(classifier, vec![DEFENSES.named("bim", Preset::MNIST)?], detector)?;
//!
//! let images = Tensor::full([2, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
//! guard.screen(queries(&images), &mut |screening: Screening| {
//!     println!("{}: {:?}, {} queries", screening.row, screening.adversarial, screening.queries());
//!     Ok::<(), a2d_guard::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkup;
mod error;
mod guard;
mod knowledge;
mod order;
mod plan;
mod screener;
mod screening;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use checkup::{
    Checkup, CostsInShort, CraftedKind, DefenseCheckup, Doubt, GOAL, KINDS, KindCheckup, Pace,
};
pub use error::{Error, Result};
pub use guard::Guard;
pub use screener::Screener;
pub use screening::Screening;
