//! What is where: the API for those with the token, health and the page for all.

mod health;
mod infer;
mod page;
mod screen;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::office::Office;
use crate::problem::Problem;
use crate::reception::receive;

/// All routes.
pub(crate) fn routes(office: Arc<Office>) -> Router {
    let api = Router::new()
        .route("/v1/screen", post(screen::screen))
        .route("/v2/models/a2d/infer", post(infer::infer))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(office.intake.limits.body))
        .layer(middleware::from_fn_with_state(office.clone(), receive));
    let open = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/v2", get(infer::server))
        .route("/v2/health/live", get(health::live))
        .route("/v2/health/ready", get(health::ready))
        .route("/v2/models/a2d", get(infer::model))
        .route("/v2/models/a2d/ready", get(health::ready))
        .route("/openapi.json", get(page::openapi))
        .route("/", get(page::html))
        .route("/page.css", get(page::css))
        .route("/page.js", get(page::js));
    let nowhere = || async {
        let detail = "find route: expected one of /openapi.json, got another";
        Problem::new(StatusCode::NOT_FOUND, detail)
    };
    let otherwise = || async {
        let detail = "use route: expected a method of /openapi.json, got another";
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    };
    api.merge(open).method_not_allowed_fallback(otherwise).fallback(nowhere).with_state(office)
}
