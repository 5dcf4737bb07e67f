//! The embedded sample is the beginning of MNIST.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_data::Labelled as _;
use a2d_data::mnist::{self, Split};
use ndarray::Axis;
use std::path::Path;

fn load(split: Split) -> a2d_data::Dataset {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample/mnist");
    mnist::load(&data, split).unwrap()
}

// The digests are those of the first rows of the whole data set:
//
// import hashlib, struct
// for name, n in [('t10k', 2000), ('train', 1000)]:
//     pixels = open(f'{name}-images-idx3-ubyte', 'rb').read()[16:16 + 784 * n]
//     floats = b''.join(struct.pack('<f', p / 255) for p in pixels)
//     print(hashlib.sha256(struct.pack('<4Q', n, 1, 28, 28) + floats).hexdigest())
const TEST_DIGEST: &str = "7da3aae2f76de51c7d105e06e1f2c428626edfce860d3babafccca4dea67b772";
const TRAIN_DIGEST: &str = "7344e7325332f95cc178a95981e275216b3d5d12db71c5286f8dab0a9247db17";

#[test]
fn images_are_the_first_of_each_split() {
    assert_eq!(load(Split::Test).images().digest(), TEST_DIGEST);
    assert_eq!(load(Split::Train).images().digest(), TRAIN_DIGEST);
}

#[test]
fn labels_are_the_first_of_each_split() {
    // for name, n in [('t10k', 2000), ('train', 1000)]:
    //     labels = open(f'{name}-labels-idx1-ubyte', 'rb').read()[8:8 + n]
    //     print(n, list(labels[:6]), sum(labels))
    for (split, len, first, sum) in [
        (Split::Test, 2000, [7, 2, 1, 0, 4, 1], 8841),
        (Split::Train, 1000, [5, 0, 4, 1, 9, 2], 4452),
    ] {
        let set = load(split);
        assert_eq!(set.len(), len);
        assert_eq!(set.labels()[..6], first);
        assert_eq!(set.labels().iter().sum::<u32>(), sum);
    }
}

#[test]
fn pixels_are_bytes_over_255() {
    // pixels = open('t10k-images-idx3-ubyte', 'rb').read()[16:]
    // print([sum(pixels[784 * i:784 * i + 784]) / 784 / 255 for i in range(3)])
    let expected = [0.092_306_922_769_107_65, 0.144_307_723_089_235_7, 0.049_374_749_899_959_984];
    let set = load(Split::Test);
    for (row, expected) in expected.into_iter().enumerate() {
        let image = set.images().view().index_axis_move(Axis(0), row).mapv(f64::from);
        assert!((image.mean().unwrap() - expected).abs() < 1e-8, "row {row}");
    }
}
