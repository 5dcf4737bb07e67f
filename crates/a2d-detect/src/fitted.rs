//! What is said of a detector that was fitted.

use ndarray::ArrayView2;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Detect as _, Detector, Foresee as _, MAX_COST, Numbers, Result, Samples, SavedDetector,
    Tune as _,
};

/// What was fitted, on what, and what it flags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// The name of the detector.
    pub detector: String,
    /// The attacks whose costs it takes, or the columns of scores.
    pub attacks: Vec<String>,
    /// How many samples it has seen.
    #[serde(flatten)]
    pub samples: Samples,
    /// What decides, in the detector's own terms.
    pub threshold: f64,
    /// How many of its attacks must flag an input (z-score).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<usize>,
    /// The share that it flags of the benign inputs it was calibrated or, if it was not, fitted on.
    pub flagged: f64,
    /// The cost below which each attack flags an input (z-score); null in JSON where it flags all. Of a
    /// column of scores that flags none, minus [`MAX_COST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "endless")]
    pub cost_thresholds: Vec<f64>,
    /// The cost above which each attack flags an input (z-score on both sides); null in JSON where it flags
    /// none. Of a column of scores that flags none, [`MAX_COST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "endless")]
    pub upper_cost_thresholds: Vec<f64>,
    /// The costs at which each attack of a cascade but the last is not sure, from the least to the greatest; null for one that
    /// always is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure_costs: Vec<Option<[f64; 2]>>,
    /// What it was fitted on; left out where that is costs.
    #[serde(default, skip_serializing_if = "Numbers::are_costs")]
    pub numbers: Numbers,
}

/// JSON has no infinity.
fn endless<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::INFINITY)).collect())
}

impl SavedDetector {
    /// What is said of it, by the numbers of the benign inputs it was calibrated or fitted on (samples x
    /// columns).
    ///
    /// # Errors
    /// As [`Detect::verdicts`](crate::Detect::verdicts).
    pub fn fitted(&self, benign: ArrayView2<f64>) -> Result<Fitted> {
        let verdicts = self.detector.verdicts(benign)?;
        let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
        let limits = self.detector.cost_limits().unwrap_or_default();
        let looks_above = limits.iter().any(|limits| limits.above.is_some());
        let above = limits.iter().filter(|_| looks_above);
        Ok(Fitted {
            detector: self.detector.name().to_owned(),
            attacks: self.attacks.clone(),
            samples: self.detector.samples(),
            threshold: self.detector.threshold(),
            votes: votes(&self.detector),
            flagged: flagged as f64 / verdicts.len() as f64,
            cost_thresholds: limits.iter().map(|limits| limits.below).collect(),
            upper_cost_thresholds: above.map(|limits| limits.above.unwrap_or(MAX_COST)).collect(),
            unsure_costs: unsure(&self.detector),
            numbers: self.detector.numbers().clone(),
        })
    }
}

/// How many attacks must flag an input, where they vote.
fn votes(detector: &Detector) -> Option<usize> {
    match detector {
        Detector::ZScore(z_score) => Some(z_score.votes()),
        Detector::Conformal(conformal) => votes(conformal.detector()),
        Detector::Knn(_) | Detector::Cascade(_) | Detector::Other(_) => None,
    }
}

/// Where the stages of a cascade but the last are not sure.
fn unsure(detector: &Detector) -> Vec<Option<[f64; 2]>> {
    match detector {
        Detector::Cascade(cascade) if cascade.numbers().are_costs() => {
            let stages = 0..cascade.bands().len();
            let costs = stages.map(|stage| cascade.unsure_costs(stage));
            costs.map(|costs| costs.map(|costs| [*costs.start(), *costs.end()])).collect()
        }
        Detector::Conformal(conformal) => unsure(conformal.detector()),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::Sign;
    use linfa::DatasetBase;
    use linfa::traits::Fit;

    use super::*;
    use crate::saved::tests::{saved, z_score};
    use crate::tests::benign;
    use crate::{Knn, ZScore, labelled};

    fn fitted(detector: &SavedDetector) -> Fitted {
        detector.fitted(benign().view()).unwrap()
    }

    #[test]
    fn json_brings_it_back() {
        let samples = labelled(benign().view(), benign().view()).unwrap();
        let all = z_score().detector.with_threshold(1e300).unwrap();
        let numbers = Numbers::Scores(vec![Sign::Larger, Sign::Smaller]);
        let scores = ZScore::params(1).numbers(numbers).fit(&DatasetBase::from(benign())).unwrap();
        for detector in
            [z_score(), saved(all), saved(Knn::params().k(3).fit(&samples).unwrap()), saved(scores)]
        {
            let fitted = fitted(&detector);
            let text = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<Fitted>(&text).unwrap(), fitted, "{text}");
        }
    }

    #[test]
    fn every_column_has_its_limits() {
        let found = fitted(&z_score());
        assert_eq!((found.votes, found.upper_cost_thresholds.len()), (Some(1), 0));
        let numbers = Numbers::Scores(vec![Sign::Larger, Sign::Smaller]);
        let scores = ZScore::params(1).numbers(numbers).fit(&DatasetBase::from(benign())).unwrap();
        let found = fitted(&saved(scores));
        assert_eq!(found.cost_thresholds[0], -MAX_COST);
        assert_eq!(found.upper_cost_thresholds[1], MAX_COST);
        assert!(found.flagged > 0.0 && found.flagged < 0.5);
    }
}
