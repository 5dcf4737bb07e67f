//! What a detector says of sets of inputs.

use crate::{DetectionTable, Result, Scores};

/// What a detector says of inputs, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    /// Whether it calls each adversarial.
    pub flagged: Vec<bool>,
    /// Its score of each, larger for more adversarial ones.
    pub scores: Vec<f64>,
}

/// A detector, and what it says of benign inputs and of each kind of adversarial ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The name of the detector.
    pub detector: String,
    /// What its verdicts were given at.
    pub threshold: f64,
    /// On the benign inputs.
    pub benign: Verdicts,
    /// Kind by kind.
    pub adversarial: Vec<Verdicts>,
}

impl Verdicts {
    /// The share that is flagged.
    pub(crate) fn share(&self) -> f64 {
        self.flagged.iter().filter(|flag| **flag).count() as f64 / self.flagged.len() as f64
    }

    /// The scores of these, which are benign, and of adversarial inputs.
    pub(crate) fn against(&self, adversarial: &Self) -> Result<Scores> {
        Scores::new(&self.scores, &adversarial.scores)
    }
}

impl Judged {
    /// The rates of right verdicts, kind by kind.
    pub(crate) fn detection(&self, kinds: &[&str]) -> Result<DetectionTable> {
        let sets = kinds.iter().zip(&self.adversarial);
        let sets: Vec<_> = sets.map(|(kind, found)| (*kind, found.flagged.as_slice())).collect();
        DetectionTable::new(&self.benign.flagged, &sets)
    }
}
