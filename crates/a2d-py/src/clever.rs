//! CLEVER scores.

use a2d_eval::clever::{Clever, CleverScore, Norm, Query, Target};
use pyo3::prelude::*;
use pyo3_tch::PyTensor;

use crate::exception::{Stop, value};
use crate::inputs;
use crate::model::Model;
use crate::run::{Settings, released};

/// How images are scored.
#[derive(FromPyObject)]
pub(crate) struct Estimate {
    #[pyo3(item)]
    norm: String,
    #[pyo3(item)]
    radius: Option<f64>,
    #[pyo3(item)]
    batches: u32,
    #[pyo3(item)]
    samples: u32,
    /// A class; without one, all others.
    #[pyo3(item)]
    target: Option<usize>,
    #[pyo3(item)]
    seed: u64,
}

impl Estimate {
    fn clever(&self) -> Result<Clever, Stop> {
        let norm = match self.norm.as_str() {
            "l1" => Norm::L1,
            "l2" => Norm::L2,
            "linf" => Norm::Linf,
            other => {
                let message = format!("clever: expected norm to be l1, l2 or linf, got {other:?}");
                return Err(value(&message).into());
            }
        };
        let params = Clever::cpu(norm).batches(self.batches).samples(self.samples).seed(self.seed);
        Ok(self.radius.map_or(params, |radius| params.radius(radius)).check()?)
    }
}

/// Row, score, predicted class, target class and margin.
type Score = (usize, f64, usize, usize, f64);

/// The CLEVER score of every image, \[N, C, H, W\].
#[pyfunction]
pub(crate) fn clever(
    py: Python<'_>,
    model: Model,
    images: PyTensor,
    estimate: Estimate,
    settings: Settings,
) -> PyResult<Vec<Score>> {
    released(py, model, move |classifier, _| {
        let clever = estimate.clever()?;
        let target = estimate.target.map_or(Target::Untargeted, Target::Class);
        let queries = (0..inputs::len(&images))
            .map(|row| Ok::<_, Stop>(Query::new(row as u64, images.get(row as i64))));
        let mut scores = vec![];
        let mut heard = |(number, found): (u64, Vec<CleverScore>)| {
            let all = found.into_iter();
            scores.extend(all.map(|CleverScore { score, label, target, margin, .. }| {
                (number as usize, score, label, target, margin)
            }));
            settings.advance()
        };
        classifier.work(&mut || Ok(clever.session(&[target])), queries, &mut heard)?;
        scores.sort_unstable_by_key(|(row, ..)| *row);
        Ok(scores)
    })
}
