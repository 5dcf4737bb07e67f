use std::path::{Path, PathBuf};

use a2d_cost::Provenance;
use a2d_detect::{
    DEFAULT_K, DEFAULT_THRESHOLD, DatasetBase, Detector, Fit as _, Knn, SavedDetector, ZScore,
    labelled, threshold_at,
};
use clap::{Args, ValueEnum};
use ndarray::{Array2, Axis, concatenate};
use serde::Serialize;

use crate::arguments::positive;
use crate::costs::Costs;
use crate::exit::Usage;
use crate::format::{FormatArguments, Outcome, line};
use crate::provenance;

/// Fit a detector on measured costs
///
/// z-score needs the costs of benign inputs only; knn needs those of adversarial ones as well. The
/// detector remembers the model and the attacks, and is refused for others.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    /// Kind of detector
    #[arg(long, value_enum)]
    detector: Kind,
    /// Costs of benign inputs
    #[arg(long, required = true, num_args = 1.., value_name = "CSV")]
    benign: Vec<PathBuf>,
    /// Costs of adversarial inputs (knn)
    #[arg(long, num_args = 1.., value_name = "CSV")]
    adversarial: Vec<PathBuf>,
    /// Attacks whose costs the detector sees, separated by commas [default: all in the first file]
    #[arg(long, value_delimiter = ',')]
    defense: Option<Vec<String>>,
    /// Neighbours that vote (knn)
    #[arg(long, default_value_t = DEFAULT_K, value_parser = positive)]
    k: usize,
    /// Attacks that must flag an input (z-score) [default: half of them, at least 1]
    #[arg(long, value_parser = positive)]
    votes: Option<usize>,
    /// z-score below which an attack flags an input
    #[arg(long, default_value_t = DEFAULT_THRESHOLD, allow_negative_numbers = true)]
    threshold: f64,
    /// Share of benign inputs that one attack may flag, in place of --threshold
    #[arg(long, conflicts_with = "threshold", value_name = "SHARE")]
    fpr: Option<f64>,
    /// File for the detector (JSON)
    #[arg(long, value_name = "JSON")]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    ZScore,
    Knn,
}

impl Fit {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match (self.detector, self.adversarial.is_empty()) {
            (Kind::ZScore, false) => {
                return Err(
                    Usage("fit z-score: expected benign costs only, got --adversarial").into()
                );
            }
            (Kind::Knn, true) => {
                return Err(Usage("fit knn: expected --adversarial costs, got none").into());
            }
            _ => {}
        }
        let benign = read(&self.benign, self.defense.as_deref())?;
        let attacks = benign[0].1.table.attacks().to_vec();
        let adversarial = read(&self.adversarial, Some(&attacks))?;
        let detector = match self.detector {
            Kind::ZScore => self.z_score(iterations(&benign)?)?,
            Kind::Knn => {
                let (benign, adversarial) = (iterations(&benign)?, iterations(&adversarial)?);
                let costs = labelled(benign.view(), adversarial.view())?;
                Knn::params().k(self.k).fit(&costs)?.into()
            }
        };
        let provenance = common_provenance(benign.iter().chain(&adversarial))?;
        if provenance.is_none() {
            tracing::warn!(
                "the costs have no card: the detector cannot tell its model from others"
            );
        }
        let saved = SavedDetector { attacks, provenance, detector };
        saved.save(&self.out)?;
        self.format.print(&Fitted::of(&saved))
    }

    fn z_score(&self, benign: Array2<f64>) -> anyhow::Result<Detector> {
        let votes = self.votes.unwrap_or((benign.ncols() / 2).max(1));
        let threshold = self.fpr.map_or(Ok(self.threshold), threshold_at)?;
        let params = ZScore::params(votes).threshold(threshold);
        Ok(params.fit(&DatasetBase::from(benign))?.into())
    }
}

/// The costs in files, with the attacks of the first unless others are named.
fn read<'a>(
    paths: &'a [PathBuf],
    attacks: Option<&[String]>,
) -> anyhow::Result<Vec<(&'a Path, Costs)>> {
    let mut files: Vec<(&Path, Costs)> = vec![];
    for path in paths {
        let first = files.first().map(|(_, costs)| costs.table.attacks());
        let costs = Costs::read(path, attacks.or(first))?;
        files.push((path, costs));
    }
    Ok(files)
}

/// The costs of all files, samples x attacks.
fn iterations(files: &[(&Path, Costs)]) -> anyhow::Result<Array2<f64>> {
    let parts: Vec<_> = files.iter().map(|(_, costs)| costs.table.iterations()).collect();
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    Ok(concatenate(Axis(0), &views)?)
}

/// What all files agree on, with the inputs of all; `None` if one of them has no card.
fn common_provenance<'a>(
    files: impl Iterator<Item = &'a (&'a Path, Costs)>,
) -> anyhow::Result<Option<Provenance>> {
    let mut common: Option<Provenance> = None;
    let mut complete = true;
    for (path, costs) in files {
        match (&mut common, &costs.provenance) {
            (Some(ours), Some(theirs)) => {
                provenance::check(&path.display().to_string(), ours, theirs)?;
                ours.inputs.extend_from_slice(&theirs.inputs);
            }
            (None, Some(first)) => common = Some(first.clone()),
            (_, None) => complete = false,
        }
    }
    Ok(common.filter(|_| complete))
}

/// What was fitted.
#[derive(Serialize)]
struct Fitted {
    detector: &'static str,
    attacks: Vec<String>,
    benign: usize,
    adversarial: usize,
    /// The cost below which each attack flags an input (z-score).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cost_thresholds: Vec<f64>,
}

impl Fitted {
    fn of(saved: &SavedDetector) -> Self {
        let (benign, adversarial) = saved.detector.samples();
        Self {
            detector: saved.detector.name(),
            attacks: saved.attacks.clone(),
            benign,
            adversarial,
            cost_thresholds: saved.detector.cost_thresholds(),
        }
    }

    fn thresholds(&self) -> String {
        let texts: Vec<_> = self.cost_thresholds.iter().map(|cost| format!("{cost:.1}")).collect();
        texts.join(" ")
    }
}

impl Outcome for Fitted {
    fn human(&self) -> String {
        let fitted = format!(
            "{} detector on costs of {}, fitted on {} benign and {} adversarial inputs",
            self.detector,
            self.attacks.join(", "),
            self.benign,
            self.adversarial
        );
        match self.cost_thresholds.len() {
            0 => fitted,
            _ => format!("{fitted}; flags costs below {}", self.thresholds()),
        }
    }

    fn lines(&self) -> Vec<Vec<String>> {
        vec![
            line([&"detector", &"attacks", &"benign", &"adversarial", &"cost_thresholds"]),
            line([
                &self.detector,
                &self.attacks.join(" "),
                &self.benign,
                &self.adversarial,
                &self.thresholds(),
            ]),
        ]
    }
}
