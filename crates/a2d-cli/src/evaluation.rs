//! The numbers of an evaluation.

use std::collections::BTreeMap;

use a2d_detect::{Detect as _, SavedDetector, Tune as _, Verdict};
use a2d_eval::{Auroc, DetectionTable, RocCurve, Scores};
use serde::Serialize;

use crate::costs::{Costs, UNIT};
use crate::format::{Outcome, line, table};

/// How well adversarial inputs are told from benign ones.
#[derive(Serialize)]
pub(crate) struct Evaluation {
    pub(crate) detector: Option<&'static str>,
    /// What its verdicts were given at.
    threshold: Option<f64>,
    pub(crate) benign: BenignGroup,
    pub(crate) adversarial: Vec<AdversarialGroup>,
    /// How often the detector is right, with 95 % intervals.
    detection: Option<DetectionTable>,
}

#[derive(Serialize)]
pub(crate) struct BenignGroup {
    pub(crate) n: usize,
    /// Share that the detector calls adversarial.
    pub(crate) flagged: Option<f64>,
    pub(crate) mean_cost: BTreeMap<String, f64>,
}

#[derive(Serialize)]
pub(crate) struct AdversarialGroup {
    pub(crate) kind: String,
    pub(crate) n: usize,
    /// Share that the detector calls adversarial.
    pub(crate) flagged: Option<f64>,
    /// How well the scores of the detector separate them from the benign inputs, with its 95 % interval.
    scores: Option<Auroc>,
    pub(crate) costs: BTreeMap<String, Separation>,
}

/// How well the costs of one attack separate a kind of adversarial inputs from the benign ones.
#[derive(Serialize)]
pub(crate) struct Separation {
    mean_cost: f64,
    auroc: f64,
    /// The 95 % interval.
    auroc_low: f64,
    auroc_high: f64,
    tpr_at_1_fpr: f64,
    pub(crate) tpr_at_5_fpr: f64,
    tpr_at_10_fpr: f64,
    #[serde(skip)]
    pub(crate) roc: RocCurve,
}

/// What a detector says of the inputs.
pub(crate) struct Verdicts {
    pub(crate) benign: Vec<Verdict>,
    /// Kind by kind.
    pub(crate) adversarial: Vec<Vec<Verdict>>,
}

impl Evaluation {
    /// Evaluates the costs of every attack, and the detector if there is one, by its verdicts. Costs of
    /// attacks that gave up count as the largest, see [`complete`](crate::in_vain::complete).
    pub(crate) fn of(
        detector: Option<&SavedDetector>,
        verdicts: Option<&Verdicts>,
        benign: &Costs,
        adversarial: &[(&str, Costs)],
    ) -> anyhow::Result<Self> {
        let attacks = benign.table.attacks();
        let means = attacks
            .iter()
            .enumerate()
            .map(|(column, attack)| (attack.clone(), mean(&benign.values(UNIT, column))));
        let kinds = adversarial.iter().enumerate().map(|(place, (kind, costs))| {
            let separations = attacks.iter().enumerate().map(|(column, attack)| {
                let separation =
                    Separation::of(&benign.values(UNIT, column), &costs.values(UNIT, column))?;
                Ok((attack.clone(), separation))
            });
            Ok(AdversarialGroup {
                kind: (*kind).to_owned(),
                n: costs.table.inputs().len(),
                flagged: verdicts.map(|verdicts| share(&verdicts.adversarial[place])),
                scores: verdicts
                    .map(|verdicts| area(&verdicts.benign, &verdicts.adversarial[place]))
                    .transpose()?,
                costs: separations.collect::<anyhow::Result<_>>()?,
            })
        });
        Ok(Self {
            detector: detector.map(|saved| saved.detector.name()),
            threshold: detector.map(|saved| saved.detector.threshold()),
            benign: BenignGroup {
                n: benign.table.inputs().len(),
                flagged: verdicts.map(|verdicts| share(&verdicts.benign)),
                mean_cost: means.collect(),
            },
            adversarial: kinds.collect::<anyhow::Result<_>>()?,
            detection: verdicts.map(|verdicts| detection(verdicts, adversarial)).transpose()?,
        })
    }
}

impl Separation {
    /// The area under the ROC curve with its interval.
    pub(crate) fn area(&self) -> Auroc {
        Auroc { auroc: self.auroc, low: self.auroc_low, high: self.auroc_high }
    }

    fn of(benign: &[f64], adversarial: &[f64]) -> anyhow::Result<Self> {
        let scores = Scores::from_costs(benign, adversarial)?;
        let Auroc { auroc, low, high } = Auroc::new(&scores);
        let roc = RocCurve::new(&scores);
        Ok(Self {
            mean_cost: mean(adversarial),
            auroc,
            auroc_low: low,
            auroc_high: high,
            tpr_at_1_fpr: roc.tpr_at_fpr(0.01)?,
            tpr_at_5_fpr: roc.tpr_at_fpr(0.05)?,
            tpr_at_10_fpr: roc.tpr_at_fpr(0.10)?,
            roc,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn flags(verdicts: &[Verdict]) -> Vec<bool> {
    verdicts.iter().map(|verdict| verdict.adversarial).collect()
}

/// The share that is flagged.
fn share(verdicts: &[Verdict]) -> f64 {
    flags(verdicts).iter().filter(|flag| **flag).count() as f64 / verdicts.len() as f64
}

fn area(benign: &[Verdict], adversarial: &[Verdict]) -> a2d_eval::Result<Auroc> {
    let scores = |verdicts: &[Verdict]| verdicts.iter().map(|one| one.score).collect::<Vec<_>>();
    Ok(Auroc::new(&Scores::new(&scores(benign), &scores(adversarial))?))
}

/// The rates of right verdicts, kind by kind.
fn detection(
    verdicts: &Verdicts,
    adversarial: &[(&str, Costs)],
) -> a2d_eval::Result<DetectionTable> {
    let flagged: Vec<_> = verdicts.adversarial.iter().map(|verdicts| flags(verdicts)).collect();
    let sets = adversarial.iter().zip(&flagged);
    let sets: Vec<_> = sets.map(|((kind, _), flags)| (*kind, flags.as_slice())).collect();
    DetectionTable::new(&flags(&verdicts.benign), &sets)
}

impl Outcome for Evaluation {
    fn human(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let flagged = |share: Option<f64>| share.map_or("-".into(), percent);
        let header = [
            "inputs",
            "n",
            "defense",
            "mean cost",
            "AUROC",
            "95 % interval",
            "TPR at 5 % FPR",
            "flagged",
        ];
        let mut lines = vec![header.map(String::from).to_vec()];
        for (attack, mean) in &self.benign.mean_cost {
            let (mean, flagged) = (format!("{mean:.1}"), flagged(self.benign.flagged));
            lines.push(line([&"benign", &self.benign.n, attack, &mean, &"", &"", &"", &flagged]));
        }
        for kind in &self.adversarial {
            for (attack, costs) in &kind.costs {
                lines.push(line([
                    &kind.kind,
                    &kind.n,
                    attack,
                    &format!("{:.1}", costs.mean_cost),
                    &format!("{:.4}", costs.auroc),
                    &format!("{:.4} to {:.4}", costs.auroc_low, costs.auroc_high),
                    &percent(costs.tpr_at_5_fpr),
                    &flagged(kind.flagged),
                ]));
            }
        }
        table(lines)
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header = [
            "kind",
            "n",
            "defense",
            "mean_cost",
            "auroc",
            "auroc_low",
            "auroc_high",
            "tpr_at_1_fpr",
            "tpr_at_5_fpr",
            "tpr_at_10_fpr",
            "flagged",
        ];
        let mut lines = vec![header.map(String::from).to_vec()];
        for kind in &self.adversarial {
            let flagged = kind.flagged.map_or(String::new(), |share| share.to_string());
            for (attack, costs) in &kind.costs {
                lines.push(line([
                    &kind.kind,
                    &kind.n,
                    attack,
                    &costs.mean_cost,
                    &costs.auroc,
                    &costs.auroc_low,
                    &costs.auroc_high,
                    &costs.tpr_at_1_fpr,
                    &costs.tpr_at_5_fpr,
                    &costs.tpr_at_10_fpr,
                    &flagged,
                ]));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_cost::{AttackCost, CostRow, CostTable};

    fn costs(iterations: &[u32]) -> Costs {
        let rows = iterations.iter().enumerate().map(|(row, iterations)| {
            let cost = AttackCost {
                iterations: *iterations,
                flipped: true,
                censored: false,
                gradient_queries: *iterations,
                forward_queries: iterations + 1,
                seconds: 0.5,
            };
            CostRow::new(row.to_string(), "bim", cost)
        });
        Costs { table: CostTable::from_rows(rows.collect()).unwrap(), provenance: None }
    }

    fn evaluation() -> Evaluation {
        let adversarial = [("fgsm", costs(&[9, 10, 30])), ("bim-a", costs(&[2, 1]))];
        Evaluation::of(None, None, &costs(&[10, 20, 40, 50]), &adversarial).unwrap()
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(evaluation().human());
    }

    #[test]
    fn programs_see_every_digit() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&evaluation()).unwrap());
        let lines: Vec<_> = evaluation().lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
