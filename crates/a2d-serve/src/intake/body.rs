//! What the body of a request is: files in parts, one file, or JSON.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::{Intake, Picture, Upload};
use crate::problem::Problem;

/// What is called so that has no name of its own.
const NAMELESS: &str = "body";

/// The body of a request, read but not yet decoded.
#[derive(Debug)]
pub(crate) enum Body {
    Files(Vec<Upload>),
    Json(Bytes),
}

impl Body {
    /// Reads a body by its content type.
    pub(crate) async fn read(request: Request) -> Result<Self, Problem> {
        let kind = content_type(request.headers());
        if kind == "multipart/form-data" {
            return Ok(Self::Files(parts(request).await?));
        }
        let is_known = kind.is_empty()
            || kind.starts_with("image/")
            || ["application/json", "application/octet-stream", "application/x-npy"]
                .contains(&kind.as_str());
        if !is_known {
            let detail = format!(
                "read request: expected multipart/form-data, application/json, a picture (image/png) or an array \
                 (application/octet-stream), got {kind}"
            );
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = bytes(request).await?;
        Ok(if kind == "application/json" {
            Self::Json(bytes)
        } else {
            Self::Files(vec![Upload { name: NAMELESS.to_owned(), bytes: bytes.into() }])
        })
    }

    /// The images in it.
    pub(crate) fn pictures(self, intake: &Intake) -> Result<Vec<Picture>, Problem> {
        match self {
            Self::Files(files) => intake.pictures_of_files(files),
            Self::Json(bytes) => intake.pictures_of_json(&bytes),
        }
    }
}

/// The bytes of a body, up to the limit that its route has.
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    let refuse =
        |rejection: BytesRejection| Problem::new(rejection.status(), rejection.body_text());
    Bytes::from_request(request, &()).await.map_err(refuse)
}

async fn parts(request: Request) -> Result<Vec<Upload>, Problem> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let refuse = |error: MultipartError| {
        Problem::new(error.status(), format!("read form: {}", error.body_text()))
    };
    let mut files = vec![];
    while let Some(part) = parts.next_field().await.map_err(refuse)? {
        let name = part.file_name().or(part.name()).unwrap_or(NAMELESS).to_owned();
        let bytes = part.bytes().await.map_err(refuse)?.into();
        files.push(Upload { name, bytes });
    }
    Ok(files)
}

/// The content type without its parameters, in small letters; empty if there is none.
fn content_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = said.and_then(|said| said.split(';').next()).unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}
