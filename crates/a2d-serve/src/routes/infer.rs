//! The protocol of model servers, KServe's version 2 (the Open Inference Protocol), over JSON.

mod tensor;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::intake::body;
use crate::office::Office;
use crate::problem::Problem;
use crate::verdict;
use tensor::Tensor;

const NAME: &str = "a2d";
const INPUT: &str = "images";

/// A request. What else the protocol knows (parameters, wanted outputs) changes nothing.
#[derive(Debug, Deserialize)]
struct Infer {
    id: Option<String>,
    inputs: Vec<Tensor>,
}

/// A tensor of an answer.
#[derive(Debug, Serialize)]
struct Output {
    name: &'static str,
    datatype: &'static str,
    shape: [usize; 1],
    data: Vec<Value>,
}

/// What answers consist of, and of which type.
const OUTPUTS: [(&str, &str); 4] =
    [("verdict", "BYTES"), ("predicted", "INT64"), ("confidence", "FP64"), ("queries", "UINT64")];

/// Verdicts on a tensor of images.
pub(crate) async fn infer(State(office): State<Arc<Office>>, request: Request) -> Response {
    match inferred(&office, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => problem.in_the_words_of_kserve().into_response(),
    }
}

async fn inferred(office: &Office, request: Request) -> Result<Value, Problem> {
    let (bytes, intake) = (body::bytes(request).await?, office.intake);
    let read = office.read(move || {
        let infer: Infer = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::malformed(format!("read JSON: {error}")))?;
        let Ok([tensor]) = <[Tensor; 1]>::try_from(infer.inputs) else {
            let detail = format!("read request: expected one input, {INPUT}, got none or several");
            return Err(Problem::malformed(detail));
        };
        let (shape, pixels) = tensor.shape_and_pixels()?;
        let pictures = intake.pictures_of_list(&shape, &pixels)?;
        Ok((infer.id, pictures))
    });
    let (id, pictures) = read.await?;
    let records = verdict::on(office, pictures, false).await?;
    let outputs = OUTPUTS.map(|(name, datatype)| {
        let value = |record| match name {
            "verdict" => json!(verdict::name(record)),
            "predicted" => json!(record.predicted),
            "confidence" => json!(record.confidence),
            _ => json!(record.queries),
        };
        let data = records.iter().map(value).collect();
        Output { name, datatype, shape: [records.len()], data }
    });
    let mut answer = json!({
        "model_name": NAME,
        "model_version": env!("CARGO_PKG_VERSION"),
        "outputs": outputs,
    });
    if let Some(id) = id {
        answer["id"] = Value::String(id);
    }
    Ok(answer)
}

/// What the server is.
pub(crate) async fn server() -> Json<Value> {
    Json(json!({ "name": NAME, "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

/// What the model takes and gives.
pub(crate) async fn model(State(office): State<Arc<Office>>) -> Json<Value> {
    let [channels, height, width] = office.intake.shape;
    let output = |(name, datatype)| json!({ "name": name, "datatype": datatype, "shape": [-1] });
    Json(json!({
        "name": NAME,
        "versions": [env!("CARGO_PKG_VERSION")],
        "platform": "a2d",
        "inputs": [{ "name": INPUT, "datatype": "FP32", "shape": [-1, channels, height, width] }],
        "outputs": OUTPUTS.map(output),
        "parameters": {
            "model": office.model.name,
            "fingerprint": office.model.fingerprint,
            "attacks": office.detector.attacks,
        },
    }))
}
