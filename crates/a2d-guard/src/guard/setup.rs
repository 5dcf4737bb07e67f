//! How a guard is put together.

use std::sync::Arc;

use a2d_attacks::{DEFENSES, Limits, NamedAttack};
use a2d_cost::Provenance;
use a2d_detect::{Detect as _, SavedDetector, Unit};
use a2d_model::Classifier;

use super::{Guard, Setup};
use crate::{Error, Result, order};

impl Guard {
    /// A guard with the attacks of the detector, with the parameters that it was fitted for.
    ///
    /// # Errors
    /// [`Error::NoProvenance`] or [`Error::Parameters`] if the detector does not say them, and as
    /// [`with_defenses`](Self::with_defenses).
    pub fn new(classifier: Classifier, detector: SavedDetector) -> Result<Self> {
        Self::among(&[], classifier, detector)
    }

    /// A guard with the attacks of the detector, of which those that are not of the [catalogue](DEFENSES) are
    /// `others`, with the parameters that it was fitted for.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn among(
        others: &[NamedAttack],
        classifier: Classifier,
        detector: SavedDetector,
    ) -> Result<Self> {
        let defenses = Self::defenses(others, &detector)?;
        Self::with_defenses(classifier, defenses, detector)
    }

    /// The attacks of a detector, in its order, with the parameters that it was fitted for; those that are not of the
    /// [catalogue](DEFENSES) are among `others`.
    ///
    /// # Errors
    /// [`Error::NoProvenance`] or [`Error::Parameters`] if the detector does not say them.
    pub fn defenses(others: &[NamedAttack], detector: &SavedDetector) -> Result<Vec<NamedAttack>> {
        let fitted = detector.provenance.as_ref().ok_or(Error::NoProvenance)?;
        detector.attacks.iter().map(|name| defense(others, fitted, name)).collect()
    }

    /// A guard with these attacks, the detector's in its order: for attacks that are not of the
    /// [catalogue](DEFENSES), and where the detector does not say their parameters. They should be those that
    /// its costs were measured with.
    ///
    /// # Errors
    /// [`Error::Model`] if the detector was fitted for another model, [`Error::Attacks`] if these are not
    /// its attacks, [`Error::Detect`] if it is one on scores that are no costs.
    pub fn with_defenses(
        classifier: Classifier,
        defenses: Vec<NamedAttack>,
        detector: SavedDetector,
    ) -> Result<Self> {
        if let Some(fitted) = &detector.provenance
            && fitted.model != classifier.fingerprint()
        {
            let (expected, got) = (fitted.model.clone(), classifier.fingerprint().to_owned());
            return Err(Error::Model { expected, got });
        }
        let names: Vec<_> = defenses.iter().map(NamedAttack::name).collect();
        if names != detector.attacks {
            let (expected, got) = (detector.attacks.join(", "), names.join(", "));
            return Err(Error::Attacks { expected, got });
        }
        if !detector.detector.numbers().are_costs() {
            return Err(a2d_detect::Error::NotCosts.into());
        }
        let order = order::cheapest_first(&defenses, &detector.detector, detector.unit);
        let detector = Arc::new(detector);
        let setup = Setup { defenses, detector, order, limits: Limits::default(), full: false };
        Ok(Self { classifier, setup: Arc::new(setup) })
    }

    /// With this window and seed instead of the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.setup).limits = limits;
        self
    }

    /// Measures every cost in full, for scores and explanations; the verdicts are the same.
    #[must_use]
    pub fn in_full(mut self) -> Self {
        Arc::make_mut(&mut self.setup).full = true;
        self
    }

    /// With the attacks in this order, instead of that of their expected queries.
    ///
    /// # Errors
    /// [`Error::Order`] unless it names each attack once.
    pub fn in_order(mut self, names: &[impl AsRef<str>]) -> Result<Self> {
        let known = &self.detector().attacks;
        let places =
            names.iter().map(|name| known.iter().position(|attack| attack == name.as_ref()));
        let order = places.collect::<Option<Vec<usize>>>().filter(|order| {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted.into_iter().eq(0..known.len())
        });
        let Some(order) = order else {
            return Err(Error::Order {
                expected: known.join(", "),
                got: names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
            });
        };
        Arc::make_mut(&mut self.setup).order = order;
        Ok(self)
    }
}

impl Setup {
    /// The most that each attack costs for an image of so many elements.
    pub(crate) fn caps(&self, elements: usize) -> Vec<f64> {
        let cap = |defense: &NamedAttack| match self.detector.unit {
            Unit::Iterations => f64::from(defense.cap(elements)),
            _ => f64::INFINITY,
        };
        self.defenses.iter().map(cap).collect()
    }
}

/// The attack of this name with the parameters that the detector was fitted for.
fn defense(others: &[NamedAttack], fitted: &Provenance, name: &str) -> Result<NamedAttack> {
    let unknown = |reason| Error::Parameters { attack: name.to_owned(), reason };
    let parameters = fitted.defenses.get(name).ok_or_else(|| unknown("none".to_owned()))?;
    let parameters = parameters.as_object().ok_or_else(|| unknown(parameters.to_string()))?;
    let attack = match others.iter().find(|attack| attack.name() == name) {
        Some(attack) => attack.with(parameters),
        None => DEFENSES.with_parameters(name, parameters),
    };
    attack.map_err(|error| unknown(error.to_string()))
}
