//! Scores and costs of sets of inputs, side by side.

use serde::{Deserialize, Serialize};

use crate::{CostDistribution, MeanScores, ScoreCorrelation};

/// What scores and costs say about sets of inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The name of the benign set.
    pub benign: String,
    /// The mean scores, column by column.
    pub scores: Vec<MeanScores>,
    /// The costs, by attack and measure.
    pub costs: Vec<CostDistribution>,
    /// How scores and costs go together.
    pub correlations: Vec<ScoreCorrelation>,
}

#[cfg(test)]
mod tests {
    use a2d_cost::{AttackCost, Column, CostRow, CostTable, ScoreTable, Sign, Unit};
    use ndarray::Array2;

    use super::*;

    fn scores(scores: &[f64]) -> ScoreTable {
        let inputs = (0..scores.len()).map(|row| row.to_string()).collect();
        let scores = Array2::from_shape_vec((scores.len(), 1), scores.to_vec()).unwrap();
        ScoreTable::new(inputs, vec![Column::new("untargeted", Sign::Smaller)], scores).unwrap()
    }

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

    fn comparison() -> Comparison {
        let (benign, fgsm, cw) = (scores(&[4.0, 3.0, 5.0]), scores(&[0.5, 0.25]), scores(&[0.0]));
        let (easy, hard) = (costs(&[9, 7]), costs(&[80, 60, 90]));
        let points = [(4.0, 80.0), (3.0, 60.0), (5.0, 90.0)];
        Comparison {
            benign: "benign".into(),
            scores: MeanScores::of(&[("benign", &benign), ("fgsm", &fgsm), ("cw", &cw)], Some(5.0))
                .unwrap(),
            costs: CostDistribution::of(&[("benign", &hard), ("fgsm", &easy)]).unwrap(),
            correlations: vec![
                ScoreCorrelation::new("untargeted", "bim", Unit::Iterations, &points).unwrap(),
            ],
        }
    }

    #[test]
    fn json_brings_it_back() {
        let found = comparison();
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Comparison>(&text).unwrap(), found);
    }

    #[test]
    fn lambda_is_the_benign_mean_over_that_of_a_set_above_0() {
        let sets = &comparison().scores[0].sets;
        let lambdas: Vec<_> = sets.iter().map(|set| set.lambda).collect();
        assert_eq!(lambdas, [None, Some(4.0 / 0.375), None]);
        let mean = &comparison().scores[0];
        assert_eq!((mean.mean_lambda, mean.mean_lambda_low), (Some(4.0 / 0.1875), None));
        let below =
            MeanScores::of(&[("benign", &scores(&[-2.0])), ("fgsm", &scores(&[1.0]))], None);
        let below = below.unwrap().remove(0);
        assert_eq!((below.sets[1].lambda, below.sets[1].share_at_cap), (None, None));
    }

    #[test]
    fn scores_at_their_cap_are_a_share_of_each_set() {
        let shares: Vec<_> =
            comparison().scores[0].sets.iter().map(|set| set.share_at_cap).collect();
        assert_eq!(shares, [Some(1.0 / 3.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn sets_have_quartiles_intervals_and_a_test_against_the_benign_one() {
        let found = &comparison().costs;
        let measures: Vec<_> = found.iter().map(|costs| costs.measure).collect();
        assert_eq!(measures, [Unit::Iterations, Unit::Seconds]);
        let [benign, fgsm] = &found[0].sets[..] else { unreachable!() };
        let together = found[0].adversarial.unwrap();
        assert_eq!((together.n, together.mean, together.low), (fgsm.n, fgsm.mean, fgsm.low));
        assert_eq!((benign.p, benign.summary.median, benign.n), (None, 80.0, 3));
        assert!(fgsm.p.unwrap().value < 0.05 && fgsm.low < Some(8.0) && fgsm.high > Some(8.0));
        assert_eq!(found[1].sets[1].p, None, "all seconds are the same");
    }

    #[test]
    fn correlations_of_too_few_or_equal_values_are_none() {
        let of = |points: &[(f64, f64)]| {
            let found = ScoreCorrelation::new("lid", "bim", Unit::Seconds, points).unwrap();
            (found.n, found.pearson.is_some(), found.spearman.is_some())
        };
        assert_eq!(of(&[(1.0, 2.0)]), (1, false, false));
        assert_eq!(of(&[(1.0, 2.0), (1.0, 3.0)]), (2, false, false));
        assert_eq!(of(&[(1.0, 2.0), (2.0, 3.0), (4.0, 1.0)]), (3, true, true));
    }
}
