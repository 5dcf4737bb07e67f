//! Adversarial examples.

use std::collections::BTreeMap;

use a2d_attacks::{Attempt, CRAFTING, Form, LabelledImages, Tally, Wanted};
use pyo3::prelude::*;
use pyo3_tch::PyTensor;
use tch::Tensor;

use crate::attack::Choice;
use crate::exception::{Stop, value};
use crate::inputs;
use crate::model::Model;
use crate::run::{Settings, released};

/// Row, label, predicted class, iterations, and distances in L0, L2 and the largest norm.
type Example = (usize, usize, usize, u32, f64, f64, f64);

/// Examples that an attack crafts from labelled images, \[N, C, H, W\]: images, \[M, C, H, W\], if there are some, what is
/// to be known of each, and counts of all attempts as JSON.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "they are named in Python")]
pub(crate) fn craft(
    py: Python<'_>,
    model: Model,
    images: PyTensor,
    labels: Vec<u32>,
    choice: Choice,
    count: usize,
    integer: bool,
    settings: Settings,
) -> PyResult<(Option<PyTensor>, Vec<Example>, String)> {
    released(py, model, move |classifier, fault| {
        let attacks = Python::with_gil(|py| choice.resolve(py, &CRAFTING, &classifier, fault))?;
        let [attack] = &attacks[..] else {
            return Err(value(&format!("craft: expected one attack, got {}", attacks.len())).into());
        };
        attack.check(classifier.classes())?;
        let len = inputs::len(&images);
        let image = &mut |row: usize| Ok::<Tensor, Stop>(images.get(row as i64));
        let source = LabelledImages { len, rows: 0..len, labels: &labels, image };
        let wanted =
            Wanted { examples: count, form: if integer { Form::Integer } else { Form::AsFound } };
        let limits = settings.limits();
        let mut heard = |_: usize, _: &Attempt| settings.advance();
        let attempts = a2d_attacks::craft(
            &classifier,
            attack,
            source,
            wanted,
            limits,
            BTreeMap::new(),
            &mut heard,
        )?;
        let tally = serde_json::to_string(&Tally::of(attempts.values()))?;
        let (mut found, mut crafted) = (vec![], vec![]);
        for (row, attempt) in attempts {
            if let Attempt::Succeeded(example) = attempt {
                if found.len() == count {
                    break;
                }
                let distances = example.distances;
                found.push((
                    row,
                    example.label,
                    example.predicted,
                    example.iterations,
                    distances.l0,
                    distances.l2,
                    distances.linf,
                ));
                crafted.push(example.image);
            }
        }
        let crafted = (!crafted.is_empty()).then(|| PyTensor(Tensor::stack(&crafted, 0)));
        Ok((crafted, found, tally))
    })
}
