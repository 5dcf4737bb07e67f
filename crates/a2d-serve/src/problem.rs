//! What is wrong with a request, as a problem document (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// When a client that came at a bad time may try again, in seconds.
const LATER: &str = "1";

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// What kind of problem it is, in the words of the status.
    title: &'static str,
    status: u16,
    /// What was expected and what came.
    detail: String,
    /// The image at fault, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// The detail once more, where clients of model servers look for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            input: None,
            error: None,
        }
    }

    /// The request is not what its content type promises.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is too much of something.
    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// An image that is none, or none for this classifier.
    pub(crate) fn image(input: &str, detail: impl Into<String>) -> Self {
        let input = Some(input.to_owned());
        Self { input, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// More than a limit, of this image.
    pub(crate) fn large_image(input: &str, detail: impl Into<String>) -> Self {
        Self { input: Some(input.to_owned()), ..Self::too_large(detail) }
    }

    /// The same, as KServe's clients read it, too.
    pub(crate) fn in_the_words_of_kserve(self) -> Self {
        Self { error: Some(self.detail.clone()), ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let document = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, document);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(LATER));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
