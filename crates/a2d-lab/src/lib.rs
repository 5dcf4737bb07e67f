//! Experiments: what an environment trains, crafts, measures, fits and scores, and the results beside the published
//! ones.
//!
//! An experiment's file becomes a plan of steps, each a run of `a2d`; an executor runs those that are not done; the
//! tables are made of what they printed, and rendered as results. Nothing here needs libtorch.

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod executor;
mod experiment;
mod plan;
mod reproduce;
mod results;
mod say;
mod tables;
mod whole_file;

pub use reproduce::Reproduce;
