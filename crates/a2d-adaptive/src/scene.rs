//! What an adversary works on.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use crate::{Benign, Cap, Judge, Victim};

/// Some images, whose true classes the victim knows as they are, and all that an adversary may use against them.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// What is attacked.
    pub victim: Victim<'a>,
    /// Who judges: an adversary that asks is charged with it.
    pub judge: &'a Judge,
    /// Benign images that the adversary has, too.
    pub benign: &'a Benign,
    /// How far it may go.
    pub cap: Cap,
    /// The images, \[N, C, H, W\].
    pub images: &'a Tensor,
    /// Their true classes.
    pub labels: &'a [i64],
    /// Their numbers, to which random streams belong.
    pub numbers: &'a [usize],
}

impl Scene<'_> {
    /// The random stream of each image.
    pub(crate) fn streams(&self) -> Vec<ChaCha8Rng> {
        let stream = |number: &usize| {
            let mut stream = ChaCha8Rng::seed_from_u64(self.victim.limits.seed);
            stream.set_stream(*number as u64);
            stream
        };
        self.numbers.iter().map(stream).collect()
    }
}
