//! The sequential test of how often an input's label changes.

use serde::{Deserialize, Serialize};

/// How the sequential probability ratio test is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Testing {
    /// As Wald defines it: after every mutant.
    #[default]
    Correct,
    /// As the published code does it: only at mutants that change the label, before that change is counted.
    Published,
}

/// The sequential probability ratio test (A. Wald, "Sequential Tests of Statistical Hypotheses", 1945) of the share of
/// mutants that change a label: p1 and more against p0 and less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sprt {
    /// What a mutant that changes the label adds to the evidence.
    change: f64,
    /// What another adds.
    same: f64,
    /// The evidence from which an input is adversarial.
    accept: f64,
    /// The evidence up to which an input is benign.
    reject: f64,
    testing: Testing,
}

/// What the test finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Whether the input is adversarial. An input that the mutants leave undecided is not.
    pub(super) adversarial: bool,
    /// How many mutants it took.
    pub(super) mutants: u64,
}

impl Sprt {
    /// Of shares `theta` (1 - `indifference`) and `theta` (1 + `indifference`), with error rates `alpha` (of benign inputs)
    /// and `beta` (of adversarial ones). Shares lie between 0 and 1.
    pub(super) fn of(
        theta: f64,
        indifference: f64,
        (alpha, beta): (f64, f64),
        testing: Testing,
    ) -> Self {
        let (p1, p0) = (theta * (1.0 + indifference), theta * (1.0 - indifference));
        Self {
            change: (p1 / p0).ln(),
            same: ((1.0 - p1) / (1.0 - p0)).ln(),
            accept: ((1.0 - beta) / alpha).ln(),
            reject: (beta / (1.0 - alpha)).ln(),
            testing,
        }
    }

    /// Whether each mutant in turn changes the label.
    pub(super) fn decide(&self, changes: impl IntoIterator<Item = bool>) -> Decision {
        let (mut mutants, mut changed) = (0, 0);
        for change in changes {
            mutants += 1;
            let counted = changed + u64::from(change);
            let (tests, seen) = match self.testing {
                Testing::Correct => (true, counted),
                Testing::Published => (change, changed),
            };
            changed = counted;
            let evidence = seen as f64 * self.change + (mutants - seen) as f64 * self.same;
            if tests && (evidence >= self.accept || evidence <= self.reject) {
                return Decision { adversarial: evidence >= self.accept, mutants };
            }
        }
        Decision { adversarial: false, mutants }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// What the published threshold of NAI on MNIST asks.
    fn nai(testing: Testing) -> Sprt {
        Sprt::of(0.0388 + 0.0053, 0.1, (0.05, 0.05), testing)
    }

    #[test]
    fn an_input_that_no_mutant_changes_is_benign_at_320() {
        let never = || std::iter::repeat_n(false, 500);
        let benign = |mutants| Decision { adversarial: false, mutants };
        assert_eq!(nai(Testing::Correct).decide(never()), benign(320));
        assert_eq!(nai(Testing::Published).decide(never()), benign(500));
        // ln(p1 / p0) = 0.2007: at the 15th change the evidence passes 2.944.
        let always = || std::iter::repeat_n(true, 500);
        let adversarial = |mutants| Decision { adversarial: true, mutants };
        assert_eq!(nai(Testing::Correct).decide(always()), adversarial(15));
        // The change at hand counts as none, and takes 0.0092 away.
        assert_eq!(nai(Testing::Published).decide(always()), adversarial(16));
    }

    #[test]
    fn the_published_test_is_done_at_changes_alone() {
        let late = (1..=500).map(|mutant| mutant == 400);
        let decision = nai(Testing::Published).decide(late);
        assert_eq!(decision, Decision { adversarial: false, mutants: 400 });
    }

    #[test]
    fn errors_are_as_rare_as_asked_for() {
        let (rounds, theta) = (4000, 0.2);
        for (alpha, beta) in [(0.05, 0.05), (0.02, 0.1)] {
            let test = Sprt::of(theta, 0.1, (alpha, beta), Testing::Correct);
            let mut random = ChaCha8Rng::seed_from_u64(1);
            let mut flagged = |share: f64| {
                let adversarial = (0..rounds).filter(|_| {
                    let changes = std::iter::repeat_with(|| random.random_bool(share));
                    test.decide(changes.take(100_000)).adversarial
                });
                adversarial.count() as f64 / f64::from(rounds)
            };
            // Three standard errors over Wald's bounds.
            let most = |error: f64, other: f64| {
                let bound = error / (1.0 - other);
                bound + 3.0 * (bound * (1.0 - bound) / f64::from(rounds)).sqrt()
            };
            let (benign, adversarial) = (flagged(theta * 0.9), flagged(theta * 1.1));
            assert!(benign < most(alpha, beta) && benign > alpha / 2.0, "{benign}");
            let missed = 1.0 - adversarial;
            assert!(missed < most(beta, alpha) && missed > beta / 2.0, "{missed}");
        }
    }
}
