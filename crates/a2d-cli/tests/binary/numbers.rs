//! Numbers beyond what is computed with are refused, whoever gives them.

use crate::bad_input::digit;
use crate::workplace::{Workplace, lenet5};

/// Runs a command that must fail with this code, and not by a panic.
fn refuses(place: &Workplace, arguments: &str, code: i32) {
    let refusal = place.a2d(arguments).assert().code(code);
    let error = String::from_utf8(refusal.get_output().stderr.clone()).unwrap();
    assert!(error.contains("expected") || error.contains("invalid value"), "{arguments}: {error}");
    assert!(!error.contains("panicked"), "{arguments}: {error}");
}

#[test]
fn options_out_of_range_are_usage() {
    let place = Workplace::new();
    let model = lenet5();
    let cost = format!("cost --model {model} --input x.npy --out c.csv");
    let clever = format!("clever --model {model} --input x.npy --out c.csv");
    let train = "train --arch lenet5 --out m.safetensors";
    for arguments in [
        format!("{cost} --window 18446744073709551615"),
        format!("{cost} --window 9223372036854775808"),
        format!("{cost} --window 0"),
        format!("{cost} --threads 100000"),
        format!("{cost} --budget 4294967296"),
        format!("{cost} --epsilon nan"),
        format!("{cost} --iterations 4294967296"),
        format!("{clever} --radius inf"),
        format!("{clever} --radius 1e39"),
        format!("{clever} --samples 4294967295"),
        format!("{train} --batch 9223372036854775808"),
        format!("{train} --learning-rate 1e300"),
        format!("{train} --learning-rate nan"),
        format!("{train} --epochs 0"),
        "fit --detector knn --benign b.csv --adversarial a.csv --out d.json --ratio 1e999".into(),
        "fit --detector z-score --benign b.csv --out d.json --threshold inf".into(),
        "fit --detector z-score --benign b.csv --out d.json --fpr nan".into(),
    ] {
        refuses(&place, &arguments, 2);
    }
}

#[test]
fn parameters_out_of_range_are_bad_input() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    place.write("s.toml", "[bim]\nepsilon = 1e39\n");
    let cost = format!("cost --model {} --input x.npy --out c.csv --defense", lenet5());
    for arguments in [
        format!("{cost} bim --spec s.toml"),
        format!("{cost} bim --epsilon 1e39"),
        format!("{cost} bim --epsilon -0.1"),
        format!("{cost} cw --initial-c 1e300"),
        format!("{cost} dba --adaptation 1e30"),
        format!("{cost} jsma --theta 0"),
    ] {
        refuses(&place, &arguments, 3);
    }
    assert_eq!(place.names(), ["s.toml", "x.npy"]);
}

#[test]
fn fractions_and_short_forms_are_numbers() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    for (number, epsilon) in [(".1", 0.1), ("1.", 1.0), ("8/255", 8.0 / 255.0), ("+0.1", 0.1)] {
        place.run(&format!(
            "cost --model {} --input x.npy --defense bim --budget 1 --epsilon {number} --out c.csv",
            lenet5()
        ));
        let card = place.names().into_iter().find(|name| name.ends_with(".card.json")).unwrap();
        let card = std::fs::read_to_string(place.path(&card)).unwrap();
        assert!(card.contains(&format!("\"epsilon\": {}", serde_json::json!(epsilon))), "{card}");
    }
}
