//! What runs the steps of a plan.

pub(crate) mod binary;
mod digests;
pub(crate) mod key;
pub(crate) mod local;
pub(crate) mod lock;
pub(crate) mod pace;
pub(crate) mod progress;
pub(crate) mod runner;
pub(crate) mod state;
