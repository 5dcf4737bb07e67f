//! What an adversary takes for the cost.

use std::fmt::Debug;

use tch::Tensor;

use crate::look::Look;
use crate::{Result, Victim};

/// A number that an adversary can follow by its gradient, and takes for the cost: larger is harder to attack again.
pub(crate) trait Surrogate: Debug + Send + Sync {
    /// The numbers of these rows of a look, and their slopes.
    fn slope(&self, victim: &Victim<'_>, look: &Look<'_>, places: &[usize]) -> Result<Slope>;
}

/// Numbers of rows, and where they rise.
pub(crate) struct Slope {
    /// A number of each.
    pub(crate) values: Vec<f64>,
    /// Their gradients, \[N, C, H, W\].
    pub(crate) gradient: Tensor,
    /// Passes back that each took.
    pub(crate) gradients: u64,
    /// Passes forward that each took, beyond the look.
    pub(crate) forward: u64,
}

/// The numbers of all of some images.
pub(crate) fn values(
    surrogate: &dyn Surrogate,
    victim: &Victim<'_>,
    images: &Tensor,
) -> Result<Vec<f64>> {
    let mut values = vec![];
    let mut first = 0;
    for portion in images.split(victim.limits.window as i64, 0) {
        let look = Look::at(victim.classifier, &portion, |row| first + row)?;
        let count = portion.size()[0] as usize;
        let places: Vec<usize> = (0..count).collect();
        values.extend(surrogate.slope(victim, &look, &places)?.values);
        first += count;
    }
    Ok(values)
}
