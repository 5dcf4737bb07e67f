//! An evaluation, as people and programs see it.

use a2d_eval::{Auroc, Evaluation, TprAtFpr};

use crate::format::{Outcome, line, short, table};

/// What the detector is called among the attacks.
const DETECTOR: &str = "detector";

/// A line of an evaluation: what an attack, another column or the detector says of a set of inputs.
struct Row<'a> {
    inputs: &'a str,
    n: usize,
    by: &'a str,
    mean_cost: Option<f64>,
    /// Of adversarial inputs, against the benign ones.
    told: Option<(Auroc, TprAtFpr)>,
    flagged: Option<f64>,
}

/// The benign inputs first; of every set the attacks, and then the detector, if there is one.
fn rows(evaluation: &Evaluation) -> Vec<Row<'_>> {
    let benign = &evaluation.benign;
    let row = |by, mean_cost, flagged| Row {
        inputs: "benign",
        n: benign.n,
        by,
        mean_cost,
        told: None,
        flagged,
    };
    let means = benign.mean_cost.iter().map(|(attack, mean)| row(attack, Some(*mean), None));
    let verdicts = benign.flagged.map(|flagged| row(DETECTOR, None, Some(flagged)));
    let mut rows: Vec<Row<'_>> = means.chain(verdicts).collect();
    for kind in &evaluation.adversarial {
        let row = |by, mean_cost, told, flagged| Row {
            inputs: &kind.kind,
            n: kind.n,
            by,
            mean_cost,
            told,
            flagged,
        };
        let costs = kind.costs.iter().map(|(attack, costs)| {
            row(attack, Some(costs.mean_cost), Some((costs.area(), costs.at)), None)
        });
        let told = kind.scores.zip(kind.at);
        let verdicts = kind.flagged.map(|flagged| row(DETECTOR, None, told, Some(flagged)));
        rows.extend(costs.chain(verdicts));
    }
    rows
}

impl Outcome for Evaluation {
    fn human(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let or_nothing = |text: Option<String>| text.unwrap_or_default();
        let mut header = line([
            &"inputs",
            &"n",
            &"by",
            &"mean cost",
            &"AUROC",
            &"95 % interval",
            &"TPR at 5 % FPR",
        ]);
        header.extend(self.detector.is_some().then(|| "flagged".into()));
        let lines = rows(self).into_iter().map(|row| {
            let auroc = row.told.map(|(area, _)| area);
            let mut fields = line([&row.inputs, &row.n, &row.by]);
            fields.extend([
                or_nothing(row.mean_cost.map(short)),
                or_nothing(auroc.map(|area| format!("{:.4}", area.auroc))),
                or_nothing(auroc.map(|area| format!("{:.4} to {:.4}", area.low, area.high))),
                or_nothing(row.told.map(|(_, at)| percent(at.tpr_at_5_fpr))),
            ]);
            fields.extend(self.detector.is_some().then(|| or_nothing(row.flagged.map(percent))));
            fields
        });
        table(std::iter::once(header).chain(lines))
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
        let or_nothing = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        let lines = rows(self).into_iter().map(|row| {
            let auroc = row.told.map(|(area, _)| area);
            let at = row.told.map(|(_, at)| at);
            let mut fields = line([&row.inputs, &row.n, &row.by]);
            fields.extend(
                [
                    row.mean_cost,
                    auroc.map(|area| area.auroc),
                    auroc.map(|area| area.low),
                    auroc.map(|area| area.high),
                    at.map(|at| at.tpr_at_1_fpr),
                    at.map(|at| at.tpr_at_5_fpr),
                    at.map(|at| at.tpr_at_10_fpr),
                    row.flagged,
                ]
                .map(or_nothing),
            );
            fields
        });
        std::iter::once(header.map(String::from).to_vec()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{AttackCost, CostRow, CostTable};

    use a2d_eval::{Judged, Verdicts};

    use super::*;
    use crate::costs::UNIT;

    fn costs(iterations: &[u32]) -> CostTable {
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
        CostTable::from_rows(rows.collect()).unwrap()
    }

    fn evaluation(judged: Option<&Judged>) -> Evaluation {
        let [benign, fgsm, bim_a] = [&[10, 20, 40, 50][..], &[9, 10, 30], &[2, 1]]
            .map(|iterations| costs(iterations).scores(UNIT));
        Evaluation::new(&benign, &[("fgsm", &fgsm), ("bim-a", &bim_a)], judged).unwrap()
    }

    /// A detector that flags costs up to 10.
    fn judged() -> Judged {
        let verdicts = |costs: &[f64]| Verdicts {
            flagged: costs.iter().map(|cost| *cost <= 10.0).collect(),
            scores: costs.iter().map(|cost| -cost).collect(),
        };
        Judged {
            detector: "z-score".into(),
            threshold: -1.0,
            benign: verdicts(&[10.0, 20.0, 40.0, 50.0]),
            adversarial: vec![verdicts(&[9.0, 10.0, 30.0]), verdicts(&[2.0, 1.0])],
        }
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(evaluation(None).human());
        insta::assert_snapshot!(evaluation(Some(&judged())).human());
    }

    #[test]
    fn programs_see_every_digit() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&evaluation(None)).unwrap());
        let lines: Vec<_> =
            evaluation(Some(&judged())).lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
