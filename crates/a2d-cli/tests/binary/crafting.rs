//! Which images examples are crafted from, and what is left of examples in 8 bits.

use a2d_data::{Images, idx, read_images};
use serde_json::{Value, json};

use crate::workplace::{Workplace, data, lenet5};

/// Ten images of the sample from number `skip` on, as a source.
fn sample(skip: usize) -> String {
    format!("--model {} --data-dir {} --skip {skip} --limit 10", lenet5(), data("sample"))
}

/// Writes IDX labels.
fn write_labels(place: &Workplace, name: &str, labels: &[usize]) {
    let labels: Vec<u32> = labels.iter().map(|label| *label as u32).collect();
    idx::write_labels(&place.path(name), &labels).unwrap();
}

fn card(place: &Workplace, output: &str) -> Value {
    let text = std::fs::read(place.path(&format!("{output}.card.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn what_the_model_misclassifies_is_set_aside_whatever_the_target() {
    let place = Workplace::new();
    place.run(
        &format!("data export {} --count 3 --out three.npy", sample(0)).replace(" --limit 10", ""),
    );
    let labels: Vec<usize> = card(&place, "three.npy")["examples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|example| example["label"].as_u64().unwrap() as usize)
        .collect();
    // The first is right; the label of the second is the class that the attack would give it.
    let craft = |attack: &str, rest: &str| {
        format!("craft --model {} --input three.npy --attack {attack} {rest}", lenet5())
    };
    let towards_second = place.json(&craft("bim-a --target second", "--out x.npy"));
    let second = towards_second["examples"][1]["predicted"].as_u64().unwrap() as usize;
    assert_eq!(towards_second["examples"][1]["target"], second);
    write_labels(&place, "wrong", &[labels[0], second, (labels[2] + 1) % 10]);
    write_labels(
        &place,
        "all-wrong",
        &labels.iter().map(|label| (label + 1) % 10).collect::<Vec<_>>(),
    );

    let quick = "--iterations 20 --epsilon 0.3";
    for (attack, parameters) in [
        ("lbfgs", "--iterations 20 --epsilon 0.01"),
        ("jsma --target second", ""),
        ("bim-a --target second", ""),
        ("bim-b --target least-likely", ""),
        ("bim-a", quick),
        ("pgd", "--iterations 20"),
        ("cw --target second", "--iterations 60 --searches 2 --initial-c 1 --learning-rate 0.1"),
        (&format!("fgsm --target class-{second}"), ""),
    ] {
        let out = format!("{parameters} --labels wrong --out y.npy");
        let arguments = craft(attack, out.trim());
        let assert = place.a2d(&format!("{arguments} --format json")).assert();
        let output = assert.get_output();
        if output.status.success() {
            let crafted: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(crafted["tally"]["misclassified"], 2, "{attack}: {crafted}");
            for example in crafted["examples"].as_array().unwrap() {
                assert_eq!(example["source"], 0, "{attack}: {crafted}");
                assert_ne!(example["label"], example["predicted"], "{attack}");
            }
        } else {
            let error = String::from_utf8(output.stderr.clone()).unwrap();
            assert!(error.contains("2 were set aside as misclassified"), "{attack}: {error}");
        }
    }
    let none = craft("jsma --target second", "--labels all-wrong --out z.npy");
    let error = place.a2d(&none).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains("among 3, of which 3 were set aside as misclassified"), "{error}");
    assert!(!place.names().contains(&"z.npy".to_owned()));
}

#[test]
fn png_files_are_counted_as_they_are_read_again() {
    let place = Workplace::new();
    let craft = format!("craft {} --attack deepfool", sample(350));
    let crafted = place.json(&format!("{craft} --out x.npy --png-dir png"));
    let examples = crafted["examples"].as_array().unwrap();
    let survivors = crafted["survive_8_bits"].as_u64().unwrap();
    assert!(survivors < examples.len() as u64, "rounding repairs some: {crafted}");
    let mut beside = card(&place, "x.npy");
    for of_the_card in ["format", "version", "sha256"] {
        assert!(beside.as_object_mut().unwrap().remove(of_the_card).is_some(), "{of_the_card}");
    }
    assert_eq!(beside, crafted);

    // What the model takes each PNG file for, by another command.
    let files: Vec<_> = examples
        .iter()
        .map(|one| format!("png/{:05}.png", one["source"].as_u64().unwrap()))
        .collect();
    let clever = format!(
        "clever --model {} --input {} --target second --batches 1 --samples 1 --out c.csv",
        lenet5(),
        files.join(" ")
    );
    place.run(&clever);
    let scores = std::fs::read_to_string(place.path("c.csv")).unwrap();
    let mut lines = scores.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let label = header.iter().position(|name| *name == "label").unwrap();
    let read: Vec<bool> = lines
        .zip(examples)
        .map(|(line, example)| json!(line[label].parse::<u64>().unwrap()) != example["label"])
        .collect();
    let said: Vec<bool> =
        examples.iter().map(|one| one["survives_8_bits"].as_bool().unwrap()).collect();
    assert_eq!(said, read);
    assert_eq!(read.iter().filter(|survives| **survives).count() as u64, survivors);

    let human = place.run(&format!("{craft} --out y.npy --png-dir png"));
    let line =
        format!("PNG files hold 8 bits: {survivors} of {} are still adversarial", examples.len());
    assert!(human.contains(&line), "{human}");
    let csv = place.run(&format!("{craft} --out z.npy --png-dir png --format csv"));
    assert!(csv.lines().next().unwrap().ends_with(",survives_8_bits"), "{csv}");
    let survived = csv.lines().skip(1).filter(|line| line.ends_with(",true")).count();
    assert_eq!(survived as u64, survivors);
    let export = format!("data export {} --count 4 --out b.npy --png-dir b", sample(0));
    let benign = place.json(&export.replace(" --limit 10", ""));
    assert_eq!(benign["survive_8_bits"], 4, "{benign}");
    assert!(place.json(&format!("{craft} --out w.npy")).get("survive_8_bits").is_none());
}

/// Pixels of `images` that are no multiples of 1/255.
fn fractions(images: &Images) -> usize {
    let rounded = images.to_8_bits();
    images
        .as_slice()
        .iter()
        .zip(rounded.as_slice())
        .filter(|(pixel, round)| pixel.to_bits() != round.to_bits())
        .count()
}

#[test]
fn integer_examples_are_the_same_in_every_format() {
    let place = Workplace::new();
    for attack in ["deepfool", "fgsm", "dba --iterations 60 --distance 0.05"] {
        let craft = format!("craft {} --attack {attack} --integer", sample(350));
        let crafted = place.json(&format!("{craft} --out x.npy --png-dir png"));
        let examples = crafted["examples"].as_array().unwrap();
        assert!(examples.len() >= 5, "{attack}: {crafted}");
        assert_eq!(
            (&crafted["integer"], &crafted["survive_8_bits"]),
            (&json!(true), &json!(examples.len()))
        );
        let images = read_images(&place.path("x.npy")).unwrap();
        assert_eq!(fractions(&images), 0, "{attack}");
        for (row, example) in examples.iter().enumerate() {
            let name = format!("png/{:05}.png", example["source"].as_u64().unwrap());
            assert_eq!(read_images(&place.path(&name)).unwrap(), images.select(&[row]).unwrap());
        }
        idx::write_images(&place.path("x.idx"), &images).unwrap();
        assert_eq!(read_images(&place.path("x.idx")).unwrap(), images, "{attack}");
        std::fs::remove_dir_all(place.path("png")).unwrap();
    }
    // Originals need not be 8-bit images themselves.
    place.run(
        &format!("craft {} --attack fgsm --epsilon 0.013 --out fractions.npy", sample(0))
            .replace("--limit 10", "--limit 1000 --count 1"),
    );
    let fractional = read_images(&place.path("fractions.npy")).unwrap();
    assert!(fractions(&fractional) > 0);
    place.run(&format!(
        "craft --model {} --input fractions.npy --attack deepfool --integer --out whole.npy",
        lenet5()
    ));
    assert_eq!(fractions(&read_images(&place.path("whole.npy")).unwrap()), 0);
}

#[test]
fn examples_of_normalised_images_are_pictures_that_say_so() {
    let place = Workplace::new();
    let craft = format!("craft {} --attack fgsm-logit --epsilon 0.9/32 --out x.npy", sample(350));
    let normalised = "--unclipped=-16,16 --unclipped-mean 0.1307 --unclipped-std 0.3081";
    let crafted = place.json(&format!("{craft} {normalised} --stretched"));
    let picture = json!({
        "unclipped": [-16.0, 16.0],
        "normalisation": {"mean": [0.1307], "std": [0.3081]},
        "stretched": true
    });
    assert_eq!((&crafted["picture"], &crafted["integer"]), (&picture, &json!(true)));
    let images = read_images(&place.path("x.npy")).unwrap();
    assert_eq!(fractions(&images), 0);
    for pixels in images.rows() {
        assert!(pixels.contains(&0.0) && pixels.contains(&1.0));
    }
    // Clipped at last, a step of 0.9 deviations is one of 0.277 of [0, 1].
    let clipped = place.json(&format!("{craft} {normalised}"));
    assert_eq!(clipped["picture"]["stretched"], false);
    let largest = clipped["mean_distances"]["linf"].as_f64().unwrap();
    assert!((largest - 0.9 * 0.3081).abs() < 1e-4, "{largest}");
    let plain = craft.replace("0.9/32", "0.27729");
    let plain = place.json(&plain);
    assert_eq!(plain.get("picture"), None);
    assert_eq!(plain["tally"], clipped["tally"]);

    for (options, finding) in [
        ("--unclipped=-16,16", "expected a model that normalises images, or --unclipped-mean"),
        (
            "--unclipped=16,-16 --unclipped-mean 0 --unclipped-std 1",
            "the values of black and white",
        ),
        ("--unclipped=-16,16 --unclipped-mean 0 --unclipped-std 0", "each below its white"),
        ("--stretched --integer", "cannot be used with"),
    ] {
        let output =
            place.a2d(&format!("{craft} {options}")).assert().failure().get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(finding), "{options}: {message}");
    }
}
