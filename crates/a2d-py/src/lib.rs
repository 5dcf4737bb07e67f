//! Attack as defense for any PyTorch model, as Python sees it: `a2d._native`, under the layer in `python/`.
//!
//! Without the feature `extension-module` there is nothing here: it makes torch-sys ask for Python and the libtorch of
//! Python's torch, which the rest of the workspace is built and tested without. `cargo xtask python` does it for this.
#![cfg(feature = "extension-module")]

mod attack;
mod check;
mod clever;
mod cost;
mod craft;
mod exception;
mod guard;
mod inputs;
mod model;
mod network;
mod own_attack;
mod run;

use pyo3::prelude::*;

/// What the layer in `python/` calls.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(attack::names, module)?)?;
    module.add_function(wrap_pyfunction!(attack::parameters, module)?)?;
    module.add_function(wrap_pyfunction!(check::check, module)?)?;
    module.add_function(wrap_pyfunction!(cost::cost, module)?)?;
    module.add_function(wrap_pyfunction!(craft::craft, module)?)?;
    module.add_function(wrap_pyfunction!(clever::clever, module)?)?;
    module.add_function(wrap_pyfunction!(guard::screen, module)?)
}
