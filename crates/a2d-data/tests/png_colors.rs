//! PNG images of every colour type that other programs write.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Images, png};
use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};
use ndarray::{Array3, Axis};

fn read(image: impl Into<DynamicImage>) -> a2d_data::Result<Images> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.png");
    image.into().save(&path).unwrap();
    png::read(&path)
}

#[test]
fn gray_is_one_channel() {
    let expected = [51.0 / 255.0, 52.0 / 255.0];
    let bytes = ImageBuffer::<Luma<u8>, _>::from_vec(2, 1, vec![51, 52]).unwrap();
    let images = read(bytes).unwrap();
    assert_eq!(images.shape(), [1, 1, 2]);
    assert_eq!(images.as_slice(), expected);
    let words = ImageBuffer::<Luma<u16>, _>::from_vec(2, 1, vec![1, 65535]).unwrap();
    assert_eq!(read(words).unwrap().as_slice(), [1.0 / 65535.0, 1.0]);
    let opaque = ImageBuffer::<LumaA<u8>, _>::from_vec(2, 1, vec![51, 255, 52, 255]).unwrap();
    assert_eq!(read(opaque).unwrap().as_slice(), expected);
}

#[test]
fn color_is_three_planes() {
    let planes = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0];
    let bytes = ImageBuffer::<Rgb<u8>, _>::from_vec(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
    let images = read(bytes).unwrap();
    assert_eq!(images.shape(), [3, 1, 2]);
    assert_eq!(images.as_slice(), planes.map(|value| value / 255.0));
    let words = ImageBuffer::<Rgb<u16>, _>::from_vec(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(read(words).unwrap().as_slice(), planes.map(|value| value / 65535.0));
}

#[test]
fn transparency_is_refused() {
    let clear = ImageBuffer::<Rgba<u8>, _>::from_vec(1, 1, vec![1, 2, 3, 254]).unwrap();
    let error = read(clear).unwrap_err();
    assert!(error.is_bad_input());
    assert!(error.to_string().contains("transparent pixels"), "{error}");
}

#[test]
fn bytes_survive_a_round_trip() {
    let values = (0_u16..768).map(|i| f32::from(i % 256) / 255.0).collect();
    let image = Array3::from_shape_vec((3, 16, 16), values).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    png::write(file.path(), image.view()).unwrap();
    assert_eq!(png::read(file.path()).unwrap().view().index_axis_move(Axis(0), 0), image);
}
