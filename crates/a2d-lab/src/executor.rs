//! What runs the steps of a plan.

pub(crate) mod key;
pub(crate) mod local;
pub(crate) mod lock;
pub(crate) mod progress;
pub(crate) mod state;
