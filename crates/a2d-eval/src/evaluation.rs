//! How well numbers of inputs, and a detector on them, tell adversarial inputs from benign ones.

use std::collections::BTreeMap;

use a2d_cost::{Column, ScoreTable, Sign};
use serde::{Deserialize, Serialize};

use crate::{Auroc, DetectionTable, Error, Judged, Result, RocCurve, Scores};

/// How well adversarial inputs are told from benign ones, by every column of a table and by a detector.
///
/// In JSON the names are those of costs, of which most tables are: `costs` has an entry for every column,
/// whatever its numbers are, and `mean_cost` their mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The name of the detector, if there is one.
    pub detector: Option<String>,
    /// What its verdicts were given at.
    pub threshold: Option<f64>,
    /// The benign inputs.
    pub benign: BenignGroup,
    /// Every kind of adversarial inputs.
    pub adversarial: Vec<AdversarialGroup>,
    /// How often the detector is right, with 95 % intervals.
    pub detection: Option<DetectionTable>,
}

/// Benign inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenignGroup {
    /// How many there are.
    pub n: usize,
    /// Share that the detector calls adversarial.
    pub flagged: Option<f64>,
    /// The mean of every column.
    pub mean_cost: BTreeMap<String, f64>,
}

/// Adversarial inputs of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdversarialGroup {
    /// The kind, such as the attack that crafted them.
    pub kind: String,
    /// How many there are.
    pub n: usize,
    /// Share that the detector calls adversarial.
    pub flagged: Option<f64>,
    /// How well the scores of the detector separate them from the benign inputs, with its 95 % interval.
    pub scores: Option<Auroc>,
    /// How many of them the scores of the detector find where as many benign inputs are flagged.
    #[serde(default, flatten)]
    pub at: Option<TprAtFpr>,
    /// How well each column does.
    pub costs: BTreeMap<String, Separation>,
}

/// How well the numbers of one column separate a kind of adversarial inputs from the benign ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Separation {
    /// The mean of the adversarial inputs.
    pub mean_cost: f64,
    /// Area under the ROC curve.
    pub auroc: f64,
    /// Lower end of its 95 % interval.
    pub auroc_low: f64,
    /// Upper end of its 95 % interval.
    pub auroc_high: f64,
    /// How many are found where as many benign inputs are flagged.
    #[serde(flatten)]
    pub at: TprAtFpr,
    /// Which numbers look adversarial; left out where smaller ones do, as of costs.
    #[serde(default, skip_serializing_if = "is_smaller")]
    pub adversarial: Sign,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
fn is_smaller(sign: &Sign) -> bool {
    *sign == Sign::Smaller
}

impl Evaluation {
    /// Evaluates every column of tables, which have the same, each by its sign; and the detector, if there is
    /// one, by what it says of the same inputs. Each kind of adversarial inputs has its name before it.
    ///
    /// # Errors
    /// [`Error::Columns`] if the columns of a kind are not those of the benign inputs; and if the detector
    /// judged none of a kind, or gave a score that is not finite.
    pub fn new(
        benign: &ScoreTable,
        adversarial: &[(&str, &ScoreTable)],
        judged: Option<&Judged>,
    ) -> Result<Self> {
        let means = benign
            .by_column()
            .map(|(column, numbers)| (column.name.clone(), mean(&numbers.to_vec())));
        let kinds = adversarial.iter().enumerate().map(|(place, (kind, table))| {
            let verdicts =
                judged.and_then(|judged| Some((&judged.benign, judged.adversarial.get(place)?)));
            let scores =
                verdicts.map(|(benign, adversarial)| benign.against(adversarial)).transpose()?;
            Ok(AdversarialGroup {
                kind: (*kind).to_owned(),
                n: table.inputs().len(),
                flagged: verdicts.map(|(_, adversarial)| adversarial.share()),
                scores: scores.as_ref().map(Auroc::new),
                at: scores.map(|scores| TprAtFpr::new(&RocCurve::new(&scores))).transpose()?,
                costs: Separation::of_columns(kind, benign, table)?,
            })
        });
        let names: Vec<&str> = adversarial.iter().map(|(kind, _)| *kind).collect();
        Ok(Self {
            detector: judged.map(|judged| judged.detector.clone()),
            threshold: judged.map(|judged| judged.threshold),
            benign: BenignGroup {
                n: benign.inputs().len(),
                flagged: judged.map(|judged| judged.benign.share()),
                mean_cost: means.collect(),
            },
            adversarial: kinds.collect::<Result<_>>()?,
            detection: judged.map(|judged| judged.detection(&names)).transpose()?,
        })
    }
}

/// Shares of adversarial inputs that are found at rates of benign ones that are flagged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TprAtFpr {
    /// Where 1 % of the benign inputs are.
    pub tpr_at_1_fpr: f64,
    /// Where 5 % are.
    pub tpr_at_5_fpr: f64,
    /// Where 10 % are.
    pub tpr_at_10_fpr: f64,
}

impl TprAtFpr {
    /// Of a curve.
    fn new(roc: &RocCurve) -> Result<Self> {
        Ok(Self {
            tpr_at_1_fpr: roc.tpr_at_fpr(0.01)?,
            tpr_at_5_fpr: roc.tpr_at_fpr(0.05)?,
            tpr_at_10_fpr: roc.tpr_at_fpr(0.10)?,
        })
    }
}

impl Separation {
    /// Of numbers of which the sign says which look adversarial.
    ///
    /// # Errors
    /// If there is none of a class, or one is not finite.
    pub fn new(sign: Sign, benign: &[f64], adversarial: &[f64]) -> Result<Self> {
        let scores = Scores::signed(sign, benign, adversarial)?;
        let Auroc { auroc, low, high } = Auroc::new(&scores);
        let roc = RocCurve::new(&scores);
        Ok(Self {
            mean_cost: mean(adversarial),
            auroc,
            auroc_low: low,
            auroc_high: high,
            at: TprAtFpr::new(&roc)?,
            adversarial: sign,
        })
    }

    /// The area under the ROC curve with its interval.
    pub fn area(&self) -> Auroc {
        Auroc { auroc: self.auroc, low: self.auroc_low, high: self.auroc_high }
    }

    fn of_columns(
        kind: &str,
        benign: &ScoreTable,
        adversarial: &ScoreTable,
    ) -> Result<BTreeMap<String, Self>> {
        if benign.columns() != adversarial.columns() {
            let text = |table: &ScoreTable| {
                let columns = table.columns().iter();
                let columns: Vec<_> =
                    columns.map(|Column { name, sign }| format!("{name} ({sign})")).collect();
                columns.join(", ")
            };
            return Err(Error::Columns {
                set: kind.to_owned(),
                expected: text(benign),
                got: text(adversarial),
            });
        }
        let columns = benign.by_column().zip(adversarial.by_column());
        columns
            .map(|((column, benign), (_, adversarial))| {
                let separation = Self::new(column.sign, &benign.to_vec(), &adversarial.to_vec())?;
                Ok((column.name.clone(), separation))
            })
            .collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::Verdicts;

    fn table(columns: &[(&str, Sign)], scores: &[f64]) -> ScoreTable {
        let columns: Vec<_> =
            columns.iter().map(|(name, sign)| Column::new(*name, *sign)).collect();
        let rows = scores.len() / columns.len();
        let inputs = (0..rows).map(|row| row.to_string()).collect();
        let scores = Array2::from_shape_vec((rows, columns.len()), scores.to_vec()).unwrap();
        ScoreTable::new(inputs, columns, scores).unwrap()
    }

    const COLUMNS: [(&str, Sign); 2] = [("lid", Sign::Larger), ("kd", Sign::Smaller)];

    fn evaluation(judged: Option<&Judged>) -> Evaluation {
        let benign = table(&COLUMNS, &[1.0, -10.0, 2.0, -20.0, 3.0, -15.0]);
        let adversarial = table(&COLUMNS, &[2.5, -90.0, 9.0, -12.0]);
        Evaluation::new(&benign, &[("fgsm", &adversarial)], judged).unwrap()
    }

    fn judged() -> Judged {
        let verdicts = |scores: &[f64]| Verdicts {
            flagged: scores.iter().map(|score| *score > 0.5).collect(),
            scores: scores.to_vec(),
        };
        Judged {
            detector: "knn".into(),
            threshold: 0.5,
            benign: verdicts(&[0.1, 0.2, 0.7]),
            adversarial: vec![verdicts(&[0.6, 0.9])],
        }
    }

    #[test]
    fn every_column_is_scored_by_its_sign() {
        let found = evaluation(None);
        assert_eq!(found.benign.mean_cost["lid"], 2.0);
        let costs = &found.adversarial[0].costs;
        assert_eq!((costs["lid"].auroc, costs["kd"].auroc), (5.0 / 6.0, 4.0 / 6.0));
        assert_eq!((costs["lid"].mean_cost, costs["kd"].at.tpr_at_5_fpr), (5.75, 0.5));
        assert_eq!(found.detection, None);
    }

    #[test]
    fn a_detector_is_scored_by_what_it_said() {
        let found = evaluation(Some(&judged()));
        assert_eq!(
            (found.benign.flagged, found.adversarial[0].flagged),
            (Some(1.0 / 3.0), Some(1.0))
        );
        assert_eq!(found.adversarial[0].scores.unwrap().auroc, 5.0 / 6.0);
        assert_eq!(found.detection.unwrap().sets[0].rates.tpr.share, 1.0);
    }

    #[test]
    fn json_brings_it_back() {
        for found in [evaluation(None), evaluation(Some(&judged()))] {
            let text = serde_json::to_string(&found).unwrap();
            assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), found);
            let costs = serde_json::to_value(&found).unwrap()["adversarial"][0]["costs"].clone();
            assert_eq!(costs["lid"]["adversarial"], "larger");
            assert_eq!(costs["kd"].get("adversarial"), None);
        }
    }

    #[test]
    fn other_columns_are_refused() {
        let benign = table(&COLUMNS, &[1.0, -10.0]);
        let other = table(&[("lid", Sign::Smaller), ("kd", Sign::Smaller)], &[1.0, 2.0]);
        let error = Evaluation::new(&benign, &[("cw", &other)], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "evaluate cw: expected the columns lid (larger), kd (smaller), got lid (smaller), kd (smaller)"
        );
    }
}
