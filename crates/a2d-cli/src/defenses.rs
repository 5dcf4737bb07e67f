//! The defense attacks of a command, and their parameters.

use std::collections::HashSet;

use a2d_attacks::{DEFENSES, NamedAttack, Preset};
use a2d_file::Plan;
use a2d_model::Classifier;
use clap::Args;

use crate::arguments::PresetArguments;
use crate::exit::Usage;
use crate::extensions;
use crate::parameters::{OfDefenses, ParameterArguments};

/// The defense attacks.
#[derive(Debug, Args)]
pub(crate) struct DefenseArguments {
    /// Defense attacks, separated by commas
    #[arg(long, default_value = "bim-turbo", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(extensions::get().attack_names(&DEFENSES)))]
    defense: Vec<String>,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    parameters: ParameterArguments<OfDefenses>,
}

impl DefenseArguments {
    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        self.parameters.plan(plan)
    }

    /// Refuses attacks that are named twice.
    pub(crate) fn check_once(&self) -> Result<(), Usage> {
        let mut seen = HashSet::new();
        if self.defense.iter().all(|name| seen.insert(name)) {
            return Ok(());
        }
        Err(Usage::new("measure costs: expected each defense attack once"))
    }

    /// The attacks, as preset and arguments have them.
    pub(crate) fn of_preset(&self, preset: Preset) -> anyhow::Result<Vec<NamedAttack>> {
        let attack = |name: &String| extensions::get().attack(&DEFENSES, name, preset);
        self.parameters.apply(&self.defense.iter().map(attack).collect::<Result<Vec<_>, _>>()?)
    }

    /// The attacks for this classifier, on which they can run.
    pub(crate) fn for_classifier(
        &self,
        classifier: &Classifier,
    ) -> anyhow::Result<Vec<NamedAttack>> {
        let defenses = self.of_preset(self.preset.preset(classifier)?)?;
        defenses.iter().try_for_each(|defense| defense.check_for(classifier))?;
        Ok(defenses)
    }
}
