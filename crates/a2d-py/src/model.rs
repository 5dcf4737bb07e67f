//! A model of the user.

use a2d_model::Classifier;
use pyo3::prelude::*;
use pyo3_tch::PyTensor;
use tch::{Device, nn};

use crate::network::{Callable, Fault};

/// A callable that maps images in \[0, 1\] to logits, and what is to be known of it.
#[pyclass(frozen, module = "a2d._native")]
pub(crate) struct Model {
    forward: Py<PyAny>,
    name: String,
    input_shape: [usize; 3],
    classes: usize,
    /// All that decides the logits.
    decisive: Vec<u8>,
    device: Device,
    fingerprint: String,
}

#[pymethods]
impl Model {
    /// `sample`, \[N, C, H, W\], has the shape of the images, and is where the model is.
    #[new]
    fn new(
        forward: Py<PyAny>,
        sample: PyTensor,
        name: String,
        classes: usize,
        decisive: Vec<u8>,
    ) -> PyResult<Self> {
        let size: [i64; 4] = sample.size().try_into().map_err(|size| {
            crate::exception::value(&format!(
                "read images: expected shape (N, C, H, W), got {size:?}"
            ))
        })?;
        let input_shape = [size[1], size[2], size[3]].map(|side| side as usize);
        let device = sample.device();
        let fingerprint = String::new();
        let model = Self { forward, name, input_shape, classes, decisive, device, fingerprint };
        let fingerprint = Python::with_gil(|py| model.classifier(py, &Fault::default()));
        Ok(Self { fingerprint: fingerprint.fingerprint().to_owned(), ..model })
    }

    /// What ties costs and detectors to the model.
    #[getter]
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl Model {
    /// The engine's view of it, for one piece of work; exceptions of the callable go to `fault`.
    pub(crate) fn classifier(&self, py: Python<'_>, fault: &Fault) -> Classifier {
        let callable = Callable {
            forward: self.forward.clone_ref(py),
            classes: self.classes as i64,
            fault: fault.clone(),
        };
        Classifier::of_module(
            &self.name,
            move |images| callable.logits(images),
            nn::VarStore::new(self.device),
            self.input_shape,
            self.classes,
            &self.decisive,
        )
    }

    /// Channels, height and width of its images.
    pub(crate) fn input_shape(&self) -> [usize; 3] {
        self.input_shape
    }
}
