//! `a2d fit`

mod fitted;
mod kind;
pub(super) mod samples;
mod tables;

use std::path::PathBuf;

use a2d_detect::{DEFAULT_K, DetectorKind, Fitting, Tails};
use a2d_file::Plan;
use clap::Args;

use crate::arguments::{output_file, positive};
use crate::exit::Usage;
use crate::format::FormatArguments;
use crate::tuning::TuningArguments;
pub(crate) use kind::DETECTORS;
use samples::Samples;

/// Fit a detector on measured costs or other scores
///
/// z-score needs the costs of benign inputs only; knn needs those of adversarial ones as well. conformal
/// is one of them, knn if there are adversarial costs, with a threshold that benign inputs held out from
/// the fit decide. The detector remembers the model and the attacks, and is refused for others; it
/// remembers its inputs, too, and is not evaluated on them. An input that comes twice is refused.
/// Score tables (CSV, input,column,value,adversarial) are fitted on in the same way, each column by its sign.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    /// Kind of detector
    #[arg(long, value_parser = kind::parser())]
    detector: DetectorKind,
    /// Costs or scores of benign inputs
    #[arg(long, required = true, num_args = 1.., value_name = "CSV")]
    benign: Vec<PathBuf>,
    /// Costs or scores of adversarial inputs (knn)
    #[arg(long, num_args = 1.., value_name = "CSV")]
    adversarial: Vec<PathBuf>,
    /// Costs of other benign inputs, to hold out (conformal) [default: every other one of --benign, or
    /// all for a one-sided z-score of one attack, which only their order matters to]
    #[arg(long, num_args = 1.., value_name = "CSV")]
    calibration: Vec<PathBuf>,
    /// Attacks whose costs, or columns whose scores, the detector sees, separated by commas [default: all in the first file]
    #[arg(long, value_delimiter = ',')]
    defense: Option<Vec<String>>,
    /// Neighbours that vote (knn)
    #[arg(long, default_value_t = DEFAULT_K, value_parser = positive)]
    k: usize,
    /// Adversarial inputs to fit on for each benign one; of the kind that there is too much of, some are left
    /// out evenly (knn) [default: all are fitted on]
    #[arg(long, requires = "adversarial", value_parser = ratio)]
    ratio: Option<f64>,
    /// Attacks that must flag an input (z-score) [default: half of them, rounded up]
    #[arg(long, value_parser = positive)]
    votes: Option<usize>,
    /// Let attacks decide one after the other, in the order of --defense, in place of votes: each where benign inputs say that it
    /// is sure, else the next (z-score, or conformal over it)
    #[arg(long, conflicts_with_all = ["votes", "two_sided", "adversarial"])]
    cascade: bool,
    /// Flag implausibly high costs as well as low ones (z-score)
    #[arg(long)]
    two_sided: bool,
    #[command(flatten)]
    tuning: TuningArguments,
    /// File for the detector (JSON)
    #[arg(long, value_name = "JSON", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

impl Fit {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        Plan::new()
            .reads_all("--benign", &self.benign)
            .reads_all("--adversarial", &self.adversarial)
            .reads_all("--calibration", &self.calibration)
            .writes("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        self.check()?;
        let _claim = self.plan().claim()?;
        let samples = Samples {
            benign: &self.benign,
            adversarial: &self.adversarial,
            calibration: &self.calibration,
            columns: self.defense.as_deref(),
        };
        let fitting = Fitting {
            k: self.k,
            ratio: self.ratio,
            votes: self.votes,
            cascade: self.cascade,
            tails: if self.two_sided { Tails::Both } else { Tails::Lower },
            threshold: self.tuning.threshold(),
            rate: self.tuning.rate(),
            ..Fitting::of(self.detector.clone())
        };
        let (saved, fitted) = samples.fit(&fitting)?;
        saved.save(&self.out)?;
        self.format.print(&fitted)
    }

    /// Refuses arguments that another kind of detector takes.
    fn check(&self) -> Result<(), Usage> {
        use DetectorKind::{Knn, Other, ZScore};
        let is_other = matches!(self.detector, Other { .. });
        Err(Usage::new(match &self.detector {
            ZScore if self.has_adversarial() => {
                "fit z-score: expected benign costs only, got --adversarial"
            }
            Knn if !self.has_adversarial() => "fit knn: expected --adversarial costs, got none",
            ZScore | Knn | Other { calibrated: false, .. } if !self.calibration.is_empty() => {
                "fit: expected --calibration for conformal only, got it for another detector"
            }
            Knn | Other { .. } if self.cascade => {
                "fit: expected --cascade for z-scores only, got it for another detector"
            }
            _ if self.two_sided && (self.has_adversarial() || is_other) => {
                "fit: expected --two-sided for z-scores only, got it for another detector"
            }
            _ => return Ok(()),
        }))
    }

    fn has_adversarial(&self) -> bool {
        !self.adversarial.is_empty()
    }
}

/// Numbers above 0.
fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}
