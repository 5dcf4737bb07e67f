//! Arrays of NumPy and tensors of PyTorch, in archives and alone. `fixtures/images/make.py` made the files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Axes, ImageFile, ImageSource as _, Images, Reading, file_of};
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images").join(name)
}

fn read(path: &Path, axes: Axes) -> a2d_data::Result<Images> {
    let file = ImageFile::open_as(path, Reading { axes, ..Reading::default() })?;
    let images = file.images()?;
    assert_eq!(file.digest()?, images.digest());
    Ok(images)
}

/// Refuses a file, with an error of one line that names it and holds `expected`.
fn refuses(path: &Path, axes: Axes, expected: &str) {
    let error = read(path, axes).unwrap_err();
    assert!(error.is_bad_input(), "{error}");
    let message = error.to_string();
    assert!(message.contains(expected), "expected '{expected}' in: {message}");
    assert!(message.contains(&file_of(path).display().to_string()), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

/// The images that most of the files hold: bytes, as 255ths.
fn images() -> Images {
    read(&fixture("bytes.npy"), Axes::Nchw).unwrap()
}

#[test]
fn the_same_images_come_from_every_format() {
    assert_eq!((images().len(), images().shape()), (2, [3, 8, 6]));
    for name in [
        "bytes.pt",
        "floats.pt",
        "doubles.pt",
        "one.npz",
        "two.npz:x",
        "compressed.npz:x",
        "long.npz:x",
    ] {
        assert_eq!(read(&fixture(name), Axes::Nchw).unwrap(), images(), "{name}");
    }
    for name in ["nhwc.npy", "fortran-nhwc.npy", "two.npz:y", "compressed.npz:y"] {
        assert_eq!(read(&fixture(name), Axes::Nhwc).unwrap(), images(), "{name}");
    }
    // The second and the third of the two, twice.
    let part = read(&fixture("part.pt"), Axes::Nchw).unwrap();
    assert_eq!(part, images().select(&[1, 0]).unwrap());
    let halves = read(&fixture("halves.pt"), Axes::Nchw).unwrap();
    for (half, pixel) in halves.as_slice().iter().zip(images().as_slice()) {
        assert!((half - pixel).abs() < 5e-4, "{half} {pixel}");
    }
}

#[test]
fn grey_images_need_no_axis_for_their_channel() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("digits.npy");
    let bytes = ndarray::Array3::from_shape_fn((2, 4, 5), |(n, h, w)| (100 * n + 10 * h + w) as u8);
    ndarray_npy::write_npy(&path, &bytes).unwrap();
    refuses(
        &path,
        Axes::Nchw,
        "|u1 of shape [2, 4, 5], expected float32, float64, float16 or uint8",
    );
    let images = read(&path, Axes::Nhw).unwrap();
    assert_eq!(images.shape(), [1, 4, 5]);
    assert_eq!(images.row(1).unwrap()[7..8], [112.0 / 255.0]);
    let reading = Reading { axes: Axes::Nhw, channels: Some(3), ..Reading::default() };
    let file = ImageFile::open_as(&path, reading).unwrap();
    assert_eq!(file.shape(), [3, 4, 5]);
    assert_eq!(file.row(1).unwrap(), images.row(1).unwrap().repeat(3));
}

#[test]
fn colours_are_grey_where_their_channels_are_equal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("images.npy");
    let mut pixels = ndarray::Array4::<f32>::from_elem((2, 3, 4, 5), 0.25);
    pixels[[1, 2, 3, 4]] = 0.5;
    a2d_data::npy::write_images(&path, &Images::new(pixels).unwrap()).unwrap();
    let reading = Reading { channels: Some(1), ..Reading::default() };
    let file = ImageFile::open_as(&path, reading).unwrap();
    assert_eq!((file.shape(), file.row(0).unwrap()), ([1, 4, 5], vec![0.25; 20]));
    let error = file.row(1).unwrap_err().to_string();
    assert!(error.ends_with("the image has colours, expected a grey one"), "{error}");
}

#[test]
fn what_holds_other_things_is_refused() {
    let refuses = |name: &str, expected| refuses(&fixture(name), Axes::Nchw, expected);
    refuses("two.npz", "expected one array, found 2: x, y; name one, as in a.npz:x");
    refuses("two.npz:z", "expected an array \"z\", found x, y");
    refuses("floats.pt:x", "expected an npz file, as \"x\" is to be in it, found a tensor");
    refuses("bytes.npy:x", "expected an npz file, as the array \"x\" is to be in it");
    refuses("objects.npy", "the array is |O of shape [2], expected float32");
    refuses("channels_last.pt", "expected those of a contiguous one: save images.contiguous()");
    refuses("dictionary.pt", "expected a tensor alone, as torch.save(images, path) writes it");
    refuses("state_dict.pt", "expected a tensor alone");
    refuses("integers.pt", "torch LongStorage of shape [1, 1, 4, 6], expected float32");
    refuses("network.pt", "found a network (TorchScript)");
    refuses("missing.npz:x", "cannot read ");
}

#[test]
fn a_file_with_a_colon_in_its_name_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npz:x");
    fs::copy(fixture("bytes.npy"), &path).unwrap();
    assert_eq!(file_of(&path), path);
    assert_eq!(read(&path, Axes::Nchw).unwrap(), images());
    fs::rename(&path, dir.path().join("a.npz")).unwrap();
    assert_eq!(file_of(&path), dir.path().join("a.npz"));
}

/// The bytes of a file with every `from` replaced by as many bytes.
fn replaced(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = fs::read(fixture(name)).unwrap();
    let places: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty() && from.len() == to.len());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn hostile_archives_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("input");
    let check = |bytes: &[u8], expected: &str| {
        fs::write(&path, bytes).unwrap();
        refuses(&path, Axes::Nchw, expected);
    };
    check(
        &replaced("two.npz", b"y.npy", b"x.npy"),
        "expected each name once, found \"x.npy\" twice",
    );
    check(&replaced("floats.pt", b"FloatStorage", b"HalfsStorage"), "torch HalfsStorage of shape");
    check(&replaced("floats.pt", b"little", b"biggie"), "expected a tensor in little-endian order");
    check(
        &replaced(
            "floats.pt",
            b"torch._utils\n_rebuild_tensor_v2",
            b"os.systems..\n_rebuild_tensor_v2",
        ),
        "found os.systems.. _rebuild_tensor_v2",
    );
    // 144 pixels in an image, 48 in a plane; the first length is 2.
    check(
        &replaced("bytes.pt", b"(K\x02K\x03K\x08", b"(K\x03K\x03K\x08"),
        "432 elements from number 0",
    );
    check(&replaced("bytes.pt", b"QK\x00(", b"QK\x01("), "288 elements from number 1");
    check(
        &replaced("bytes.pt", b"(K\x90K\x30", b"(K\x90K\x31"),
        "expected those of a contiguous one",
    );
    check(&replaced("one.npz", b"'<f4'", b"'<f8'"), "takes 2304 bytes, but 1152 follow the header");
    check(&replaced("one.npz", b"(2, 3,", b"(-2,3,"), "bad header");
    let damaged = replaced("one.npz", b"PK\x05\x06", b"PK\x05\x07");
    check(&damaged, "expected the end of the archive at the end of the file");
    // The first deflated member with another checksum, in its directory entry.
    let mut bytes = fs::read(fixture("compressed.npz")).unwrap();
    let entry = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bytes[entry + 16] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let named = dir.path().join("input:x");
    refuses(&named, Axes::Nchw, "the checksum of the content is another");
    // And with another length, which the header of the array does not claim.
    bytes[entry + 24] ^= 1;
    fs::write(&path, &bytes).unwrap();
    refuses(&named, Axes::Nchw, "follow the header");
}

#[test]
fn a_cut_archive_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("input");
    for name in ["one.npz", "floats.pt", "bytes.pt", "lossless.webp", "lossy.webp", "large.jpg"] {
        let whole = fs::read(fixture(name)).unwrap();
        for len in (0..whole.len()).step_by(31) {
            fs::write(&path, &whole[..len]).unwrap();
            let refused = read(&path, Axes::Nchw).unwrap_err();
            assert!(refused.is_bad_input() && !refused.to_string().contains('\n'), "{refused}");
        }
    }
}
