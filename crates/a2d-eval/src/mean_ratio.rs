//! How many times as large one mean is as another, and how far off that may be.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::estimate::{self, Estimate, Spread};

/// The ratio of two means with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanRatio {
    /// The ratio.
    pub ratio: f64,
    /// Lower end of the interval; none where a set has a single value, or the mean below may be 0.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl MeanRatio {
    /// The mean of the means of some sets over that of others, each set with its weight before it, as in
    /// [`MeanInterval::weighted`](crate::MeanInterval::weighted). The interval is that of Fieller, "Some problems in
    /// interval estimation", Journal of the Royal Statistical Society B 16, 1954, as if all values were independent:
    /// the ratios r for which the mean above less r times the mean below may be 0 by Student's t, whose degrees of
    /// freedom are taken at the ratio found.
    ///
    /// # Errors
    /// If there is no set above or below, or one without values.
    pub fn new(above: &[(f64, &[f64])], below: &[(f64, &[f64])]) -> Result<Self> {
        estimate::check(CONFIDENCE)?;
        let above = Estimate::weighted(OPERATION, above)?;
        let below = Estimate::weighted(OPERATION, below)?;
        let ends = ends(above, below);
        Ok(Self {
            ratio: above.mean / below.mean,
            low: ends.map(|(low, _)| low),
            high: ends.map(|(_, high)| high),
        })
    }
}

/// The ends of Fieller's interval.
fn ends(above: Estimate, below: Estimate) -> Option<(f64, f64)> {
    let (a, b) = (above.mean, below.mean);
    let (spread_a, spread_b) = (above.spread?, below.spread?);
    let factor = Spread::sum([spread_a, spread_b.times(a / b)]).factor(CONFIDENCE);
    let (reach_a, reach_b) =
        (factor.powi(2) * spread_a.variance, factor.powi(2) * spread_b.variance);
    let divisor = b * b - reach_b;
    if divisor <= 0.0 {
        return None;
    }
    let root = (a * a * reach_b + reach_a * divisor).sqrt();
    Some(((a * b - root) / divisor, (a * b + root) / divisor))
}

const OPERATION: &str = "find ratio of means";
const CONFIDENCE: f64 = 0.95;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MeanInterval;

    const ABOVE: [f64; 5] = [5.0, 7.0, 6.5, 4.0, 8.0];
    const BELOW: [f64; 4] = [2.0, 2.5, 1.5, 2.2];

    /// At an end r, the difference of the mean above and r times the mean below is just not told from 0.
    #[test]
    fn a_ratio_has_the_interval_of_fieller() {
        let found = MeanRatio::new(&[(1.0, &ABOVE)], &[(1.0, &BELOW)]).unwrap();
        let (low, high) = (found.low.unwrap(), found.high.unwrap());
        assert!((found.ratio - 6.1 / 2.05).abs() < 1e-12);
        assert!(high - found.ratio > found.ratio - low);
        let variance = |values: &[f64]| {
            let reach = MeanInterval::new(values, 0.95).unwrap().half_width.unwrap();
            let alone = Spread { variance: 1.0, freedom: values.len() as f64 - 1.0 };
            (reach / alone.factor(0.95)).powi(2)
        };
        let (above, below) = (variance(&ABOVE), variance(&BELOW));
        let at = found.ratio.powi(2) * below;
        let freedom = (above + at).powi(2) / (above.powi(2) / 4.0 + at.powi(2) / 3.0);
        let factor = Spread { variance: 1.0, freedom }.factor(0.95);
        for ratio in [low, high] {
            let difference: f64 = 6.1 - ratio * 2.05;
            let reach = factor * (above + ratio.powi(2) * below).sqrt();
            assert!((difference.abs() - reach).abs() < 1e-9, "{difference} {reach}");
        }
    }

    #[test]
    fn there_is_no_interval_where_the_mean_below_may_be_0() {
        let found = MeanRatio::new(&[(1.0, &ABOVE)], &[(1.0, &[0.1, 4.0])]).unwrap();
        assert_eq!((found.low, found.high), (None, None));
        assert!(MeanRatio::new(&[(1.0, &ABOVE)], &[(1.0, &[])]).is_err());
    }

    #[test]
    fn without_spread_the_interval_is_the_ratio() {
        let found = MeanRatio::new(&[(1.0, &[6.0; 3])], &[(1.0, &[2.0; 3])]).unwrap();
        assert_eq!(found, MeanRatio { ratio: 3.0, low: Some(3.0), high: Some(3.0) });
    }
}
