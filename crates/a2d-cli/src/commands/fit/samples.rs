//! The measured inputs that a detector is fitted on.

use std::path::PathBuf;

use a2d_detect::{Fitted, Fitting, SavedDetector, TrainingNumbers};

use super::tables::Tables;
use crate::costs::UNIT;
use crate::in_vain;
use crate::overlap::{self, Role};

/// Files of costs or scores, by what their inputs are.
pub(in super::super) struct Samples<'a> {
    pub(in super::super) benign: &'a [PathBuf],
    pub(in super::super) adversarial: &'a [PathBuf],
    /// Benign inputs that are held out from the fit.
    pub(in super::super) calibration: &'a [PathBuf],
    /// The attacks or columns that the detector sees; all of the first file unless they are named.
    pub(in super::super) columns: Option<&'a [String]>,
}

impl Samples<'_> {
    /// Fits a detector on them. An input that comes twice is refused.
    pub(in super::super) fn fit(
        &self,
        fitting: &Fitting,
    ) -> anyhow::Result<(SavedDetector, Fitted)> {
        let mut benign = Tables::read(self.benign, self.columns)?;
        let mut adversarial = benign.read_like(self.adversarial)?;
        let mut calibration = benign.read_like(self.calibration)?;
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
        let there = |paths: &[PathBuf], tables: &Tables<'_>| {
            (!paths.is_empty()).then(|| tables.values()).transpose()
        };
        let (detector, judged) = fitting.fit(TrainingNumbers {
            numbers: benign.numbers(),
            benign: benign.values()?,
            adversarial: there(self.adversarial, &adversarial)?,
            calibration: there(self.calibration, &calibration)?,
        })?;
        if provenance.is_none() {
            tracing::warn!(
                "the costs have no card: the detector cannot tell its model from others"
            );
        }
        overlap::warn_of_unknown(&groups, None);
        let attacks = benign.columns();
        let saved = SavedDetector { attacks, unit: UNIT, provenance, detector };
        let fitted = saved.fitted(judged.view())?;
        Ok((saved, fitted))
    }
}
