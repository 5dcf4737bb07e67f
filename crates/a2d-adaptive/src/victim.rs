//! What is attacked: a classifier behind attacks.

use a2d_attacks::{Limits, NamedAttack};
use a2d_model::Classifier;

/// A classifier, and the attacks whose costs detectors judge.
#[derive(Clone, Copy, Debug)]
pub struct Victim<'a> {
    /// Whose classes are to be wrong.
    pub classifier: &'a Classifier,
    /// The attacks, each once.
    pub defenses: &'a [NamedAttack],
    /// How they run; the seed is that of all that is random here, too.
    pub limits: Limits,
}
