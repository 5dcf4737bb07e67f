//! Attacks by their names, and those of the user.

use a2d_attacks::{CRAFTING, Catalogue, DEFENSES, NamedAttack, Parameters, Preset};
use a2d_model::Classifier;
use pyo3::prelude::*;

use crate::exception::{Stop, value};
use crate::network::Fault;
use crate::own_attack::OwnAttack;

/// An attack as Python asks for it.
#[derive(FromPyObject)]
pub(crate) enum Asked {
    /// One of the catalogue, with some of its parameters as JSON.
    Named(String, String),
    /// An object with `start` and `advance`.
    Own(Py<PyAny>),
}

/// Attacks, and what is said of all of them.
#[derive(FromPyObject)]
pub(crate) struct Choice {
    #[pyo3(item)]
    attacks: Vec<Asked>,
    /// Parameters as JSON, for every attack that has them.
    #[pyo3(item)]
    parameters: String,
    /// The data set that the other parameters are those of.
    #[pyo3(item)]
    dataset: Option<String>,
}

impl Choice {
    /// The attacks of a catalogue, in order, for a classifier; exceptions of the user's own go to `fault`.
    pub(crate) fn resolve(
        &self,
        py: Python<'_>,
        catalogue: &Catalogue,
        classifier: &Classifier,
        fault: &Fault,
    ) -> Result<Vec<NamedAttack>, Stop> {
        let preset = match &self.dataset {
            Some(name) => name.parse()?,
            None => Preset::for_images(classifier.input_shape()),
        };
        let shared: Parameters = serde_json::from_str(&self.parameters)?;
        let attacks = self.attacks.iter().map(|asked| match asked {
            Asked::Named(name, parameters) => {
                let attack = catalogue.named(name, preset)?;
                let own: Parameters = serde_json::from_str(parameters)?;
                let mut replaced = shared.clone();
                replaced.retain(|name, _| attack.parameters().contains_key(name));
                replaced.extend(own);
                Ok(attack.with(&replaced)?)
            }
            Asked::Own(attack) => {
                let attack = OwnAttack::of(attack.bind(py), fault)?;
                Ok(NamedAttack::new(attack.name().to_owned(), attack)?)
            }
        });
        let attacks = attacks.collect::<Result<Vec<_>, Stop>>()?;
        let names: Vec<_> = attacks.iter().map(NamedAttack::name).collect();
        if let Some(place) = (1..names.len()).find(|place| names[..*place].contains(&names[*place]))
        {
            let message = format!("choose attacks: expected each once, got {} twice", names[place]);
            return Err(value(&message).into());
        }
        let is_known =
            |name: &str| attacks.iter().any(|attack| attack.parameters().contains_key(name));
        match shared.keys().find(|name| !is_known(name)) {
            None => Ok(attacks),
            Some(stranger) => Err(value(&format!(
                "set up {}: expected parameters of theirs, got {stranger}",
                names.join(", ")
            ))
            .into()),
        }
    }
}

/// The names of the attacks whose costs are measured, and of those that craft.
#[pyfunction]
pub(crate) fn names() -> (Vec<&'static str>, Vec<&'static str>) {
    (DEFENSES.names().collect(), CRAFTING.names().collect())
}

/// The parameters of an attack as JSON, for images of this shape.
#[pyfunction]
pub(crate) fn parameters(name: &str, crafting: bool, dataset: &str) -> PyResult<String> {
    let parameters = || -> Result<String, Stop> {
        let catalogue = if crafting { &CRAFTING } else { &DEFENSES };
        let attack = catalogue.named(name, dataset.parse()?)?;
        Ok(serde_json::to_string(attack.parameters())?)
    };
    Ok(parameters()?)
}
