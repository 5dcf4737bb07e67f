//! The kinds of detectors of other crates that a program knows.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use linfa::Dataset;
use ndarray::Ix1;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{AnyDetector, Detect as _, Detector, Error, Numbers, Result};

/// A kind of detector: what it is fitted with, and to.
pub trait Kind: Debug + Send + Sync {
    /// What is fitted, and read back from files. Its [name](crate::Detect::name) is that of the kind. What it
    /// is read from may be anything, so reading checks it.
    type Detector: AnyDetector + DeserializeOwned + 'static;

    /// Fits a detector on these costs or scores (samples x columns), whose target is `true` where the sample
    /// is adversarial; there may be none. `numbers` says what they are.
    ///
    /// # Errors
    /// If it cannot be fitted on them: [`Error::Other`] where no other error says it.
    fn fit(&self, samples: &Dataset<f64, bool, Ix1>, numbers: &Numbers) -> Result<Self::Detector>;
}

/// The kinds of detectors of other crates that a program knows, by name.
#[derive(Clone, Debug, Default)]
pub struct Kinds(BTreeMap<String, Arc<dyn AnyKind>>);

/// A kind whatever its type.
trait AnyKind: Debug + Send + Sync {
    fn fitted(&self, samples: &Dataset<f64, bool, Ix1>, numbers: &Numbers) -> Result<Detector>;

    fn read(&self, state: Value) -> serde_json::Result<Detector>;
}

impl<K: Kind> AnyKind for K {
    fn fitted(&self, samples: &Dataset<f64, bool, Ix1>, numbers: &Numbers) -> Result<Detector> {
        self.fit(samples, numbers).map(Detector::other)
    }

    fn read(&self, state: Value) -> serde_json::Result<Detector> {
        serde_json::from_value::<K::Detector>(state).map(Detector::other)
    }
}

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and another one. A later one of a name takes the place of an earlier.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, kind: impl Kind + 'static) -> Self {
        self.0.insert(name.into(), Arc::new(kind));
        self
    }

    /// Their names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Fits a detector of this kind.
    ///
    /// # Errors
    /// As [`Kind::fit`], and [`Error::Description`] if there is no such kind.
    pub fn fit(
        &self,
        name: &str,
        samples: &Dataset<f64, bool, Ix1>,
        numbers: &Numbers,
    ) -> Result<Detector> {
        checked(name, self.kind(name)?.fitted(samples, numbers)?)
    }

    /// The detector of this kind that a file has.
    pub(crate) fn read(&self, name: &str, state: Value) -> Result<Detector> {
        let detector = self.kind(name)?.read(state).map_err(|error| Error::Description {
            expected: format!("the state of a detector of kind {name:?}"),
            found: error.to_string(),
        })?;
        checked(name, detector)
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn kind(&self, name: &str) -> Result<&dyn AnyKind> {
        self.0.get(name).map(|kind| &**kind).ok_or_else(|| Error::Description {
            expected: "a kind that this program knows".into(),
            found: format!("{name:?}"),
        })
    }
}

/// Refuses a detector that files would not know again, or that lacks a sign.
fn checked(name: &str, detector: Detector) -> Result<Detector> {
    if detector.name() != name {
        let found = format!("{:?}", detector.name());
        return Err(Error::Description { expected: format!("one of the name {name:?}"), found });
    }
    detector.numbers().check_signs(detector.columns())?;
    Ok(detector)
}
