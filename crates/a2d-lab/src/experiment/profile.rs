//! How much of an experiment is done.

use super::{Cause, Skip};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How much of an experiment is done.
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
    pub(crate) evidence: Option<Evidence>,
    /// How CLEVER scores are estimated, once or more.
    #[serde(default)]
    pub(crate) clever: Vec<Clever>,
    /// In place of the experiment's.
    pub(crate) defenses: Option<Vec<String>>,
    /// File with parameters of attacks, as `a2d cost --spec` takes it.
    pub(crate) spec: Option<PathBuf>,
    /// Options of `a2d cost`.
    #[serde(default)]
    pub(crate) cost: Vec<String>,
    /// In place of the experiment's.
    pub(crate) skip: Option<Skip>,
    /// Options of crafting attacks, in place of the experiment's.
    #[serde(default)]
    pub(crate) craft: BTreeMap<String, Vec<String>>,
    /// The most examples to score on by attacks that take long to craft, where that is less than `adversarial`.
    #[serde(default)]
    pub(crate) at_most: BTreeMap<String, usize>,
    /// The baselines that it has, where these are not all.
    pub(crate) baselines: Option<Vec<String>>,
    /// Further options of `a2d baseline fit`, by baseline.
    #[serde(default)]
    pub(crate) baseline: BTreeMap<String, Vec<String>>,
    /// Further options of `a2d adaptive`, by study: those that it has.
    #[serde(default)]
    pub(crate) adaptive: BTreeMap<String, Vec<String>>,
    /// Folder for the scored images as PNG files, in a folder for each kind.
    pub(crate) pictures: Option<PathBuf>,
    /// File for a report of the first detector on the costs of all defense attacks (HTML).
    pub(crate) report: Option<PathBuf>,
    /// Steps that are run beside those of the tables.
    #[serde(default)]
    pub(crate) steps: Vec<String>,
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

/// Few inputs of each kind, on which many attacks are measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) inputs: usize,
    pub(crate) timed: Vec<String>,
}

/// A way to estimate CLEVER scores.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clever {
    pub(crate) name: String,
    /// Inputs of each kind, where they are not those of the evidence.
    pub(crate) inputs: Option<usize>,
    /// Options of `a2d clever`.
    pub(crate) options: Vec<String>,
}
