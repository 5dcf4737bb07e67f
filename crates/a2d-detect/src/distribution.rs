use serde::{Deserialize, Serialize};

use crate::box_cox::{BoxCox, LOWEST_COST};
use crate::moments::{is_constant, mean_and_deviation};
use crate::normality::normality_p_value;
use crate::{Error, MAX_COST, Result};

/// Costs are transformed if the test of their normality has a lower p-value.
const SIGNIFICANCE: f64 = 0.05;

/// How the costs of one attack are distributed over benign inputs: normally, if need be after a Box-Cox
/// transform. Mean and deviation are those of the transformed costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostDistribution {
    box_cox: Option<BoxCox>,
    mean: f64,
    deviation: f64,
}

impl CostDistribution {
    /// Fits the benign costs of the attack in column `attack`.
    pub(crate) fn fit(costs: &[f64], attack: usize) -> Result<Self> {
        if is_constant(costs) {
            let cost = costs.first().copied().unwrap_or_default();
            return Err(Error::Constant { attack, cost });
        }
        let box_cox = if normality_p_value(costs) < SIGNIFICANCE {
            Some(BoxCox::fit(costs, attack)?)
        } else {
            None
        };
        let transformed: Vec<f64> = costs.iter().map(|&cost| transform(box_cox, cost)).collect();
        let (mean, deviation) = mean_and_deviation(&transformed);
        if is_constant(&transformed) || !is_deviation(deviation) {
            return Err(Error::Degenerate { attack, lowest: LOWEST_COST });
        }
        Ok(Self { box_cox, mean, deviation })
    }

    /// The transform after which the costs are normal, if they are not as they come.
    pub fn box_cox(&self) -> Option<BoxCox> {
        self.box_cox
    }

    /// Mean of the transformed benign costs.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Population standard deviation of the transformed benign costs.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// How many deviations a cost lies above the mean, in the transformed space. Always finite, and never
    /// falls when the cost grows.
    pub fn z_score(&self, cost: f64) -> f64 {
        let z = (transform(self.box_cox, cost) - self.mean) / self.deviation;
        z.clamp(f64::MIN, f64::MAX)
    }

    /// The cost below which the z-score is below `threshold`, exactly: the lowest float that is not. 0 if
    /// no cost has so low a z-score, infinity if every one has.
    pub fn cost_threshold(&self, threshold: f64) -> f64 {
        let is_below = |cost: f64| self.z_score(cost) < threshold;
        if is_below(MAX_COST) {
            return f64::INFINITY;
        }
        // Floats from 0 on are ordered as their bits, so halving the bits visits all magnitudes.
        let (mut low, mut high) = (0, MAX_COST.to_bits());
        while low < high {
            let middle = u64::midpoint(low, high);
            if is_below(f64::from_bits(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        f64::from_bits(low)
    }

    /// Checks what was read from a file.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.mean.is_finite() {
            return Err(Error::Distribution { expected: "a finite mean", found: self.mean });
        }
        if !is_deviation(self.deviation) {
            return Err(Error::Distribution {
                expected: "a deviation above 0",
                found: self.deviation,
            });
        }
        self.box_cox.as_ref().map_or(Ok(()), BoxCox::check)
    }
}

fn transform(box_cox: Option<BoxCox>, cost: f64) -> f64 {
    box_cox.map_or(cost, |box_cox| box_cox.transform(cost))
}

/// True for a number that z-scores can be divided by.
fn is_deviation(deviation: f64) -> bool {
    deviation > 0.0 && deviation.is_finite()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{BIM, JSMA};

    fn assert_z_scores(fitted: &CostDistribution, expected: [f64; 4], threshold: f64) {
        for (cost, expected) in [1.0, 10.0, 100.0, 1000.0].into_iter().zip(expected) {
            let z = fitted.z_score(cost);
            assert!((z - expected).abs() < 1e-5, "{cost}: {z} {expected}");
        }
        let cost = fitted.cost_threshold(-1.281_552);
        assert!((cost - threshold).abs() < 1e-4, "{cost} {threshold}");
    }

    // [(q - bim.mean()) / bim.std() for q in (1, 10, 100, 1000)], bim.mean() - 1.281552 * bim.std()
    // stats.normaltest(bim).pvalue = 0.51, so there is no transform
    #[test]
    fn normal_costs_are_taken_as_they_are() {
        let fitted = CostDistribution::fit(&BIM, 0).unwrap();
        assert_eq!(fitted.box_cox(), None);
        let expected = [-2.399_450_4, -2.263_525_6, -0.904_277_5, 12.688_203_1];
        assert_z_scores(&fitted, expected, 75.019_495_75);
    }

    // l = stats.boxcox_normmax(jsma, method="mle", optimizer=exact)  # as in box_cox.rs
    // y = special.boxcox(jsma, l); m, s = y.mean(), y.std()
    // [(special.boxcox(q, l) - m) / s for q in (1, 10, 100, 1000)]
    // special.inv_boxcox(m - 1.281552 * s, l)
    #[test]
    fn skewed_costs_are_transformed() {
        let fitted = CostDistribution::fit(&JSMA, 0).unwrap();
        assert!(fitted.box_cox().is_some());
        let expected = [-5.229_080_7, -3.085_830_6, -0.585_461_7, 2.331_530_8];
        assert_z_scores(&fitted, expected, 54.541_484_55);
    }

    #[test]
    fn threshold_out_of_reach_flags_none_or_all() {
        let fitted = CostDistribution::fit(&BIM, 0).unwrap();
        assert_eq!(fitted.cost_threshold(-100.0), 0.0);
        assert_eq!(fitted.cost_threshold(f64::MAX), f64::INFINITY);
    }

    #[test]
    fn costs_too_small_to_square_are_refused() {
        let costs: Vec<f64> = (0..30).map(|i| f64::from(i) * 1e-250).collect();
        let error = CostDistribution::fit(&costs, 0).unwrap_err();
        assert!(error.to_string().contains("in a smaller unit"), "{error}");
    }

    proptest! {
        #[test]
        fn fits_are_finite_monotone_and_exact_at_the_threshold(
            costs in prop::collection::vec(0_u16..5000, 20..80),
            low in 0_u16..6000, more in 0_u16..6000, threshold in -3.0..3.0,
        ) {
            let costs: Vec<f64> = costs.into_iter().map(f64::from).collect();
            let fitted = CostDistribution::fit(&costs, 0).unwrap();
            let (low, high) = (f64::from(low), f64::from(low) + f64::from(more));
            prop_assert!(fitted.z_score(low).is_finite());
            prop_assert!(fitted.z_score(low) <= fitted.z_score(high));
            let limit = fitted.cost_threshold(threshold);
            for cost in [low, high, limit, limit.next_down()] {
                let cost = cost.clamp(0.0, MAX_COST);
                prop_assert_eq!(fitted.z_score(cost) < threshold, cost < limit);
            }
        }

        #[test]
        fn concentrated_costs_give_a_fit_or_an_error(
            base in 0.0..1e6_f64, costs in prop::collection::vec(0.0..1e-3, 20..40),
        ) {
            let costs: Vec<f64> = costs.into_iter().map(|cost| base + cost).collect();
            match CostDistribution::fit(&costs, 0) {
                Ok(fitted) => prop_assert!(fitted.z_score(base).is_finite()),
                Err(error) => prop_assert!(error.is_bad_input()),
            }
        }
    }
}
