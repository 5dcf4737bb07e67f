//! Networks of one's own, from TorchScript files.

use std::path::{Path, PathBuf};

use crate::workplace::{Workplace, data, lenet5};

fn fixture(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join(path).canonicalize().unwrap().display().to_string()
}

/// A network of `crates/a2d-model/tests/torchscript`.
fn exported(name: &str) -> String {
    fixture(&format!("crates/a2d-model/tests/torchscript/{name}"))
}

/// What a command that ends with this code says on standard error.
fn said(work: &Workplace, arguments: &str, code: i32) -> String {
    let assert = work.a2d(arguments).assert().code(code);
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// 24 images of 3 x 8 x 8 pixels.
fn images(work: &Workplace) -> PathBuf {
    let pixels = ndarray::Array4::from_shape_fn((24, 3, 8, 8), |(n, c, y, x)| {
        ((n * n + c * 5 + y * (n + 3) + x) % 29) as f32 / 28.0
    });
    let path = work.path("x.npy");
    a2d_data::npy::write_images(&path, &a2d_data::Images::new(pixels).unwrap()).unwrap();
    path
}

#[test]
fn a_script_costs_what_its_weights_cost() {
    let work = Workplace::new();
    let oracle = |name| fixture(&format!("tests/fixtures/oracle/{name}"));
    let cost = |model: &str, out: &str| {
        let input = oracle("benign.npy");
        work.run(&format!(
            "cost --model {model} --input {input} --rows 0..12 --defense bim,bim2,jsma --out {out}"
        ));
        let table = a2d_cost::CostTable::read_csv(&work.path(out)).unwrap();
        let row =
            |row: a2d_cost::CostRow| (row.input, row.attack, row.cost.iterations, row.cost.flipped);
        table.rows().map(row).collect::<Vec<_>>()
    };
    let weights = format!("{} --arch lenet5", oracle("lenet5.safetensors"));
    assert_eq!(cost(&oracle("lenet5-traced.pt"), "script.csv"), cost(&weights, "weights.csv"));
}

#[test]
fn a_script_is_taken_by_every_command_with_a_model() {
    let work = Workplace::new();
    let (net, input) = (exported("net.ts"), images(&work));
    let input = input.display();
    let cost = format!(
        "cost --model {net} --input {input} --defense bim --epsilon 0.9 --step 0.02 --out c.csv"
    );
    let stated = said(&work, &cost, 0);
    assert!(stated.contains("5 classes for images of 3 x 8 x 8"), "{stated}");
    work.run("fit --detector conformal --benign c.csv --fpr 0.3 --out d.json");
    work.run(&format!("detect --model {net} --detector d.json {input}"));
    work.run(&format!(
        "craft --model {net} --input {input} --attack fgsm --epsilon 0.9 --out e.npy"
    ));
    work.run(&format!(
        "clever --model {net} --input {input} --batches 4 --samples 8 --out clever.csv"
    ));
    // Another preprocessing is another model, and the detector refuses it.
    let detect = format!("detect --model {net} --range 0,255 --detector d.json {input}");
    let refusal = said(&work, &detect, 3);
    assert!(refusal.contains("expected the model that the detector was fitted for"), "{refusal}");
}

#[test]
fn what_is_no_model_is_answered_in_one_line_and_leaves_nothing() {
    let work = Workplace::new();
    let input = images(&work).display().to_string();
    let before = work.names();
    for (model, finding) in [
        (exported("state-dict.pt"), "torch.jit.trace(model.eval(), images).save"),
        (exported("program.pt2"), "a program of torch.export"),
        (exported("two-outputs.ts"), "a tuple of 2"),
        (exported("one-image.ts"), "batches of any size"),
        (exported("training-traced.ts"), "batch normalisation in training mode"),
        (exported("nan.ts"), "finite logits"),
        (exported("no-gradient.ts"), "expected a network that a gradient goes through"),
        (format!("{} --sha256 {}", exported("net.ts"), "0".repeat(64)), "SHA-256"),
        (format!("{} --mean 0.5,0.5 --std 0.5,0.5", exported("net.ts")), "3 means"),
        (format!("{} --shape 3,9,9", exported("net.ts")), "[3, 9, 9]"),
        (format!("{} --class-names a,b", exported("net.ts")), "the 5 of its logits, got 2"),
        (format!("{} --arch lenet5", exported("net.ts")), "needs no architecture"),
        (format!("{} --shape 1,28,28", lenet5()), "its card to say shape"),
    ] {
        let cost = format!("cost --model {model} --input {input} --defense bim --out c.csv");
        let stated = said(&work, &cost, 3);
        let errors: Vec<_> = stated.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(finding), "{model}: {stated}");
        assert_eq!(work.names(), before, "{model}");
    }
}

#[test]
fn attacks_that_ask_for_no_gradient_run_without_one() {
    let work = Workplace::new();
    let (net, input) = (exported("no-gradient.ts"), images(&work));
    let lsa = format!("cost --model {net} --input {} --defense lsa --out c.csv", input.display());
    let stated = said(&work, &lsa, 0);
    assert!(stated.contains("no gradient goes through it"), "{stated}");
}

#[test]
fn check_proposes_parameters_that_cost_takes() {
    let work = Workplace::new();
    let (model, sample) = (lenet5(), data("sample"));
    work.run(&format!("data export --model {model} --data-dir {sample} --count 20 --out b.npy"));
    let check =
        format!("check --model {model} --input b.npy --count 12 --defense bim-turbo,jsma-turbo");
    let found = work.json(&format!("{check} --spec-out attacks.toml"));
    assert_eq!(found["images"], 12);
    let [bim, jsma] = [&found["defenses"][0], &found["defenses"][1]];
    let median = bim["benign"]["median"].as_f64().unwrap();
    assert!((50.0..200.0).contains(&median), "{found}");
    assert!(bim["pace"].is_number() && jsma["pace"].is_null(), "{found}");
    let kinds: Vec<_> = bim["kinds"].as_array().unwrap().iter().map(|kind| &kind["kind"]).collect();
    assert_eq!(kinds, ["fgsm", "pgd", "deepfool", "cw"]);
    work.run(&format!(
        "cost --model {model} --input b.npy --defense bim-turbo,jsma-turbo --spec attacks.toml --out c.csv"
    ));
}
