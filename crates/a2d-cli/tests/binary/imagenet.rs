//! ImageNet from folders that are named as its classes are.

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

use crate::bad_input::refused;
use crate::workplace::Workplace;

const FISH: &str = "n01440764";
const SHARK: &str = "n01484850";
const HEN: &str = "n01514859";

/// JPEG images of 60 x 40 pixels, those of each class of a colour of its own.
fn write(place: &Workplace, folder: &str, classes: &[&str], each: u8) {
    for class in classes {
        let path = place.path(&format!("{folder}/{class}"));
        std::fs::create_dir_all(&path).unwrap();
        let [red, blue] = if *class == FISH { [200, 20] } else { [20, 200] };
        for number in 0..each {
            let image = RgbImage::from_pixel(60, 40, Rgb([red + number, 90, blue]));
            let path = path.join(format!("{class}_{number}.JPEG"));
            image.save_with_format(path, ImageFormat::Jpeg).unwrap();
        }
    }
}

#[test]
fn a_model_of_its_shape_is_trained_on_it_and_attacked() {
    let place = Workplace::new();
    let (both, root) = ([FISH, SHARK], "--data-dir .");
    write(&place, "imagenet/train", &both, 4);
    write(&place, "imagenet/val", &both, 2);
    let model = "--arch lenet5 --input-shape 3x224x224 --classes 2";
    let trained = place.json(&format!(
        "train {model} --epochs 2 --batch 2 --learning-rate 0.0001 {root} --out w.safetensors"
    ));
    assert_eq!(trained["dataset"], "ImageNet, 8 training and 4 test images");
    assert_eq!(trained["classes"], json!(both));
    assert_eq!(trained["test_accuracy"], 1.0, "{trained}");

    let source = "--model w.safetensors --data-dir";
    let exported = place.json(&format!("data export {source} . --count 4 --out four.npy"));
    let labels = exported["examples"].as_array().unwrap().iter().map(|example| &example["label"]);
    assert!(labels.eq([0, 1, 0, 1].iter()), "classes come in turn: {exported}");
    assert_eq!(exported["split"], "ImageNet test");
    let crafted = place.json(&format!(
        "craft {source} . --attack deepfool --iterations 30 --count 1 --out deepfool.npy"
    ));
    assert_eq!(crafted["attack"]["deepfool"]["overshoot"], 0.05, "{crafted}");

    // Where one class has a folder, it has the number that the model knows it by.
    write(&place, "few/imagenet", &[SHARK], 2);
    let few = place.json(&format!("data export {source} few --out few.npy"));
    assert_eq!((&few["examples"][0]["label"], &few["tally"]["tried"]), (&json!(1), &json!(2)));
    refused(
        &place,
        &format!("data accuracy {source} few --split train"),
        3,
        &["cannot find a folder train in few/imagenet; "],
    );
    write(&place, "more/imagenet", &[SHARK, HEN], 1);
    let finding = format!("such as {FISH:?}, got {HEN:?}");
    refused(&place, &format!("data accuracy {source} more"), 3, &[&finding]);
    write(&place, "other/imagenet", &["hen"], 1);
    let finding = "other/imagenet as ImageNet image folder: expected classes with names such as";
    refused(&place, &format!("data accuracy {source} other"), 3, &[finding, "found hen"]);
    refused(
        &place,
        "data fetch imagenet --data-dir new",
        3,
        &["cannot fetch ImageNet into new/imagenet: ", "https://image-net.org/download"],
    );
}

#[test]
fn weights_that_were_not_fetched_are_asked_for() {
    let place = Workplace::new();
    let mut command = place.a2d("data accuracy --model efficientnet-lite0");
    let assert = command.env("XDG_CACHE_HOME", place.path("cache")).assert().code(2);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains("`a2d model fetch efficientnet-lite0` gets them"), "{error}");
    // A file of that name is taken for what it is.
    place.write("efficientnet-lite0", "no weights");
    refused(
        &place,
        "data accuracy --model efficientnet-lite0",
        3,
        &["load efficientnet-lite0: expected a card efficientnet-lite0.card.json"],
    );
}
