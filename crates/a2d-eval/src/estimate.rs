//! What several sets of independent values say together of a mean, and how far off it may be.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::moments::Moments;
use crate::{Error, Result};

/// A weighted mean of the means of sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    /// Unknown where a set has a single value.
    pub(crate) spread: Option<Spread>,
}

/// The spread of an estimate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// The square of its standard error.
    pub(crate) variance: f64,
    /// Degrees of freedom that the variance is known with; infinite where there is none.
    pub(crate) freedom: f64,
}

impl Estimate {
    /// Of sets with their weights, which count in proportion. Values of one set are compared with each other
    /// alone: how many there are of each set is no chance. The degrees of freedom are those of Satterthwaite, "An
    /// approximate distribution of estimates of variance components", Biometrics Bulletin 2, 1946.
    ///
    /// # Errors
    /// If there is no set, or one without values.
    pub(crate) fn weighted(operation: &'static str, sets: &[(f64, &[f64])]) -> Result<Self> {
        if sets.is_empty() || sets.iter().any(|(_, values)| values.is_empty()) {
            return Err(Error::TooFew { operation, name: "values", expected: 1, got: 0 });
        }
        let total: f64 = sets.iter().map(|(weight, _)| weight).sum();
        let parts: Vec<_> =
            sets.iter().map(|(weight, values)| (weight / total, Moments::of(values))).collect();
        let means = sets.iter().map(|(_, values)| values.iter().sum::<f64>() / values.len() as f64);
        let mean = parts.iter().zip(means).map(|((share, _), mean)| share * mean).sum();
        let spread = parts.iter().all(|(_, set)| set.n > 1.0).then(|| {
            let variances = parts.iter().map(|(share, set)| share.powi(2) * set.variance / set.n);
            let freedoms = parts.iter().map(|(_, set)| set.n - 1.0);
            Spread::sum(
                variances.zip(freedoms).map(|(variance, freedom)| Spread { variance, freedom }),
            )
        });
        Ok(Self { mean, spread })
    }
}

impl Spread {
    /// That of a sum of independent estimates.
    pub(crate) fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut variance, mut shares) = (0.0, 0.0);
        for part in parts {
            variance += part.variance;
            shares += part.variance.powi(2) / part.freedom;
        }
        let freedom = if shares > 0.0 { variance.powi(2) / shares } else { f64::INFINITY };
        Self { variance, freedom }
    }

    /// That of so many times the estimate.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self { variance: factor.powi(2) * self.variance, ..self }
    }

    /// Student's factor, by which the standard error is to be multiplied for an interval with this confidence.
    pub(crate) fn factor(self, confidence: f64) -> f64 {
        if self.freedom.is_infinite() {
            return 0.0; // without variance it does not matter
        }
        let quantile = f64::midpoint(1.0, confidence);
        StudentsT::new(0.0, 1.0, self.freedom).map_or(f64::NAN, |t| t.inverse_cdf(quantile))
    }
}

/// Refuses a confidence that no interval has.
pub(crate) fn check(confidence: f64) -> Result<()> {
    if 0.0 < confidence && confidence < 1.0 {
        Ok(())
    } else {
        Err(Error::Confidence { confidence })
    }
}
