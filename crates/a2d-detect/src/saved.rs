mod file;
mod version;

use a2d_cost::{CostTable, Provenance};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{Detect, Detector, Error, Explanation, Result, Unit};

/// A fitted detector with what one must know to use it on other costs. Its file is JSON:
/// `{"format": "a2d-detector", "version": 2, "attacks": [...], "unit": ..., "provenance": ...,
/// "detector": ...}`. Every number comes back as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedDetector {
    /// Names of the attacks whose costs it takes, in this order.
    pub attacks: Vec<String>,
    /// What the costs count.
    pub unit: Unit,
    /// What was attacked to get the costs it was fitted on, and how, where that is known.
    pub provenance: Option<Provenance>,
    /// The detector.
    pub detector: Detector,
}

impl SavedDetector {
    /// The costs of a table that the detector takes (inputs x attacks), in its order and unit. The table
    /// may hold other attacks besides.
    ///
    /// # Errors
    /// If the table lacks an attack, or one was stopped early.
    pub fn costs(&self, table: &CostTable) -> Result<Array2<f64>> {
        let table = table.select(&self.attacks).map_err(|_| self.attacks_error(table.attacks()))?;
        if let Some((input, attack)) = table.first_censored() {
            return Err(Error::Censored { input: input.into(), attack: attack.into() });
        }
        Ok(table.costs().map(|cost| self.unit.of(cost)))
    }

    /// Checks that columns of costs from elsewhere are those that the detector takes.
    ///
    /// # Errors
    /// If they are of other attacks, in another order or in another unit.
    pub fn check_columns(&self, attacks: &[impl AsRef<str>], unit: Unit) -> Result<()> {
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
        let (expected, found) = (self.detector.attacks(), self.attacks.len());
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
mod tests {
    use a2d_cost::{AttackCost, CostRow};
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::array;

    use super::*;
    use crate::ZScore;
    use crate::tests::benign;

    pub(super) fn saved(detector: impl Into<Detector>) -> SavedDetector {
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

    pub(super) fn z_score() -> SavedDetector {
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
        assert_eq!(z_score().costs(&table).unwrap(), array![[3.0, 1.0]]);
        let gradients = SavedDetector { unit: Unit::GradientQueries, ..z_score() };
        assert_eq!(gradients.costs(&table).unwrap(), array![[6.0, 2.0]]);
    }

    #[test]
    fn costs_of_other_attacks_or_units_are_refused() {
        let message =
            |attacks, complete| z_score().costs(&table(attacks, complete)).unwrap_err().to_string();
        let other = message(["bim", "bim2", "fgsm"], true);
        assert!(other.contains(r#"expected costs of the attacks ["bim", "jsma"]"#), "{other}");
        assert!(other.contains(r#"got ["bim", "bim2", "fgsm"]"#), "{other}");
        let censored = message(["jsma", "x", "bim"], false);
        assert!(censored.contains("censored one of bim on input a.png"), "{censored}");

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
