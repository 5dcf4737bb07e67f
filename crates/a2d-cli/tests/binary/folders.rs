//! Images from a folder with a folder for each class, whose names are those of the classes.

use image::{Rgb, RgbImage};
use serde_json::json;

use crate::workplace::Workplace;

/// Images of 12 x 12 pixels in `folder`, those of each class of its colour.
fn write(place: &Workplace, folder: &str, classes: &[(&str, [u8; 3])], each: u8) {
    write_sized(place, folder, classes, each, [12, 12]);
}

/// The same with images of this width and height.
fn write_sized(
    place: &Workplace,
    folder: &str,
    classes: &[(&str, [u8; 3])],
    each: u8,
    [width, height]: [u32; 2],
) {
    for (class, color) in classes {
        let path = place.path(&format!("{folder}/{class}"));
        std::fs::create_dir_all(&path).unwrap();
        for number in 0..each {
            let color = color.map(|value| value.saturating_add(5 * number));
            let image = RgbImage::from_pixel(width, height, Rgb(color));
            image.save(path.join(format!("{number}.png"))).unwrap();
        }
    }
}

#[test]
fn a_folder_is_trained_on_classified_and_attacked() {
    let place = Workplace::new();
    let (cat, dog) = (("cat", [200, 10, 10]), ("dog", [10, 10, 200]));
    write(&place, "train", &[cat, dog], 8);
    write(&place, "test", &[cat, dog], 3);
    write(&place, "dogs", &[dog], 2);
    write(&place, "emus", &[dog, ("emu", [9, 9, 9])], 1);
    let train = "train --arch lenet5 --input-shape 3x12x12 --classes 2 --epochs 6 --batch 4 \
                 --learning-rate 0.005 --input train --out w.safetensors";
    let trained = place.json(&format!("{train} --test test"));
    assert_eq!(trained["dataset"], "train, 16 training and 6 test images");
    assert_eq!(trained["classes"], json!(["cat", "dog"]));
    assert_eq!(trained["test_accuracy"], 1.0, "{trained}");

    let accuracy =
        |folder: &str| place.json(&format!("data accuracy --model w.safetensors --input {folder}"));
    assert_eq!(
        (&accuracy("test")["images"], &accuracy("test")["accuracy"]),
        (&json!(6), &json!(1.0))
    );
    write_sized(&place, "large", &[cat, dog], 1, [40, 26]);
    let framed = accuracy("large --resize 13 --crop 12");
    assert_eq!((&framed["images"], &framed["accuracy"]), (&json!(2), &json!(1.0)));
    let source = "--model w.safetensors --input";
    let exported = place.json(&format!("data export {source} test --count 4 --out four.npy"));
    let labels = exported["examples"].as_array().unwrap().iter().map(|example| &example["label"]);
    assert!(labels.eq([0, 1, 0, 1].iter()), "classes come in turn: {exported}");
    // Alone in their folder, dogs are still of the second class.
    let dogs = place.json(&format!("data export {source} dogs --count 2 --out dogs.npy"));
    assert_eq!((&dogs["examples"][0]["label"], &dogs["split"]), (&json!(1), &json!("dogs")));
    let crafted =
        place.json(&format!("craft {source} dogs --attack fgsm --epsilon 0.9 --out x.npy"));
    assert_eq!(crafted["examples"][0]["label"], 1, "{crafted}");
    assert_eq!(crafted["tally"]["tried"], 2);

    let refuses = |arguments: &str, finding: &str| {
        let error = place.a2d(arguments).assert().code(3).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(finding), "{arguments}: {error}");
    };
    refuses(&format!("data accuracy {source} large"), "expected images of shape [3, 12, 12]");
    refuses(
        &format!("data accuracy {source} emus"),
        "classes that the model names, such as \"cat\", got \"emu\"",
    );
    refuses(&format!("data accuracy {source} four.npy"), "got no --labels");
    refuses(
        &format!("data accuracy {source} four.npy --crop 9"),
        "got [3, 9, 9]; --resize and --crop",
    );
    refuses(
        &format!("craft {source} dogs --labels four.npy --attack fgsm --out y.npy"),
        "no labels",
    );
    refuses(&format!("{train} --test emus"), "expected a folder for each class");
    refuses(&format!("{train} --test none"), "none");
}
