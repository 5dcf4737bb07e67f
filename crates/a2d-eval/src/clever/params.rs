//! Parameters of CLEVER.

use serde::{Deserialize, Serialize};

use super::{Clever, Error, Norm, Outputs, Radial, Result};

/// The most batches, and samples in a batch: more would not be held in memory, nor end.
const MANY: u32 = 1 << 16;

/// Unchecked parameters of [`Clever`]. Those that a file of earlier scores lacks have the values that it was
/// made with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CleverParams {
    #[serde(default)]
    pub(crate) outputs: Outputs,
    pub(crate) norm: Norm,
    pub(crate) radius: f64,
    #[serde(default)]
    pub(crate) radial: Radial,
    #[serde(default = "clipped")]
    pub(crate) clip: bool,
    pub(crate) batches: u32,
    pub(crate) samples: u32,
    pub(crate) all_classes: bool,
    pub(crate) seed: u64,
}

fn clipped() -> bool {
    true
}

impl CleverParams {
    pub(crate) fn new(norm: Norm, batches: u32, samples: u32) -> Self {
        Self {
            outputs: Outputs::default(),
            norm,
            radius: norm.default_radius(),
            radial: Radial::default(),
            clip: true,
            batches,
            samples,
            all_classes: false,
            seed: 0,
        }
    }

    /// Sets the outputs whose margins are measured, the logits if not called.
    #[must_use]
    pub fn outputs(self, outputs: Outputs) -> Self {
        Self { outputs, ..self }
    }

    /// Sets how far from the image samples are drawn, uniformly in the ball if not called.
    #[must_use]
    pub fn radial(self, radial: Radial) -> Self {
        Self { radial, ..self }
    }

    /// Sets whether samples are clipped to \[0, 1\], as they are if not called.
    #[must_use]
    pub fn clip(self, clip: bool) -> Self {
        Self { clip, ..self }
    }

    /// Sets the radius of the ball that is sampled, from 1e-18 to 1e18: the largest score.
    /// [`Norm::default_radius`] if not called.
    #[must_use]
    pub fn radius(self, radius: f64) -> Self {
        Self { radius, ..self }
    }

    /// Sets the number of batches, from 1 to 65,536, whose maxima the distribution is fitted to.
    #[must_use]
    pub fn batches(self, batches: u32) -> Self {
        Self { batches, ..self }
    }

    /// Sets the number of samples in a batch, from 1 to 65,536.
    #[must_use]
    pub fn samples(self, samples: u32) -> Self {
        Self { samples, ..self }
    }

    /// Sets the seed of all random streams, 0 if not called.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets whether untargeted scores look at every class to the end, or drop far ones early (the default;
    /// see [`Clever::scores`]). Those of softmax outputs always look at all.
    #[must_use]
    pub fn all_classes(self, all_classes: bool) -> Self {
        Self { all_classes, ..self }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first that is out of range.
    pub fn check(self) -> Result<Clever> {
        let bad = |parameter, expected, got| Err(Error::Parameter { parameter, expected, got });
        if !(1e-18..=1e18).contains(&self.radius) {
            return bad("radius", "from 1e-18 to 1e18", format!("{:e}", self.radius));
        }
        for (parameter, count) in [("batches", self.batches), ("samples", self.samples)] {
            if !(1..=MANY).contains(&count) {
                return bad(parameter, "from 1 to 65536", count.to_string());
            }
        }
        let all_classes = self.all_classes || self.outputs == Outputs::Softmax;
        Ok(Clever(Self { all_classes, ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_those_published_and_a_small_one() {
        let (paper, cpu) = (Clever::paper(Norm::L2), Clever::cpu(Norm::Linf));
        assert_eq!((paper.radius, paper.batches, paper.samples), (5.0, 500, 1024));
        assert_eq!((cpu.radius, cpu.batches, cpu.samples), (0.1, 50, 64));
        assert!(paper.check().is_ok() && cpu.check().is_ok());
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let params = || Clever::cpu(Norm::L1);
        for (params, finding) in [
            (params().radius(0.0), "expected radius from 1e-18 to 1e18, got 0e0"),
            (params().radius(-1.0), "got -1e0"),
            (params().radius(f64::NAN), "got NaN"),
            (params().radius(f64::INFINITY), "got inf"),
            (params().radius(1e39), "got 1e39"),
            (params().samples(u32::MAX), "got 4294967295"),
            (params().batches(0), "expected batches from 1 to 65536, got 0"),
            (params().samples(0), "expected samples from 1 to 65536, got 0"),
        ] {
            let error = params.check().unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("set up CLEVER: "), "{message}");
            assert!(message.ends_with(finding) && error.is_bad_input(), "{message}");
        }
    }
}
