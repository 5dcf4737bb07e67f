//! An environment's experiment, as its file in `experiments/` says it.

pub(crate) mod sample;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Inputs to fit on of which the paper speaks when it speaks of neighbours.
const PAPER_FIT: usize = 1000;

/// What an environment trains, crafts, measures, fits and scores.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Its folder in the data folder, and whose attack parameters apply.
    pub(crate) dataset: String,
    pub(crate) seed: u64,
    /// Defense attacks whose costs the detectors see.
    pub(crate) defenses: Vec<String>,
    pub(crate) model: Model,
    /// Kinds of adversarial inputs, in the order of the tables.
    pub(crate) attacks: Vec<Attack>,
    pub(crate) skip: Skip,
    pub(crate) detectors: Detectors,
    pub(crate) profile: BTreeMap<String, Profile>,
    pub(crate) seconds: Rates,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) weights: PathBuf,
    /// Options of `a2d train`, where the weights are missing.
    pub(crate) train: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attack {
    pub(crate) name: String,
    /// The name of the attack in `a2d craft`.
    pub(crate) craft: String,
    /// Its parameters, where they are not those of the data set.
    #[serde(default)]
    pub(crate) options: Vec<String>,
}

/// The first image of the test split that each part of the work looks at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    pub(crate) fit: usize,
    pub(crate) score: usize,
    pub(crate) evidence: usize,
}

/// The paper's detectors, and the values that it tunes them over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Detectors {
    pub(crate) k: usize,
    pub(crate) votes: usize,
    pub(crate) tuning_k: Vec<usize>,
    pub(crate) tuning_ratio: Vec<String>,
    pub(crate) tuning_h: Vec<String>,
}

/// How much of it is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Profile {
    /// Folder of data sets, where it is not the user's.
    pub(crate) data_dir: Option<PathBuf>,
    /// In place of the experiment's.
    pub(crate) weights: Option<PathBuf>,
    /// Benign inputs to fit on, and as many adversarial ones.
    pub(crate) fit: usize,
    /// Benign inputs to score on.
    pub(crate) score: usize,
    /// Adversarial inputs by each attack to score on.
    pub(crate) adversarial: usize,
    pub(crate) slow: Option<Slow>,
    /// Inputs of each kind for CLEVER scores and for the costs of all `timed` attacks.
    pub(crate) evidence: usize,
    pub(crate) timed: Vec<String>,
    pub(crate) clever: Clever,
    /// In place of the experiment's.
    pub(crate) defenses: Option<Vec<String>>,
    /// In place of the experiment's.
    pub(crate) skip: Option<Skip>,
    /// Options of crafting attacks, in place of the experiment's.
    #[serde(default)]
    pub(crate) craft: BTreeMap<String, Vec<String>>,
    /// Why cells of its tables fall short of the paper's.
    #[serde(default)]
    pub(crate) cause: Vec<Cause>,
}

/// Defense attacks that take too long for the inputs of the others, and how many there are for them. Their
/// detectors and the ensembles see no other inputs; those of the others are fitted and scored on these once
/// more, to be compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slow {
    pub(crate) defenses: Vec<String>,
    pub(crate) fit: usize,
    pub(crate) score: usize,
    pub(crate) adversarial: usize,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clever {
    pub(crate) batches: usize,
    pub(crate) samples: usize,
}

/// Seconds per input on one core, for estimates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rates {
    /// What costs of adversarial inputs take, as a share of those of benign ones.
    pub(crate) adversarial: f64,
    pub(crate) craft: BTreeMap<String, f64>,
    pub(crate) cost: BTreeMap<String, f64>,
    /// Per sample.
    pub(crate) clever: f64,
}

/// Why cells fall short; an absent row or column stands for all.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cause {
    pub(crate) table: String,
    pub(crate) row: Option<String>,
    pub(crate) column: Option<String>,
    pub(crate) text: String,
}

impl Experiment {
    /// Reads and checks a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = a2d_file::read_text(path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot use {}", path.display()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let experiment: Self = toml::from_str(text)?;
        for (name, profile) in &experiment.profile {
            experiment.check(name, profile)?;
        }
        Ok(experiment)
    }

    /// This experiment as the profile has it.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile> {
        let known = || self.profile.keys().cloned().collect::<Vec<_>>().join(", ");
        let profile = self.profile.get(name);
        profile
            .with_context(|| format!("{}: expected a profile of {}, got {name}", self.id, known()))
    }

    /// Why cells fall short of the paper's, each with the profile that it is given for.
    pub(crate) fn causes(&self) -> impl Iterator<Item = (&str, &Cause)> {
        self.profile.iter().flat_map(|(name, profile)| {
            profile.cause.iter().map(move |cause| (name.as_str(), cause))
        })
    }

    pub(crate) fn skip(&self, profile: &Profile) -> Skip {
        profile.skip.unwrap_or(self.skip)
    }

    pub(crate) fn defenses<'a>(&'a self, profile: &'a Profile) -> &'a [String] {
        profile.defenses.as_ref().unwrap_or(&self.defenses)
    }

    fn check(&self, name: &str, profile: &Profile) -> Result<()> {
        let kinds = self.attacks.len();
        ensure!(kinds > 0, "expected attacks, got none");
        for fit in profile.slow.iter().map(|slow| slow.fit).chain([profile.fit]) {
            ensure!(
                fit >= kinds && fit.is_multiple_of(kinds),
                "profile {name}: expected a multiple of {kinds} inputs to fit on, got {fit}"
            );
        }
        let skip = self.skip(profile);
        ensure!(
            skip.score > skip.fit && skip.evidence > skip.fit,
            "profile {name}: expected images to score on behind those to fit on, got {skip:?}"
        );
        Ok(())
    }
}

/// The fewest neighbours that have a majority without being of one mind: of two, a half is benign.
const FEWEST: usize = 3;

/// The number of neighbours that is to so many inputs to fit on what `k` is to the paper's.
pub(crate) fn neighbours(k: usize, fit: usize) -> usize {
    ((k * fit + PAPER_FIT / 2) / PAPER_FIT).max(FEWEST)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn experiment(id: &str) -> Experiment {
        Experiment::read(&std::path::Path::new("../..").join(format!("experiments/{id}.toml")))
            .unwrap()
    }

    #[test]
    fn the_experiments_have_all_profiles() {
        for id in ["env1-mnist", "env1-cifar10"] {
            let experiment = experiment(id);
            assert_eq!(experiment.id, id);
            for name in ["smoke", "cpu", "paper"] {
                assert!(
                    experiment.profile(name).is_ok() || (id, name) == ("env1-cifar10", "smoke")
                );
            }
            let message = experiment.profile("gpu").unwrap_err().to_string();
            assert!(message.contains("paper") && message.ends_with("got gpu"), "{message}");
        }
    }

    #[test]
    fn neighbours_are_in_proportion() {
        let counts = [1000, 200, 24, 4].map(|fit| neighbours(100, fit));
        assert_eq!(counts, [100, 20, 3, 3]);
    }

    #[test]
    fn images_are_not_both_fitted_and_scored_on() {
        let path = std::path::Path::new("../..").join("experiments/env1-mnist.toml");
        let text = std::fs::read_to_string(path).unwrap().replace("score = 5000", "score = 0");
        let message = Experiment::parse(&text).unwrap_err().to_string();
        assert!(message.contains("behind those to fit on"), "{message}");
    }

    #[test]
    fn no_damage_makes_the_reader_panic() {
        let path = std::path::Path::new("../..").join("experiments/env1-mnist.toml");
        let whole = std::fs::read_to_string(&path).unwrap();
        let damage = |number: &str| {
            for (at, _) in whole.match_indices(|c: char| c.is_ascii_digit()) {
                let _ = Experiment::parse(&format!("{}{number}{}", &whole[..at], &whole[at + 1..]));
            }
        };
        ["-1", "1e39", "nan", "18446744073709551616", "\"", "[", ""].into_iter().for_each(damage);
        for (end, _) in whole.char_indices().step_by(7) {
            let _ = Experiment::parse(&whole[..end]);
        }
    }
}
