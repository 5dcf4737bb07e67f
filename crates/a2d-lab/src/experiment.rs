//! An environment's experiment, as its file says it.

mod adaptive;
mod baseline;
mod detector;
mod profile;
pub(crate) mod sample;

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) use adaptive::Adaptive;
pub(crate) use baseline::{Baseline, Sequential};
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
    /// Detectors of other papers, and other scores.
    #[serde(default)]
    baselines: Vec<Baseline>,
    pub(crate) model: Model,
    /// Kinds of adversarial inputs, in the order of the tables.
    pub(crate) attacks: Vec<Attack>,
    pub(crate) skip: Skip,
    /// The kinds of detectors, in the order of the tables.
    pub(crate) detectors: Vec<Detector>,
    #[serde(default)]
    pub(crate) tuning: Vec<Tuning>,
    /// Attackers who know the detectors.
    #[serde(default)]
    pub(crate) adaptive: Vec<Adaptive>,
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
    /// The name that `a2d model fetch` knows them by, where they are missing.
    pub(crate) fetch: Option<String>,
    /// Options of `a2d train`, where the weights are missing, too.
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
        let text = text.map_err(a2d_file::Error::read(path))?;
        Self::parse(&text).map_err(|error| error.within(path.display()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let experiment: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            Error::experiment(format!("line {line}"), "an experiment", error.message())
        })?;
        experiment.check()?;
        for (name, profile) in &experiment.profile {
            let outer = |error: Error| error.within(format_args!("profile {name}"));
            check_name(name).and_then(|()| experiment.check_profile(profile)).map_err(outer)?;
        }
        Ok(experiment)
    }

    /// This experiment as the profile has it.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile> {
        self.profile.get(name).ok_or_else(|| {
            let known = self.profile.keys().cloned().collect::<Vec<_>>().join(", ");
            Error::usage(format_args!("a profile of {known} for {}", self.id), name)
        })
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

    /// What stands beside the costs in this profile.
    pub(crate) fn baselines<'a>(
        &'a self,
        profile: &'a Profile,
    ) -> impl Iterator<Item = &'a Baseline> {
        let wanted = |baseline: &&Baseline| match &profile.baselines {
            Some(names) => names.contains(&baseline.name),
            None => true,
        };
        self.baselines.iter().filter(wanted)
    }

    /// The baselines that ask until they are sure, of all profiles.
    pub(crate) fn sequential(&self) -> impl Iterator<Item = &Baseline> {
        self.baselines.iter().filter(|baseline| baseline.sequential.is_some())
    }

    /// The columns of tables that baselines may have.
    pub(crate) fn baseline_columns(&self) -> Vec<String> {
        let columns = self.baselines.iter().flat_map(Baseline::columns);
        columns.map(|(column, _)| column.to_owned()).collect()
    }

    fn check(&self) -> Result<()> {
        for (what, name) in [("id", &self.id), ("dataset", &self.dataset)] {
            check_name(name).map_err(|error| error.within(what))?;
        }
        check_names("attacks", self.attacks.iter().map(|attack| &attack.name))?;
        check_names("detectors", self.detectors.iter().map(|detector| &detector.name))?;
        let columns = self.baseline_columns();
        check_names("baselines", columns.iter().chain(&self.defenses))?;
        check_names("adaptive", self.adaptive.iter().map(|study| &study.name))?;
        if self.compared().next().is_none() {
            return Err(Error::experiment("attacks", "some to fit on", "none"));
        }
        let kinds: Vec<_> = self.detectors.iter().map(|detector| &detector.name).collect();
        for tuning in &self.tuning {
            expect_one_of("tuning", &kinds, &tuning.detector)?;
            tuning.check()?;
        }
        Ok(())
    }

    fn check_profile(&self, profile: &Profile) -> Result<()> {
        let kinds = self.compared().count();
        for fit in profile.slow.iter().map(|slow| slow.fit).chain([profile.fit]) {
            if fit < kinds || !fit.is_multiple_of(kinds) {
                return Err(Error::experiment("fit", format_args!("a multiple of {kinds}"), fit));
            }
        }
        let Skip { fit, score, evidence } = self.skip(profile);
        if score <= fit || evidence <= fit {
            let found = format!("{score} and {evidence}");
            let expected = format!("images to score on behind those to fit on, from {fit}");
            return Err(Error::experiment("skip", expected, found));
        }
        let defenses: Vec<_> = self.defenses(profile).iter().collect();
        if defenses.is_empty() {
            return Err(Error::experiment("defenses", "some", "none"));
        }
        check_names("defenses", defenses.iter().copied())?;
        for name in profile.slow.iter().flat_map(|slow| &slow.defenses) {
            expect_one_of("slow", &defenses, name)?;
        }
        let attacks: Vec<_> = self.attacks.iter().map(|attack| &attack.name).collect();
        for name in profile.craft.keys() {
            expect_one_of("craft", &attacks, name)?;
        }
        for name in profile.at_most.keys() {
            expect_one_of("at-most", &attacks, name)?;
        }
        let baselines: Vec<_> = self.baselines.iter().map(|baseline| &baseline.name).collect();
        for name in profile.baselines.iter().flatten().chain(profile.baseline.keys()) {
            expect_one_of("baselines", &baselines, name)?;
        }
        let studies: Vec<_> = self.adaptive.iter().map(|study| &study.name).collect();
        for name in profile.adaptive.keys() {
            expect_one_of("adaptive", &studies, name)?;
        }
        let without = profile.clever.iter().find(|clever| clever.inputs.is_none());
        if let (Some(clever), None) = (without, &profile.evidence) {
            let place = format!("clever {}", clever.name);
            return Err(Error::experiment(place, "inputs, as there is no evidence", "none"));
        }
        check_names("clever", profile.clever.iter().map(|clever| &clever.name))
    }
}

fn expect_one_of(place: &str, known: &[&String], name: &String) -> Result<()> {
    if known.contains(&name) {
        return Ok(());
    }
    let known: Vec<_> = known.iter().map(|name| name.as_str()).collect();
    Err(Error::experiment(place, format_args!("one of {}", known.join(", ")), name))
}

/// Refuses what cannot be a part of the names of files, and names that come twice.
fn check_names<'a>(what: &str, names: impl IntoIterator<Item = &'a String>) -> Result<()> {
    let mut known = BTreeSet::new();
    for name in names {
        check_name(name).map_err(|error| error.within(what))?;
        if !known.insert(name) {
            return Err(Error::experiment(what, "each name once", format_args!("{name} twice")));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_+.".contains(c);
    if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(is_fine) {
        let expected = "letters, digits and -_+., a letter or digit first";
        return Err(Error::experiment("name", expected, format_args!("{name:?}")));
    }
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
            Experiment::parse(&whole.replacen(from, to, 1)).unwrap_err().to_string()
        };
        for (from, to, finding) in [
            ("score = 5000", "score = 0", "behind those to fit on"),
            ("fit = 1000", "fit = 1001", "fit: expected a multiple of 4, got 1001"),
            ("name = \"cw\"", "name = \"c/w\"", "got \"c/w\""),
            ("name = \"cw\"", "name = \"bim\"", "got bim twice"),
            ("defenses = [\"dba\"]", "defenses = [\"lsa\"]", "slow: expected one of jsma"),
            (
                "craft.cw",
                "craft.cv",
                "craft: expected one of fgsm, bim, jsma, cw, bim-b, pgd, got cv",
            ),
            (
                "detector = \"zscore\"",
                "detector = \"svm\"",
                "tuning: expected one of knn, zscore, got svm",
            ),
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
