//! `a2d fit`

mod fitted;
mod kind;
mod tables;

use std::path::PathBuf;

use a2d_detect::{
    Conformal, DEFAULT_K, DatasetBase, Detector, Fit as _, Knn, Numbers, SavedDetector, Tails,
    ZScore, labelled,
};
use a2d_file::Plan;
use clap::Args;
use ndarray::{Array2, Axis};

use crate::arguments::{output_file, positive};
use crate::costs::UNIT;
use crate::exit::{BadInput, Usage};
use crate::format::FormatArguments;
use crate::overlap::{self, Role};
use crate::tuning::TuningArguments;
use crate::{extensions, in_vain};
pub(crate) use kind::DETECTORS;
use kind::Kind;
use tables::Tables;

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
    #[arg(long, value_parser = Kind::parser())]
    detector: Kind,
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
        let mut benign = Tables::read(&self.benign, self.defense.as_deref())?;
        let mut adversarial = benign.read_like(&self.adversarial)?;
        let mut calibration = benign.read_like(&self.calibration)?;
        let provenance = Tables::common_provenance([&benign, &adversarial, &calibration])?;
        Tables::complete([&mut benign, &mut adversarial, &mut calibration]);
        let groups = [
            benign.group(Role::Benign),
            adversarial.group(Role::Adversarial),
            calibration.group(Role::HeldOut),
        ];
        let groups = groups.each_ref();
        overlap::check_all(&groups)?;
        in_vain::warn_of_caps("benign inputs", benign.costs().chain(calibration.costs()));
        let (detector, judged) = self.fit(&benign, &adversarial, &calibration)?;
        if provenance.is_none() {
            tracing::warn!(
                "the costs have no card: the detector cannot tell its model from others"
            );
        }
        overlap::warn_of_unknown(&groups, None);
        let attacks = benign.columns();
        let saved = SavedDetector { attacks, unit: UNIT, provenance, detector };
        let fitted = saved.fitted(judged.view())?;
        saved.save(&self.out)?;
        self.format.print(&fitted)
    }

    /// Refuses arguments that another kind of detector takes.
    fn check(&self) -> Result<(), Usage> {
        Err(Usage::new(match &self.detector {
            Kind::ZScore if self.has_adversarial() => {
                "fit z-score: expected benign costs only, got --adversarial"
            }
            Kind::Knn if !self.has_adversarial() => {
                "fit knn: expected --adversarial costs, got none"
            }
            kind if !kind.is_calibrated() && !self.calibration.is_empty() => {
                "fit: expected --calibration for conformal only, got it for another detector"
            }
            kind if self.two_sided && (self.has_adversarial() || kind.other().is_some()) => {
                "fit: expected --two-sided for z-scores only, got it for another detector"
            }
            _ => return Ok(()),
        }))
    }

    fn has_adversarial(&self) -> bool {
        !self.adversarial.is_empty()
    }

    fn is_one_sided_z_score(&self) -> bool {
        self.detector.other().is_none() && !self.has_adversarial() && !self.two_sided
    }

    /// The detector, and the benign costs that its rate of false positives follows from: those it was
    /// calibrated on or, if it was not, fitted on.
    fn fit(
        &self,
        benign: &Tables<'_>,
        adversarial: &Tables<'_>,
        calibration: &Tables<'_>,
    ) -> anyhow::Result<(Detector, Array2<f64>)> {
        let numbers = benign.numbers();
        let benign = benign.values()?;
        if !self.detector.is_calibrated() {
            let (detector, benign) = self.uncalibrated(&numbers, benign, adversarial)?;
            return Ok((self.tuning.tune(detector)?, benign));
        }
        let (fitted, held_out) = if !self.calibration.is_empty() {
            (benign, calibration.values()?)
        } else if benign.ncols() == 1 && self.is_one_sided_z_score() {
            (benign.clone(), benign) // the scores are in the order of the costs, whatever the fit
        } else {
            halves(&benign)
        };
        let params = Conformal::params(self.uncalibrated(&numbers, fitted, adversarial)?.0);
        let detector =
            params.alpha(self.tuning.alpha()).fit(&DatasetBase::from(held_out.view()))?;
        Ok((detector.into(), held_out))
    }

    /// A detector, and the benign costs that it was fitted on.
    fn uncalibrated(
        &self,
        numbers: &Numbers,
        mut benign: Array2<f64>,
        adversarial: &Tables<'_>,
    ) -> anyhow::Result<(Detector, Array2<f64>)> {
        let mut adversarial = if self.has_adversarial() {
            adversarial.values()?
        } else {
            Array2::zeros((0, benign.ncols()))
        };
        if let Some(ratio) = self.ratio {
            let wanted = ratio * benign.nrows() as f64;
            let found = adversarial.nrows() as f64;
            adversarial = thinned(&adversarial, wanted / found)?;
            benign = thinned(&benign, found / wanted)?;
        }
        if let Some(name) = self.detector.other() {
            let samples = labelled(benign.view(), adversarial.view())?;
            let detector = extensions::get().detectors().fit(name, &samples, numbers)?;
            return Ok((detector, benign));
        }
        if self.has_adversarial() {
            let costs = labelled(benign.view(), adversarial.view())?;
            let params = Knn::params().k(self.k).numbers(numbers.clone());
            return Ok((params.fit(&costs)?.into(), benign));
        }
        let votes = self.votes.unwrap_or(benign.ncols().div_ceil(2));
        let tails = if self.two_sided { Tails::Both } else { Tails::Lower };
        let params = ZScore::params(votes).tails(tails).numbers(numbers.clone());
        let detector = params.fit(&DatasetBase::from(benign.view()))?;
        Ok((detector.into(), benign))
    }
}

/// A share of the rows, evenly spread; all of them for a share of 1 and more.
fn thinned(costs: &Array2<f64>, share: f64) -> Result<Array2<f64>, BadInput> {
    let rows = costs.nrows();
    let kept = (share.min(1.0) * rows as f64).round() as usize;
    if kept == 0 {
        return Err(BadInput(format!(
            "fit knn: expected a --ratio that leaves inputs, got none of {rows}"
        )));
    }
    Ok(costs.select(Axis(0), &(0..kept).map(|row| row * rows / kept).collect::<Vec<_>>()))
}

/// Every other row, and the rows between.
fn halves(costs: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let from = |first| {
        let rows: Vec<usize> = (first..costs.nrows()).step_by(2).collect();
        costs.select(Axis(0), &rows)
    };
    (from(0), from(1))
}

/// Numbers above 0.
fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_left_out_evenly() {
        let costs = Array2::from_shape_fn((10, 1), |(row, _)| row as f64);
        let kept = |share| thinned(&costs, share).map(|kept| kept.into_raw_vec_and_offset().0);
        assert_eq!(kept(0.5).unwrap(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(kept(0.8).unwrap(), [0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(kept(1.25).unwrap().len(), 10);
        assert!(kept(0.01).unwrap_err().to_string().ends_with("got none of 10"));
    }

    #[test]
    fn ratios_are_above_zero() {
        assert_eq!(ratio("0.5"), Ok(0.5));
        assert!(["0", "-1", "inf", "nan", "x"].iter().all(|text| ratio(text).is_err()));
    }
}
