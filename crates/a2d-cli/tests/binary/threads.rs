//! Files and verdicts are the same by however many workers.

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// Every file of the place that says what was found, without the seconds of cost tables.
fn results(place: &Workplace) -> Vec<(String, Vec<u8>)> {
    let named = place.content().into_iter().filter_map(|(path, content)| {
        let name = path.file_name()?.to_str()?.to_owned();
        match path.extension()?.to_str()? {
            "csv" if name.starts_with("cost") => {
                let text = String::from_utf8(content).unwrap();
                let lines = text.lines().map(|line| line.rsplit_once(',').unwrap().0);
                Some((name, lines.collect::<Vec<_>>().join("\n").into_bytes()))
            }
            "csv" | "npy" => Some((name, content)),
            "json" if name.starts_with("verdicts") => Some((name, without_rounding(&content))),
            _ => None,
        }
    });
    named.collect()
}

/// Verdicts without what float64 rounds of confidences, which the sizes of batches decide on some processors.
fn without_rounding(verdicts: &[u8]) -> Vec<u8> {
    let mut verdicts: Value = serde_json::from_slice(verdicts).unwrap();
    for verdict in verdicts["verdicts"].as_array_mut().unwrap() {
        let confidence = verdict["confidence"].as_f64().unwrap();
        verdict["confidence"] = format!("{confidence:.12}").into();
    }
    verdicts.to_string().into_bytes()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (model, sample) = (lenet5(), data("sample"));
    let by = |threads: &str| {
        let place = Workplace::new();
        let source = format!("--model {model} --threads {threads} --data-dir {sample}");
        let run = format!("--model {model} --threads {threads} --precision float64");
        place.run(&format!("data export {source} --count 24 --out x.npy"));
        place.run(&format!(
            "craft {source} --precision float64 --attack pgd --count 6 --out pgd.npy"
        ));
        place.run(&format!("cost {run} --input x.npy --defense bim-turbo --out cost.csv"));
        place
            .run(&format!("clever {run} --input pgd.npy --batches 4 --samples 8 --out clever.csv"));
        place.run("fit --detector z-score --benign cost.csv --out detector.json");
        let verdicts = place
            .run(&format!("detect {run} --detector detector.json pgd.npy x.npy --format json"));
        place.write("verdicts.json", verdicts);
        results(&place)
    };
    let one = by("1");
    assert_eq!(one.len(), 5);
    for threads in ["2", "5"] {
        assert!(by(threads) == one, "{threads} threads");
    }
}
