//! A model of the user.

use a2d_model::{Classifier, Foreign, Normalisation};
use pyo3::prelude::*;
use pyo3_tch::PyTensor;

use crate::exception::{Stop, value};
use crate::network::{Callable, Fault};

/// A callable that maps images to logits, and what is to be known of it.
#[derive(FromPyObject)]
pub(crate) struct Model {
    #[pyo3(item)]
    forward: Py<PyAny>,
    /// Has the shape of the images, \[N, C, H, W\], and is where the model is.
    #[pyo3(item)]
    sample: PyTensor,
    #[pyo3(item)]
    name: String,
    /// All that decides the logits, but for the normalisation.
    #[pyo3(item)]
    decisive: Vec<u8>,
    /// The fingerprint that the user knows the model by, such as that of a file that it was exported to.
    #[pyo3(item)]
    pub(crate) known_as: Option<String>,
    /// Mean and deviation of each channel.
    #[pyo3(item)]
    normalisation: Option<(Vec<f64>, Vec<f64>)>,
    /// Is told what of the model its user had better know.
    #[pyo3(item)]
    warn: Py<PyAny>,
}

impl Model {
    /// The engine's view of it; exceptions of Python code go to `fault`. The caller does not hold the GIL.
    pub(crate) fn into_classifier(self, fault: &Fault) -> Result<Classifier, Stop> {
        let Self { forward, sample, name, decisive, known_as: _, normalisation, warn } = self;
        let size: [i64; 4] = sample.size().try_into().map_err(|size| {
            value(&format!("read images: expected shape (N, C, H, W), got {size:?}"))
        })?;
        let about = Foreign {
            name: name.clone(),
            input_shape: [size[1], size[2], size[3]].map(|side| side as usize),
            classes: None,
            normalisation: normalisation.map(|(mean, std)| Normalisation { mean, std }),
            decisive,
        };
        let network = Box::new(Callable { forward, name, fault: fault.clone() });
        let probed = Classifier::of_network(about, network, sample.device())?;
        for finding in probed.findings {
            fault.ask(|py| warn.call1(py, (finding.to_string(),)).map(drop));
        }
        Ok(probed.classifier)
    }
}
