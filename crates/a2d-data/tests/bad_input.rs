//! Every bad file gets an error that says what is wrong with it, and none is read in part.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{Images, Result, idx, npy, png, read_images, read_labels};
use ndarray::{Array3, Array4};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Refuses `content` by `read`, with an error of one line that names the file and holds `expected`.
fn refuses<T: std::fmt::Debug>(
    read: impl FnOnce(&Path) -> Result<T>,
    content: &[u8],
    expected: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("input");
    fs::write(&path, content).unwrap();
    let error = read(&path).unwrap_err();
    assert!(error.is_bad_input(), "{error}");
    let message = error.to_string();
    assert!(message.contains(expected), "expected '{expected}' in: {message}");
    assert!(message.contains(&path.display().to_string()), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

/// The bytes that `write` puts into a file of this name.
fn written(name: &str, write: impl FnOnce(&Path) -> Result<()>) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join(name)).unwrap();
    fs::read(dir.path().join(name)).unwrap()
}

fn images(channels: usize) -> Images {
    Images::new(Array4::from_elem((2, channels, 4, 4), 0.2)).unwrap()
}

/// An npy file with this header and data.
fn npy_file(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy_header(
        &format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n"),
        data,
    )
}

fn npy_header(header: &str, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), data].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A member of a gzip file.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_gzip_file_may_have_several_members() {
    let plain = written("images", |path| idx::write_images(path, &images(1)));
    let labels = written("labels", |path| idx::write_labels(path, &[1, 2]));
    let file = tempfile::NamedTempFile::new().unwrap();
    for at in [3, 16, 20] {
        fs::write(file.path(), [gzip(&plain[..at]), gzip(&plain[at..])].concat()).unwrap();
        assert_eq!(read_images(file.path()).unwrap(), images(1), "{at}");
    }
    fs::write(file.path(), [gzip(&labels[..9]), gzip(&labels[9..]), gzip(b"")].concat()).unwrap();
    assert_eq!(read_labels(file.path()).unwrap(), [1, 2]);
}

#[test]
fn idx_files() {
    let plain = written("images", |path| idx::write_images(path, &images(1)));
    let gz = written("images.gz", |path| idx::write_images(path, &images(1)));
    let labels = written("labels", |path| idx::write_labels(path, &[1, 2]));
    let mut bad_crc = gz.clone();
    let crc = gz.len() - 8;
    bad_crc[crc] ^= 1;
    let with = |at: usize, word: u32| {
        let mut bytes = plain.clone();
        bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
        bytes
    };
    let two = [gzip(&plain[..20]), gzip(&plain[20..])].concat();
    let cases: [(&[u8], &str); 13] = [
        (&gz[..gz.len() / 2], "cut"),
        (&gz[..gz.len() - 1], "after 32 of 32 bytes"),
        (&bad_crc, "corrupt"),
        (&[&gz[..], b"more"].concat(), "after 32 of 32 bytes"),
        (&two[..two.len() - 1], "after 32 of 32 bytes"),
        (&labels, "magic number is 0x801, expected 0x803"),
        (&with(0, 0x903), "magic number is 0x903, expected 0x803"),
        (&plain[..7], "header is cut"),
        (&plain[..plain.len() - 1], "[2, 1, 4, 4] takes 32 bytes, but 31 follow the header"),
        (&[&plain[..], b"x"].concat(), "takes 32 bytes, but 33 follow the header"),
        (&with(4, 0), "[0, 1, 4, 4] is empty"),
        (&with(4, u32::MAX), "takes 68719476720 bytes, but 32 follow the header"),
        (&with(4, 1 << 20), "takes 16777216 bytes, but 32 follow the header"),
    ];
    for (content, expected) in cases {
        refuses(idx::read_images, content, expected);
    }
    refuses(idx::read_labels, &plain, "magic number is 0x803, expected 0x801");
    refuses(idx::read_labels, &labels[..9], "ends after 1 of 2 bytes");
    refuses(idx::read_labels, &[&labels[..], b"x"].concat(), "goes on after the last of 2 bytes");
    let endless = [&labels[..4], &[u8::MAX; 4]].concat();
    refuses(idx::read_labels, &endless, "more than 268435456 values, the limit");
}

#[test]
fn npy_images() {
    let one = floats(&[0.5]);
    let f4 = "'<f4'";
    let cases: [(Vec<u8>, &str); 18] = [
        (npy_file("'<i8'", "False", "(1, 1, 1, 1)", &[0; 8]), "<i8 of shape [1, 1, 1, 1]"),
        (npy_file(f4, "False", "(1, 1, 1)", &one), "<f4 of shape [1, 1, 1], expected float32"),
        (npy_file(f4, "False", "(1, 1, 1, 1)", &floats(&[f32::NAN])), "[0, 0, 0, 0] is NaN"),
        (npy_file(f4, "False", "(1, 1, 1, 2)", &floats(&[0.5, 1.5])), "[0, 0, 0, 1] is 1.5"),
        (npy_file(f4, "False", "(0, 1, 1, 1)", b""), "[0, 1, 1, 1] is empty"),
        (npy_file(f4, "False", "(0, 9223372036854775807, 9, 9)", b""), "is empty"),
        (npy_file(f4, "False", "(4294967296, 4294967296, 1, 1)", &one), "more values than any"),
        (npy_file(f4, "True", "(2, 1, 1, 1)", &floats(&[0.5, 7.0])), "[1, 0, 0, 0] is 7"),
        (npy_file(f4, "False", "(99999999999999999999, 1, 1, 1)", &one), "bad header"),
        (npy_file(f4, "False", "(-1, 1, 1, 1)", &one), "bad header"),
        (npy_file(f4, "False", "(1, 1, 1, 2)", &one), "takes 8 bytes, but 4 follow"),
        (npy_file(f4, "False", "(1, 1, 1, 1)", &[0; 5]), "takes 4 bytes, but 5 follow"),
        (npy_file(f4, "0", "(1, 1, 1, 1)", &one), "bad header"),
        (npy_file("[('a', '<f4')]", "False", "(1, 1, 1, 1)", &one), "structured type"),
        (npy_header(&"(".repeat(5000), b""), "structured type"),
        (npy_header("{'descr':\n", b""), "bad header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}".to_vec(), "4294967295 bytes, expected at most"),
        (b"\x93NUMPY\x04\x00\x00\x00".to_vec(), "version 4 is not known"),
    ];
    for (content, expected) in cases {
        refuses(npy::read_images, &content, expected);
    }
    let whole = npy_file(f4, "False", "(1, 1, 1, 1)", &one);
    for len in 6..whole.len() - one.len() {
        refuses(npy::read_images, &whole[..len], "header is cut");
    }
}

#[test]
fn npy_images_of_other_layouts_are_read() {
    let pixels = [0.0, 0.25, 0.5, 0.75];
    let expected = Array4::from_shape_vec((2, 1, 1, 2), pixels.to_vec()).unwrap();
    let expected = Images::new(expected).unwrap();
    let doubles: Vec<u8> = pixels.iter().flat_map(|&p| f64::from(p).to_le_bytes()).collect();
    let big_endian: Vec<u8> = pixels.iter().flat_map(|p| p.to_be_bytes()).collect();
    for content in [
        npy_file("'<f4'", "False", "(2, 1, 1, 2)", &floats(&pixels)),
        npy_file("'<f4'", "True", "(2, 1, 1, 2)", &floats(&[0.0, 0.5, 0.25, 0.75])),
        npy_file("'>f4'", "False", "(2, 1, 1, 2)", &big_endian),
        npy_file("'<f8'", "False", "(2, 1, 1, 2)", &doubles),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        assert_eq!(npy::read_images(file.path()).unwrap(), expected);
    }
}

#[test]
fn npy_labels() {
    let label_file = |descr, data: &[u8]| npy_file(descr, "False", "(2,)", data);
    let long = |values: [i64; 2]| label_file("'<i8'", &values.map(i64::to_le_bytes).concat());
    let int = |values: [i32; 2]| label_file("'<i4'", &values.map(i32::to_le_bytes).concat());
    for content in [
        label_file("'|u1'", &[3, 255]),
        int([3, 255]),
        label_file("'>i4'", &[3_i32, 255].map(i32::to_be_bytes).concat()),
        long([3, 255]),
        label_file("'>i8'", &[3_i64, 255].map(i64::to_be_bytes).concat()),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        assert_eq!(npy::read_labels(file.path()).unwrap(), [3, 255]);
        assert_eq!(read_labels(file.path()).unwrap(), [3, 255]);
    }
    for content in [
        label_file("'<u4'", &[999, u32::MAX].map(u32::to_le_bytes).concat()),
        label_file("'>u4'", &[999, u32::MAX].map(u32::to_be_bytes).concat()),
        long([999, u32::MAX.into()]),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        assert_eq!(read_labels(file.path()).unwrap(), [999, u32::MAX]);
    }
    let wide = "label 1 is 4294967296, expected 0 to 4294967295";
    refuses(npy::read_labels, &long([3, 1 << 32]), wide);
    refuses(npy::read_labels, &long([-1, 0]), "label 0 is -1");
    refuses(read_labels, &int([0, i32::MIN]), "label 1 is -2147483648, expected 0 to 4294967295");
    let expected = "expected uint8, int32, uint32 or int64 labels [N]";
    let floats = label_file("'<f4'", &floats(&[1.0, 2.0]));
    refuses(read_labels, &floats, &format!("<f4 of shape [2], {expected}"));
    let column = npy_file("'|u1'", "False", "(2, 1)", &[1, 2]);
    refuses(read_labels, &column, &format!("|u1 of shape [2, 1], {expected}"));
    let scalar = npy_file("'|u1'", "False", "()", &[1]);
    refuses(read_labels, &scalar, &format!("|u1 of shape [], {expected}"));
    refuses(read_labels, &label_file("'<i4'", &[0; 9]), "takes 8 bytes, but 9 follow the header");
    let empty = npy_file("'|u1'", "False", "(0,)", b"");
    refuses(npy::read_labels, &empty, "[0] is empty");
}

#[test]
fn png_files() {
    let image = Array3::from_elem((3, 8, 8), 0.4);
    let whole = written("image.png", |path| png::write(path, image.view()));
    for len in 0..whole.len() {
        // The first chunk ends there, but for its checksum.
        let expected = if len < 29 { "expected a whole header" } else { "expected an end chunk" };
        refuses(png::read, &whole[..len], expected);
    }
    refuses(png::read, &[&whole[..], b"x"].concat(), "expected an end chunk");
    let mut damaged = whole.clone();
    damaged[45] ^= 1;
    refuses(png::read, &damaged, "as PNG: ");
    // Its image data is gone, but the end is there.
    refuses(png::read, &[&whole[..33], &whole[whole.len() - 12..]].concat(), "as PNG: ");
}

#[test]
fn images_that_a_format_cannot_hold() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("output");
    let error = idx::write_images(&path, &images(3)).unwrap_err().to_string();
    assert!(error.contains("as IDX: images have 3 channels, expected 1"), "{error}");
    let error = png::write(&path, Array3::zeros((2, 4, 4)).view()).unwrap_err().to_string();
    assert!(error.contains("as PNG: images have 2 channels, expected 1 or 3"), "{error}");
    let error = png::write(&path, Array3::from_elem((1, 4, 4), 2.0).view()).unwrap_err();
    assert!(error.to_string().contains("pixel [0, 0, 0, 0] is 2"), "{error}");
    let error = idx::write_labels(&path, &[255, 256]).unwrap_err().to_string();
    assert_eq!(error, "label 1 is 256, expected a number below 256");
    assert!(!path.exists());
}

#[test]
fn what_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path(), &dir.path().join("missing")] {
        for read in [read_images, idx::read_images, npy::read_images, png::read] {
            let error = read(path).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().starts_with("cannot read "), "{error}");
        }
        assert!(read_labels(path).unwrap_err().to_string().starts_with("cannot read "));
    }
    let missing_dir = dir.path().join("no/such/file");
    let error = idx::write_labels(&missing_dir, &[1]).unwrap_err();
    assert!(!error.is_bad_input(), "{error}");
}
