//! A header that lies does not make a parser allocate what it claims.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{ImageFile, ImageSource as _, idx, npy, read_images};
use flate2::{Compression, write::GzEncoder};
use peak_alloc::PeakAlloc;
use std::fs;
use std::io::Write;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A thousandth of what the headers below claim.
const BOUND: usize = 1 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn npy(shape: &str) -> Vec<u8> {
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    let len = u16::try_from(dict.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], dict.as_bytes()].concat()
}

/// A gray PNG of 16,000 x 16,000 pixels with hardly any data.
fn png() -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    a2d_data::png::write(file.path(), ndarray::Array3::zeros((1, 1, 1)).view()).unwrap();
    let mut png = fs::read(file.path()).unwrap();
    png[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

/// A file of `fixtures/images`, with other bytes from where `from` is.
fn changed(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    let mut bytes = fs::read(fixtures.join(name)).unwrap();
    let at = bytes.windows(from.len()).position(|bytes| bytes == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

// One test, because the allocator counts for the whole process.
#[test]
fn allocations_are_bounded_by_the_file() {
    let idx_images = [0, 0, 8, 3, 0, 4, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3];
    let idx_labels = [0, 0, 8, 1, 15, 255, 255, 255, 1, 2, 3];
    let file = tempfile::NamedTempFile::new().unwrap();
    let cases = [
        ("idx images", idx_images.to_vec()),
        ("gzipped idx images", gzip(&idx_images)),
        ("idx labels", idx_labels.to_vec()),
        ("gzipped idx labels", gzip(&idx_labels)),
        ("npy images", npy("(262144, 1, 28, 28)")),
        ("npy images beyond all memory", npy("(4611686018427387904, 4, 1, 1)")),
        ("npy header", b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec()),
        ("png", png()),
        ("npz", changed("one.npz", b"(2, 3, 8, 6)", b"(9, 9,999,9)")),
        (
            "npz of a huge directory",
            changed("one.npz", b"PK\x05\x06", b"PK\x05\x06\0\0\0\0\x01\0\x01\0\xf0\xff\xff\xff"),
        ),
        ("tensor", changed("bytes.pt", b"(K\x02K\x03K\x08", b"(K\xffK\xffK\xff")),
        ("tensor beyond its storage", changed("bytes.pt", b"QK\x00(", b"QK\xff(")),
        (
            "webp",
            changed(
                "lossless.webp",
                b"VP8L\xa2\x08\0\0\x2f",
                b"VP8L\xa2\x08\0\0\x2f\xff\xff\xff\x0f",
            ),
        ),
    ];
    for (name, content) in cases {
        fs::write(file.path(), content).unwrap();
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        assert!(ImageFile::open(file.path()).is_err(), "{name}");
        assert!(read_images(file.path()).is_err(), "{name}");
        assert!(idx::read_labels(file.path()).is_err(), "{name}");
        assert!(npy::read_labels(file.path()).is_err(), "{name}");
        let allocated = ALLOCATOR.peak_usage() - before;
        assert!(allocated < BOUND, "{name}: {allocated} bytes");
    }
    // These hold what they claim, but who wants another shape can tell without unpacking.
    let zeros = vec![0; 1 << 26];
    let packed =
        gzip(&[&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0x20, 0, 0, 0, 0x20, 0], &zeros[..]].concat());
    drop(zeros);
    let endless = gzip(&vec![0; 1 << 24]);
    let little = [gzip(&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]), endless].concat();
    for (name, content, shape) in
        [("gzip bomb", packed, [1, 8192, 8192]), ("gzip that goes on", little, [1, 2, 2])]
    {
        fs::write(file.path(), content).unwrap();
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let images = ImageFile::open(file.path()).unwrap();
        assert_eq!(images.shape(), shape);
        if shape == [1, 2, 2] {
            let problem = images.row(0).unwrap_err().to_string();
            assert!(problem.contains("goes on after the last of 4 bytes"), "{problem}");
        }
        let allocated = ALLOCATOR.peak_usage() - before;
        assert!(allocated < BOUND, "{name}: {allocated} bytes");
    }
    // It opens, as its size is one that images may have, but so few bytes hold no such picture.
    let flat = changed("lossless.webp", b"\x2f\x46\x40\x0c\0", b"\x2f\xfe\xff\xff\x03");
    fs::write(file.path(), flat).unwrap();
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let images = ImageFile::open(file.path()).unwrap();
    assert_eq!(images.shape(), [3, 4096, 16383]);
    let problem = images.row(0).unwrap_err().to_string();
    assert!(problem.contains("is hardly a picture"), "{problem}");
    let allocated = ALLOCATOR.peak_usage() - before;
    assert!(allocated < BOUND, "webp: {allocated} bytes");
}
