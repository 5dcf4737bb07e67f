//! A piece of the engine's work on behalf of Python.

use a2d_attacks::Limits;
use a2d_model::Classifier;
use pyo3::prelude::*;

use crate::exception::Stop;
use crate::model::Model;
use crate::network::Fault;

/// How work is done, whatever it is.
#[derive(FromPyObject)]
pub(crate) struct Settings {
    #[pyo3(item)]
    window: usize,
    #[pyo3(item)]
    seed: u64,
    /// Is told of every image that is done.
    #[pyo3(item)]
    progress: Option<Py<PyAny>>,
}

impl Settings {
    pub(crate) fn limits(&self) -> Limits {
        Limits { window: self.window, seed: self.seed }
    }

    /// An image is done.
    pub(crate) fn advance(&self) -> Result<(), Stop> {
        let Some(progress) = &self.progress else { return Ok(()) };
        Python::with_gil(|py| progress.call0(py).map(drop)).map_err(Stop::from)
    }
}

/// Does the work on a model without the GIL, which libtorch refuses to differentiate under, and which other threads
/// want. An exception of Python code comes back as it was raised.
pub(crate) fn released<T: Send>(
    py: Python<'_>,
    model: Model,
    work: impl FnOnce(Classifier, &Fault) -> Result<T, Stop> + Send,
) -> PyResult<T> {
    let fault = Fault::default();
    // Gradients are wanted, whatever the caller's own mode.
    let outcome =
        py.allow_threads(|| tch::with_grad(|| work(model.into_classifier(&fault)?, &fault)));
    match fault.take() {
        Some(raised) => Err(raised),
        None => outcome.map_err(PyErr::from),
    }
}
