//! What float64 keeps the same, and what is kept apart.

use serde_json::{Value, json};

use crate::workplace::{Workplace, data, lenet5};

/// The card of the output at `out`, whatever its name.
fn card(place: &Workplace, out: &str) -> Value {
    let stem = out.split('.').next().unwrap();
    let is_card = |name: &String| name.starts_with(stem) && name.ends_with("card.json");
    let name = place.names().into_iter().find(is_card).unwrap();
    serde_json::from_slice(&std::fs::read(place.path(&name)).unwrap()).unwrap()
}

/// The lines of a table of costs, without the seconds.
fn costs(place: &Workplace, out: &str) -> Vec<String> {
    let text = std::fs::read_to_string(place.path(out)).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

/// A place with so many digits, and the arguments that name model, images and attack.
fn place(count: usize) -> (Workplace, String) {
    let place = Workplace::new();
    let model = lenet5();
    let digits = format!("--data-dir {} --count {count}", data("sample"));
    place.run(&format!("data export --model {model} {digits} --out images.npy"));
    (place, format!("--model {model} --input images.npy"))
}

#[test]
fn costs_in_float64_do_not_depend_on_the_window_and_say_what_they_were_measured_on() {
    let (place, of) = place(6);
    let cost = |window: u32| {
        let out = format!("w{window}.csv");
        let attacks = "--defense bim-turbo,lbfgs --precision float64";
        place.run(&format!("cost {of} {attacks} --window {window} --out {out}"));
        let machines = card(&place, &out)["provenance"]["machines"].clone();
        assert_eq!(machines.as_array().unwrap().len(), 1);
        let machine = &machines[0];
        assert_eq!((&machine["device"], &machine["window"]), (&json!("cpu"), &json!(window)));
        assert!(
            machine["instructions"].is_string() && machine["libtorch"].is_string(),
            "{machine}"
        );
        costs(&place, &out)
    };
    let [alone, others] = [1, 64].map(cost);
    assert_eq!(alone, others);
}

#[test]
fn examples_in_float64_are_the_same_bytes_in_any_window_and_adversarial_as_saved() {
    let (place, of) = place(20);
    place.run(&format!("cost {of} --defense bim-turbo --precision float64 --out benign.csv"));
    place.run("fit --detector z-score --benign benign.csv --out d.json");
    for attack in ["deepfool", "fgsm-l2", "lbfgs"] {
        let craft = |window: u32| {
            let out = format!("{attack}-{window}.npy");
            let how = format!("--attack {attack} --precision float64 --window {window}");
            place.run(&format!("craft {of} {how} --limit 6 --out {out}"));
            std::fs::read(place.path(&out)).unwrap()
        };
        let [alone, others] = [1, 64].map(craft);
        assert!(alone == others, "{attack}");
        // What flipped is what the file holds: the model confirms every label of it.
        let crafted = card(&place, &format!("{attack}-1.npy"))["examples"].clone();
        let crafted = crafted.as_array().unwrap();
        let model = lenet5();
        let verdicts = place.verdicts(&format!(
            "detect --model {model} --precision float64 --detector d.json {attack}-1.npy"
        ));
        for (verdict, example) in verdicts.iter().zip(crafted) {
            assert_eq!(verdict["predicted"], example["predicted"], "{attack}");
        }
    }
}

#[test]
fn costs_of_one_precision_do_not_pass_for_those_of_another() {
    let (place, of) = place(20);
    let cost = |precision: &str| {
        let how = format!("--defense bim-turbo --precision {precision}");
        place.run(&format!("cost {of} {how} --out {precision}.csv"));
        card(&place, &format!("{precision}.csv"))["provenance"]["model"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let [float32, float64, bfloat16] = ["float32", "float64", "bfloat16"].map(cost);
    assert_eq!(float64, format!("{float32}-float64"));
    assert!(bfloat16.ends_with("-bfloat16"), "{bfloat16}");

    place.run("fit --detector z-score --benign float32.csv --out d.json");
    let model = lenet5();
    let detect = format!("detect --model {model} --detector d.json");
    place.run(&format!("{detect} images.npy"));
    for (command, ours) in [
        (format!("{detect} --precision float64 images.npy"), "-float64"),
        (format!("{detect} --precision bfloat16 images.npy"), "-bfloat16"),
        ("fit --detector z-score --benign float32.csv float64.csv --out e.json".into(), "-float64"),
        (
            "eval --detector d.json --benign bfloat16.csv --adversarial x=float32.csv".into(),
            "-bfloat16",
        ),
        ("evidence --costs benign=float32.csv --costs x=float64.csv".into(), "-float64"),
    ] {
        let error = place.a2d(&command).assert().code(3).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(&float32) && error.contains(ours), "{command}: {error}");
    }
}
