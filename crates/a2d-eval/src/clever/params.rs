use super::{Clever, Error, Norm, Result};

/// Unchecked parameters of [`Clever`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleverParams {
    pub(crate) norm: Norm,
    pub(crate) radius: f64,
    pub(crate) batches: u32,
    pub(crate) samples: u32,
    pub(crate) seed: u64,
    pub(crate) all_classes: bool,
}

impl CleverParams {
    pub(crate) fn new(norm: Norm, batches: u32, samples: u32) -> Self {
        Self { norm, radius: norm.default_radius(), batches, samples, seed: 0, all_classes: false }
    }
    /// Sets the radius of the ball that is sampled, above 0: the largest score.
    /// [`Norm::default_radius`] if not called.
    #[must_use]
    pub fn radius(self, radius: f64) -> Self {
        Self { radius, ..self }
    }

    /// Sets the number of batches, at least 1, whose maxima the distribution is fitted to.
    #[must_use]
    pub fn batches(self, batches: u32) -> Self {
        Self { batches, ..self }
    }

    /// Sets the number of samples in a batch, at least 1.
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
    /// see [`Clever::scores`]).
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
        if !(self.radius > 0.0 && self.radius <= f64::from(f32::MAX)) {
            return bad("radius", "above 0 and at most 3.4e38", self.radius.to_string());
        }
        for (parameter, count) in [("batches", self.batches), ("samples", self.samples)] {
            if count == 0 {
                return bad(parameter, "of at least 1", count.to_string());
            }
        }
        Ok(Clever(self))
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
            (params().radius(0.0), "expected radius above 0 and at most 3.4e38, got 0"),
            (params().radius(-1.0), "got -1"),
            (params().radius(f64::NAN), "got NaN"),
            (params().radius(f64::INFINITY), "got inf"),
            (params().batches(0), "expected batches of at least 1, got 0"),
            (params().samples(0), "expected samples of at least 1, got 0"),
        ] {
            let error = params.check().unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("set up CLEVER: "), "{message}");
            assert!(message.ends_with(finding) && error.is_bad_input(), "{message}");
        }
    }
}
