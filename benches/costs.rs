//! Made-up costs, for what needs no network.

use a2d_detect::ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Whole costs of `samples` x `attacks`, bell-shaped around 2 x `scale`.
pub(crate) fn costs(seed: u64, samples: usize, attacks: usize, scale: f64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((samples, attacks), || {
        (0..4).map(|_| random.random_range(0.0..scale)).sum::<f64>().ceil()
    })
}
