//! Attackers who know the detector: what they find, and what is left of it against them.
//!
//! A [`Victim`] is a classifier and the attacks whose costs a detector judges. An [`Adversary`] moves images of it within a
//! [`Cap`], up a ladder of what it takes for the cost, and leaves a [`Candidate`] at every rung: misclassified, and harder to
//! attack again than the one before. A [`Judge`] then measures every cost of a candidate in full and asks the detectors. A
//! success is a candidate that the full detector passes, never one that looks so to the adversary.
//!
//! [`ADVERSARIES`] is the table of all, [`Study`] runs them, [`Summary`] counts.

mod adversaries;
mod adversary;
mod benign;
mod candidate;
mod cap;
mod catalogue;
mod error;
mod heading;
mod judge;
mod ladder;
mod look;
mod partners;
mod rung;
mod scene;
mod study;
mod summary;
mod surrogate;
mod surrogates;
mod victim;
mod view;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use adversary::{Adversary, Attackers};
pub use benign::Benign;
pub use candidate::{Candidate, Spent, Trail};
pub use cap::{Cap, Norm};
pub use catalogue::{ADVERSARIES, Kind, kind};
pub use error::{Error, Result};
pub use judge::{Defender, Evidence, Judge, JudgedCandidate};
pub use rung::{Passed, Rung};
pub use scene::Scene;
pub use study::{Found, Study, Target};
pub use summary::{RATES, Summary, Survival};
pub use victim::Victim;

#[cfg(test)]
mod tests;
