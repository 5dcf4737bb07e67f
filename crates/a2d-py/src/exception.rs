//! Errors as Python's exceptions, by kind.

use std::fmt::Display;

use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};

/// Why work stopped, as the exception that says so: an error of the engine, or what Python code raised that it called.
#[derive(Debug)]
pub(crate) struct Stop(PyErr);

impl From<PyErr> for Stop {
    fn from(raised: PyErr) -> Self {
        Self(raised)
    }
}

impl From<Stop> for PyErr {
    fn from(Stop(raised): Stop) -> Self {
        raised
    }
}

/// `ValueError` if what was handed in is at fault, else `RuntimeError`.
pub(crate) fn of(is_bad_input: bool, error: &dyn Display) -> PyErr {
    if is_bad_input { value(error) } else { PyRuntimeError::new_err(error.to_string()) }
}

/// A `ValueError`.
pub(crate) fn value(error: &dyn Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Makes the errors of libraries exceptions.
macro_rules! raised {
    ($($error:ty),+) => {
        $(impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self(of(error.is_bad_input(), &error))
            }
        })+
    };
}
raised!(
    a2d_attacks::Error,
    a2d_cost::Error,
    a2d_detect::Error,
    a2d_eval::clever::Error,
    a2d_guard::Error,
    a2d_model::Error
);

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self(value(&error))
    }
}
