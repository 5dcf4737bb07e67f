//! Baselines that probe the network: by mutants, by its layers, by noise and by steps.

#![expect(clippy::unwrap_used, reason = "what fails is the test")]

mod digits;
mod dissector;
mod mmutant;
