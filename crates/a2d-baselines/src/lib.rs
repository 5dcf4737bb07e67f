//! Published detectors of adversarial inputs, to compare attack costs with.
//!
//! Each is a file and a line in [`BASELINES`]: its [`Parameters`] are fitted on a [`Material`] and give a
//! [`Baseline`], which is a [score](a2d_eval::scoring::Score) of images like any other, in one or several
//! columns. A [`SavedBaseline`] is one in a file. [`Protocol::Fair`] fits on other inputs than it scores;
//! [`Protocol::Published`] does what the papers did, leaks included, so that their numbers can be compared with.

mod activations;
mod baseline;
mod batches;
mod catalogue;
mod dissector;
mod error;
mod kd_bu;
mod lid;
mod logistic;
mod logits;
mod magnet;
mod material;
mod mmutant;
mod noise;
mod protocol;
mod saved;
mod state;
mod stream;
#[cfg(test)]
mod trial;
mod twis;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use baseline::{Baseline, Parameters};
pub use catalogue::{BASELINES, Kind, kind};
pub use dissector::{Dissector, DissectorParameters};
pub use error::{Error, Result};
pub use kd_bu::{KdBu, KdBuParameters};
pub use lid::{Lid, LidParameters};
pub use magnet::{Magnet, MagnetParameters};
pub use material::{Examples, Material};
pub use mmutant::{MMutant, MMutantParameters, Operator, Testing};
pub use protocol::Protocol;
pub use saved::SavedBaseline;
pub use state::State;
pub use twis::{Twis, TwisParameters};
