//! An environment's experiment, as its file says it.

mod detector;
mod profile;
pub(crate) mod sample;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) use detector::{Detector, Tuned, Tuning, neighbours};
pub(crate) use profile::{Clever, Evidence, Profile, Slow};

/// What an environment trains, crafts, measures, fits and scores.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Whose published numbers stand beside ours, where that is another environment.
    paper: Option<String>,
    /// Its folder in the data folder, and whose attack parameters apply.
    pub(crate) dataset: String,
    pub(crate) seed: u64,
    /// Defense attacks whose costs the detectors see.
    pub(crate) defenses: Vec<String>,
    /// Other scores of the scored inputs: columns of `a2d score`.
    #[serde(default)]
    pub(crate) baselines: Vec<String>,
    pub(crate) model: Model,
    /// Kinds of adversarial inputs, in the order of the tables.
    pub(crate) attacks: Vec<Attack>,
    pub(crate) skip: Skip,
    /// The kinds of detectors, in the order of the tables.
    pub(crate) detectors: Vec<Detector>,
    #[serde(default)]
    pub(crate) tuning: Vec<Tuning>,
    /// Its tables; all that its steps give if absent.
    pub(crate) tables: Option<Vec<String>>,
    pub(crate) profile: BTreeMap<String, Profile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) weights: PathBuf,
    /// Options of `a2d` that say how the weights are read.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Options of `a2d train`, where the weights are missing.
    pub(crate) train: Option<Vec<String>>,
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
    /// Whether its examples are scored by the side: nothing is fitted on them, and no number that is compared
    /// with a published one is of them.
    #[serde(default)]
    pub(crate) extra: bool,
}

/// The first image of the test split that each part of the work looks at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    pub(crate) fit: usize,
    pub(crate) score: usize,
    pub(crate) evidence: usize,
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
        experiment.check()?;
        for (name, profile) in &experiment.profile {
            experiment.check_profile(profile).with_context(|| format!("profile {name}"))?;
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

    /// The environment whose published numbers stand beside ours.
    pub(crate) fn published(&self) -> &str {
        self.paper.as_deref().unwrap_or(&self.id)
    }

    /// The attacks whose examples detectors are fitted on, and numbers are of that are compared with published ones.
    pub(crate) fn compared(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|attack| !attack.extra)
    }

    /// The attacks whose examples are scored by the side.
    pub(crate) fn extra(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|attack| attack.extra)
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

    fn check(&self) -> Result<()> {
        for name in [&self.id, &self.dataset] {
            check_name(name)?;
        }
        check_names("attacks", self.attacks.iter().map(|attack| &attack.name))?;
        check_names("detectors", self.detectors.iter().map(|detector| &detector.name))?;
        check_names("baselines", &self.baselines)?;
        ensure!(self.compared().next().is_some(), "expected attacks to fit on, got none");
        for tuning in &self.tuning {
            ensure!(
                self.detectors.iter().any(|detector| detector.name == tuning.detector),
                "tuning: expected a detector of the file, got {}",
                tuning.detector
            );
            tuning.check()?;
        }
        Ok(())
    }

    fn check_profile(&self, profile: &Profile) -> Result<()> {
        let kinds = self.compared().count();
        for fit in profile.slow.iter().map(|slow| slow.fit).chain([profile.fit]) {
            ensure!(
                fit >= kinds && fit.is_multiple_of(kinds),
                "expected a multiple of {kinds} inputs to fit on, got {fit}"
            );
        }
        let skip = self.skip(profile);
        ensure!(
            skip.score > skip.fit && skip.evidence > skip.fit,
            "expected images to score on behind those to fit on, got {skip:?}"
        );
        let defenses = self.defenses(profile);
        ensure!(!defenses.is_empty(), "expected defenses, got none");
        check_names("defenses", defenses)?;
        let slow = profile.slow.iter().flat_map(|slow| &slow.defenses);
        for stranger in slow.filter(|name| !defenses.contains(name)) {
            let known = defenses.join(", ");
            anyhow::bail!("slow: expected defenses of {known}, got {stranger}");
        }
        for stranger in profile.craft.keys() {
            ensure!(
                self.attacks.iter().any(|attack| attack.name == *stranger),
                "craft: expected an attack of the file, got {stranger}"
            );
        }
        for clever in profile.clever.iter().filter(|clever| clever.inputs.is_none()) {
            ensure!(
                profile.evidence.is_some(),
                "clever: expected inputs of {}, as there is no evidence, got none",
                clever.name
            );
        }
        check_names("clever", profile.clever.iter().map(|clever| &clever.name))
    }
}

/// Refuses what cannot be a part of the names of files, and names that come twice.
fn check_names<'a>(what: &str, names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let mut known = BTreeSet::new();
    for name in names {
        check_name(name).with_context(|| what.to_owned())?;
        ensure!(known.insert(name), "{what}: expected each name once, got {name} twice");
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_+.".contains(c);
    ensure!(
        !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(is_fine),
        "expected a name of letters, digits and -_+., got {name:?}"
    );
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn experiment(id: &str) -> Experiment {
        Experiment::parse(&text(id)).unwrap()
    }

    fn text(id: &str) -> String {
        std::fs::read_to_string(Path::new("../../experiments").join(format!("{id}.toml"))).unwrap()
    }

    #[test]
    fn the_experiments_have_all_profiles() {
        for id in ["env1-mnist", "env1-cifar10"] {
            let experiment = experiment(id);
            assert_eq!((experiment.id.as_str(), experiment.published()), (id, id));
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
    fn what_does_not_fit_together_is_refused_in_one_line() {
        let whole = text("env1-mnist");
        let refused = |from: &str, to: &str| {
            assert!(whole.contains(from), "{from}");
            format!("{:#}", Experiment::parse(&whole.replacen(from, to, 1)).unwrap_err())
        };
        for (from, to, finding) in [
            ("score = 5000", "score = 0", "behind those to fit on"),
            ("fit = 1000", "fit = 1001", "expected a multiple of 4 inputs"),
            ("name = \"cw\"", "name = \"c/w\"", "got \"c/w\""),
            ("name = \"cw\"", "name = \"bim\"", "got bim twice"),
            ("defenses = [\"dba\"]", "defenses = [\"lsa\"]", "slow: expected defenses of jsma"),
            ("craft.cw", "craft.cv", "craft: expected an attack of the file, got cv"),
            ("detector = \"zscore\"", "detector = \"svm\"", "of the file, got svm"),
            ("seed = 0", "sead = 0", "unknown field `sead`"),
        ] {
            let message = refused(from, to);
            assert!(message.contains(finding), "{to}: {message}");
        }
    }

    #[test]
    fn no_damage_makes_the_reader_panic() {
        let whole = text("env1-mnist");
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
