//! Experiments: what an environment trains, crafts, measures, fits and scores, and the results beside the published
//! ones.
//!
//! An experiment's file becomes a plan of steps, each a run of `a2d`; an executor runs those that are not done; the
//! tables are made of what they printed, and rendered as results. Nothing here needs libtorch.

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod error;
mod executor;
mod experiment;
mod leash;
mod one_step;
mod plan;
mod reproduce;
mod results;
mod say;
mod tables;
mod whole_file;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{Error, Result};
pub use leash::Hold;
pub use one_step::OneStep;
pub use reproduce::Reproduce;
