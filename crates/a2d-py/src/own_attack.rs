//! Attacks that are written in Python.

use std::fmt;

use a2d_attacks::{Attack, Iterate, Kept, Newcomers, Parameters, Result, RowState, range};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_tch::PyTensor;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tch::Tensor;

use crate::network::Fault;

/// The module with what is done to the state of rows.
const ROWS: &str = "a2d._rows";

/// An object of Python with `start(images)` and `advance(images, grad, state)`.
pub(crate) struct OwnAttack {
    object: Py<PyAny>,
    name: String,
    iterations: u32,
    wants_gradients: bool,
    parameters: Parameters,
    fault: Fault,
}

/// The state of rows as Python has it. Without one, there is none, or an exception kept it from being made.
pub(crate) struct OwnRows {
    state: Option<Py<PyAny>>,
    fault: Fault,
}

impl OwnAttack {
    /// What `a2d._rows.describe` says of the object.
    pub(crate) fn of(object: &Bound<'_, PyAny>, fault: &Fault) -> PyResult<Self> {
        let rows = object.py().import(ROWS)?;
        let (name, iterations, wants_gradients, parameters): (String, u32, bool, String) =
            rows.call_method1("describe", (object,))?.extract()?;
        let parameters = serde_json::from_str(&parameters)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let (object, fault) = (object.clone().unbind(), fault.clone());
        Ok(Self { object, name, iterations, wants_gradients, parameters, fault })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl RowState for OwnRows {
    fn append(&mut self, newcomers: Self) {
        let (Some(own), Some(others)) = (&self.state, &newcomers.state) else { return };
        let joined =
            |py: Python<'_>| Ok(py.import(ROWS)?.call_method1("join", (own, others))?.unbind());
        self.state = self.fault.ask(joined);
    }

    fn retain(&mut self, kept: &Kept) {
        let Some(own) = &self.state else { return };
        let indices = PyTensor(kept.indices().shallow_clone());
        let retained = |py: Python<'_>| {
            Ok(py.import(ROWS)?.call_method1("keep", (own, indices, kept.places()))?.unbind())
        };
        self.state = self.fault.ask(retained);
    }
}

impl Attack for OwnAttack {
    type Rows = OwnRows;

    fn check(&self) -> Result<()> {
        range::at_least_one("attack in Python", "iterations", self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn queries_per_iteration(&self) -> u32 {
        1 + u32::from(self.wants_gradients)
    }

    fn wants_gradients(&self) -> bool {
        self.wants_gradients
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> OwnRows {
        let images = PyTensor(newcomers.images.shallow_clone());
        let state = self.fault.ask(|py| self.object.call_method1(py, "start", (images,)));
        OwnRows { state, fault: self.fault.clone() }
    }

    /// After an exception the images stay: the next pass ends the work.
    fn advance(&self, iterate: &Iterate<'_>, rows: &mut OwnRows) -> Tensor {
        let images = iterate.images();
        let gradient = self.wants_gradients.then(|| PyTensor(iterate.ascent()));
        let advanced = self.fault.ask(|py| {
            let arguments = (&self.object, PyTensor(images.shallow_clone()), gradient, &rows.state);
            let answer = py.import(ROWS)?.call_method1("advance", arguments)?;
            let (PyTensor(images), state): (PyTensor, Py<PyAny>) = answer.extract()?;
            Ok((images, state))
        });
        match advanced {
            None => images,
            Some((images, state)) => {
                rows.state = Some(state);
                images.clamp(0.0, 1.0)
            }
        }
    }
}

impl Clone for OwnAttack {
    fn clone(&self) -> Self {
        Self {
            object: Python::with_gil(|py| self.object.clone_ref(py)),
            name: self.name.clone(),
            iterations: self.iterations,
            wants_gradients: self.wants_gradients,
            parameters: self.parameters.clone(),
            fault: self.fault.clone(),
        }
    }
}

impl fmt::Debug for OwnAttack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OwnAttack({})", self.name)
    }
}

impl Serialize for OwnAttack {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.parameters.serialize(serializer)
    }
}

/// It is never made from parameters: they do not say what it does.
impl<'de> Deserialize<'de> for OwnAttack {
    fn deserialize<D: Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        Err(de::Error::custom("an attack in Python has its parameters as attributes"))
    }
}
