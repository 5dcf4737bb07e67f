//! An evaluation, as people and programs see it.

use a2d_eval::Evaluation;

use crate::format::{Outcome, line, short, table};

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
            let (mean, flagged) = (short(*mean), flagged(self.benign.flagged));
            lines.push(line([&"benign", &self.benign.n, attack, &mean, &"", &"", &"", &flagged]));
        }
        for kind in &self.adversarial {
            for (attack, costs) in &kind.costs {
                lines.push(line([
                    &kind.kind,
                    &kind.n,
                    attack,
                    &short(costs.mean_cost),
                    &format!("{:.4}", costs.auroc),
                    &format!("{:.4} to {:.4}", costs.auroc_low, costs.auroc_high),
                    &percent(costs.at.tpr_at_5_fpr),
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
                    &costs.at.tpr_at_1_fpr,
                    &costs.at.tpr_at_5_fpr,
                    &costs.at.tpr_at_10_fpr,
                    &flagged,
                ]));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{AttackCost, CostRow, CostTable};

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

    fn evaluation() -> Evaluation {
        let [benign, fgsm, bim_a] = [&[10, 20, 40, 50][..], &[9, 10, 30], &[2, 1]]
            .map(|iterations| costs(iterations).scores(UNIT));
        Evaluation::new(&benign, &[("fgsm", &fgsm), ("bim-a", &bim_a)], None).unwrap()
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
