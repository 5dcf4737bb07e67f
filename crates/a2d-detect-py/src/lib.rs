//! Detectors of adversarial inputs, as Python sees them: `a2d_detect._native`, under the layer in `python/`.
//!
//! Without the feature `extension-module` there is nothing here: what else is in the workspace is built, linted and
//! tested without Python, and `cargo xtask python` does it for this.
#![cfg(feature = "extension-module")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "what comes from Python is handed over by value"
)]

mod detector;
mod evaluation;
mod exception;
mod overlap;
mod table;

use pyo3::prelude::*;

/// What the layer in `python/` calls.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<table::Table>()?;
    module.add_class::<detector::Detector>()?;
    module.add_function(wrap_pyfunction!(detector::fit, module)?)?;
    module.add_function(wrap_pyfunction!(evaluation::evaluate, module)?)
}
