//! Makes the MNIST sample in `data/sample/mnist`: the first rows of each split.
//!
//! Usage: `cargo run -p a2d-data --example mnist_sample -- SOURCE_DIR TARGET_DIR`, where
//! `SOURCE_DIR` holds the whole data set.

use a2d_data::mnist::{self, Split};
use a2d_data::{Error, Labelled as _, idx};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, target] = &arguments[..] else {
        eprintln!("usage: mnist_sample SOURCE_DIR TARGET_DIR");
        std::process::exit(2);
    };
    if let Err(error) = make(Path::new(source), Path::new(target)) {
        eprintln!("error: {error}");
        std::process::exit(if error.is_bad_input() { 3 } else { 1 });
    }
}

fn make(source: &Path, target: &Path) -> Result<(), Error> {
    for (split, rows) in [(Split::Train, 1000), (Split::Test, 2000)] {
        let sample = mnist::load(source, split)?.range(0..rows)?;
        let (images, labels) = split.files();
        idx::write_images(&target.join(format!("{}.gz", images.name)), sample.images())?;
        idx::write_labels(&target.join(format!("{}.gz", labels.name)), sample.labels())?;
        println!("{split:?}: {rows} images with digest {}", sample.images().digest());
    }
    Ok(())
}
