//! Logistic regressions of one kind of adversarial inputs each, and of all of them.

use a2d_cost::{Column, Sign};
use serde::{Deserialize, Serialize};

use super::scaling::Scaling;
use super::{Logistic, Scale, folds};
use crate::{Error, Result};

/// What regressions are fitted on: a row of numbers for each input.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Of benign inputs.
    pub(crate) normal: Vec<Vec<f64>>,
    /// Of each kind of adversarial inputs, and of the benign ones with noise that go with it.
    pub(crate) kinds: Vec<KindRows>,
}

/// What regressions are fitted on for one kind of adversarial inputs.
#[derive(Debug)]
pub(crate) struct KindRows {
    /// What the kind is called.
    pub(crate) kind: String,
    /// Of the adversarial inputs.
    pub(crate) adversarial: Vec<Vec<f64>>,
    /// Of benign inputs with as much noise.
    pub(crate) noisy: Vec<Vec<f64>>,
}

/// The probability of an input being adversarial: by a regression on all kinds, and by one on each.
///
/// The papers fit one for each attack; one for all is what a defender has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ByKind {
    all: Scaled,
    kinds: Vec<(String, Scaled)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Scaled {
    scaling: Scaling,
    logistic: Logistic,
}

impl ByKind {
    /// Fits on normal and noisy inputs against adversarial ones. Of n inputs of a sort the first `part(n)` are fitted
    /// on; the scale is that of all.
    ///
    /// # Errors
    /// [`Error::Material`] if kinds have the same name, or fewer inputs are to be fitted on than there are folds.
    pub(crate) fn fit(
        baseline: &'static str,
        scale: Scale,
        numbers: &Numbers,
        part: impl Fn(usize) -> usize,
    ) -> Result<Self> {
        let material = |expected: String, got: String| Error::Material { baseline, expected, got };
        let fit = |kinds: &[&KindRows]| {
            let adversarial: Vec<_> = kinds.iter().map(|kind| &kind.adversarial).collect();
            let mut benign = vec![&numbers.normal];
            benign.extend(kinds.iter().map(|kind| &kind.noisy));
            let every = adversarial.iter().chain(&benign).flat_map(|sort| sort.iter().cloned());
            let scaling = Scaling::fit(scale, &every.collect::<Vec<_>>());
            let fitted = |sorts: &[&Vec<Vec<f64>>]| -> Vec<_> {
                let rows = sorts.iter().flat_map(|rows| rows.iter().take(part(rows.len())));
                rows.map(|row| scaling.apply(row)).collect()
            };
            let (mut rows, benign) = (fitted(&adversarial), fitted(&benign));
            let least = rows.len().min(benign.len());
            if least < folds::COUNT {
                let of = kinds.iter().map(|kind| kind.kind.as_str()).collect::<Vec<_>>().join(", ");
                let expected = format!("{} benign and {of} inputs to fit on", folds::COUNT);
                return Err(material(expected, format!("{} and {}", benign.len(), rows.len())));
            }
            let mut positive = vec![true; rows.len()];
            rows.extend(benign);
            positive.resize(rows.len(), false);
            Ok(Scaled { logistic: Logistic::fit(&rows, &positive)?, scaling })
        };
        for (place, rows) in numbers.kinds.iter().enumerate() {
            if numbers.kinds[..place].iter().any(|other| other.kind == rows.kind) {
                let expected = "a name of its own for each kind of adversarial inputs";
                return Err(material(expected.into(), format!("{:?} twice", rows.kind)));
            }
        }
        let every: Vec<_> = numbers.kinds.iter().collect();
        let of_kind = |rows: &KindRows| Ok((rows.kind.clone(), fit(&[rows])?));
        let kinds = numbers.kinds.iter().map(of_kind).collect::<Result<_>>()?;
        Ok(Self { all: fit(&every)?, kinds })
    }

    /// The columns: the baseline's name, then the name with that of each kind.
    pub(crate) fn columns(&self, baseline: &str) -> Vec<Column> {
        let of_kinds = self.kinds.iter().map(|(kind, _)| format!("{baseline}-{kind}"));
        let names = [baseline.to_owned()].into_iter().chain(of_kinds);
        names.map(|name| Column::new(name, Sign::Larger)).collect()
    }

    /// The probabilities, one for each column, of an input with these numbers.
    pub(crate) fn probabilities(&self, numbers: &[f64]) -> Vec<f64> {
        let regressions = [&self.all].into_iter().chain(self.kinds.iter().map(|(_, of)| of));
        regressions.map(|of| of.logistic.probability(&of.scaling.apply(numbers))).collect()
    }

    /// Refuses regressions from a file that are of other than so many numbers.
    ///
    /// # Errors
    /// [`Error::State`] with how many they are of.
    pub(crate) fn check_width(&self, width: usize) -> Result<()> {
        let regressions = [&self.all].into_iter().chain(self.kinds.iter().map(|(_, of)| of));
        for of in regressions {
            let got = of.scaling.width().min(of.logistic.weights.len());
            if got != width || of.logistic.weights.len() != width {
                return Err(Error::state(format_args!("regressions of {width} numbers"), got));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(from: u32) -> Vec<Vec<f64>> {
        (from..from + 10).map(|number| vec![f64::from(number)]).collect()
    }

    fn kind(kind: &str, from: u32) -> KindRows {
        KindRows { kind: kind.into(), adversarial: rows(from), noisy: rows(6) }
    }

    #[test]
    fn each_kind_is_told_from_benign_inputs_and_from_noise() {
        let numbers = Numbers { normal: rows(0), kinds: vec![kind("far", 100), kind("near", 14)] };
        let by_kind = ByKind::fit("lid", Scale::Range, &numbers, |count| count).unwrap();
        let names: Vec<_> = by_kind.columns("lid").into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["lid", "lid-far", "lid-near"]);
        let [of_all, far, near] = <[f64; 3]>::try_from(by_kind.probabilities(&[20.0])).unwrap();
        assert!(far < 0.5 && near > 0.5 && of_all > 0.5, "{of_all} {far} {near}");
        let again = serde_json::from_str(&serde_json::to_string(&by_kind).unwrap()).unwrap();
        assert_eq!(by_kind, again);
        assert!(by_kind.check_width(1).is_ok());
        let error = by_kind.check_width(2).unwrap_err().to_string();
        assert_eq!(error, "restore baseline: expected regressions of 2 numbers, got 1");
    }

    #[test]
    fn only_the_part_is_fitted_on_but_all_is_scaled_by() {
        let mut numbers = Numbers { normal: rows(0), kinds: vec![kind("far", 100)] };
        let fit = |numbers: &Numbers| ByKind::fit("lid", Scale::Range, numbers, |_| 6).unwrap();
        let before = fit(&numbers);
        // Within the range, so that the scale stays.
        numbers.kinds[0].adversarial[7] = vec![3.0];
        assert_eq!(fit(&numbers), before);
        numbers.kinds[0].adversarial[7] = vec![500.0];
        assert_ne!(fit(&numbers).all.scaling, before.all.scaling);
        numbers.kinds[0].adversarial[0] = vec![3.0];
        assert_ne!(fit(&numbers).all.logistic, before.all.logistic);
    }

    #[test]
    fn what_cannot_be_fitted_on_is_said() {
        let fit = |kinds| {
            let numbers = Numbers { normal: rows(0), kinds };
            ByKind::fit("lid", Scale::Range, &numbers, |count| count).unwrap_err().to_string()
        };
        let few = KindRows { adversarial: rows(0).split_off(7), ..kind("fgsm", 0) };
        let expected = "fit lid: expected 5 benign and fgsm inputs to fit on, got 20 and 3";
        assert_eq!(fit(vec![few]), expected);
        let message = fit(vec![kind("pgd", 0), kind("pgd", 9)]);
        assert!(message.ends_with("got \"pgd\" twice"), "{message}");
    }
}
