//! What is said where an attack or a network says nothing.

use serde_json::{Value, json};

use crate::workplace::{Workplace, changed_lenet5, data};

const HEADER: &str =
    "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n";

/// A file of images of 28 x 28 pixels, each of one grey.
fn greys(greys: &[f32]) -> Vec<u8> {
    let shape = format!("({}, 1, 28, 28)", greys.len());
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    let pixels = greys.iter().flat_map(|grey| std::iter::repeat_n(*grey, 784));
    file.extend(pixels.flat_map(f32::to_le_bytes));
    file
}

/// A detector on costs of BIM from 100 to 129, for whatever model.
fn fit(place: &Workplace) {
    let rows = (0..30).map(|row| format!("{row},bim,{},true,false,1,2,0.1\n", 100 + row));
    place.write("bim.csv", HEADER.to_owned() + &rows.collect::<String>());
    place.run("fit --detector z-score --benign bim.csv --out d.json");
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// The first layer sees where pixels are above 0.4 on average, and nothing elsewhere.
fn blind_in_the_dark(place: &Workplace) -> String {
    let weights = changed_lenet5(|name, _, weight| match name {
        "conv1.weight" => 0.1,
        "conv1.bias" => -1.0,
        _ => weight,
    });
    place.write("blind.safetensors", weights);
    "--model blind.safetensors --arch lenet5".into()
}

#[test]
fn inputs_without_a_gradient_are_left_out_and_named() {
    let place = Workplace::new();
    let model = blind_in_the_dark(&place);
    place.write("three.npy", greys(&[0.2, 0.7, 0.3]));
    let cost = format!("cost {model} --input three.npy --defense bim,dba --iterations 40");
    let assert = place.a2d(&format!("{cost} --out c.csv --format json")).assert().success();
    let error = stderr(&assert);
    assert!(error.contains("bim tells nothing of input 0, 2, for its gradient is 0"), "{error}");
    let table = std::fs::read_to_string(place.path("c.csv")).unwrap();
    let rows: Vec<_> = table.lines().skip(1).map(|row| &row[..5]).collect();
    assert_eq!(rows, ["1,bim", "1,dba"]);
    let card = std::fs::read_dir(place.path("")).unwrap();
    let card = card.map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("c.") && name.ends_with("card.json")
    });
    let card: Value = serde_json::from_slice(&std::fs::read(card.unwrap()).unwrap()).unwrap();
    let unscored = json!([
        {"input": "0", "attack": "bim", "reason": "zero-gradient"},
        {"input": "2", "attack": "bim", "reason": "zero-gradient"},
    ]);
    assert_eq!(card["provenance"]["unscored"], unscored);
    let summary: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!((&summary["unscored"], &summary["attacks"][0]["n"]), (&unscored, &json!(1)));

    // Without an input that has a cost there is no table.
    place.write("dark.npy", greys(&[0.2, 0.3]));
    let before = place.names();
    let cost = format!("cost {model} --input dark.npy --defense jsma,bim --out e.csv");
    let assert = place.a2d(&format!("{cost} --iterations 20")).assert().code(3);
    let error = stderr(&assert);
    assert!(
        error.contains("expected one, found none: jsma tells nothing of input 0, 1"),
        "{error}"
    );
    assert_eq!(place.names(), before);
}

#[test]
fn inputs_without_a_gradient_have_no_verdict() {
    let place = Workplace::new();
    let model = blind_in_the_dark(&place);
    fit(&place);
    place.write("three.npy", greys(&[0.2, 0.7, 0.3]));
    let detect = format!("detect {model} --detector d.json three.npy");
    for options in ["", " --full"] {
        let verdicts = place.verdicts(&format!("{detect}{options}"));
        for (row, is_known) in [false, true, false].into_iter().enumerate() {
            let verdict = &verdicts[row];
            assert_eq!(verdict["adversarial"].is_boolean(), is_known, "{verdict}");
            assert_eq!(verdict["adversarial"].is_null(), !is_known, "{verdict}");
            let reason = "bim tells nothing, for its gradient is 0";
            assert_eq!(verdict["reason"] == reason, !is_known, "{verdict}");
        }
        let csv = place.run(&format!("{detect}{options} --format csv"));
        assert!(csv.lines().nth(1).unwrap().ends_with(','), "{csv}");
        let human = place.run(&format!("{detect}{options}"));
        assert_eq!(human.matches("no verdict").count(), 2, "{human}");
    }
    place.run(&format!("cost {model} --input three.npy --defense bim --out three.csv"));
    let judged = place.a2d("judge --detector d.json three.csv").assert().success();
    let finding = "three.csv: bim tells nothing of input 0, 2, for its gradient is 0: left out, so without verdict";
    assert!(stderr(&judged).contains(finding), "{}", stderr(&judged));
    place.write("dark.npy", greys(&[0.2]));
    let gate = format!("detect {model} --detector d.json --fail-on-adversarial dark.npy");
    let assert = place.a2d(&gate).assert().code(3);
    assert!(stderr(&assert).contains("1 of 1 inputs have no verdict"));
}

#[test]
fn crafting_counts_images_without_a_gradient() {
    let place = Workplace::new();
    let model = blind_in_the_dark(&place);
    place.write("dark.npy", greys(&[0.2, 0.3]));
    for attack in ["fgsm", "bim-a", "cw", "deepfool", "lbfgs", "pgd --epsilon 0.05"] {
        let craft = format!("craft {model} --attack {attack} --input dark.npy --out x.npy");
        let assert = place.a2d(&craft).assert().code(3);
        let error = stderr(&assert);
        let finding = "no step moves 2, or their gradient is 0";
        assert!(error.contains(finding), "{attack}: {error}");
        let _ = std::fs::remove_file(place.path("x.npy.partial"));
    }
}

#[test]
fn logits_that_are_not_finite_are_refused_by_every_command() {
    let place = Workplace::new();
    fit(&place);
    place.write("x.npy", greys(&[0.5, 0.6]));
    // Sums beyond the largest float32 are infinite, and differences of them are no numbers.
    let first_class = |name: &str, place: usize, weight: f32| match (name, place) {
        ("fc3.weight", ..84) => 3e38,
        _ => weight,
    };
    for (weights, got) in [
        (changed_lenet5(|_, _, weight| weight * 1e12), "got NaN"),
        (changed_lenet5(first_class), "got inf"),
    ] {
        place.write("broken.safetensors", weights);
        let before = place.names();
        let model = "--model broken.safetensors --arch lenet5";
        let sample = format!("--data-dir {}", data("sample"));
        for (command, input) in [
            (format!("cost {model} --input x.npy --out y.csv"), "input 0: "),
            (format!("detect {model} --detector d.json x.npy"), "input 0: "),
            (format!("craft {model} --attack bim-a --input x.npy --out y.npy"), "x.npy: "),
            (format!("craft {model} --attack bim-a {sample} --skip 7 --out y.npy"), "image 7: "),
            // The substitute learns from the first images of the source, whichever are attacked.
            (
                format!("craft {model} --attack bb {sample} --skip 7 --limit 9 --out y.npy"),
                "image 0: ",
            ),
            (format!("data accuracy {model} {sample} --skip 3"), "image 3: "),
            (format!("data export {model} {sample} --skip 3 --out y.npy"), "image 3: "),
        ] {
            let assert = place.a2d(&command).assert().code(3);
            let error = stderr(&assert);
            let refusal = error.lines().last().unwrap();
            assert!(refusal.contains(input), "{command}: {error}");
            assert!(
                refusal.contains(&format!("expected finite logits, {got}")),
                "{command}: {error}"
            );
            assert!(refusal.contains("from the lenet5 with fingerprint "), "{command}: {error}");
            assert!(assert.get_output().stdout.is_empty(), "{command}");
            for left in ["y.csv.partial", "y.npy.partial"] {
                let _ = std::fs::remove_file(place.path(left));
            }
            assert_eq!(place.names(), before, "{command}");
        }
    }
}

/// The model takes noise for an eight, so that the boundary attack finds no start for one.
#[test]
fn an_attack_that_gives_up_is_counted_and_costs_its_cap() {
    let place = Workplace::new();
    let weights = changed_lenet5(|name, class, weight| match (name, class) {
        ("fc3.bias", 8) => weight + 12.0,
        _ => weight,
    });
    place.write("eights.safetensors", weights);
    let model = "--model eights.safetensors --arch lenet5";
    let export = format!("data export {model} --data-dir {} --skip 61", data("sample"));
    place.run(&format!("{export} --count 1 --out 8.npy"));
    let cost = format!("cost {model} --input 8.npy --defense dba --iterations 300 --out 8.csv");
    let assert = place.a2d(&cost).assert().success();
    let error = stderr(&assert);
    let warning =
        "1 of 1 inputs did not flip within 300 iterations of dba; their costs are at least that";
    assert!(error.contains(warning), "{error}");
    let table = std::fs::read_to_string(place.path("8.csv")).unwrap();
    assert!(table.contains(",dba,300,false,false,0,1001,"), "{table}");
}
