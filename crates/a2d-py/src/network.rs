//! A callable of Python as a network.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_tch::PyTensor;
use tch::{Kind, Tensor};

/// The first exception of Python code that the engine called: the one that the caller gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<PyErr>>>);

impl Fault {
    /// Keeps an exception, unless there is one.
    pub(crate) fn keep(&self, raised: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(raised);
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A callable that maps images to logits.
pub(crate) struct Callable {
    pub(crate) forward: Py<PyAny>,
    pub(crate) classes: i64,
    pub(crate) fault: Fault,
}

impl Callable {
    /// The logits of images, as the callable gives them, part of its graph. The caller does not hold the GIL.
    ///
    /// After an exception, which is kept, they are not numbers, so that the engine stops.
    pub(crate) fn logits(&self, images: &Tensor) -> Tensor {
        let rows = images.size()[0];
        let nothing = || Tensor::full([rows, self.classes], f64::NAN, (Kind::Float, images.device()));
        if self.fault.is_there() {
            return nothing();
        }
        let logits = Python::with_gil(|py| {
            // Ctrl-C, where this is the main thread.
            py.check_signals()?;
            let logits = self.forward.call1(py, (PyTensor(images.shallow_clone()),))?;
            let PyTensor(logits) = logits.extract(py)?;
            let (expected, got) = ([rows, self.classes], logits.size());
            if got != expected {
                return Err(PyValueError::new_err(format!(
                    "call model: expected logits of shape {expected:?} for {rows} images, as for one before, got \
                     shape {got:?}"
                )));
            }
            Ok(logits)
        });
        logits.unwrap_or_else(|raised| {
            self.fault.keep(raised);
            nothing()
        })
    }
}
