//! Where a stage of a cascade is not sure.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Where a stage is not sure, by how suspicious a cost is: its z-score, with its sign turned where small numbers look
/// adversarial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Less suspicious costs are decided.
    pub passes_below: f64,
    /// More suspicious costs are decided.
    pub flags_above: f64,
}

impl Band {
    /// The band outside which the stage and the last one seldom disagree: at most a share `doubt` of the benign inputs that
    /// the last one flags lie below it, and no more than as many of those that it passes above.
    ///
    /// The suspicions are those by the stage, of benign inputs that the last one flags, at least one, and of those that it passes.
    pub(super) fn between(mut flagged: Vec<f64>, mut passed: Vec<f64>, doubt: f64) -> Self {
        flagged.sort_by(f64::total_cmp);
        passed.sort_by(|a, b| b.total_cmp(a));
        let allowed = (doubt * flagged.len() as f64) as usize;
        let passes_below = flagged[allowed.min(flagged.len() - 1)];
        let flags_above = passed.get(allowed).copied().unwrap_or(passes_below);
        if passes_below <= flags_above {
            return Self { passes_below, flags_above };
        }
        // They never disagree.
        let middle = f64::midpoint(passes_below, flags_above);
        Self { passes_below: middle, flags_above: middle }
    }

    pub(super) fn is_sure(&self, suspicion: f64) -> bool {
        suspicion < self.passes_below || suspicion > self.flags_above
    }

    /// Whether the stage decides at each suspicion of this range.
    pub(super) fn is_sure_of_all(&self, low: f64, high: f64) -> bool {
        high < self.passes_below || low > self.flags_above
    }

    /// Whether it does at none.
    pub(super) fn is_unsure_of_all(&self, low: f64, high: f64) -> bool {
        low >= self.passes_below && high <= self.flags_above
    }

    /// The parts of a range at which it decides.
    pub(super) fn sure_within(&self, low: f64, high: f64) -> Vec<(f64, f64)> {
        let below = (low < self.passes_below).then(|| (low, high.min(self.passes_below)));
        let above = (high > self.flags_above).then(|| (low.max(self.flags_above), high));
        below.into_iter().chain(above).collect()
    }

    /// Checks what was read from a file.
    pub(super) fn check(&self) -> Result<()> {
        let Self { passes_below, flags_above } = *self;
        if passes_below.is_finite() && flags_above.is_finite() && passes_below <= flags_above {
            return Ok(());
        }
        let expected = "a band between finite numbers in ascending order".into();
        Err(Error::Description { expected, found: format!("{passes_below} to {flags_above}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_where_benign_inputs_are_told_otherwise() {
        let band = Band::between(vec![1.0, 3.0, 4.0], vec![-1.0, 0.0, 2.0], 0.0);
        assert_eq!(band, Band { passes_below: 1.0, flags_above: 2.0 });
        assert!(!band.is_sure(1.0) && !band.is_sure(2.0) && band.is_sure(0.9) && band.is_sure(2.1));
    }

    #[test]
    fn some_doubt_makes_it_narrower() {
        let flagged: Vec<f64> = (0..20).map(|one| f64::from(one) / 10.0).collect();
        let passed: Vec<f64> = (0..380).map(|one| 1.0 - f64::from(one) / 100.0).collect();
        let band = Band::between(flagged, passed, 0.05);
        assert_eq!(band, Band { passes_below: 0.1, flags_above: 0.99 });
    }

    #[test]
    fn stages_that_agree_leave_none() {
        let band = Band::between(vec![3.0, 4.0], vec![0.0, 1.0], 0.05);
        assert_eq!(band, Band { passes_below: 2.0, flags_above: 2.0 });
    }
}
