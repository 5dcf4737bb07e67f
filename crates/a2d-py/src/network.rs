//! A callable of Python as a network.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use a2d_model::{Error, Forward, Network, Result};
use pyo3::prelude::*;
use pyo3_tch::PyTensor;
use tch::Tensor;

/// The first exception of Python code that the engine called: the one that the caller gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<PyErr>>>);

impl Fault {
    /// Asks Python code. After an exception, which is kept, nothing is asked any more, so that the engine stops.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(Python<'_>) -> PyResult<T>) -> Option<T> {
        if self.is_there() {
            return None;
        }
        Python::with_gil(|py| question(py).map_err(|raised| self.keep(raised)).ok())
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, raised: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(raised);
    }

    fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// A callable that maps normalised images to logits, part of its graph.
pub(crate) struct Callable {
    pub(crate) forward: Py<PyAny>,
    pub(crate) name: String,
    pub(crate) fault: Fault,
}

impl Network for Callable {
    /// The caller does not hold the GIL: libtorch refuses to differentiate under it.
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let logits = self.fault.ask(|py| {
            // Ctrl-C, where this is the main thread.
            py.check_signals()?;
            let logits = self.forward.call1(py, (PyTensor(images.shallow_clone()),))?;
            let PyTensor(logits) = logits.extract(py)?;
            Ok(logits)
        });
        match logits {
            Some(logits) => Ok(pass.tap("logits", logits)),
            // Never shown: the exception is.
            None => {
                Err(Error::Forward { name: self.name.clone(), reason: "an exception".to_owned() })
            }
        }
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Callable({})", self.name)
    }
}
