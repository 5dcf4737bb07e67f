//! Where costs come from, and whether they may be used together.

use std::path::Path;

use a2d_attacks::NamedAttack;
use a2d_cost::{Budget, InputSet, Provenance};
use a2d_model::Classifier;

use crate::exit::BadInput;

/// The provenance of costs of these attacks on these inputs.
pub(crate) fn of(
    classifier: &Classifier,
    defenses: &[NamedAttack],
    inputs: InputSet,
    budget: Option<Budget>,
    seed: u64,
) -> Provenance {
    let parameters =
        |defense: &NamedAttack| (defense.name().to_owned(), defense.parameters().clone().into());
    Provenance {
        model: classifier.fingerprint().to_owned(),
        defenses: defenses.iter().map(parameters).collect(),
        inputs: vec![inputs],
        budget: budget.map(Budget::iterations),
        seed,
        unscored: vec![],
        machines: vec![],
    }
}

/// Refuses to use `theirs` with `ours` if model or attacks differ.
pub(crate) fn check(what: &str, ours: &Provenance, theirs: &Provenance) -> anyhow::Result<()> {
    match ours.incomparable(theirs) {
        None => Ok(()),
        Some((part, ours, theirs)) => {
            Err(BadInput(format!("use {what}: expected {part} {ours}, found {theirs}")).into())
        }
    }
}

/// What the card of this file says of these attacks or columns alone, all of which it must name.
pub(crate) fn of_columns(
    path: &Path,
    mut all: Provenance,
    names: &[String],
) -> Result<Provenance, BadInput> {
    all.defenses.retain(|name, _| names.contains(name));
    match names.iter().find(|name| !all.defenses.contains_key(*name)) {
        None => Ok(all),
        Some(name) => Err(BadInput(format!(
            "read {}: expected attacks or columns that its card names, found {name}",
            path.display()
        ))),
    }
}
