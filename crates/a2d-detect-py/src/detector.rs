//! Fitted detectors.

use std::path::PathBuf;

use a2d_cost::{Likeness, Provenance};
use a2d_detect::ndarray::{Array2, Axis, concatenate};
use a2d_detect::{
    Detect as _, DetectorKind, Fitting, SavedDetector, Tails, TrainingNumbers, Tune as _, Verdict,
};
use numpy::{IntoPyArray as _, PyArray1};
use pyo3::prelude::*;

use crate::exception::{Raise as _, value};
use crate::overlap;
use crate::table::{Content, Table, UNIT, complete};

/// A fitted detector with what one must know to use it.
#[pyclass(frozen, module = "a2d_detect._native")]
pub(crate) struct Detector {
    pub(crate) saved: SavedDetector,
}

/// Scores, flags and, where they are known, p-values of inputs.
type Verdicts<'py> =
    (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<bool>>, Option<Bound<'py, PyArray1<f64>>>);

#[pymethods]
impl Detector {
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        Ok(Self { saved: SavedDetector::load(&path).raise()? })
    }

    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.saved.save(&path).raise()
    }

    /// From what `to_json` gave.
    #[staticmethod]
    fn of_json(text: &str) -> PyResult<Self> {
        Ok(Self { saved: serde_json::from_str(text).raise()? })
    }

    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.saved).raise()
    }

    #[getter]
    fn name(&self) -> &str {
        self.saved.detector.name()
    }

    #[getter]
    fn attacks(&self) -> Vec<String> {
        self.saved.attacks.clone()
    }

    #[getter]
    fn threshold(&self) -> f64 {
        self.saved.detector.threshold()
    }

    /// Which numbers of each column look adversarial; nothing of a detector on costs.
    #[getter]
    fn signs(&self) -> Option<Vec<&'static str>> {
        let numbers = self.saved.detector.numbers();
        let columns = 0..self.saved.attacks.len();
        (!numbers.are_costs()).then(|| columns.map(|column| numbers.sign(column).name()).collect())
    }

    /// Numbers of benign, adversarial and held-out samples that it has seen, as JSON.
    fn samples(&self) -> PyResult<String> {
        serde_json::to_string(&self.saved.detector.samples()).raise()
    }

    /// The same detector with another threshold, or share of benign inputs that it flags.
    fn tuned(&self, threshold: Option<f64>, fpr: Option<f64>) -> PyResult<Self> {
        let detector = self.saved.detector.clone();
        let detector = match (threshold, fpr) {
            (Some(threshold), _) => detector.with_threshold(threshold),
            (None, Some(fpr)) => detector.with_false_positive_rate(fpr),
            (None, None) => Ok(detector),
        };
        Ok(Self { saved: SavedDetector { detector: detector.raise()?, ..self.saved.clone() } })
    }

    fn verdicts<'py>(&self, py: Python<'py>, table: &Table) -> PyResult<Verdicts<'py>> {
        let verdicts = py.allow_threads(|| judge(&self.saved, &[table]))?.remove(0);
        let scores: Vec<f64> = verdicts.iter().map(|verdict| verdict.score).collect();
        let flags: Vec<bool> = verdicts.iter().map(|verdict| verdict.adversarial).collect();
        let p_values: Option<Vec<f64>> = verdicts.iter().map(|verdict| verdict.p_value).collect();
        let p_values = p_values.map(|p_values| p_values.into_pyarray(py));
        Ok((scores.into_pyarray(py), flags.into_pyarray(py), p_values))
    }

    /// Verdict and evidence as JSON, and as text for people.
    fn explain(&self, numbers: Vec<f64>) -> PyResult<(String, String)> {
        let explanation = self.saved.explain(&numbers).raise()?;
        Ok((serde_json::to_string(&explanation).raise()?, explanation.to_string()))
    }
}

/// The verdicts on tables, which share what is known of the caps of attacks.
pub(crate) fn judge(saved: &SavedDetector, tables: &[&Table]) -> PyResult<Vec<Vec<Verdict>>> {
    let costs: Option<Vec<_>> = tables.iter().map(|table| table.costs()).collect();
    if let Some(costs) = costs
        && saved.detector.numbers().are_costs()
    {
        return saved.verdicts(&costs).raise();
    }
    let verdicts = |table: &&Table| match &table.content {
        Content::Costs(costs) => saved.verdicts(&[costs]).raise().map(|mut all| all.remove(0)),
        Content::Numbers { table, costs: false } => saved.verdicts_on_scores(table).raise(),
        Content::Numbers { .. } => {
            let numbers = table.select(&saved.attacks)?;
            if !saved.detector.numbers().are_costs() {
                return Err(a2d_detect::Error::NotScores).raise();
            }
            saved.detector.verdicts(numbers.values().view()).raise()
        }
    };
    tables.iter().map(verdicts).collect()
}

/// What a detector of a kind is to be like.
#[derive(FromPyObject)]
pub(crate) struct Options {
    #[pyo3(item)]
    kind: String,
    #[pyo3(item)]
    k: Option<usize>,
    #[pyo3(item)]
    ratio: Option<f64>,
    #[pyo3(item)]
    votes: Option<usize>,
    #[pyo3(item)]
    cascade: bool,
    #[pyo3(item)]
    two_sided: bool,
    #[pyo3(item)]
    threshold: Option<f64>,
    #[pyo3(item)]
    fpr: Option<f64>,
}

impl Options {
    fn fitting(&self) -> PyResult<Fitting> {
        let kind = match self.kind.as_str() {
            "z-score" => DetectorKind::ZScore,
            "knn" => DetectorKind::Knn,
            "conformal" => DetectorKind::Conformal,
            other => {
                let expected = "\"z-score\", \"knn\" or \"conformal\"";
                return Err(value(&format!("fit: expected kind to be {expected}, got {other:?}")));
            }
        };
        let usual = Fitting::of(kind);
        Ok(Fitting {
            k: self.k.unwrap_or(usual.k),
            ratio: self.ratio,
            votes: self.votes,
            cascade: self.cascade,
            tails: if self.two_sided { Tails::Both } else { Tails::Lower },
            threshold: self.threshold,
            rate: self.fpr,
            ..usual
        })
    }
}

/// Fits a detector on tables that have the columns of the first.
#[pyfunction]
pub(crate) fn fit(
    py: Python<'_>,
    options: Options,
    benign: Vec<Table>,
    adversarial: Vec<Table>,
    calibration: Vec<Table>,
) -> PyResult<Detector> {
    py.allow_threads(|| {
        let fitting = options.fitting()?;
        let Some(first) = benign.first() else {
            return Err(a2d_detect::Error::NoSamples).raise();
        };
        let (attacks, numbers) = (first.names(), first.numbers());
        let counts = [benign.len(), adversarial.len()];
        let mut tables = vec![];
        for table in benign.iter().chain(&adversarial).chain(&calibration) {
            if table.numbers().are_costs() != numbers.are_costs() {
                return Err(if numbers.are_costs() {
                    a2d_detect::Error::NotCosts
                } else {
                    a2d_detect::Error::NotScores
                })
                .raise();
            }
            let table = table.select(&attacks)?;
            if let Some((input, attack)) = table.costs().and_then(|costs| costs.first_censored()) {
                let (input, attack) = (input.to_owned(), attack.to_owned());
                return Err(a2d_detect::Error::Censored { input, attack }).raise();
            }
            tables.push(table);
        }
        let provenance = common_provenance(&tables)?;
        complete(&mut tables);
        let (benign, rest) = tables.split_at(counts[0]);
        let (adversarial, calibration) = rest.split_at(counts[1]);
        let clean: Vec<&Table> = benign.iter().chain(calibration).collect();
        overlap::check_once("benign and calibration", &clean, Likeness::Rounding)?;
        let some = |tables: &[Table]| (!tables.is_empty()).then(|| joined(tables)).transpose();
        let samples = TrainingNumbers {
            numbers,
            benign: joined(benign)?,
            adversarial: some(adversarial)?,
            calibration: some(calibration)?,
        };
        let (detector, _) = fitting.fit(samples).raise()?;
        Ok(Detector { saved: SavedDetector { attacks, unit: UNIT, provenance, detector } })
    })
}

/// The numbers of all tables, one after the other.
fn joined(tables: &[Table]) -> PyResult<Array2<f64>> {
    let parts: Vec<_> = tables.iter().map(Table::values).collect();
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    concatenate(Axis(0), &views).map_err(|error| value(&error))
}

/// What all tables agree on, with the inputs of all; `None` if one of them does not say.
fn common_provenance(tables: &[Table]) -> PyResult<Option<Provenance>> {
    let Some(all) =
        tables.iter().map(|table| table.provenance.as_ref()).collect::<Option<Vec<_>>>()
    else {
        return Ok(None);
    };
    let mut all = all.into_iter();
    let mut common = all.next().cloned();
    for other in all {
        if let Some(ours) = &mut common {
            if let Some((part, expected, found)) = ours.incomparable(other) {
                return Err(value(&format!("use costs: expected {part} {expected}, got {found}")));
            }
            ours.join(other);
        }
    }
    Ok(common)
}
