//! What all requests share.

use a2d_detect::SavedDetector;
use tokio::sync::Semaphore;

use crate::Token;
use crate::desk::Desk;
use crate::intake::Intake;
use crate::metrics::Metrics;

/// What all requests share.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) detector: SavedDetector,
    pub(crate) intake: Intake,
    pub(crate) metrics: Metrics,
    pub(crate) token: Option<Token>,
    /// How many requests more may be read or answered now.
    pub(crate) requests: Semaphore,
    /// What is said of the model: its name and fingerprint.
    pub(crate) model: Model,
}

/// What is said of the model.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) fingerprint: String,
}
