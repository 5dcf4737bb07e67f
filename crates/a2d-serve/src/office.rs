//! What all requests share.

use a2d_detect::SavedDetector;
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::Token;
use crate::desk::Desk;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::problem::Problem;

/// What all requests share.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) detector: SavedDetector,
    pub(crate) intake: Intake,
    pub(crate) metrics: Metrics,
    pub(crate) token: Option<Token>,
    /// How many requests more may be read or answered now.
    pub(crate) requests: Semaphore,
    /// How many bodies more may be decoded now: a small one may need much memory.
    pub(crate) readers: Semaphore,
    /// What is said of the model: its name and fingerprint.
    pub(crate) model: Model,
}

impl Office {
    /// Makes images of a body in its turn, on a thread where no connection waits for it.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        // Nobody closes it.
        let _turn = self.readers.acquire().await.ok();
        spawn_blocking(work).await.unwrap_or_else(|_| {
            let detail = "read request: the reader panicked";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
        })
    }
}

/// What is said of the model.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) fingerprint: String,
}
