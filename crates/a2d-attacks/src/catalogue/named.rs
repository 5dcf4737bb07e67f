//! An attack under the name that cards, tables and detectors know it by.

use std::sync::Arc;

use a2d_model::Classifier;
use serde::ser::{Serialize, SerializeMap, Serializer};
use tch::Tensor;

use crate::engine::follow;
use crate::{
    Aim, AnyAttack, AttackSession, Error, Facts, Finished, Limits, Parameters, Query, Result,
};

/// An attack under the name that cards, tables and detectors know it by: one of the
/// [catalogue](crate::DEFENSES), or [any other](Self::new).
///
/// Serialised, it is its name with its parameters, as in cards: `{"bim": {"epsilon": 0.3, ...}}`.
#[derive(Clone, Debug)]
pub struct NamedAttack {
    name: String,
    aim: Aim,
    parameters: Parameters,
    attack: Arc<dyn AnyAttack>,
}

impl NamedAttack {
    /// An attack of any crate, under a name of its own. Where it crafts examples, the first image that
    /// flips is the result.
    ///
    /// # Errors
    /// [`Error::Parameters`] if its parameters are no JSON object.
    pub fn new(name: impl Into<String>, attack: impl AnyAttack + 'static) -> Result<Self> {
        Self::of(name.into(), Aim::Flip, Arc::new(attack))
    }

    pub(super) fn of(name: String, aim: Aim, attack: Arc<dyn AnyAttack>) -> Result<Self> {
        match attack.to_parameters() {
            Ok(parameters) => Ok(Self { name, aim, parameters, attack }),
            Err(error) => Err(Error::parameters(name, &error)),
        }
    }

    /// The attack with this aim where it crafts examples.
    #[must_use]
    pub fn with_aim(self, aim: Aim) -> Self {
        Self { aim, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is after where it crafts examples.
    pub fn aim(&self) -> Aim {
        self.aim
    }

    /// Its parameters by name.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// About how many forward passes and gradients so many iterations take.
    pub fn queries(&self, iterations: f64) -> f64 {
        self.attack.queries_for(iterations)
    }

    /// What is to be known of it.
    pub fn facts(&self) -> Facts {
        self.attack.facts()
    }

    /// This attack with some of its parameters replaced.
    ///
    /// ```
    /// use a2d_attacks::{DEFENSES, Preset};
    ///
    /// let bim = DEFENSES.named("bim", Preset::MNIST)?;
    /// let changed = serde_json::json!({ "iterations": 300 });
    /// let bim = bim.with(changed.as_object().unwrap())?;
    /// assert_eq!((&bim.parameters()["iterations"], &bim.parameters()["epsilon"]), (&300.into(), &0.3.into()));
    /// # Ok::<(), a2d_attacks::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameters`] if it has no such parameter or not of this type.
    pub fn with(&self, replaced: &Parameters) -> Result<Self> {
        let mut parameters = self.parameters.clone();
        parameters.extend(replaced.clone());
        let refused = |error| Error::parameters(self.name.clone(), &error);
        let attack = self.attack.of_parameters(parameters).map_err(refused)?;
        let changed = Self::of(self.name.clone(), self.aim, attack)?;
        // An attack from elsewhere may leave out what it does not know.
        match replaced.keys().find(|name| !changed.parameters.contains_key(*name)) {
            Some(stranger) => Err(Error::Parameters {
                attack: self.name.clone(),
                reason: format!("unknown field `{stranger}`"),
            }),
            None => Ok(changed),
        }
    }

    /// Checks the parameters, for a model of so many classes, before any work is done.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first that is out of range.
    pub fn check(&self, classes: usize) -> Result<()> {
        self.attack.check_for(classes)
    }

    /// Checks that it can run on this classifier: parameters, target, and that there is a gradient if it follows one.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::NoGradient`] if it follows a gradient that the network does not give.
    pub fn check_for(&self, classifier: &Classifier) -> Result<()> {
        self.check(classifier.classes())?;
        follow(self.facts().wants_gradients, classifier)
    }

    /// The most iterations that it spends on an image of so many elements.
    pub fn cap(&self, elements: usize) -> u32 {
        self.attack.most_iterations(elements)
    }

    /// The attack after it has learnt from some of the images that it is to attack, \[N, C, H, W\]:
    /// [`Facts::lessons`] says how many it wants.
    ///
    /// # Errors
    /// As [`Attack::learn`](crate::Attack::learn).
    pub fn taught(&self, classifier: &Classifier, images: &Tensor, limits: Limits) -> Result<Self> {
        let attack = self.attack.taught(classifier, images, limits)?;
        Ok(Self { attack, ..self.clone() })
    }

    /// Begins an attack on images for this classifier: [`begin`](crate::begin).
    ///
    /// # Errors
    /// As [`begin`](crate::begin).
    pub fn session(
        &self,
        classifier: &Classifier,
        aim: Aim,
        limits: Limits,
    ) -> Result<Box<AttackSession>> {
        self.attack.clone().session(classifier, aim, limits)
    }

    /// Attacks every query, by as many workers as the classifier [has](Classifier::with_workers), and hands
    /// the outcomes to `sink` as they come. Queries are drawn when there is a place for them, so no more of
    /// them than the windows hold need be in memory.
    ///
    /// # Errors
    /// As [`begin`](crate::begin); [`Error::Query`] if the classifier does not take an image,
    /// [`Error::Model`] if its logits of one are not finite, as the sink's error type; else what a query or
    /// the sink says.
    pub fn run<E: From<Error>>(
        &self,
        classifier: &Classifier,
        aim: Aim,
        limits: Limits,
        queries: impl Iterator<Item = Result<Query, E>>,
        sink: &mut dyn FnMut(Finished) -> Result<(), E>,
    ) -> Result<(), E> {
        classifier.work(&mut || self.session(classifier, aim, limits), queries, sink)
    }
}

impl Serialize for NamedAttack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut card = serializer.serialize_map(Some(1))?;
        card.serialize_entry(&self.name, &self.parameters)?;
        card.end()
    }
}
