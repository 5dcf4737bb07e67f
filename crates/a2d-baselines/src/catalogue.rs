//! The table of the baselines.

use std::sync::Arc;

use a2d_data::Split;
use serde_json::{Map, Value};

use crate::{
    Baseline, DissectorParameters, Error, KdBuParameters, LidParameters, MMutantParameters,
    MagnetParameters, Material, Parameters, Result, State, TwisParameters,
};

/// The baselines.
pub static BASELINES: &[Kind] = &[
    Kind::of::<KdBuParameters>(),
    Kind::of::<LidParameters>(),
    Kind::of::<MMutantParameters>(),
    Kind::of::<DissectorParameters>(),
    Kind::of::<TwisParameters>(),
    Kind::of::<MagnetParameters>(),
];

/// Parameters by their names.
type Given = Map<String, Value>;

/// Any fitted baseline.
type AnyBaseline = Arc<dyn Baseline>;

/// A kind of baseline.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The part of the data set whose images it wants with their true classes, if it wants any.
    pub labelled: Option<Split>,
    parameters: fn(&Given) -> Result<Value>,
    fit: fn(&Given, &Material<'_>) -> Result<AnyBaseline>,
    restore: fn(&Given, State) -> Result<AnyBaseline>,
}

impl Kind {
    /// The kind with these parameters.
    pub const fn of<P: Parameters>() -> Self {
        Self {
            name: P::NAME,
            labelled: P::LABELLED,
            parameters: |given| {
                let parameters = parsed::<P>(given)?;
                serde_json::to_value(parameters).map_err(|error| Error::state("parameters", error))
            },
            fit: |given, material| Ok(Arc::new(parsed::<P>(given)?.fit(material)?)),
            restore: |given, state| Ok(Arc::new(parsed::<P>(given)?.restore(state)?)),
        }
    }

    /// All parameters, where these are given.
    ///
    /// # Errors
    /// [`Error::Parameter`] if one is unknown or of another type.
    pub fn parameters(&self, given: &Map<String, Value>) -> Result<Map<String, Value>> {
        match (self.parameters)(given)? {
            Value::Object(all) => Ok(all),
            other => Err(Error::state("parameters by their names", other)),
        }
    }

    /// Fits a baseline with the default parameters, but for these.
    ///
    /// # Errors
    /// As [`Parameters::fit`], and as [`Self::parameters`].
    pub fn fit(&self, given: &Map<String, Value>, material: &Material<'_>) -> Result<AnyBaseline> {
        (self.fit)(given, material)
    }

    pub(crate) fn restore(
        &self,
        parameters: &Map<String, Value>,
        state: State,
    ) -> Result<AnyBaseline> {
        (self.restore)(parameters, state)
    }
}

/// The kind of this name.
///
/// # Errors
/// [`Error::Unknown`] if there is none.
pub fn kind(name: &str) -> Result<&'static Kind> {
    BASELINES.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<_> = BASELINES.iter().map(|kind| kind.name).collect();
        Error::Unknown { name: name.to_owned(), known: known.join(", ") }
    })
}

/// The parameters of a kind, where these are given.
fn parsed<P: Parameters>(given: &Map<String, Value>) -> Result<P> {
    let broken = |error: serde_json::Error| Error::Parameter {
        baseline: P::NAME,
        expected: "its parameters".into(),
        got: error.to_string(),
    };
    let mut all = serde_json::to_value(P::default()).map_err(broken)?;
    if let Value::Object(all) = &mut all {
        all.extend(given.clone());
    }
    serde_json::from_value(all).map_err(broken)
}
