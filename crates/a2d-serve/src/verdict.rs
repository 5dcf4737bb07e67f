//! Pictures to the desk, and what comes back.

use a2d_detect::VerdictRecord;
use axum::http::StatusCode;

use crate::desk::Fault;
use crate::intake::Picture;
use crate::office::Office;
use crate::problem::Problem;

/// A verdict in a word: `adversarial`, `benign` or `none`.
pub(crate) fn name(record: &VerdictRecord) -> &'static str {
    match record.adversarial {
        Some(true) => "adversarial",
        Some(false) => "benign",
        None => "none",
    }
}

/// What the detector says of these pictures, in their order; of all of them, or of none.
pub(crate) async fn on(
    office: &Office,
    pictures: Vec<Picture>,
    explain: bool,
) -> Result<Vec<VerdictRecord>, Problem> {
    let (names, images): (Vec<_>, Vec<_>) =
        pictures.into_iter().map(|picture| (picture.name, picture.pixels)).unzip();
    let count = images.len();
    let Some(answers) = office.desk.hand_in(images, explain) else {
        let most = office.desk.most();
        let detail = format!(
            "queue images: expected room for {count} among {most} of all clients, got less; try again"
        );
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail));
    };
    let mut records = Vec::with_capacity(count);
    for (name, answer) in names.into_iter().zip(answers) {
        let screening = match answer.await {
            Ok(Ok(screening)) => screening,
            Ok(Err(fault)) => return Err(problem(&name, &fault)),
            Err(_) => return Err(problem(&name, &Fault::Service("no worker is left".to_owned()))),
        };
        let record = screening
            .record(name.clone(), &office.detector, explain)
            .map_err(|error| problem(&name, &Fault::Image(error)))?;
        office.metrics.judged(&record);
        records.push(record);
    }
    Ok(records)
}

fn problem(name: &str, fault: &Fault) -> Problem {
    match fault {
        Fault::Image(error) if error.is_bad_input() => {
            Problem::image(name, format!("input {name}: {error}"))
        }
        Fault::Image(error) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Fault::Service(cause) => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("screen images: {cause}"))
        }
    }
}
