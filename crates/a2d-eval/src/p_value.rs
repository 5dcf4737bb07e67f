//! A p-value, however small.

use std::f64::consts::LOG10_E;

use serde::{Deserialize, Deserializer, Serialize};

use crate::students_t::ln_two_sided_tail;

/// How likely a statistic as far from 0 as the one found, on either side, is by chance alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PValue {
    /// The probability, from 0 to 1; 0 where it is too small for a float.
    pub value: f64,
    /// Its decimal logarithm, which stays exact where the probability becomes 0 as a float. Minus infinity
    /// (null in JSON) for a perfect correlation, whose probability is 0.
    #[serde(deserialize_with = "finite_or_lowest")]
    pub log10: f64,
}

/// JSON has no infinity.
fn finite_or_lowest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
}

impl PValue {
    /// Of a statistic that chance distributes as Student's t with `freedom` degrees of freedom, at least 1.
    pub(crate) fn of_students_t(statistic: f64, freedom: f64) -> Self {
        let ln = ln_two_sided_tail(statistic, freedom);
        Self { value: ln.exp(), log10: ln * LOG10_E }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_brings_it_back_though_its_logarithm_be_endless() {
        for p in
            [PValue::of_students_t(12.0, 200.0), PValue { value: 0.0, log10: f64::NEG_INFINITY }]
        {
            let text = serde_json::to_string(&p).unwrap();
            assert_eq!(serde_json::from_str::<PValue>(&text).unwrap(), p);
        }
    }

    #[test]
    fn logarithm_outlives_the_probability() {
        let PValue { value, log10 } = PValue::of_students_t(12.0, 200.0);
        assert!((10_f64.powf(log10) / value - 1.0).abs() < 1e-12, "{value} {log10}");
        let PValue { value, log10 } = PValue::of_students_t(80.0, 2000.0);
        assert_eq!(value, 0.0);
        assert!(log10 < -600.0, "{log10}");
    }
}
