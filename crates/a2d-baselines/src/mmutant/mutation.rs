//! Mutants of a network by their numbers.

use a2d_model::Classifier;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::Operator;
use crate::Result;

/// What makes mutants: each is drawn from a stream of its own, so that its number is all that a file needs to keep.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mutation {
    pub(super) operator: Operator,
    /// The share that is mutated, above 0 and up to 1.
    pub(super) rate: f64,
    pub(super) seed: u64,
}

impl Mutation {
    /// The mutant of this number.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) if the classifier is a function, which has no weights to change.
    pub(super) fn mutant(&self, classifier: &Classifier, number: u64) -> Result<Classifier> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number);
        Ok(classifier.mutated(|weights| self.operator.mutate(weights, self.rate, &mut random))?)
    }
}
