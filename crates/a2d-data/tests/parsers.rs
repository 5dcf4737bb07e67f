//! Properties of the parsers: what is written is read back, and no bytes make them panic.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Images, idx, npy, png, read_images};
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
    let names = ["idx", "idx.gz", "labels", "npy", "png"];
    names.map(|name| fs::read(path(name)).unwrap()).to_vec()
}

/// Runs every parser; whether the result is an error does not matter, a panic does.
fn parse_all(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    for read in [read_images, idx::read_images, npy::read_images, png::read] {
        let _ = read(path);
    }
    for read in [idx::read_labels, npy::read_labels] {
        let _ = read(path);
    }
}

proptest! {
    // The files go to disk, which takes its time.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_written_is_read(images in images(), labels in vec(any::<u8>(), 1..50)) {
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
        ]),
        rest in vec(any::<u8>(), 0..200),
    ) {
        let file = tempfile::NamedTempFile::new().unwrap();
        parse_all(file.path(), &[magic, &rest].concat());
    }

    #[test]
    fn damaged_files_do_not_panic(
        images in images(),
        changes in vec((any::<Index>(), any::<u8>()), 0..4),
        len in any::<Index>(),
        cut in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        for mut content in valid_files(&images, dir.path()) {
            for (at, byte) in &changes {
                let at = at.index(content.len());
                content[at] = *byte;
            }
            if cut {
                content.truncate(len.index(content.len()));
            }
            parse_all(&dir.path().join("damaged"), &content);
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
