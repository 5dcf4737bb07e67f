//! Attacks whatever their type.

use std::fmt::Debug;
use std::sync::Arc;

use a2d_model::Classifier;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tch::Tensor;

use crate::{Aim, Attack, AttackSession, Bounds, Limits, Result, begin};

/// Parameters by name.
pub type Parameters = Map<String, Value>;

/// An attack whatever its type. Every [`Attack`] is one that can be cloned, printed and serialised; a
/// [`NamedAttack`](crate::NamedAttack) is how it is used.
pub trait AnyAttack: Debug + Send + Sync {
    /// Its parameters by name.
    ///
    /// # Errors
    /// If they are no JSON object.
    fn to_parameters(&self) -> serde_json::Result<Parameters>;

    /// The attack with these parameters.
    ///
    /// # Errors
    /// If these are not its parameters.
    fn of_parameters(&self, parameters: Parameters) -> serde_json::Result<Arc<dyn AnyAttack>>;

    /// Checks parameters and target, for a model of so many classes.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the first that is out of range.
    fn check_for(&self, classes: usize) -> Result<()>;

    /// [`Attack::cap`].
    fn most_iterations(&self, elements: usize) -> u32;

    /// [`Attack::queries`].
    fn queries_for(&self, iterations: f64) -> f64;

    /// What is to be known of it.
    fn facts(&self) -> Facts;

    /// The attack after it has [learnt](Attack::learn) from these images.
    ///
    /// # Errors
    /// As [`Attack::learn`].
    fn taught(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        limits: Limits,
    ) -> Result<Arc<dyn AnyAttack>>;

    /// [`begin`], whatever the type.
    ///
    /// # Errors
    /// As [`begin`].
    fn session(
        self: Arc<Self>,
        classifier: &Classifier,
        aim: Aim,
        limits: Limits,
    ) -> Result<Box<AttackSession>>;
}

/// What is to be known of an attack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// [`Attack::wants_gradients`].
    pub wants_gradients: bool,
    /// [`Attack::confidence`].
    pub confidence: f64,
    /// [`Attack::bounds`].
    pub bounds: Bounds,
    /// [`Attack::lessons`].
    pub lessons: usize,
}

impl<A: Attack + Clone + Debug + Serialize + DeserializeOwned + 'static> AnyAttack for A {
    fn to_parameters(&self) -> serde_json::Result<Parameters> {
        serde_json::from_value(serde_json::to_value(self)?)
    }

    fn of_parameters(&self, parameters: Parameters) -> serde_json::Result<Arc<dyn AnyAttack>> {
        Ok(Arc::new(serde_json::from_value::<Self>(parameters.into())?))
    }

    fn check_for(&self, classes: usize) -> Result<()> {
        self.check()?;
        self.target().check("target", classes)
    }

    fn most_iterations(&self, elements: usize) -> u32 {
        self.cap(elements)
    }

    fn queries_for(&self, iterations: f64) -> f64 {
        self.queries(iterations)
    }

    fn facts(&self) -> Facts {
        Facts {
            wants_gradients: self.wants_gradients(),
            confidence: self.confidence(),
            bounds: self.bounds(),
            lessons: self.lessons(),
        }
    }

    fn taught(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        limits: Limits,
    ) -> Result<Arc<dyn AnyAttack>> {
        let mut attack = self.clone();
        attack.learn(classifier, images, limits)?;
        Ok(Arc::new(attack))
    }

    fn session(
        self: Arc<Self>,
        classifier: &Classifier,
        aim: Aim,
        limits: Limits,
    ) -> Result<Box<AttackSession>> {
        Ok(Box::new(begin(self, classifier, aim, limits)?))
    }
}
