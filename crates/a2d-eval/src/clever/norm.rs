//! The norms that perturbations and gradients are measured by.

use serde::{Deserialize, Serialize};

/// The norm that perturbations are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The sum of all changes.
    L1,
    /// The Euclidean norm.
    L2,
    /// The largest change of an element.
    Linf,
}

impl Norm {
    /// The radius of the ball that is sampled, unless another is set: 5 in L2, as Weng et al. have it; 30
    /// in L1 and 0.1 in L-infinity, as their program has it.
    pub fn default_radius(self) -> f64 {
        match self {
            Self::L1 => 30.0,
            Self::L2 => 5.0,
            Self::Linf => 0.1,
        }
    }

    /// The exponent q of the dual norm, 1/p + 1/q = 1: a step of length 1 in this norm changes a function by
    /// at most the dual norm of its gradient.
    pub(crate) fn dual_exponent(self) -> f64 {
        match self {
            Self::L1 => f64::INFINITY,
            Self::L2 => 2.0,
            Self::Linf => 1.0,
        }
    }
}
