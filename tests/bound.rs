//! Costs compared with others that differ only in the order in which floats are summed.

/// How far costs may be from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// The least share that is the same, in percent.
    pub(crate) same: usize,
    /// The most iterations by which a cost differs.
    pub(crate) apart: u32,
}

impl Bound {
    /// Checks that costs, as iterations and whether the label flipped, are within it of others.
    /// Prints how far they are, and returns by how much their mean is larger, in percent.
    pub(crate) fn check(self, what: &str, ours: &[(u32, bool)], others: &[(u32, bool)]) -> f64 {
        assert_eq!(ours.len(), others.len());
        let of = ours.len();
        let pairs = || ours.iter().zip(others);
        let same = pairs().filter(|(our, other)| our == other).count();
        let apart = pairs().map(|(our, other)| our.0.abs_diff(other.0)).max().unwrap_or(0);
        let total = |costs: &[(u32, bool)]| costs.iter().map(|cost| f64::from(cost.0)).sum::<f64>();
        let shift = 100.0 * (total(ours) / total(others) - 1.0);
        println!("{what}: {same} of {of} the same, {apart} apart at most, mean {shift:+.3} %");
        assert!(100 * same >= self.same * of, "{what}: {same} of {of}, expected {self:?}");
        assert!(apart <= self.apart, "{what}: {apart} apart, expected {self:?}");
        shift
    }
}
