//! Errors as Python's exceptions, by kind.

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};

/// An error of a library, as the exception that its kind asks for.
pub(crate) trait Raise<T> {
    /// The value, or `OSError` if a file cannot be read or written, `ValueError` if what was handed in is at fault,
    /// else `RuntimeError`.
    fn raise(self) -> Result<T, PyErr>;
}

impl<T> Raise<T> for a2d_detect::Result<T> {
    fn raise(self) -> Result<T, PyErr> {
        self.map_err(|error| match error {
            a2d_detect::Error::File(error) => of_file(&error),
            other => of_kind(other.is_bad_input(), &other),
        })
    }
}

impl<T> Raise<T> for a2d_cost::Result<T> {
    fn raise(self) -> Result<T, PyErr> {
        self.map_err(|error| match error {
            a2d_cost::Error::File(error) => of_file(&error),
            other => of_kind(other.is_bad_input(), &other),
        })
    }
}

impl<T> Raise<T> for a2d_file::Result<T> {
    fn raise(self) -> Result<T, PyErr> {
        self.map_err(|error| of_file(&error))
    }
}

impl<T> Raise<T> for a2d_eval::Result<T> {
    fn raise(self) -> Result<T, PyErr> {
        self.map_err(|error| value(&error))
    }
}

impl<T> Raise<T> for serde_json::Result<T> {
    fn raise(self) -> Result<T, PyErr> {
        self.map_err(|error| value(&error))
    }
}

/// A `ValueError`.
pub(crate) fn value(error: &dyn std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn of_kind(is_bad_input: bool, error: &dyn std::fmt::Display) -> PyErr {
    if is_bad_input { value(error) } else { PyRuntimeError::new_err(error.to_string()) }
}

/// Python makes `FileNotFoundError` and its like of the system's number.
fn of_file(error: &a2d_file::Error) -> PyErr {
    match error {
        a2d_file::Error::Read { path, reason } | a2d_file::Error::Write { path, reason } => {
            match reason.raw_os_error() {
                Some(number) => PyOSError::new_err((number, reason.to_string(), path.clone())),
                None => PyOSError::new_err(error.to_string()),
            }
        }
        other => of_kind(other.is_bad_input(), other),
    }
}
