//! How the numbers of benign inputs are distributed.

use serde::{Deserialize, Serialize};

use crate::box_cox::{BoxCox, LOWEST_COST};
use crate::moments::{is_constant, mean_and_deviation};
use crate::normality::normality_p_value;
use crate::{Error, MAX_COST, Numbers, Result};

/// Costs are transformed if the test of their normality has a lower p-value.
const SIGNIFICANCE: f64 = 0.05;

/// How the costs of one attack are distributed over benign inputs: normally, if need be after a Box-Cox
/// transform. Mean and deviation are those of the transformed costs. Scores are not transformed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostDistribution {
    box_cox: Option<BoxCox>,
    mean: f64,
    deviation: f64,
}

impl CostDistribution {
    /// Fits the benign costs of the attack in column `attack`, or scores. Those are taken as they are: the
    /// transform is defined for numbers above 0 only, and lifting others would make them one.
    pub(crate) fn fit(costs: &[f64], attack: usize, numbers: &Numbers) -> Result<Self> {
        // In order, so that sums are rounded the same whatever the order of the inputs.
        let mut costs = costs.to_vec();
        costs.sort_by(f64::total_cmp);
        let costs = &costs[..];
        if is_constant(costs) {
            let cost = costs.first().copied().unwrap_or_default();
            return Err(Error::Constant { attack, cost });
        }
        let box_cox = if numbers.are_costs() && normality_p_value(costs) < SIGNIFICANCE {
            Some(BoxCox::fit(costs, attack)?)
        } else {
            None
        };
        let transformed: Vec<f64> = costs.iter().map(|&cost| transform(box_cox, cost)).collect();
        let (mean, deviation) = mean_and_deviation(&transformed);
        if is_constant(&transformed) || !is_deviation(deviation) {
            return Err(if numbers.are_costs() {
                Error::Degenerate { attack, lowest: LOWEST_COST }
            } else {
                Error::Deviation { column: attack, deviation }
            });
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

    /// The lowest number from `least` on whose z-score is not below `threshold`, to the last bit: `least`
    /// if that is every one, infinity if it is none.
    pub(crate) fn lowest(&self, threshold: f64, least: f64) -> f64 {
        self.first(least, |z_score| z_score >= threshold)
    }

    /// The highest number from `least` on whose z-score is not above `threshold`, to the last bit: infinity
    /// if that is every one, below `least` if it is none.
    pub(crate) fn highest(&self, threshold: f64, least: f64) -> f64 {
        let past = self.first(least, |z_score| z_score > threshold);
        if past.is_finite() { past.next_down() } else { past }
    }

    /// The lowest number from `least` on whose z-score is past some point; infinity if there is none.
    fn first(&self, least: f64, is_past: impl Fn(f64) -> bool) -> f64 {
        let is_past = |number: f64| is_past(self.z_score(number));
        if !is_past(MAX_COST) {
            return f64::INFINITY;
        }
        // Halving the places rather than the numbers visits all magnitudes.
        let (mut low, mut high) = (place(least), place(MAX_COST));
        while low < high {
            let middle = u64::midpoint(low, high);
            if is_past(at(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        at(low)
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

/// What sets floats from 0 on apart from those below.
const FROM_0_ON: u64 = 1 << 63;

/// The place of a float in the order of all: those from 0 on are ordered as their bits, those below the other
/// way round.
fn place(float: f64) -> u64 {
    let bits = float.to_bits();
    if float < 0.0 { !bits } else { bits | FROM_0_ON }
}

/// The float in this place.
fn at(place: u64) -> f64 {
    f64::from_bits(if place < FROM_0_ON { !place } else { place ^ FROM_0_ON })
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

    fn assert_z_scores(fitted: &CostDistribution, expected: [f64; 4], lowest: f64, highest: f64) {
        for (cost, expected) in [1.0, 10.0, 100.0, 1000.0].into_iter().zip(expected) {
            let z = fitted.z_score(cost);
            assert!((z - expected).abs() < 1e-6, "{cost}: {z} {expected}");
        }
        let thresholds = [fitted.lowest(-1.281_552, 0.0), fitted.highest(1.281_552, 0.0)];
        for (cost, expected) in thresholds.into_iter().zip([lowest, highest]) {
            assert!((cost / expected - 1.0).abs() < 1e-6, "{cost} {expected}");
        }
    }

    // numpy 2.4.6; bim is normal enough to be left as it is, see normality.rs
    // m, s, h = bim.mean(), bim.std(), 1.281552
    // [(q - m) / s for q in (1, 10, 100, 1000)], m - h * s, m + h * s
    #[test]
    fn normal_costs_are_taken_as_they_are() {
        let fitted = CostDistribution::fit(&BIM, 0, &Numbers::Costs).unwrap();
        assert_eq!(fitted.box_cox(), None);
        let expected = [-2.399_450_404_6, -2.263_525_598_0, -0.904_277_532_5, 12.688_203_123_0];
        assert_z_scores(&fitted, expected, 75.019_495_752_294_7, 244.730_504_247_705_3);
    }

    // scipy 1.17.1, numpy 2.4.6
    // l = stats.boxcox_normmax(jsma, method="mle", optimizer=exact)  # as in box_cox.rs
    // y = special.boxcox(jsma, l); m, s, h = y.mean(), y.std(), 1.281552
    // [(special.boxcox(q, l) - m) / s for q in (1, 10, 100, 1000)]
    // special.inv_boxcox([m - h * s, m + h * s], l)
    #[test]
    fn skewed_costs_are_transformed() {
        let fitted = CostDistribution::fit(&JSMA, 0, &Numbers::Costs).unwrap();
        assert!(fitted.box_cox().is_some());
        let expected = [-5.229_080_684_8, -3.085_830_576_1, -0.585_461_702_2, 2.331_530_804_0];
        assert_z_scores(&fitted, expected, 54.541_484_549_098_83, 454.498_183_919_071_4);
    }

    #[test]
    fn threshold_out_of_reach_flags_none_or_all() {
        let fitted = CostDistribution::fit(&BIM, 0, &Numbers::Costs).unwrap();
        assert_eq!(fitted.lowest(-100.0, 0.0), 0.0);
        assert_eq!(fitted.lowest(f64::MAX, 0.0), f64::INFINITY);
        assert!(fitted.highest(-100.0, 0.0) < 0.0);
        assert_eq!(fitted.highest(f64::MAX, 0.0), f64::INFINITY);
    }

    #[test]
    fn scores_are_taken_as_they_are_and_limits_found_below_0() {
        let numbers = Numbers::Scores(vec![a2d_cost::Sign::Smaller]);
        let scores: Vec<f64> = JSMA.iter().map(|cost| cost - 1000.0).collect();
        let fitted = CostDistribution::fit(&scores, 0, &numbers).unwrap();
        assert_eq!(fitted.box_cox(), None);
        let lowest = fitted.lowest(-0.5, -MAX_COST);
        assert!(lowest < 0.0 && fitted.z_score(lowest) >= -0.5);
        assert!(fitted.z_score(lowest.next_down()) < -0.5);
        assert_eq!(fitted.lowest(f64::MIN, -MAX_COST), -MAX_COST);
        let tiny: Vec<f64> = (0..30).map(|i| f64::from(i) * 1e-250).collect();
        let error = CostDistribution::fit(&tiny, 3, &numbers).unwrap_err();
        assert!(error.to_string().contains("column 3"), "{error}");
    }

    #[test]
    fn costs_too_small_to_square_are_refused() {
        let costs: Vec<f64> = (0..30).map(|i| f64::from(i) * 1e-250).collect();
        let error = CostDistribution::fit(&costs, 0, &Numbers::Costs).unwrap_err();
        assert!(error.to_string().contains("in a smaller unit"), "{error}");
    }

    proptest! {
        #[test]
        fn fits_are_finite_monotone_and_exact_at_the_threshold(
            costs in prop::collection::vec(0_u16..5000, 20..80),
            low in 0_u16..6000, more in 0_u16..6000, threshold in -3.0..3.0,
        ) {
            let costs: Vec<f64> = costs.into_iter().map(f64::from).collect();
            let fitted = CostDistribution::fit(&costs, 0, &Numbers::Costs).unwrap();
            let (low, high) = (f64::from(low), f64::from(low) + f64::from(more));
            prop_assert!(fitted.z_score(low).is_finite());
            prop_assert!(fitted.z_score(low) <= fitted.z_score(high));
            let (lowest, highest) = (fitted.lowest(threshold, 0.0), fitted.highest(threshold, 0.0));
            for cost in [low, high, lowest, lowest.next_down(), highest, highest.next_up()] {
                let cost = cost.clamp(0.0, MAX_COST);
                prop_assert_eq!(fitted.z_score(cost) < threshold, cost < lowest);
                prop_assert_eq!(fitted.z_score(cost) > threshold, cost > highest);
            }
        }

        #[test]
        fn concentrated_costs_give_a_fit_or_an_error(
            base in 0.0..1e6_f64, costs in prop::collection::vec(0.0..1e-3, 20..40),
        ) {
            let costs: Vec<f64> = costs.into_iter().map(|cost| base + cost).collect();
            match CostDistribution::fit(&costs, 0, &Numbers::Costs) {
                Ok(fitted) => prop_assert!(fitted.z_score(base).is_finite()),
                Err(error) => prop_assert!(error.is_bad_input()),
            }
        }
    }
}
