//! Whether attacks tell anything of a model.

use a2d_attacks::DEFENSES;
use a2d_guard::Checkup;
use pyo3::prelude::*;
use pyo3_tch::PyTensor;

use crate::attack::Choice;
use crate::exception::Stop;
use crate::model::Model;
use crate::run::{Settings, released};

/// The checkup on benign images, \[N, C, H, W\], as JSON, and the doubts of each attack in words. `heard` is told of each work
/// before it begins.
#[pyfunction]
pub(crate) fn check(
    py: Python<'_>,
    model: Model,
    images: PyTensor,
    choice: Choice,
    heard: Py<PyAny>,
    settings: Settings,
) -> PyResult<(String, Vec<Vec<String>>)> {
    released(py, model, move |classifier, fault| {
        let attacks = Python::with_gil(|py| choice.resolve(py, &DEFENSES, &classifier, fault))?;
        let mut progress = |work: &str| {
            fault.ask(|py| heard.call1(py, (work,)).map(drop));
        };
        let checkup =
            Checkup::run(&classifier, &images, &attacks, settings.limits(), &mut progress)?;
        let doubts = checkup
            .defenses
            .iter()
            .map(|found| found.doubts.iter().map(ToString::to_string).collect());
        let doubts = doubts.collect();
        Ok((serde_json::to_string(&checkup).map_err(Stop::from)?, doubts))
    })
}
