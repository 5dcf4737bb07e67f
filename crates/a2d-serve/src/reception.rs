//! What happens to every request before and after its route: who may come in, how long it may stay, and what is noted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use crate::office::Office;
use crate::problem::Problem;

/// How many bytes are read of a request that is not let in, and for how long.
const DISCARDED: usize = 256 << 10;
const DISCARDED_WITHIN: Duration = Duration::from_secs(2);

/// Lets a request in, waits for its answer, and takes note of it.
pub(crate) async fn receive(
    State(office): State<Arc<Office>>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // No address of a client's own making becomes a label.
    let route = route.unwrap_or("other").to_owned();
    let limit = office.intake.limits.time;
    let response = match admitted(&office, &request) {
        Err(problem) => {
            discard(request).await;
            problem.into_response()
        }
        Ok(_permit) => {
            let answered = timeout(limit, next.run(request)).await;
            answered.unwrap_or_else(|_| too_late(limit).into_response())
        }
    };
    let (status, after) = (response.status(), start.elapsed());
    office.metrics.answered(&route, status, after);
    let milliseconds = after.as_secs_f64() * 1e3;
    tracing::info!(route, status = status.as_u16(), milliseconds, "request");
    response
}

/// Reads what a client still sends, if it is little: one that cannot send does not read its answer.
async fn discard(request: Request) {
    let _ = timeout(DISCARDED_WITHIN, to_bytes(request.into_body(), DISCARDED)).await;
}

fn too_late(limit: Duration) -> Problem {
    let seconds = limit.as_secs_f64();
    let detail = format!("answer request: expected within {seconds} s, got more to do; try again");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

/// A place among the requests at a time, for those who show the token.
fn admitted<'a>(office: &'a Office, request: &Request) -> Result<SemaphorePermit<'a>, Problem> {
    if office.token.as_ref().is_some_and(|token| !token.is_shown(request.headers())) {
        let detail = "admit request: expected Authorization: Bearer with the service's token, got none or another";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    }
    office.requests.try_acquire().map_err(|_| {
        let most = office.intake.limits.requests;
        let detail =
            format!("admit request: expected at most {most} at a time, got one more; try again");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
    })
}
