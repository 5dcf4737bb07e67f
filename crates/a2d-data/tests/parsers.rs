//! Properties of the parsers: what is written is read back, and no bytes make them panic.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{
    ImageFile, ImageFolder, ImageSource, Images, Reading, idx, npy, png, read_images, read_labels,
};
use ndarray::{Array4, Axis};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::fs;
use std::path::Path;

/// Images whose pixels are whole bytes, as IDX and PNG store them.
fn images() -> impl Strategy<Value = Images> {
    (1_usize..4, 1_usize..6, 1_usize..6)
        .prop_flat_map(|(n, height, width)| {
            let bytes = vec(any::<u8>(), n * height * width);
            (Just((n, 1, height, width)), bytes)
        })
        .prop_map(|(shape, bytes)| {
            let pixels = bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect();
            Images::new(Array4::from_shape_vec(shape, pixels).unwrap()).unwrap()
        })
}

/// A valid file of each format.
fn valid_files(images: &Images, dir: &Path) -> Vec<Vec<u8>> {
    let path = |name: &str| dir.join(name);
    idx::write_images(&path("idx"), images).unwrap();
    idx::write_images(&path("idx.gz"), images).unwrap();
    idx::write_labels(&path("labels"), &[1, 2, 3]).unwrap();
    npy::write_images(&path("npy"), images).unwrap();
    png::write(&path("png"), images.view().index_axis(Axis(0), 0)).unwrap();
    let written = ["idx", "idx.gz", "labels", "npy", "png"].map(path);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    let stored = ["one.npz", "long.npz", "bytes.pt", "halves.pt", "lossy.webp", "lossless.webp"];
    let stored = stored.map(|name| fixtures.join(name));
    written.iter().chain(&stored).map(|path| fs::read(path).unwrap()).collect()
}

/// An npy file of `values`, which are in the order that the header is to name.
fn npy_file(descr: &str, fortran: bool, shape: [usize; 4], values: &[f32]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let [n, c, h, w] = shape;
    let header = format!(
        "{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({n}, {c}, {h}, {w}), }}\n"
    );
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    let encode = |&value: &f32| match descr {
        "<f4" => value.to_le_bytes().to_vec(),
        ">f4" => value.to_be_bytes().to_vec(),
        "<f8" => f64::from(value).to_le_bytes().to_vec(),
        _ => f64::from(value).to_be_bytes().to_vec(),
    };
    let data: Vec<u8> = values.iter().flat_map(encode).collect();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), &data].concat()
}

/// Runs every parser; whether the result is an error does not matter, a panic does.
fn parse_all(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    for read in [read_images, idx::read_images, npy::read_images, png::read] {
        let _ = read(path);
    }
    for read in [idx::read_labels, npy::read_labels, read_labels] {
        let _ = read(path);
    }
    let _ = ImageFile::open(path).and_then(|file| file.digest());
}

/// What a stream gives: every image, and the digest.
fn streamed(path: &Path) -> Result<(Vec<Vec<f32>>, String), String> {
    let read = || {
        let file = ImageFile::open(path)?;
        let rows = (0..file.len()).map(|row| file.row(row)).collect::<Result<_, _>>()?;
        Ok((rows, file.digest()?))
    };
    read().map_err(|error: a2d_data::Error| error.to_string())
}

/// What [`streamed`] is to give, from the images in memory.
fn held(path: &Path) -> Result<(Vec<Vec<f32>>, String), String> {
    let images = read_images(path).map_err(|error| error.to_string())?;
    let rows = images.as_slice().chunks(images.shape().iter().product());
    Ok((rows.map(<[f32]>::to_vec).collect(), images.digest()))
}

proptest! {
    // The files go to disk, which takes its time.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_written_is_read(images in images(), labels in vec(0_u32..256, 1..50)) {
        let dir = tempfile::tempdir().unwrap();
        for name in ["file", "file.gz"] {
            let path = dir.path().join(name);
            idx::write_images(&path, &images).unwrap();
            prop_assert_eq!(&idx::read_images(&path).unwrap(), &images);
            idx::write_labels(&path, &labels).unwrap();
            prop_assert_eq!(&idx::read_labels(&path).unwrap(), &labels);
        }
        let path = dir.path().join("npy");
        npy::write_images(&path, &images).unwrap();
        prop_assert_eq!(&npy::read_images(&path).unwrap(), &images);
    }

    #[test]
    fn random_bytes_do_not_panic(
        magic in prop::sample::select(vec![
            &b""[..],
            b"\x1f\x8b\x08\0",
            b"\0\0\x08\x01",
            b"\0\0\x08\x03",
            b"\x93NUMPY\x01\0",
            b"\x89PNG\r\n\x1a\n",
            b"PK\x03\x04",
            b"\xff\xd8\xff\xc0",
            b"RIFF\xd0\0\0\0WEBPVP8L",
        ]),
        rest in vec(any::<u8>(), 0..200),
    ) {
        let file = tempfile::NamedTempFile::new().unwrap();
        parse_all(file.path(), &[magic, &rest].concat());
    }

    #[test]
    fn damaged_files_do_not_panic_and_stream_what_memory_holds(
        images in images(),
        changes in vec((any::<Index>(), any::<u8>()), 0..4),
        len in any::<Index>(),
        cut in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for mut content in valid_files(&images, dir.path()) {
            fs::write(&path, &content).unwrap();
            prop_assert_eq!(streamed(&path), held(&path));
            for (at, byte) in &changes {
                let at = at.index(content.len());
                content[at] = *byte;
            }
            if cut {
                content.truncate(len.index(content.len()));
            }
            parse_all(&path, &content);
            prop_assert_eq!(streamed(&path), held(&path));
        }
    }

    #[test]
    fn damaged_jpegs_do_not_panic(
        bytes in vec(any::<u8>(), 3 * 9 * 7),
        changes in vec((any::<Index>(), any::<u8>()), 0..8),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("class/image");
        fs::create_dir(dir.path().join("class")).unwrap();
        let image = image::RgbImage::from_raw(9, 7, bytes).unwrap();
        image.save_with_format(&path, image::ImageFormat::Jpeg).unwrap();
        let mut content = fs::read(&path).unwrap();
        prop_assert!(ImageFolder::open(dir.path(), Reading::default()).is_ok());
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        fs::write(&path, &content).unwrap();
        let _ = ImageFolder::open(dir.path(), Reading::default()).and_then(|folder| folder.row(0));
    }

    #[test]
    fn npy_of_every_type_and_order_streams(
        shape in [1_usize..4, 1..4, 1..5, 1..5],
        random in vec(0.0_f32..=1.0, 3 * 3 * 4 * 4),
        bad in prop::option::of((any::<Index>(), prop::sample::select(vec![-0.1, 1.1, f32::NAN]))),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("npy");
        let mut pixels =
            Array4::from_shape_vec(shape, random[..shape.iter().product()].to_vec()).unwrap();
        if let Some((at, value)) = bad {
            let at = at.index(pixels.len());
            pixels.as_slice_mut().unwrap()[at] = value;
        }
        let rows: Vec<Vec<f32>> =
            pixels.outer_iter().map(|image| image.iter().copied().collect()).collect();
        let expected = Images::new(pixels.clone());
        for descr in ["<f4", ">f4", "<f8", ">f8"] {
            for fortran in [false, true] {
                let view = if fortran { pixels.view().reversed_axes() } else { pixels.view() };
                let values: Vec<f32> = view.iter().copied().collect();
                fs::write(&path, npy_file(descr, fortran, shape, &values)).unwrap();
                match (streamed(&path), &expected) {
                    (Ok(found), Ok(images)) => prop_assert_eq!(found, (rows.clone(), images.digest())),
                    (Err(found), Err(error)) => prop_assert!(found.ends_with(&error.to_string())),
                    (found, _) => prop_assert!(false, "{descr} {fortran}: {found:?}"),
                }
            }
        }
    }

    #[test]
    fn a_cut_file_is_refused(images in images(), len in any::<Index>()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut");
        for content in valid_files(&images, dir.path()) {
            fs::write(&path, &content[..len.index(content.len())]).unwrap();
            prop_assert!(read_images(&path).is_err());
        }
    }
}
