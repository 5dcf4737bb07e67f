//! `POST /v1/screen`: verdicts on images.

use std::sync::Arc;

use a2d_detect::VerdictDocument;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use serde::Deserialize;

use crate::intake::{Body, Picture};
use crate::office::Office;
use crate::problem::Problem;
use crate::verdict;

/// What is asked for beside the verdicts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// What each verdict rests on, from costs that are measured to their end.
    #[serde(default)]
    explain: bool,
}

pub(crate) async fn screen(
    State(office): State<Arc<Office>>,
    options: Result<Query<Options>, QueryRejection>,
    request: Request,
) -> Result<Json<VerdictDocument>, Problem> {
    let Query(Options { explain }) =
        options.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let (body, intake) = (Body::read(request).await?, office.intake);
    let pictures: Vec<Picture> = office.read(move || body.pictures(&intake)).await?;
    let verdicts = verdict::on(&office, pictures, explain).await?;
    Ok(Json(VerdictDocument { verdicts }))
}
