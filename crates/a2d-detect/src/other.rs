//! Detectors of other crates, whatever their type.

use std::fmt::Debug;
use std::sync::Arc;

use serde::ser::{Error as _, Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::{Foresee, Result, Tune};

/// A detector whatever its type. Every one that [foresees](Foresee) and [tunes](Tune), and can be cloned,
/// printed and serialised, is one; [`Detector::other`](crate::Detector::other) is how it is used.
pub trait AnyDetector: Foresee + Debug + Send + Sync {
    /// What its files have of it.
    ///
    /// # Errors
    /// If it is nothing that JSON can hold.
    fn state(&self) -> serde_json::Result<Value>;

    /// [`Tune::threshold`].
    fn decides_at(&self) -> f64;

    /// [`Tune::with_threshold`].
    ///
    /// # Errors
    /// As there.
    fn at_threshold(&self, threshold: f64) -> Result<OtherDetector>;

    /// [`Tune::with_false_positive_rate`].
    ///
    /// # Errors
    /// As there.
    fn at_false_positive_rate(&self, rate: f64) -> Result<OtherDetector>;

    /// [`Tune::flagging_above`].
    ///
    /// # Errors
    /// As there.
    fn at_score(&self, score: f64) -> Result<OtherDetector>;
}

impl<D: Foresee + Tune + Clone + Debug + Serialize + Send + Sync + 'static> AnyDetector for D {
    fn state(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    fn decides_at(&self) -> f64 {
        self.threshold()
    }

    fn at_threshold(&self, threshold: f64) -> Result<OtherDetector> {
        self.clone().with_threshold(threshold).map(OtherDetector::new)
    }

    fn at_false_positive_rate(&self, rate: f64) -> Result<OtherDetector> {
        self.clone().with_false_positive_rate(rate).map(OtherDetector::new)
    }

    fn at_score(&self, score: f64) -> Result<OtherDetector> {
        self.clone().flagging_above(score).map(OtherDetector::new)
    }
}

/// A detector of another crate. Its kind, in files, is its [name](crate::Detect::name).
#[derive(Clone, Debug)]
pub struct OtherDetector(Arc<dyn AnyDetector>);

impl OtherDetector {
    pub(crate) fn new(detector: impl AnyDetector + 'static) -> Self {
        Self(Arc::new(detector))
    }

    /// The detector.
    pub fn detector(&self) -> &dyn Foresee {
        &*self.0
    }

    pub(crate) fn threshold(&self) -> f64 {
        self.0.decides_at()
    }

    pub(crate) fn with_threshold(&self, threshold: f64) -> Result<Self> {
        self.0.at_threshold(threshold)
    }

    pub(crate) fn with_false_positive_rate(&self, rate: f64) -> Result<Self> {
        self.0.at_false_positive_rate(rate)
    }

    pub(crate) fn flagging_above(&self, score: f64) -> Result<Self> {
        self.0.at_score(score)
    }
}

/// Detectors are the same if their files are.
impl PartialEq for OtherDetector {
    fn eq(&self, other: &Self) -> bool {
        let same_state = || match (self.0.state(), other.0.state()) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            _ => false,
        };
        self.0.name() == other.0.name() && same_state()
    }
}

impl Serialize for OtherDetector {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let state = self.0.state().map_err(S::Error::custom)?;
        let mut document = serializer.serialize_struct("OtherDetector", 2)?;
        document.serialize_field("kind", self.0.name())?;
        document.serialize_field("state", &state)?;
        document.end()
    }
}
