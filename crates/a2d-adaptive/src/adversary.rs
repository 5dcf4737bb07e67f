//! What an adversary is.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Benign, Result, Scene, Trail, Victim};

/// The parameters of an adversary, which it is prepared with.
pub trait Adversary: Serialize + DeserializeOwned + Default + Debug {
    /// Its name.
    const NAME: &'static str;

    /// It learns what benign images look like.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if a parameter is out of range, or the victim is none for it; what the classifier says.
    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>>;
}

/// An adversary at work.
pub trait Attackers: Debug + Send + Sync {
    /// What it finds for each image of a scene, in their order.
    ///
    /// # Errors
    /// What classifier, attacks and judge say.
    fn attack(&self, scene: &Scene<'_>) -> Result<Vec<Trail>>;
}
