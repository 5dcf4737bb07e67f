//! A detector that a2d does not have, which looks at the order of costs alone.

use a2d_detect::ndarray::{ArrayView1, ArrayView2, Ix1};
use a2d_detect::{
    Dataset, Detect, Error, Evidence, Explanation, Foresee, Kind, Numbers, Result, Samples, Tune,
    Verdict,
};
use serde::{Deserialize, Serialize};

/// Flags an input whose costs have low ranks among those of benign inputs. Its score is the share of benign inputs
/// that cost more, or are less suspicious by another number, averaged over the attacks.
///
/// It foresees nothing ([`Foresee`] says how to), so a guard measures every cost in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State")]
pub struct MeanRank {
    threshold: f64,
    numbers: Numbers,
    /// How suspicious benign inputs are, column by column, in ascending order.
    benign: Vec<Vec<f64>>,
}

/// The kind of [`MeanRank`]: what it is fitted with.
#[derive(Clone, Copy, Debug)]
pub struct MeanRanks {
    /// Inputs above this score are adversarial.
    pub threshold: f64,
}

impl Kind for MeanRanks {
    type Detector = MeanRank;

    /// Fits on the benign samples alone.
    fn fit(&self, samples: &Dataset<f64, bool, Ix1>, numbers: &Numbers) -> Result<MeanRank> {
        numbers.check(samples.records.view())?;
        let of_column = |(column, values): (usize, ArrayView1<f64>)| {
            let benign = values.iter().zip(&samples.targets).filter(|(_, target)| !**target);
            let mut suspicions: Vec<f64> =
                benign.map(|(value, _)| numbers.sign(column).suspicion(*value)).collect();
            suspicions.sort_by(f64::total_cmp);
            suspicions
        };
        let benign = samples.records.columns().into_iter().enumerate().map(of_column).collect();
        State { threshold: self.threshold, numbers: numbers.clone(), benign }.try_into()
    }
}

impl Detect for MeanRank {
    fn name(&self) -> &'static str {
        "mean-rank"
    }

    fn columns(&self) -> usize {
        self.benign.len()
    }

    fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn samples(&self) -> Samples {
        Samples { benign: self.benign[0].len(), adversarial: 0, held_out: 0 }
    }

    fn verdicts(&self, numbers: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.numbers.check_width(numbers, self.columns())?;
        let judge = |row: ArrayView1<f64>| {
            let shares =
                row.iter().zip(&self.benign).enumerate().map(|(column, (value, benign))| {
                    let suspicion = self.numbers.sign(column).suspicion(*value);
                    let less = benign.partition_point(|other| *other < suspicion);
                    less as f64 / benign.len() as f64
                });
            let score = shares.sum::<f64>() / self.columns() as f64;
            Verdict { score, adversarial: score > self.threshold, p_value: None }
        };
        Ok(numbers.rows().into_iter().map(judge).collect())
    }

    fn explain(&self, numbers: &[f64]) -> Result<Explanation> {
        let verdict = self.verdict(numbers)?;
        let (score, threshold) = (verdict.score, self.threshold);
        let text = format!("mean rank {score:.3}, flagged above {threshold:.3}");
        Ok(Explanation { verdict, evidence: Evidence::Text { text } })
    }
}

impl Foresee for MeanRank {}

/// The threshold is a score.
impl Tune for MeanRank {
    fn threshold(&self) -> f64 {
        self.threshold
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        State { threshold, numbers: self.numbers, benign: self.benign }.try_into()
    }
}

/// A detector as a file has it: of the right shape, with values that may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    threshold: f64,
    numbers: Numbers,
    benign: Vec<Vec<f64>>,
}

impl TryFrom<State> for MeanRank {
    type Error = Error;

    fn try_from(state: State) -> Result<Self> {
        let State { threshold, numbers, benign } = state;
        let samples = benign.first().map_or(0, Vec::len);
        let is_column = |column: &Vec<f64>| column.len() == samples && column.is_sorted();
        if samples == 0 || !benign.iter().all(is_column) {
            let text = "set up mean-rank detector: expected as many benign samples in every column, in ascending order";
            return Err(Error::Other(text.into()));
        }
        if !threshold.is_finite() {
            let text = format!(
                "set threshold of the mean-rank detector: expected a number, got {threshold}"
            );
            return Err(Error::Other(text.into()));
        }
        Ok(Self { threshold, numbers, benign })
    }
}
