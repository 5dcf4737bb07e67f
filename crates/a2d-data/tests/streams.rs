//! Files of many images need memory for one image only.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::{ImageFile, ImageSource};
use peak_alloc::PeakAlloc;
use std::fs::File;
use std::io::Write;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// An npy file of `n` black images of 3 x 224 x 224, whose pixels take no place on most disks.
fn sparse_images(n: u64) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let shape = format!("({n}, 3, 224, 224)");
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    let len = u16::try_from(dict.len()).unwrap().to_le_bytes();
    let header = [b"\x93NUMPY\x01\0", &len[..], dict.as_bytes()].concat();
    File::create(file.path()).unwrap().write_all(&header).unwrap();
    file.as_file().set_len(header.len() as u64 + n * 4 * 3 * 224 * 224).unwrap();
    file
}

// One test, because the allocator counts for the whole process.
#[test]
fn memory_is_that_of_one_image() {
    let image_bytes = 4 * 3 * 224 * 224;
    // As numbers, as bytes of the file and as bytes for the digest, and something for the paths.
    let bound = 3 * image_bytes;
    let measured = |work: &mut dyn FnMut()| {
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        work();
        ALLOCATOR.peak_usage() - before
    };

    let some = sparse_images(64);
    let used = measured(&mut || {
        ImageFile::open(some.path()).unwrap().digest().unwrap();
    });
    assert!(used < bound, "{used} bytes");

    // Six times what the readers into memory take.
    let many = sparse_images(10_700);
    let used = measured(&mut || {
        let images = ImageFile::open(many.path()).unwrap();
        assert_eq!(images.len(), 10_700);
        for row in [0, 10_699, 5_000] {
            assert_eq!(images.row(row).unwrap().len(), 3 * 224 * 224);
        }
        let error = images.images().unwrap_err().to_string();
        assert!(error.contains("[10700, 3, 224, 224]"), "{error}");
    });
    assert!(used < bound, "{used} bytes");
}
