//! What a baseline brings.

use std::fmt::Debug;

use a2d_data::Split;
use a2d_eval::scoring::Score;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Material, Result, State};

/// A fitted baseline: a score of images that can be kept in a file.
pub trait Baseline: Score {
    /// All that was fitted.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if it has no form in a file.
    fn state(&self) -> Result<State>;
}

/// The parameters of a kind of baseline, which fit one.
///
/// As a JSON object they are what commands take and cards say; fields that are missing there have their defaults, and
/// unknown ones are refused.
pub trait Parameters: Serialize + DeserializeOwned + Default + Debug {
    /// The name of the kind, with which those of its columns begin.
    const NAME: &'static str;

    /// The part of the data set whose images it wants with their true classes, if it wants any.
    const LABELLED: Option<Split>;

    /// What is fitted.
    type Fitted: Baseline + 'static;

    /// Fits on a material.
    ///
    /// # Errors
    /// [`Error::Material`](crate::Error::Material) if it lacks something, [`Error::Parameter`](crate::Error::Parameter) if a
    /// parameter is out of range, and what the classifier says.
    fn fit(self, material: &Material<'_>) -> Result<Self::Fitted>;

    /// What was fitted with these parameters, from its state.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if the state is not one of this kind.
    fn restore(self, state: State) -> Result<Self::Fitted>;
}
