//! Whether the service is well, and what it has done.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::office::Office;
use crate::problem::Problem;

/// The process answers.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// Another image would be taken now.
pub(crate) async fn ready(State(office): State<Arc<Office>>) -> Result<&'static str, Problem> {
    if office.desk.is_open() {
        return Ok("ready\n");
    }
    let detail = "take images: expected room in the queue and workers, got none";
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
}

/// What was counted, for Prometheus.
pub(crate) async fn metrics(State(office): State<Arc<Office>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], office.metrics.text(office.desk.load()))
}
