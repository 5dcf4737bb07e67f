//! A detector with the names, unit and provenance of its columns.

mod document;
mod file;
mod version;

use a2d_cost::{CostTable, Provenance, ScoreTable};
use ndarray::Array2;
use serde::Deserialize;

use crate::{Detect, Detector, Error, Explanation, Foresee, MAX_COST, Result, Unit, Verdict};

/// A fitted detector with what one must know to use it on other costs or scores. Its file is JSON:
/// `{"format": "a2d-detector", "version": 3, "attacks": [...], "unit": ..., "provenance": ...,
/// "detector": ...}`. Every number comes back as it was.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "document::Unread")]
pub struct SavedDetector {
    /// Names of the attacks whose costs it takes, or of the columns of scores, in this order.
    pub attacks: Vec<String>,
    /// What the costs count. It says nothing of scores, and is not in the file of a detector on them.
    pub unit: Unit,
    /// What was attacked to get the costs it was fitted on, and how, where that is known; or what was scored.
    pub provenance: Option<Provenance>,
    /// The detector.
    pub detector: Detector,
}

impl SavedDetector {
    /// The verdicts on the inputs of tables, in their order. The tables may hold other attacks besides those
    /// of the detector.
    ///
    /// The cost of an attack that did not flip the label is only known to be at least what it spent. The most
    /// that it may be is its cap, for which the largest cost of the attack is taken, in any of the tables or,
    /// if that is more, the mean over the benign inputs of the fit. Between the two the verdict is in favour
    /// of the input, see [`Foresee::verdict_within`]. So an attack that gave up early is no evidence, and one
    /// that went on to its cap costs that.
    ///
    /// # Errors
    /// If a table lacks an attack, or one was stopped by a budget, or the detector is on scores.
    pub fn verdicts(&self, tables: &[&CostTable]) -> Result<Vec<Vec<Verdict>>> {
        if !self.detector.numbers().are_costs() {
            return Err(Error::NotCosts);
        }
        let select = |table: &&CostTable| -> Result<CostTable> {
            let attacks = table.attacks();
            let table = table.select(&self.attacks).map_err(|_| self.attacks_error(attacks))?;
            match table.first_censored() {
                None => Ok(table),
                Some((input, attack)) => {
                    Err(Error::Censored { input: input.into(), attack: attack.into() })
                }
            }
        };
        let tables = tables.iter().map(select).collect::<Result<Vec<_>>>()?;
        let largest = CostTable::largest(&tables);
        let benign = self.detector.benign_costs();
        let most = largest.iter().zip(benign).map(|(cost, mean)| self.unit.of(cost).max(mean));
        let most: Vec<f64> = most.map(|cost| cost.min(MAX_COST)).collect();
        tables.iter().map(|table| self.verdicts_up_to(table, &most)).collect()
    }

    /// The verdicts on the inputs of a table with the attacks of the detector, which cost so much at most.
    fn verdicts_up_to(&self, table: &CostTable, most: &[f64]) -> Result<Vec<Verdict>> {
        let known = Array2::from_shape_fn(table.costs().dim(), |(row, attack)| {
            let cost = &table.costs()[[row, attack]];
            let least = self.unit.of(cost);
            least..=if cost.is_lower_bound() { least.max(most[attack]) } else { least }
        });
        let mut verdicts = self.detector.verdicts(known.map(|range| *range.end()).view())?;
        for (verdict, known) in verdicts.iter_mut().zip(known.rows()) {
            if known.iter().any(|range| range.start() < range.end()) {
                *verdict = self.detector.verdict_within(&known.to_vec())?;
            }
        }
        Ok(verdicts)
    }

    /// The verdicts on the inputs of a table of scores, in their order. The table may hold other columns
    /// besides those of the detector.
    ///
    /// # Errors
    /// If the table lacks a column or has one with the other sign, or the detector is on costs.
    pub fn verdicts_on_scores(&self, table: &ScoreTable) -> Result<Vec<Verdict>> {
        let numbers = self.detector.numbers();
        if numbers.are_costs() {
            return Err(Error::NotScores);
        }
        let table = table.select(&self.attacks).map_err(|_| self.attacks_error(&table.names()))?;
        for (place, column) in table.columns().iter().enumerate() {
            let (expected, got) = (numbers.sign(place), column.sign);
            if expected != got {
                return Err(Error::Sign { column: column.name.clone(), expected, got });
            }
        }
        self.detector.verdicts(table.scores().view())
    }

    /// Checks that columns of costs from elsewhere are those that the detector takes.
    ///
    /// # Errors
    /// If they are of other attacks, in another order or in another unit, or the detector is on scores.
    pub fn check_columns(&self, attacks: &[impl AsRef<str>], unit: Unit) -> Result<()> {
        if !self.detector.numbers().are_costs() {
            return Err(Error::NotCosts);
        }
        let attacks: Vec<String> = attacks.iter().map(|attack| attack.as_ref().into()).collect();
        if attacks != self.attacks {
            return Err(self.attacks_error(&attacks));
        }
        if unit == self.unit { Ok(()) } else { Err(Error::Unit { expected: self.unit, got: unit }) }
    }

    /// [`Detect::explain`] with the names of the attacks.
    ///
    /// # Errors
    /// As there.
    pub fn explain(&self, costs: &[f64]) -> Result<Explanation<String>> {
        let explanation = self.detector.explain(costs)?;
        Ok(explanation.rename(&|attack: usize| self.attacks[attack].clone()))
    }

    fn check(&self) -> Result<()> {
        let (expected, found) = (self.detector.columns(), self.attacks.len());
        if expected != found {
            return Err(Error::Description {
                expected: format!("names of {expected} attacks"),
                found: found.to_string(),
            });
        }
        let mut rest = self.attacks.iter();
        while let Some(attack) = rest.next() {
            if rest.as_slice().contains(attack) {
                return Err(Error::Description {
                    expected: "attacks that differ".into(),
                    found: format!("{attack:?} twice"),
                });
            }
        }
        Ok(())
    }

    fn attacks_error(&self, got: &[String]) -> Error {
        Error::Attacks { expected: self.attacks.clone(), got: got.to_vec() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use a2d_cost::{AttackCost, CostRow};
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::array;

    use super::*;
    use crate::tests::benign;
    use crate::{Conformal, Knn, Tails, ZScore, labelled};

    pub(crate) fn saved(detector: impl Into<Detector>) -> SavedDetector {
        SavedDetector {
            attacks: vec!["bim".into(), "jsma".into()],
            unit: Unit::Iterations,
            provenance: Some(Provenance {
                model: "abc".into(),
                defenses: [("bim".into(), serde_json::json!({"epsilon": 0.3}))].into(),
                inputs: vec![],
                budget: None,
                seed: 7,
                unscored: vec![],
                machines: vec![],
            }),
            detector: detector.into(),
        }
    }

    pub(crate) fn z_score() -> SavedDetector {
        saved(ZScore::params(1).fit(&DatasetBase::from(benign())).unwrap())
    }

    fn table(attacks: [&str; 3], flipped: bool) -> CostTable {
        let cost = |iterations| AttackCost {
            iterations,
            flipped,
            censored: !flipped,
            gradient_queries: 2 * iterations,
            forward_queries: 3 * iterations,
            seconds: 0.5,
        };
        let rows =
            attacks.into_iter().zip(1..).map(|(name, n)| CostRow::new("a.png", name, cost(n)));
        CostTable::from_rows(rows.collect()).unwrap()
    }

    #[test]
    fn costs_are_taken_in_the_order_and_unit_of_the_detector() {
        let table = table(["jsma", "jsma2", "bim"], true);
        let verdicts = |detector: &SavedDetector| detector.verdicts(&[&table]).unwrap();
        let of_costs = |costs| z_score().detector.verdict(costs).unwrap();
        assert_eq!(verdicts(&z_score()), [[of_costs(&[3.0, 1.0])]]);
        let gradients = SavedDetector { unit: Unit::GradientQueries, ..z_score() };
        assert_eq!(verdicts(&gradients), [[of_costs(&[6.0, 2.0])]]);
    }

    /// A table of the costs of BIM and JSMA and whether the label flipped.
    fn costs(rows: &[[(u32, bool); 2]]) -> CostTable {
        let rows = rows.iter().enumerate().flat_map(|(row, costs)| {
            ["bim", "jsma"].iter().zip(costs).map(move |(attack, &(iterations, flipped))| {
                let (gradient_queries, forward_queries, seconds) = (iterations, iterations, 0.5);
                let cost = AttackCost {
                    iterations,
                    flipped,
                    censored: false,
                    gradient_queries,
                    forward_queries,
                    seconds,
                };
                CostRow::new(row.to_string(), *attack, cost)
            })
        });
        CostTable::from_rows(rows.collect()).unwrap()
    }

    #[test]
    fn an_attack_that_gave_up_is_no_evidence_for_any_detector() {
        let adversarial = array![[3.0, 5.0], [9.0, 2.0], [4.0, 4.0]];
        let samples = labelled(benign().view(), adversarial.view()).unwrap();
        let knn: Detector = Knn::params().k(3).fit(&samples).unwrap().into();
        let z_score = |tails| -> Detector {
            ZScore::params(1).tails(tails).fit(&DatasetBase::from(benign())).unwrap().into()
        };
        let mut detectors = vec![knn, z_score(Tails::Lower), z_score(Tails::Both)];
        for detector in detectors.clone() {
            let conformal = Conformal::params(detector).alpha(0.1);
            detectors.push(conformal.fit(&DatasetBase::from(benign())).unwrap().into());
        }
        let gave_up = [0, 1, 5, 60].map(|spent| [(150, true), (spent, false)]);
        let gave_up = [gave_up, gave_up.map(|[bim, jsma]| [(jsma.0, false), bim])].concat();
        for detector in detectors {
            let detector = saved(detector);
            let flagged = |tables: &[&CostTable]| -> usize {
                let verdicts = detector.verdicts(tables).unwrap().concat();
                verdicts.iter().filter(|verdict| verdict.adversarial).count()
            };
            let low = costs(&[[(3, true), (5, true)]]);
            assert_eq!((flagged(&[&costs(&gave_up)]), flagged(&[&low])), (0, 1), "{detector:?}");
            assert_eq!(flagged(&[&costs(&gave_up), &low]), 1, "{detector:?}");
            // Whole tables of them, and a search that never began.
            for all in [[(0, false); 2], [(500, false); 2]] {
                let known =
                    detector.detector.certain(&[0, 1].map(|i| f64::from(all[i].0)..=f64::INFINITY));
                let certain = usize::from(known.unwrap() == Some(true));
                assert!(flagged(&[&costs(&[all; 3])]) <= 3 * certain, "{all:?}: {detector:?}");
            }
        }
    }

    #[test]
    fn an_attack_at_its_cap_costs_that() {
        // The largest cost in sight is taken for the cap, so this is known exactly.
        let table = costs(&[[(150, true), (2000, false)], [(4, true), (2000, false)]]);
        let both =
            saved(ZScore::params(1).tails(Tails::Both).fit(&DatasetBase::from(benign())).unwrap());
        for detector in [z_score(), both] {
            let expected =
                detector.detector.verdicts(array![[150.0, 2000.0], [4.0, 2000.0]].view());
            assert_eq!(detector.verdicts(&[&table]).unwrap(), [expected.unwrap()]);
        }
    }

    #[test]
    fn costs_of_other_attacks_or_units_are_refused() {
        let message = |attacks, complete| {
            z_score().verdicts(&[&table(attacks, complete)]).unwrap_err().to_string()
        };
        let other = message(["bim", "bim2", "fgsm"], true);
        assert!(other.contains(r#"expected costs of the attacks ["bim", "jsma"]"#), "{other}");
        assert!(other.contains(r#"got ["bim", "bim2", "fgsm"]"#), "{other}");
        let censored = message(["jsma", "x", "bim"], false);
        assert!(
            censored.contains("one of bim on input a.png that a budget censored"),
            "{censored}"
        );

        let check = |attacks: &[&str], unit| z_score().check_columns(attacks, unit);
        check(&["bim", "jsma"], Unit::Iterations).unwrap();
        let swapped = check(&["jsma", "bim"], Unit::Iterations).unwrap_err().to_string();
        assert!(swapped.contains(r#"got ["jsma", "bim"]"#), "{swapped}");
        let unit = check(&["bim", "jsma"], Unit::Seconds).unwrap_err();
        assert!(unit.to_string().contains("expected costs in iterations, got seconds"), "{unit}");
        assert!(unit.is_bad_input());
    }

    #[test]
    fn explanations_name_the_attacks() {
        let explanation = z_score().explain(&[150.0, 5.0]).unwrap();
        assert!(explanation.verdict.adversarial);
        let text = explanation.to_string();
        assert!(text.contains("jsma flags it: cost 5"), "{text}");
    }
}
