//! Bad input gets a clear message and exit code.

use crate::workplace::{Workplace, data, lenet5};

const HEADER: &str =
    "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n";

/// An npy file of float32 pixels.
pub(crate) fn npy(shape: &str, pixels: &[f32]) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()));
    file
}

pub(crate) fn digit() -> Vec<u8> {
    npy("1, 1, 28, 28", &[0.5; 784])
}

fn costs(attack: &str, rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("{row},{attack},{},true,false,1,2,0.1\n", 50 + row % 7));
    HEADER.to_owned() + &rows.collect::<String>()
}

/// Runs a command that must fail with this code, in one line that says all of this, and leave no file.
pub(crate) fn refused(place: &Workplace, arguments: &str, code: i32, findings: &[&str]) {
    let before = place.names();
    let assert = place.a2d(arguments).assert().code(code);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "{arguments}: {error}");
    for finding in findings {
        assert!(error.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    }
    assert!(assert.get_output().stdout.is_empty(), "{arguments}");
    assert_eq!(place.names(), before, "{arguments}");
}

#[test]
fn images_that_are_no_images_are_refused() {
    let place = Workplace::new();
    let mut out_of_range = [0.5; 784];
    out_of_range[3] = 1.5;
    let mut not_a_number = [0.5; 784];
    not_a_number[5] = f32::NAN;
    let truncated = &digit()[..500];
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let gz = std::fs::read(data("sample/mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let mut corrupt = gz.clone();
    corrupt[5000] ^= 0xff;
    for (name, content, findings) in [
        ("above.npy", npy("1, 1, 28, 28", &out_of_range), ["above.npy", "1.5"]),
        ("nan.npy", npy("1, 1, 28, 28", &not_a_number), ["nan.npy", "NaN"]),
        ("short.npy", truncated.to_vec(), ["short.npy", "3136 bytes"]),
        ("flat.npy", npy("784,", &[0.5; 784]), ["flat.npy", "expected"]),
        ("color.npy", npy("1, 3, 16, 16", &[0.5; 768]), ["color.npy", "[1, 28, 28]"]),
        ("none.npy", npy("0, 1, 28, 28", &[]), ["none.npy", "expected"]),
        ("cut.png", png.to_vec(), ["cut.png", "expected"]),
        ("cut.gz", gz[..9000].to_vec(), ["cut.gz", "of 1568000 bytes"]),
        ("corrupt.gz", corrupt, ["corrupt.gz", "of 1568000 bytes"]),
        ("text.txt", b"hello".to_vec(), ["text.txt", "expected"]),
    ] {
        place.write(name, content);
        let cost = format!("cost --model {} --input {name} --defense bim --out c.csv", lenet5());
        refused(&place, &cost, 3, &findings);
    }
    let missing = format!("cost --model {} --input no.npy --defense bim --out c.csv", lenet5());
    refused(&place, &missing, 3, &["no.npy"]);
}

#[test]
fn models_that_are_no_models_are_refused() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    let weights = std::fs::read(lenet5()).unwrap();
    place.write("cut.safetensors", &weights[..1000]);
    place.write("bare.safetensors", &weights);
    place.write("other.safetensors", &weights);
    place.write("other.safetensors.card.json", "{");
    for (arguments, findings) in [
        ("no.safetensors", &["no.safetensors"][..]),
        ("cut.safetensors --arch lenet5", &["cut.safetensors", "safetensors file"]),
        ("bare.safetensors", &["bare.safetensors", "architecture"]),
        ("bare.safetensors --arch mnist-cnn", &["bare.safetensors", "expected"]),
        ("other.safetensors", &["other.safetensors.card.json", "model card"]),
    ] {
        let cost = format!("cost --model {arguments} --input x.npy --defense bim --out c.csv");
        refused(&place, &cost, 3, findings);
    }
}

#[test]
fn data_sets_that_do_not_fit_are_refused() {
    let place = Workplace::new();
    let out = format!("data export --model {} --out x.npy", lenet5());
    refused(&place, &format!("{out} --data-dir {}", place.path("no").display()), 3, &["mnist"]);
    let skip = format!("{out} --data-dir {} --skip 2000", data("sample"));
    refused(&place, &skip, 3, &["2000"]);
}

#[test]
fn costs_that_do_not_fit_are_refused() {
    let place = Workplace::new();
    place.write("bim.csv", costs("bim", 30));
    place.write("bim2.csv", costs("bim2", 30));
    place.write("few.csv", costs("bim", 5));
    place.write("more.csv", costs("bim", 31));
    place.write("broken.csv", HEADER.to_owned() + "a,bim,x,true,false,1,2,0.1\n");
    place.write("other.csv", "a,b,c\n1,2,3\n");
    let censored = costs("bim", 30).replace("0,bim,50,true,false", "0,bim,50,false,true");
    place.write("censored.csv", censored);
    let z_score = "fit --detector z-score --out d.json --benign";
    let knn = "fit --detector knn --out d.json --benign bim.csv";
    for (arguments, code, findings) in [
        (format!("{z_score} no.csv"), 3, &["no.csv"][..]),
        (format!("{z_score} broken.csv"), 3, &["broken.csv", "expected"]),
        (format!("{z_score} other.csv"), 3, &["other.csv", "header"]),
        (format!("{z_score} censored.csv"), 3, &["censored.csv", "complete costs"]),
        (format!("{z_score} few.csv"), 3, &["20", "5"]),
        (format!("{z_score} bim.csv bim2.csv"), 3, &["bim2"]),
        (format!("{z_score} bim.csv --defense jsma"), 3, &["jsma", "bim"]),
        (format!("{z_score} bim.csv --fpr 1.5"), 3, &["1.5"]),
        (format!("{z_score} bim.csv --votes 2"), 3, &["2"]),
        (format!("{z_score} bim.csv --adversarial bim.csv"), 2, &["--adversarial"]),
        (knn.to_owned(), 2, &["--adversarial"]),
        (format!("{z_score} bim.csv bim.csv"), 3, &["inputs once", "those of bim.csv again"]),
        (format!("{knn} --adversarial bim.csv"), 3, &["apart from the benign ones", "bim.csv"]),
        (format!("{knn} --adversarial more.csv"), 3, &["100", "61"]),
        (format!("{knn} --k 9 --adversarial bim2.csv"), 3, &["bim2", "bim"]),
    ] {
        refused(&place, &arguments, code, findings);
    }
}

#[test]
fn a_detector_of_something_else_is_refused() {
    let place = Workplace::new();
    let model = lenet5();
    let sample = format!("--model {model} --data-dir {}", data("sample"));
    place.run(&format!("data export {sample} --count 20 --out x.npy"));
    place.run(&format!("cost --model {model} --input x.npy --defense bim --out bim.csv"));
    place.run("fit --detector z-score --benign bim.csv --out d.json");
    let on =
        |model: &str, detector: &str| format!("detect --model {model} --detector {detector} x.npy");

    let other = data("models/mnist-cnn.safetensors");
    refused(&place, &on(&other, "d.json"), 3, &["d.json", "expected the model", "got"]);
    refused(&place, &on(&model, "no.json"), 3, &["no.json"]);
    place.write("broken.json", "{\"format\": \"a2d-detector\"");
    refused(&place, &on(&model, "broken.json"), 3, &["broken.json", "expected"]);
    let mut saved: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path("d.json")).unwrap()).unwrap();
    saved["version"] = 4.into();
    place.write("later.json", saved.to_string());
    refused(
        &place,
        &on(&model, "later.json"),
        3,
        &["later.json", "expected a version from 1 to 3, found 4"],
    );

    let eval = "eval --detector d.json --benign bim.csv --adversarial same=bim.csv";
    refused(&place, eval, 3, &["bim.csv", "neither fitted nor calibrated on"]);
    place.write("jsma.csv", costs("jsma", 30));
    let eval = "eval --detector d.json --benign jsma.csv --adversarial jsma=jsma.csv";
    refused(&place, eval, 3, &["bim", "jsma"]);
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    place.write("bim.csv", costs("bim", 30));
    let cost = format!("cost --model {} --input x.npy --defense bim --out no/c.csv", lenet5());
    refused(&place, &cost, 1, &["no/c.csv"]);
    let export = format!("data export --model {} --data-dir {}", lenet5(), data("sample"));
    refused(&place, &format!("{export} --count 1 --out no/x.npy"), 1, &["no/x.npy"]);
    // Costs without a card are worth a warning, and a warning is a line of its own.
    let fit = place.a2d("fit --detector z-score --benign bim.csv --out no/d.json").assert().code(1);
    let error = String::from_utf8(fit.get_output().stderr.clone()).unwrap();
    assert!(error.contains("no/d.json"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_output_takes_the_place_of_files_only() {
    let place = Workplace::new();
    place.write("x.npy", digit());
    std::fs::create_dir(place.path("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path("socket")).unwrap();
    let before = place.names();
    let model = format!("--model {}", lenet5());
    let data = format!("{model} --data-dir {}", data("sample"));
    let commands = [
        format!("cost {model} --input x.npy --out"),
        format!("craft {data} --attack fgsm --count 1 --out"),
        format!("clever {model} --input x.npy --out"),
        format!("data export {data} --count 1 --out"),
        "train --arch lenet5 --out".into(),
        "fit --detector z-score --benign bim.csv --out".into(),
        "eval --detector d.json --benign bim.csv --report".into(),
        "evidence --report".into(),
    ];
    for command in commands {
        for (output, found) in [("folder", "a folder"), ("socket", "a device, pipe or socket")] {
            let refusal = place.a2d(&format!("{command} {output}")).assert().code(2);
            let error = String::from_utf8(refusal.get_output().stderr.clone()).unwrap();
            assert!(error.contains(&format!("found {found}")), "{command} {output}: {error}");
            assert_eq!(place.names(), before, "{command} {output}");
        }
    }
}
