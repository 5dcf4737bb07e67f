//! Scores and costs side by side.

use crate::workplace::{Workplace, data, lenet5};

const IMAGES: usize = 6;

/// A folder with the images, scores and costs of a benign and an adversarial set.
fn measured() -> Workplace {
    let place = Workplace::new();
    let (model, sample) = (lenet5(), data("sample"));
    let source = format!("--model {model} --data-dir {sample} --count {IMAGES}");
    place.run(&format!("data export {source} --out benign.npy"));
    place.run(&format!("craft {source} --attack bim-a --out adversarial.npy"));
    for set in ["benign", "adversarial"] {
        place.run(&clever(set, &format!("{set}-clever.csv")));
        place.run(&format!("cost --model {model} --input {set}.npy --defense bim --out {set}.csv"));
    }
    place
}

fn clever(set: &str, out: &str) -> String {
    let sizes = "--batches 3 --samples 8";
    format!("clever --model {} --input {set}.npy {sizes} --out {out}", lenet5())
}

/// Runs a command that must fail with this code, in one line that says all of this, and leave no file.
fn refused(place: &Workplace, arguments: &str, code: i32, findings: &[&str]) {
    let before = place.names();
    let error = place.a2d(arguments).assert().code(code).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "{arguments}: {error}");
    for finding in findings {
        assert!(error.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    }
    assert_eq!(place.names(), before, "{arguments}");
}

#[test]
fn images_become_scores_and_evidence() {
    let place = measured();
    let scores = place.json(
        "evidence --clever benign=benign-clever.csv --clever bim-a=adversarial-clever.csv \
         --costs benign=benign.csv --costs bim-a=adversarial.csv --report evidence.html",
    );
    assert_eq!(scores["benign"], "benign");
    let targets = ["untargeted", "second", "rank-5", "least-likely"];
    for (scores, target) in scores["scores"].as_array().unwrap().iter().zip(targets) {
        assert_eq!(scores["target"], target);
        let [benign, adversarial] = [&scores["sets"][0], &scores["sets"][1]];
        assert_eq!((&benign["n"], &adversarial["set"]), (&IMAGES.into(), &"bim-a".into()));
        let mean = |set: &serde_json::Value| set["mean"].as_f64().unwrap();
        assert!(mean(benign) > mean(adversarial), "{scores}");
        assert_eq!(
            (&benign["share_at_cap"], &adversarial["share_at_cap"]),
            (&0.0.into(), &0.0.into())
        );
        let lambda = mean(benign) / mean(adversarial);
        assert!((scores["mean_lambda"].as_f64().unwrap() / lambda - 1.0).abs() < 1e-9, "{scores}");
    }
    let measures = scores["costs"].as_array().unwrap().iter();
    assert!(measures.map(|costs| &costs["measure"]).eq(&["iterations", "seconds"]));
    let correlation = &scores["correlations"][0];
    assert_eq!(correlation["n"], 2 * IMAGES);
    assert!(correlation["spearman"]["coefficient"].as_f64().unwrap() > 0.5, "{correlation}");
    let report = std::fs::read_to_string(place.path("evidence.html")).unwrap();
    assert_eq!(report.matches("<svg").count(), 4);
    assert!(report.contains("Costs of bim: iterations") && report.contains("bim-a"));
    let csv = place.run("evidence --clever a=benign-clever.csv --format csv");
    assert!(csv.starts_with("name,measure,set,statistic,value\nuntargeted,score,a,n,6\n"), "{csv}");

    let slides = format!("{} --like slides", clever("benign", "slides.csv"));
    let summary = place.json(&slides);
    let shares = summary["targets"].as_array().unwrap().iter();
    let shares: Vec<_> = shares.map(|target| target["share_at_radius"].as_f64().unwrap()).collect();
    assert!(shares.iter().all(|share| *share > 0.0), "saturated benign images: {summary}");
    let evidence = place.json("evidence --clever a=slides.csv");
    assert_eq!(evidence["scores"][0]["sets"][0]["share_at_cap"], shares[0]);

    let bad_input = [
        ("--clever a=benign-clever.csv --clever b=slides.csv", 3, &["logits", "softmax"][..]),
        ("--clever a=no.csv", 3, &["no.csv"]),
        ("--clever a=benign.csv", 3, &["benign.csv", "a CLEVER score on every line"]),
        ("--costs a=benign.csv --costs a=adversarial.csv", 2, &["each set once"]),
        ("--costs a=benign.csv --benign b", 2, &["the benign set b among a"]),
        ("--clever a=benign-clever.csv --costs b=benign.csv", 2, &["a and b", "--benign"]),
        ("--clever a=benign-clever.csv --costs a=adversarial.csv", 3, &["a: expected the inputs"]),
    ];
    for (arguments, code, findings) in bad_input {
        refused(&place, &format!("evidence {arguments} --report no.html"), code, findings);
    }
    for usage in ["evidence", "evidence --clever a"] {
        place.a2d(usage).assert().code(2);
    }
}

#[test]
fn interrupted_scores_go_on_to_the_same_file() {
    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 3 --out benign.npy"));
    let summary = place.json(&clever("benign", "whole.csv"));
    assert_eq!(summary["targets"].as_array().unwrap().len(), 4);
    let card = std::fs::read(place.path("whole.csv.card.json")).unwrap();
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    assert_eq!(
        (&card["provenance"]["batches"], &card["provenance"]["norm"]),
        (&3.into(), &"l2".into())
    );

    let whole = std::fs::read_to_string(place.path("whole.csv")).unwrap();
    let mut rows = vec![];
    let mut reader = csv::Reader::from_reader(whole.as_bytes());
    let header = reader.headers().unwrap().clone();
    for (place, record) in reader.records().take(5).enumerate() {
        let record = record.unwrap();
        let fields = header.iter().zip(&record).map(|(name, field)| {
            let value = match name {
                // A score that no image has: that of the first row is not estimated again.
                "score" if place == 0 => 4.75.into(),
                "input" | "target" | "basis" => field.into(),
                _ => serde_json::from_str(field).unwrap_or_default(),
            };
            (name.to_owned(), value)
        });
        let fields: serde_json::Map<String, serde_json::Value> = fields.collect();
        rows.push(serde_json::Value::from(fields));
    }
    place.journal("resumed.csv", &card["provenance"], rows, "{\"input\": \"cut o");
    let error = place.a2d(&clever("benign", "resumed.csv")).assert().success();
    let error = String::from_utf8(error.get_output().stderr.clone()).unwrap();
    assert!(error.contains("resumed after 5 scores"), "{error}");
    let resumed = std::fs::read_to_string(place.path("resumed.csv")).unwrap();
    assert!(resumed.lines().nth(1).unwrap().starts_with("0,untargeted,4.75,"), "{resumed}");
    assert!(resumed.lines().skip(2).eq(whole.lines().skip(2)), "{resumed}\n{whole}");
    assert!(!place.names().contains(&"resumed.csv.partial".to_owned()));
}

#[test]
fn scores_that_cannot_be_estimated_are_refused() {
    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 1 --out benign.npy"));
    let clever = clever("benign", "c.csv");
    for (arguments, code, findings) in [
        ("--target second,rank-2", 2, &["each target once"][..]),
        ("--target rank-11", 3, &["rank 2 to 10", "rank-11"]),
        ("--out no/c.csv", 1, &["no/c.csv"]),
    ] {
        let clever = if arguments.starts_with("--out") {
            clever.replace("--out c.csv", arguments)
        } else {
            format!("{clever} {arguments}")
        };
        refused(&place, &clever, code, findings);
    }
    for usage in ["--target nearest", "--radius 0", "--like slides --norm linf"] {
        place.a2d(&format!("{clever} {usage}")).assert().code(2);
    }
}
