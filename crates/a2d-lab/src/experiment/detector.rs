//! The kinds of detectors, and the parameters that they are tried with.

use crate::{Error, Result};
use serde::Deserialize;

/// Inputs to fit on of which the paper speaks when it speaks of neighbours.
const PAPER_FIT: usize = 1000;

/// The fewest neighbours that have a majority without being of one mind: of two, a half is benign.
const FEWEST: usize = 3;

/// Where the options of a tuning have the value.
const VALUE: &str = "{}";

/// A kind of detector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detector {
    pub(crate) name: String,
    /// Options of `a2d fit`.
    pub(crate) fit: Vec<String>,
    /// More of them where it sees the costs of one defense attack.
    #[serde(default)]
    pub(crate) member: Vec<String>,
    /// More of them where it sees the costs of all.
    #[serde(default)]
    pub(crate) ensemble: Vec<String>,
    /// Whether it is fitted on adversarial inputs, too.
    #[serde(default)]
    pub(crate) adversarial: bool,
    /// Whether there is a detector for each kind of examples and defense attack, too.
    #[serde(default)]
    pub(crate) single: bool,
    /// Neighbours that vote, of 1,000 benign and 1,000 adversarial inputs to fit on, where it is one of neighbours.
    pub(crate) neighbours: Option<usize>,
}

/// A parameter of the ensemble's detector, and the values that it is tried with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tuning {
    pub(crate) detector: String,
    /// What its steps are called.
    pub(crate) parameter: String,
    /// What a row of the table is called, with `{}` for the value.
    pub(crate) label: String,
    pub(crate) values: Vec<String>,
    /// Options of `a2d fit` in place of the detector's `ensemble`, with `{}` for the value.
    pub(crate) fit: Option<Vec<String>>,
    /// Options of `a2d eval` for the detector as it is fitted, with `{}` for the value.
    pub(crate) eval: Option<Vec<String>>,
    /// Whether the values are neighbours, in place of the detector's.
    #[serde(default)]
    pub(crate) neighbours: bool,
    /// Whether the values are votes, of which an ensemble has no more than members.
    #[serde(default)]
    votes: bool,
}

/// A detector with one value of a parameter.
#[derive(Debug, PartialEq)]
pub(crate) struct Tuned<'a> {
    pub(crate) tuning: &'a Tuning,
    pub(crate) value: &'a str,
}

impl Tuning {
    /// One for each value.
    pub(crate) fn all(&self) -> impl Iterator<Item = Tuned<'_>> {
        self.values.iter().map(|value| Tuned { tuning: self, value })
    }

    pub(super) fn check(&self) -> Result<()> {
        let place = || format!("tuning of {}", self.parameter);
        let ways = [self.fit.is_some(), self.eval.is_some(), self.neighbours];
        let count = ways.into_iter().filter(|is_one| *is_one).count();
        if count != 1 {
            return Err(Error::experiment(place(), "one of fit, eval and neighbours", count));
        }
        for value in &self.values {
            super::check_name(value.trim_start_matches('-'))?;
            if (self.neighbours || self.votes) && value.parse::<usize>().is_err() {
                return Err(Error::experiment(place(), "counts of neighbours or votes", value));
            }
        }
        Ok(())
    }
}

impl PartialEq for Tuning {
    fn eq(&self, other: &Self) -> bool {
        self.parameter == other.parameter
    }
}

impl Tuned<'_> {
    /// What its detector and its evaluation are called.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.tuning.parameter.replace('_', "-"), self.value)
    }

    /// The name of its row.
    pub(crate) fn label(&self) -> String {
        self.tuning.label.replace(VALUE, self.value)
    }

    /// Options with the value.
    pub(crate) fn filled(&self, options: &[String]) -> Vec<String> {
        options.iter().map(|option| option.replace(VALUE, self.value)).collect()
    }

    /// The neighbours that it is tried with.
    pub(crate) fn neighbours(&self) -> Option<usize> {
        if self.tuning.neighbours { self.value.parse().ok() } else { None }
    }

    /// Whether an ensemble of so many members can have it.
    pub(crate) fn suits(&self, members: usize) -> bool {
        !self.tuning.votes || self.value.parse::<usize>().is_ok_and(|votes| votes <= members)
    }
}

/// The number of neighbours that is to so many inputs to fit on what `k` is to the paper's.
pub(crate) fn neighbours(k: usize, fit: usize) -> usize {
    (k.saturating_mul(fit).saturating_add(PAPER_FIT / 2) / PAPER_FIT).max(FEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_in_proportion() {
        let counts = [1000, 200, 24, 4].map(|fit| neighbours(100, fit));
        assert_eq!(counts, [100, 20, 3, 3]);
    }

    #[test]
    fn a_value_has_its_place_in_names_and_options() {
        let tuning: Tuning = toml::from_str(
            "detector = \"zscore\"\nparameter = \"zscore_h\"\nlabel = \"z-score, h = {}\"\n\
             values = [\"-1\", \"-2\"]\neval = [\"--threshold\", \"{}\"]\n",
        )
        .unwrap();
        tuning.check().unwrap();
        let tuned: Vec<_> = tuning.all().collect();
        assert_eq!(tuned[1].name(), "zscore-h--2");
        assert_eq!(tuned[1].label(), "z-score, h = -2");
        assert_eq!(tuned[0].filled(tuning.eval.as_ref().unwrap()), ["--threshold", "-1"]);
        assert!(tuned[0].suits(1), "no number of votes");
        let votes = Tuning { votes: true, values: vec!["3".into(), "4".into()], ..tuning };
        votes.check().unwrap();
        let suit: Vec<_> = votes.all().map(|tuned| [2, 3, 4].map(|n| tuned.suits(n))).collect();
        assert_eq!(suit, [[false, true, true], [false, false, true]]);
        let none = Tuning { values: vec!["most".into()], ..votes };
        assert!(none.check().unwrap_err().to_string().contains("or votes, got most"));
        let tuning = Tuning { votes: false, values: vec!["-1".into()], ..none };
        let both = Tuning { neighbours: true, ..tuning };
        assert!(both.check().unwrap_err().to_string().contains("one of fit, eval"));
    }
}
