//! Verdicts on images, with no more queries than they need.

use a2d_attacks::DEFENSES;
use a2d_detect::{Detect as _, KnownCost, SavedDetector};
use a2d_guard::{Guard, Screening};
use a2d_model::Classifier;
use pyo3::prelude::*;
use pyo3_tch::PyTensor;

use crate::attack::Choice;
use crate::exception::Stop;
use crate::inputs::queries;
use crate::model::Model;
use crate::network::Fault;
use crate::run::{Settings, released};

/// What is known of an image: row, predicted class, its confidence, whether it is adversarial, queries, of each attack
/// the iterations and whether it was stopped, score, p-value, and why attacks tell nothing.
#[derive(IntoPyObject)]
pub(crate) struct Verdict {
    row: usize,
    predicted: usize,
    confidence: f64,
    adversarial: Option<bool>,
    queries: u64,
    costs: Vec<Option<(u32, bool)>>,
    score: Option<f64>,
    p_value: Option<f64>,
    reason: Option<String>,
}

impl Verdict {
    fn of(screening: &Screening, detector: &SavedDetector) -> Result<Self, Stop> {
        let complete = screening.complete_costs(detector.unit);
        let judged = complete.map(|costs| detector.detector.verdict(&costs)).transpose()?;
        let costs = screening.costs.iter().map(|cost| {
            let KnownCost { iterations, censored } = KnownCost::of(cost.as_ref()?);
            Some((iterations, censored))
        });
        let reasons = screening.unscored.iter();
        let reasons: Vec<_> = reasons
            .map(|(attack, reason)| format!("{attack} tells nothing, for {reason}"))
            .collect();
        Ok(Self {
            row: screening.row,
            predicted: screening.prediction.class,
            confidence: screening.prediction.confidence,
            adversarial: screening.adversarial,
            queries: screening.queries(),
            costs: costs.collect(),
            score: judged.map(|verdict| verdict.score),
            p_value: judged.and_then(|verdict| verdict.p_value),
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        })
    }
}

/// A guard by a detector, which is JSON, with its attacks or, where it does not say them, those of the choice. Of a model
/// that is known by a fingerprint, the detector must know this one.
fn guard(
    classifier: Classifier,
    known_as: Option<String>,
    detector: &str,
    choice: Option<&Choice>,
    fault: &Fault,
) -> Result<Guard, Stop> {
    let mut detector: SavedDetector = serde_json::from_str(detector)?;
    if let (Some(known_as), Some(fitted)) = (known_as, &mut detector.provenance) {
        if fitted.model != known_as {
            let expected = fitted.model.clone();
            return Err(a2d_guard::Error::Model { expected, got: known_as }.into());
        }
        classifier.fingerprint().clone_into(&mut fitted.model);
    }
    let Some(choice) = choice else { return Ok(Guard::new(classifier, detector)?) };
    let attacks = Python::with_gil(|py| choice.resolve(py, &DEFENSES, &classifier, fault))?;
    Ok(Guard::with_defenses(classifier, attacks, detector)?)
}

/// The verdicts on images, \[N, C, H, W\], in their order.
#[pyfunction]
pub(crate) fn screen(
    py: Python<'_>,
    model: Model,
    detector: &str,
    choice: Option<Choice>,
    images: PyTensor,
    full: bool,
    settings: Settings,
) -> PyResult<Vec<Verdict>> {
    let known_as = model.known_as.clone();
    released(py, model, move |classifier, fault| {
        let guard = guard(classifier, known_as, detector, choice.as_ref(), fault)?;
        let guard = guard.with_limits(settings.limits());
        let guard = if full { guard.in_full() } else { guard };
        let mut verdicts = vec![];
        guard.screen(queries(&images, None), &mut |screening: Screening| {
            verdicts.push(Verdict::of(&screening, guard.detector())?);
            settings.advance()
        })?;
        verdicts.sort_unstable_by_key(|verdict| verdict.row);
        Ok(verdicts)
    })
}
