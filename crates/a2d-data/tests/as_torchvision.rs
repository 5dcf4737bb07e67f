//! Images as people have them become what torchvision makes of them. `fixtures/images/make.py` made the files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Framing, ImageFile, ImageSource as _, Reading};
use std::path::{Path, PathBuf};

const RGB: Reading = Reading {
    axes: a2d_data::Axes::Nchw,
    framing: Framing { resize: Some(32), crop: Some(24) },
    channels: Some(3),
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images").join(name)
}

/// The 255ths by which each pixel is off.
fn differences(name: &str) -> Vec<f32> {
    differences_from(name, name)
}

/// Those from what torchvision makes of another.
fn differences_from(name: &str, other: &str) -> Vec<f32> {
    let file = ImageFile::open_as(&fixture(name), RGB).unwrap();
    assert_eq!((file.len(), file.shape()), (1, [3, 24, 24]), "{name}");
    let expected = fixture(&format!("{}.expected.npy", other.replace('.', "-")));
    let expected = ImageFile::open(&expected).unwrap().row(0).unwrap();
    let found = file.row(0).unwrap();
    found.iter().zip(expected).map(|(found, expected)| 255.0 * (found - expected).abs()).collect()
}

#[test]
fn what_is_stored_without_loss_is_the_same_to_the_bit() {
    for name in [
        "colours.png",
        "grey.png",
        "palette.png",
        "opaque.png",
        "bilevel.png",
        "lossless.webp",
        "opaque.webp",
    ] {
        let differences = differences(name);
        assert!(differences.iter().all(|difference| *difference == 0.0), "{name}: {differences:?}");
    }
}

#[test]
fn other_images_are_off_by_a_level_at_most() {
    // "turned.jpg" says that it is to be turned by a quarter, which does not count.
    // "inks.jpg" and "ycck.jpg" have four channels of ink.
    for name in [
        "turned.jpg",
        "progressive.jpg",
        "large.jpg",
        "grey.jpg",
        "inks.jpg",
        "ycck.jpg",
        "lossy.webp",
    ] {
        let largest = differences(name).into_iter().fold(0.0, f32::max);
        assert!(largest < 1.01, "{name}: {largest}");
    }
    // Where colours are stored in half the resolution, libjpeg rounds otherwise between them. Little of that is
    // left in a smaller image, more in one that is hardly made smaller.
    let differences = differences("small.jpg");
    let by_two = differences.iter().filter(|difference| **difference > 1.01).count();
    assert!(differences.iter().all(|difference| *difference < 2.01), "{differences:?}");
    assert!(by_two < differences.len() / 20, "{by_two}");
}

#[test]
fn sixteen_bits_are_finer_than_eight() {
    let differences = differences_from("deep.png", "grey.png");
    assert!(differences.iter().all(|difference| *difference < 1.01), "{differences:?}");
    assert!(differences.iter().any(|difference| difference.fract() > 0.01), "they are not rounded");
}
