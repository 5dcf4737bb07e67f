//! Folders of images: what counts, in which order, and in which frame.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Axes, Framing, ImageFolder, ImageSource, Labelled, Reading, png};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use ndarray::Array3;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const AS_IS: Reading = framed(None, None);

const fn framed(resize: Option<u32>, crop: Option<u32>) -> Reading {
    Reading { axes: Axes::Nchw, framing: Framing { resize, crop }, channels: None }
}

/// Writes an image of 4 x 4 pixels of this gray, making its folder.
fn write(path: &Path, gray: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    png::write(path, Array3::from_elem((3, 4, 4), f32::from(gray) / 255.0).view()).unwrap();
}

/// A folder with these images, one gray after the other.
fn folder(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (gray, name) in (0..).zip(names) {
        write(&dir.path().join(name), gray);
    }
    dir
}

/// The 255ths of the first pixel of every image.
fn grays(folder: &ImageFolder) -> Vec<f32> {
    let first = |row| folder.row(row).unwrap()[0] * 255.0;
    (0..folder.len()).map(first).map(f32::round).collect()
}

fn refuses(dir: &Path, reading: Reading, expected: &str) {
    let error = ImageFolder::open(dir, reading).and_then(|folder| folder.digest()).unwrap_err();
    assert!(error.is_bad_input());
    let error = error.to_string();
    assert!(error.contains(expected), "expected '{expected}' in: {error}");
    assert!(error.contains(&dir.display().to_string()), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn rows_are_in_the_order_of_their_names() {
    let dir = folder(&["n2/b.png", "n10/c.png", "n2/a.png", "n10/10.png", "n10/9.png", "n3/x"]);
    let folder = ImageFolder::open(dir.path(), AS_IS).unwrap();
    assert_eq!(folder.class_names().unwrap(), ["n10", "n2", "n3"]);
    assert_eq!(folder.labels(), [0, 0, 0, 1, 1, 2]);
    assert_eq!(folder.shape(), [3, 4, 4]);
    assert_eq!(grays(&folder), [3.0, 4.0, 1.0, 2.0, 0.0, 5.0]);
    assert!(folder.paths()[3].ends_with("n2/a.png"));
    let images = folder.images().unwrap();
    assert_eq!(images.digest(), folder.digest().unwrap());
    assert_eq!(images.row(2).unwrap(), folder.row(2).unwrap());
    assert!(folder.row(6).unwrap_err().to_string().contains("there are 6"));
}

#[test]
fn hidden_names_and_files_beside_the_classes_do_not_count() {
    let dir = folder(&["a/1.png", "a/.2.png", ".b/1.png", "c.png"]);
    let folder = ImageFolder::open(dir.path(), AS_IS).unwrap();
    assert_eq!(folder.class_names().unwrap(), ["a"]);
    assert_eq!(grays(&folder), [0.0]);
}

#[test]
fn content_tells_the_format_and_gray_becomes_rgb() {
    let dir = folder(&["a/0.jpg"]);
    let gray = DynamicImage::from(GrayImage::from_pixel(4, 4, Luma([51])));
    gray.save_with_format(dir.path().join("a/1.png"), ImageFormat::Jpeg).unwrap();
    gray.save_with_format(dir.path().join("a/2"), ImageFormat::Png).unwrap();
    let folder = ImageFolder::open(dir.path(), AS_IS).unwrap();
    assert_eq!(folder.row(1).unwrap(), [0.2; 48]);
    assert_eq!(folder.row(2).unwrap(), [0.2; 48]);
}

#[test]
fn what_is_no_image_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    refuses(&path.join("none"), AS_IS, "cannot read ");
    refuses(path, AS_IS, "expected a folder of images for each class, found no folder");
    fs::create_dir(path.join("cat")).unwrap();
    refuses(path, AS_IS, "cat as image folder: the folder of a class has no file");
    fs::write(path.join("cat/1.png"), "a cat").unwrap();
    refuses(path, AS_IS, "cannot read images from ");
    refuses(path, AS_IS, "cat/1.png: expected an npy, npz, PyTorch tensor, PNG, JPEG, WebP or");
    write(&path.join("cat/1.png"), 1);
    refuses(path, framed(None, Some(5)), "5 pixels cannot be cut out of 4 x 4");
    let larger = RgbImage::from_pixel(5, 4, Rgb([1; 3]));
    larger.save(path.join("cat/2.png")).unwrap();
    refuses(path, AS_IS, "2.png as image: its shape is [3, 4, 5], that of the first");
    let bytes = fs::read(path.join("cat/1.png")).unwrap();
    fs::write(path.join("cat/2.png"), &bytes[..bytes.len() - 1]).unwrap();
    refuses(path, AS_IS, "cat/2.png as PNG: expected an end chunk");
    fs::remove_file(path.join("cat/2.png")).unwrap();
    fs::create_dir(path.join("cat/2")).unwrap();
    refuses(path, AS_IS, "cat/2: expected a regular file");
}

#[cfg(unix)]
#[test]
fn the_name_of_a_class_is_text() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder(&["a/1.png"]);
    fs::rename(dir.path().join("a"), dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")))
        .unwrap();
    refuses(dir.path(), AS_IS, "the name of a class is not UTF-8");
}

// import numpy as np                                     # 2.4.6
// from PIL import Image                                  # Pillow 13.0.0
// y, x = np.mgrid[:9, :12]
// pixels = np.stack([x * 20, y * 25, x * y * 2], -1).astype(np.uint8)
// for side in (6, 18):
//     image = Image.fromarray(pixels).resize((side * 12 // 9, side), Image.BILINEAR)
//     left, top = (image.width - 4) // 2, (image.height - 4) // 2
//     image = image.crop((left, top, left + 4, top + 4))
//     print(np.asarray(image).transpose(2, 0, 1).reshape(3, -1).tolist())
const SMALLER: [[u8; 16]; 3] = [
    [64, 96, 124, 156, 64, 96, 124, 156, 64, 96, 124, 156, 64, 96, 124, 156],
    [44, 44, 44, 44, 81, 81, 81, 81, 119, 119, 119, 119, 156, 156, 156, 156],
    [11, 17, 22, 28, 21, 31, 40, 50, 31, 46, 59, 74, 40, 59, 78, 97],
];
const LARGER: [[u8; 16]; 3] = [
    [95, 105, 115, 125, 95, 105, 115, 125, 95, 105, 115, 125, 95, 105, 115, 125],
    [81, 81, 81, 81, 94, 94, 94, 94, 106, 106, 106, 106, 119, 119, 119, 119],
    [31, 35, 38, 41, 36, 40, 43, 47, 41, 45, 49, 53, 46, 50, 55, 60],
];

#[test]
fn frames_are_those_of_pillow() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("a")).unwrap();
    let color = |x: u32, y: u32| Rgb([x * 20, y * 25, x * y * 2].map(|value| value as u8));
    RgbImage::from_fn(12, 9, color).save(dir.path().join("a/0.png")).unwrap();
    for (side, expected) in [(6, SMALLER), (18, LARGER)] {
        let reading = framed(Some(side), Some(4));
        let pixels = ImageFolder::open(dir.path(), reading).unwrap().row(0).unwrap();
        let expected = expected.as_flattened().iter().map(|byte| f32::from(*byte) / 255.0);
        assert!(pixels.iter().copied().eq(expected), "{side}: {pixels:?}");
    }
}
