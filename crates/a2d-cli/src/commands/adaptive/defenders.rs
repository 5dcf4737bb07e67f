//! The detectors of a study, from their files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use a2d_adaptive::{Defender, Evidence};
use a2d_attacks::NamedAttack;
use a2d_baselines::SavedBaseline;
use a2d_cost::InputSet;
use a2d_detect::SavedDetector;
use a2d_eval::scoring::SecondOpinion;
use a2d_file::Plan;
use a2d_guard::Guard;
use a2d_model::{Classifier, Description};
use anyhow::Context as _;
use clap::Args;

use crate::arguments::named_file;
use crate::exit::{BadInput, Usage};
use crate::inputs::Inputs;
use crate::{extensions, overlap};

/// The detectors.
#[derive(Debug, Args)]
pub(super) struct DefenderArguments {
    /// Fitted detector on costs, and the name that results have it by
    #[arg(long, value_name = "NAME=JSON", required = true, value_parser = named_file)]
    detector: Vec<(String, PathBuf)>,
    /// Fitted baseline, whose first column is a detector of its own
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    baseline: Vec<(String, PathBuf)>,
    /// Another network of the same classes, which is to be sure of the predicted class, too: a detector of its own
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    second: Vec<(String, PathBuf)>,
    /// Detectors that judge together, joined by +: the most suspicious of them decides
    #[arg(long, value_name = "NAME+NAME")]
    together: Vec<String>,
}

/// The detectors, and the attacks that they ask for.
pub(super) struct Defenders {
    pub(super) defenses: Vec<NamedAttack>,
    pub(super) all: Vec<Defender>,
    /// What tells their files from others.
    pub(super) digests: Vec<String>,
    /// The places of those that judge together.
    pub(super) alliances: Vec<Vec<usize>>,
}

impl DefenderArguments {
    /// Adds to a plan what is read.
    pub(super) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        let plan = plan.reads_all("--detector", self.detector.iter().map(|(_, file)| file));
        let plan = plan.reads_all("--baseline", self.baseline.iter().map(|(_, file)| file));
        plan.reads_all("--second", self.second.iter().map(|(_, file)| file))
    }

    /// Loads them, and refuses those that are for another model, or were fitted on one of the benign images.
    pub(super) fn load(
        &self,
        classifier: &Classifier,
        benign: &Inputs,
        held_out: &InputSet,
    ) -> anyhow::Result<Defenders> {
        let mut loaded =
            Defenders { defenses: vec![], all: vec![], digests: vec![], alliances: vec![] };
        for (name, file) in &self.detector {
            let place = || format!("use detector {}", file.display());
            let detector = SavedDetector::load_with(file, extensions::get().detectors())?;
            let others = extensions::get().attacks();
            let defenses = Guard::defenses(others, &detector).with_context(place)?;
            for defense in defenses {
                loaded.add(defense, name)?;
            }
            if let Some(fitted) = &detector.provenance {
                overlap::check_not_fitted_on("detector", &benign.names, held_out, &fitted.inputs)
                    .with_context(place)?;
            }
            loaded.digests.push(digest(file)?);
            let evidence = Evidence::Costs(Box::new(detector));
            loaded.all.push(Defender { name: name.clone(), evidence });
        }
        for (name, file) in &self.baseline {
            let saved = SavedBaseline::read(file)?;
            saved.check_for(classifier)?;
            overlap::check_not_fitted_on("baseline", &benign.names, held_out, &saved.inputs)?;
            loaded.digests.push(digest(file)?);
            let evidence = Evidence::Score { score: saved.baseline.clone(), column: 0 };
            loaded.all.push(Defender { name: name.clone(), evidence });
        }
        for (name, file) in &self.second {
            let second = second(file, classifier)?;
            loaded.digests.push(second.fingerprint().to_owned());
            let evidence =
                Evidence::Score { score: Arc::new(SecondOpinion::of(second)), column: 0 };
            loaded.all.push(Defender { name: name.clone(), evidence });
        }
        for together in &self.together {
            let place = |name: &str| {
                let place = loaded.all.iter().position(|defender| defender.name == name);
                place.ok_or_else(|| {
                    Usage::new(format!(
                        "adaptive: expected detectors that are given as --together, got {name:?}"
                    ))
                })
            };
            loaded.alliances.push(together.split('+').map(place).collect::<Result<_, _>>()?);
        }
        Ok(loaded)
    }
}

/// A network whose opinion on the predictions of another is asked for.
fn second(file: &Path, classifier: &Classifier) -> anyhow::Result<Classifier> {
    let (shape, device) = (classifier.input_shape(), classifier.device());
    let opened = match Classifier::open(file, &Description::default(), device) {
        Err(a2d_model::Error::Undescribed { .. }) => {
            let said = Description { input_shape: Some(shape), ..Description::default() };
            Classifier::open(file, &said, device)
        }
        opened => opened,
    };
    let second = opened?.classifier;
    if second.classes() != classifier.classes() || second.input_shape() != shape {
        return Err(BadInput(format!(
            "use {} for a second opinion: expected {} classes of images of {shape:?}, got {} of {:?}",
            file.display(),
            classifier.classes(),
            second.classes(),
            second.input_shape(),
        ))
        .into());
    }
    Ok(second.with_precision(classifier.precision())?)
}

/// Hex SHA-256 of a file.
fn digest(file: &Path) -> anyhow::Result<String> {
    a2d_file::sha256(file).with_context(|| format!("read {}", file.display()))
}

impl Defenders {
    /// Adds a defense attack of a detector, unless it is there. Detectors share what they measure, so an attack has the same parameters
    /// for all.
    fn add(&mut self, defense: NamedAttack, detector: &str) -> Result<(), BadInput> {
        match self.defenses.iter().find(|known| known.name() == defense.name()) {
            None => self.defenses.push(defense),
            Some(known) if known.parameters() == defense.parameters() => (),
            Some(known) => {
                return Err(BadInput(format!(
                    "judge by {detector}: expected {} with the parameters of the other detectors, {}, got {}",
                    defense.name(),
                    serde_json::json!(known.parameters()),
                    serde_json::json!(defense.parameters())
                )));
            }
        }
        Ok(())
    }
}
