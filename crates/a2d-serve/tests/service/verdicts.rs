//! What is answered to whoever asks in order.

use a2d_data::png;
use a2d_detect::{VerdictDocument, VerdictRecord};
use ndarray::Axis;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::place::{Place, expected, images, npy, rounded, singly};

fn verdicts(answer: &Answer) -> Vec<VerdictRecord> {
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"), "{}", answer.text);
    rounded(serde_json::from_str::<VerdictDocument>(&answer.text).unwrap().verdicts)
}

#[test]
fn verdicts_are_those_of_the_guard() {
    let place = Place::new();
    let images = images(12);
    let names: Vec<_> = (0..12).map(|row| format!("x.npy[{row}]")).collect();
    for (path, full) in [("/v1/screen", false), ("/v1/screen?explain=true", true)] {
        let found = verdicts(&place.client.post_files(path, &[("x.npy", npy(&images))]));
        assert_eq!(found, expected(&images, &names, full));
        let flagged = found.iter().filter(|record| record.adversarial == Some(true)).count();
        assert!((1..12).contains(&flagged), "{flagged} of 12 flagged");
        assert!(found.iter().all(|record| record.explanation.is_some() == full));
    }
}

#[test]
fn an_image_may_come_in_any_way() {
    let place = Place::new();
    let all = images(3);
    let names = ["a.npy", "b.npy", "c.npy"];
    let files: Vec<_> = names.into_iter().zip(singly(&all)).collect();
    let expected = expected(&all, &names.map(str::to_owned), false);
    assert_eq!(verdicts(&place.client.post_files("/v1/screen", &files)), expected);

    let pixels: Vec<Value> = (0..3)
        .map(|row| {
            let image = all.view().index_axis_move(Axis(0), row).to_owned();
            let rows: Vec<Vec<f32>> =
                image.index_axis(Axis(0), 0).outer_iter().map(|row| row.to_vec()).collect();
            json!([rows])
        })
        .collect();
    let body = json!({ "images": pixels, "names": names }).to_string();
    let found = verdicts(&place.client.post("/v1/screen", "application/json", body.as_bytes()));
    assert_eq!(found, expected);

    let body = npy(&all);
    let found = verdicts(&place.client.post("/v1/screen", "application/octet-stream", &body));
    let costs = |records: &[VerdictRecord]| {
        records.iter().map(|record| (record.adversarial, record.costs.clone())).collect::<Vec<_>>()
    };
    assert_eq!(costs(&found), costs(&expected));
    assert_eq!(found[2].input, "body[2]");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.png");
    png::write(&path, all.view().index_axis(Axis(0), 1)).unwrap();
    let found = place.client.post("/v1/screen", "image/png", &std::fs::read(path).unwrap());
    assert_eq!(verdicts(&found)[0].predicted, expected[1].predicted);
}

#[test]
fn model_servers_clients_are_answered_in_their_words() {
    let place = Place::new();
    let images = images(5);
    let values: Vec<f32> = images.view().iter().copied().collect();
    let tensor = |data: Value, datatype: &str| {
        let input = json!({ "name": "images", "datatype": datatype, "shape": [5, 1, 28, 28], "data": data });
        json!({ "id": "7", "inputs": [input], "parameters": {} }).to_string()
    };
    let infer = |body: String| {
        place.client.post("/v2/models/a2d/infer", "application/json", body.as_bytes())
    };
    let answer = infer(tensor(json!(values), "FP32"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let names: Vec<_> = (0..5).map(|row| row.to_string()).collect();
    let expected = expected(&images, &names, false);
    let output = |name: &str| {
        let outputs = answer["outputs"].as_array().unwrap();
        outputs.iter().find(|output| output["name"] == name).unwrap()["data"].clone()
    };
    assert_eq!(answer["id"], "7");
    assert_eq!(
        output("predicted"),
        json!(expected.iter().map(|r| r.predicted).collect::<Vec<_>>())
    );
    assert_eq!(output("queries"), json!(expected.iter().map(|r| r.queries).collect::<Vec<_>>()));
    let word =
        |record: &VerdictRecord| if record.adversarial.unwrap() { "adversarial" } else { "benign" };
    assert_eq!(output("verdict"), json!(expected.iter().map(word).collect::<Vec<_>>()));

    let bytes: Vec<u8> = values.iter().map(|value| (value * 255.0).round() as u8).collect();
    assert_eq!(infer(tensor(json!(bytes), "UINT8")).status, 200);

    let error = infer(tensor(json!([1, 2]), "FP32"));
    assert!(error.problem(400).contains("expected 3920 values"));
    assert_eq!(error.json()["error"], error.json()["detail"]);
    let model = place.client.get("/v2/models/a2d").json();
    assert_eq!(model["inputs"][0]["shape"], json!([-1, 1, 28, 28]));
    assert_eq!(model["parameters"]["attacks"], json!(["bim", "dba"]));
}

#[test]
fn what_was_done_is_counted() {
    let place = Place::new();
    let found = verdicts(&place.client.post_files("/v1/screen", &[("x", npy(&images(6)))]));
    place.client.post("/v1/screen", "image/png", b"none").problem(422);
    let text = place.client.get("/metrics").text;
    let flagged = found.iter().filter(|record| record.adversarial == Some(true)).count();
    let queries: u64 = found.iter().map(|record| record.queries).sum();
    for line in [
        format!("a2d_verdicts_total{{verdict=\"adversarial\"}} {flagged}"),
        format!("a2d_verdicts_total{{verdict=\"benign\"}} {}", 6 - flagged),
        format!("a2d_queries_total {queries}"),
        "a2d_requests_total{route=\"/v1/screen\",status=\"422\"} 1".to_owned(),
        "a2d_images 0".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} in {text}");
    }
}
