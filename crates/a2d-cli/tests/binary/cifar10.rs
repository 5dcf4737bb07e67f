//! Colour images from an image folder.

use image::{ImageFormat, Rgb, RgbImage};

use crate::workplace::Workplace;

const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// An image folder of plain images that differ in colour from class to class.
fn write_split(place: &Workplace, split: &str, per_class: u8) {
    for (class, name) in (0u8..).zip(CLASSES) {
        let folder = place.path(&format!("cifar10/{split}/{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..per_class {
            let color = [25 * class, 255 - 25 * class, 100 * (class % 3) + number];
            RgbImage::from_pixel(32, 32, Rgb(color))
                .save_with_format(folder.join(format!("{number}.jpg")), ImageFormat::Jpeg)
                .unwrap();
        }
    }
}

#[test]
fn the_shape_of_a_model_says_that_its_data_set_is_cifar10() {
    let place = Workplace::new();
    write_split(&place, "train", 8);
    write_split(&place, "test", 2);
    let trained = place.json(
        "train --arch cifar10-cnn --augment --epochs 4 --batch 8 --learning-rate 0.0005 \
         --data-dir . --out w.safetensors",
    );
    assert_eq!(trained["dataset"], "CIFAR-10 (JPEG), 80 training and 20 test images");
    assert!(trained["command"].as_str().unwrap().contains(" --augment "), "{trained}");
    assert!(trained["test_accuracy"].as_f64().unwrap() > 0.5, "{trained}");

    let source = "--model w.safetensors --data-dir .";
    let accuracy = place.json(&format!("data accuracy {source}"));
    assert_eq!(accuracy["accuracy"], trained["test_accuracy"]);

    let exported = place.json(&format!("data export {source} --count 6 --out benign.npy"));
    assert_eq!(exported["split"], "CIFAR-10 (JPEG) test");
    let benign = exported["examples"].as_array().unwrap();
    for example in benign {
        let [row, label] = ["source", "label"].map(|key| example[key].as_u64().unwrap());
        assert_eq!(row % 10, label, "classes come in turn: {example}");
    }
    let crafted = place
        .json(&format!("craft {source} --attack bim-a --epsilon 0.2 --count 3 --out bim-a.npy"));
    assert_eq!(crafted["split"], "CIFAR-10 (JPEG) test");
    let cost = "cost --model w.safetensors --input benign.npy bim-a.npy --defense bim";
    place.run(&format!("{cost} --budget 50 --out costs.csv"));
    let costs = std::fs::read_to_string(place.path("costs.csv")).unwrap();
    let card = std::fs::read(place.path("costs.csv.card.json")).unwrap();
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    assert_eq!(card["provenance"]["defenses"]["bim"]["epsilon"], 0.03, "that for colour images");
    let adversarial = crafted["examples"].as_array().unwrap();
    assert_eq!(costs.lines().count(), 1 + benign.len() + adversarial.len());
}
