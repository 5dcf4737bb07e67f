//! Attackers who know detectors of the experiment.

use serde::Deserialize;

/// A study of attackers who know some of the experiment's detectors, in the profiles that give it options.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adaptive {
    /// What the rows of tables call it, such as the cap.
    pub(crate) name: String,
    /// The detectors on costs, such as `zscore-bim` and `knn-end`.
    pub(crate) detectors: Vec<String>,
    /// Baselines that judge beside them.
    #[serde(default)]
    pub(crate) baselines: Vec<String>,
    /// Those that judge together, joined by +.
    #[serde(default)]
    pub(crate) together: Vec<String>,
    /// Options of `a2d adaptive`.
    pub(crate) options: Vec<String>,
}
