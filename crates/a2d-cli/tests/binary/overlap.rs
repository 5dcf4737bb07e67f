//! Inputs that come twice, and inputs that a detector was fitted on, are refused by image.

use a2d_data::{Images, npy, read_images};
use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// A place with costs of 40 images to fit on, of 30 of which 20 are among these, of 30 others and of 20
/// adversarial ones, and with a detector.
fn place() -> Workplace {
    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 40 --out fit.npy --png-dir png"));
    place.run(&format!("data export {source} --skip 20 --count 30 --out overlap.npy"));
    place.run(&format!("data export {source} --skip 400 --count 30 --out others.npy"));
    place.run(&format!("craft {source} --attack fgsm --skip 300 --count 20 --out adversarial.npy"));
    for set in ["fit", "overlap", "others", "adversarial"] {
        cost(&place, set);
    }
    place.run("fit --detector z-score --benign fit.csv --out d.json");
    place
}

fn cost(place: &Workplace, set: &str) {
    place.run(&cost_of(&format!("{set}.npy"), set));
}

fn cost_of(inputs: &str, set: &str) -> String {
    format!("cost --model {} --threads 1 --input {inputs} --out {set}.csv", lenet5())
}

/// Writes a set of images made from one that is there.
fn change(place: &Workplace, from: &str, to: &str, change: impl Fn(&Images) -> Images) {
    let images = read_images(&place.path(&format!("{from}.npy"))).unwrap();
    npy::write_images(&place.path(&format!("{to}.npy")), &change(&images)).unwrap();
}

/// The images with pixel number N as this says.
fn with_pixels(images: &Images, pixel: impl Fn(usize, f32) -> f32) -> Images {
    let mut pixels = images.view().to_owned();
    for (number, value) in pixels.iter_mut().enumerate() {
        *value = pixel(number, *value).clamp(0.0, 1.0);
    }
    Images::new(pixels).unwrap()
}

/// Runs a command that must fail as bad input, in one line that says all of this, and leave no file.
fn refused(place: &Workplace, arguments: &str, findings: &[&str]) {
    let before = place.names();
    let assert = place.a2d(arguments).assert().code(3);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "{arguments}: {error}");
    for finding in findings {
        assert!(error.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    }
    assert_eq!(place.names(), before, "{arguments}");
}

/// What a command that succeeds says on standard error.
fn said(place: &Workplace, arguments: &str) -> String {
    String::from_utf8(place.a2d(arguments).assert().success().get_output().stderr.clone()).unwrap()
}

#[test]
fn nothing_is_scored_on_what_it_was_fitted_on() {
    let place = place();
    change(&place, "fit", "reversed", |fit| {
        fit.select(&(0..40).rev().collect::<Vec<_>>()).unwrap()
    });
    change(&place, "fit", "nudged", |fit| {
        let fit = fit.select(&[0, 1]).unwrap();
        with_pixels(&fit, |number, pixel| if number == 0 { pixel + 1e-7 } else { pixel })
    });
    change(&place, "fit", "noisy", |fit| {
        let noise = |number: usize| (number * 7919 % 1999) as f32 * 1e-6 - 0.000_999;
        with_pixels(&fit.select(&[5, 3, 8]).unwrap(), |number, pixel| pixel + noise(number))
    });
    for set in ["reversed", "nudged", "noisy"] {
        cost(&place, set);
    }
    let pngs = std::fs::read_dir(place.path("png")).unwrap().take(3);
    let pngs: Vec<_> = pngs.map(|file| file.unwrap().path().display().to_string()).collect();
    place.run(&cost_of(&pngs.join(" "), "png"));

    let eval = |benign: &str, adversarial: &str| {
        format!("eval --detector d.json --benign {benign}.csv --adversarial a={adversarial}.csv")
    };
    for (set, found) in [
        ("fit", "found 40 of 40"),
        ("overlap", "found 20 of 30"),
        ("reversed", "found 40 of 40"),
        ("nudged", "found 2 of 2"),
        ("noisy", "found 3 of 3"),
        ("png", "found 3 of 3"),
    ] {
        let input = format!("of {set}.csv");
        let expected = "inputs that the detector was neither fitted nor calibrated on";
        let findings = ["benign", expected, found, "such as input ", &input];
        refused(&place, &eval(set, "adversarial"), &findings);
        refused(&place, &eval("others", set), &["adversarial", expected, found, &input]);
    }
    assert_eq!(said(&place, &eval("others", "adversarial")), "");

    let judge = |set: &str| format!("judge --detector d.json {set}.csv");
    assert!(said(&place, &judge("overlap")).contains("20 of 30 inputs are among those"));
    assert_eq!(said(&place, &judge("others")), "");

    // The same costs without their card, and with one of an earlier version.
    place.write("no-card.csv", std::fs::read(place.path("fit.csv")).unwrap());
    let warning = said(&place, &eval("no-card", "adversarial"));
    assert_eq!(warning.lines().count(), 1, "{warning}");
    assert!(warning.contains("cannot be known: no-card.csv has no card"), "{warning}");
    for set in ["fit", "overlap"] {
        forget_images(&place, set);
    }
    refused(&place, &eval("fit", "adversarial"), &["found in fit.csv those that it was fitted on"]);
    let warning = said(&place, &eval("overlap", "adversarial"));
    assert!(warning.contains("the card of overlap.csv, of an earlier version"), "{warning}");
    place.run("fit --detector z-score --benign fit.csv --out old.json");
    let warning = said(&place, &eval("others", "adversarial").replace("d.json", "old.json"));
    assert!(warning.contains("the detector does not say which images"), "{warning}");

    let detect = |set: &str| format!("detect --model {} --detector d.json {set}.npy", lenet5());
    let warning = said(&place, &detect("overlap"));
    assert!(warning.contains("20 of 30 inputs are among those"), "{warning}");
    assert_eq!(said(&place, &detect("others")), "");
}

/// Makes the card of these costs one of an earlier version.
fn forget_images(place: &Workplace, set: &str) {
    let names = [format!("{set}.csv.card.json"), format!("{set}.card.json")];
    let card = names.iter().map(|name| place.path(name)).find(|path| path.exists()).unwrap();
    let mut content: Value = serde_json::from_slice(&std::fs::read(&card).unwrap()).unwrap();
    let inputs = &mut content["provenance"]["inputs"][0];
    assert_eq!(inputs["sketches"].as_str().unwrap().len() % 32, 0);
    *inputs = inputs["digest"].take();
    std::fs::write(card, content.to_string()).unwrap();
}

#[test]
fn inputs_come_once() {
    let place = place();
    change(&place, "others", "copy", Images::clone);
    change(&place, "others", "twice", |others| {
        let rows: Vec<_> = (0..25).chain([3]).collect();
        others.select(&rows).unwrap()
    });
    let copy = place.path("copy.npy").display().to_string();
    refused(&place, &cost_of(&format!("copy.npy {copy}"), "x"), &["copy.npy", "each file once"]);
    let findings =
        ["each image in one file", "found 30 of 60", "copy.npy[0], which is others.npy[0]"];
    refused(&place, &cost_of("others.npy copy.npy", "x"), &findings);
    let clever = cost_of("copy.npy others.npy", "x").replace("cost", "clever");
    refused(&place, &clever, &["found 30 of 60"]);
    let warning = said(&place, &cost_of("twice.npy", "twice"));
    assert!(warning.contains("1 of 26 images came before, such as 25, which is 3"), "{warning}");
    cost(&place, "copy");

    let once = "each of the benign inputs once";
    let apart = "adversarial inputs apart from the benign ones";
    for (arguments, findings) in [
        ("z-score --benign fit.csv fit.csv", [once, "40 of 80", "input 0 of fit.csv"]),
        ("z-score --benign others.csv copy.csv", [once, "30 of 60", "copy.csv, which is input 0"]),
        ("z-score --benign fit.csv overlap.csv", [once, "20 of 70", "input 0 of overlap.csv"]),
        ("z-score --benign twice.csv", [once, "1 of 26", "input 25 of twice.csv"]),
        ("knn --k 5 --benign fit.csv --adversarial fit.csv", [apart, "40 of 40", "fit.csv"]),
        (
            "knn --k 5 --benign fit.csv --adversarial overlap.csv",
            [apart, "20 of 30", "overlap.csv"],
        ),
        (
            "knn --k 5 --benign fit.csv --adversarial others.csv copy.csv",
            ["each of the adversarial inputs once", "30 of 60", "copy.csv"],
        ),
        (
            "conformal --benign fit.csv --calibration overlap.csv",
            ["held-out inputs apart from the benign ones", "20 of 30", "overlap.csv"],
        ),
        (
            "conformal --k 5 --benign fit.csv --adversarial others.csv --calibration copy.csv",
            ["held-out inputs apart from the adversarial ones", "30 of 30", "copy.csv"],
        ),
    ] {
        refused(&place, &format!("fit --detector {arguments} --out x.json"), &findings);
    }
    for (arguments, findings) in [
        ("eval --benign others.csv --adversarial a=others.csv", [apart, "30 of 30"]),
        ("eval --benign others.csv --adversarial a=copy.csv", [apart, "30 of 30"]),
        ("eval --benign fit.csv --adversarial a=overlap.csv", [apart, "20 of 30"]),
        ("eval --benign twice.csv --adversarial a=adversarial.csv", [once, "1 of 26"]),
        (
            "eval --benign fit.csv --adversarial a=others.csv --adversarial b=copy.csv",
            ["each of the adversarial inputs once", "30 of 60"],
        ),
        (
            "evidence --costs benign=others.csv --costs a=copy.csv",
            ["such as input 0 of a, which is input 0 of benign", "30 of 30"],
        ),
        ("evidence --costs benign=twice.csv", [once, "1 of 26"]),
    ] {
        refused(&place, &format!("{arguments} --report x.html"), &findings);
    }
    place.run(
        "fit --detector knn --k 5 --benign fit.csv --adversarial adversarial.csv --out k.json",
    );
}
