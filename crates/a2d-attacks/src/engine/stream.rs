//! The random stream of a row.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The stream of row `number`: it belongs to the row, so what is drawn depends on neither window nor
/// order.
pub(crate) fn of(seed: u64, number: usize) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    stream.set_stream(number as u64);
    stream
}
