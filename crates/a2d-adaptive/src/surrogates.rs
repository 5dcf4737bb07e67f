//! The surrogates, a file each.

mod after_steps;
mod lead;

pub(crate) use after_steps::AfterSteps;
pub(crate) use lead::Lead;
