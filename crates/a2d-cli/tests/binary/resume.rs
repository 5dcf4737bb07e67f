use serde_json::{Value, json};

use crate::workplace::{Workplace, data, lenet5};

/// A time that no measurement takes: a row that bears it was not measured again.
const TAKEN_OVER: f64 = 12_345.0;

#[test]
fn an_interrupted_measurement_keeps_its_rows() {
    let place = Workplace::new();
    let model = lenet5();
    place.run(&format!(
        "data export --model {model} --data-dir {} --count 6 --out images.npy",
        data("sample")
    ));
    let cost =
        |out| format!("cost --model {model} --input images.npy --defense bim,bim2 --out {out}");
    place.run(&cost("whole.csv"));
    let whole = read(&place, "whole.csv");

    let card = std::fs::read(place.path("whole.card.json")).unwrap();
    let card: Value = serde_json::from_slice(&card).unwrap();
    let rows = whole[..5].iter().map(|row| {
        json!({
            "input": row[0], "attack": row[1], "iterations": row[2].parse::<u32>().unwrap(),
            "flipped": row[3] == "true", "censored": false, "gradient_queries": 1,
            "forward_queries": 2, "seconds": TAKEN_OVER,
        })
    });
    let lines: Vec<_> = [card["provenance"].clone()].into_iter().chain(rows).collect();
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    let cut_off = "{\"input\": \"cut o";
    place.write("resumed.csv.partial", format!("{}\n{cut_off}", lines.join("\n")));

    place.run(&cost("resumed.csv"));
    let resumed = read(&place, "resumed.csv");
    for (row, (resumed, whole)) in resumed.iter().zip(&whole).enumerate() {
        assert_eq!(resumed[..4], whole[..4], "row {row}");
        assert_eq!(resumed[7].parse::<f64>().unwrap() == TAKEN_OVER, row < 5, "row {row}");
    }
    assert_eq!(resumed.len(), 12);
    assert!(!place.names().contains(&"resumed.csv.partial".to_owned()));
}

#[test]
fn the_rows_of_another_measurement_are_not_taken_over() {
    let place = Workplace::new();
    let model = lenet5();
    place.run(&format!(
        "data export --model {model} --data-dir {} --count 2 --out images.npy",
        data("sample")
    ));
    let provenance = json!({"model": "other", "defenses": {}, "inputs": [], "seed": 0});
    place.write("costs.csv.partial", format!("{provenance}\n"));
    let cost = format!("cost --model {model} --input images.npy --defense bim --out costs.csv");
    let error = place.a2d(&cost).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("costs.csv.partial") && error.contains("expected model"), "{error}");
}

fn read(place: &Workplace, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(place.path(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
