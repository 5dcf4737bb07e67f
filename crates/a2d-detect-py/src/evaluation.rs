//! How well numbers, and a detector on them, tell adversarial inputs from benign ones.

use a2d_cost::{Likeness, ScoreTable};
use a2d_detect::{Detect as _, SavedDetector, Tune as _, Verdict};
use a2d_eval::{Evaluation, Judged, RocCurve, Scores, Verdicts};
use pyo3::prelude::*;

use crate::detector::{Detector, judge};
use crate::exception::Raise as _;
use crate::overlap;
use crate::table::{Table, complete};

/// Evaluates every column, and the detector if there is one, on benign inputs and named kinds of adversarial ones:
/// the evaluation as JSON, and the ROC curve of each kind, by the detector or else the first column, as JSON.
#[pyfunction]
pub(crate) fn evaluate(
    py: Python<'_>,
    detector: Option<PyRef<'_, Detector>>,
    benign: Table,
    adversarial: Vec<(String, Table)>,
) -> PyResult<(String, String)> {
    let saved = detector.as_ref().map(|detector| &detector.saved);
    py.allow_threads(|| {
        let columns = saved.map_or_else(|| benign.names(), |saved| saved.attacks.clone());
        let (kinds, adversarial): (Vec<String>, Vec<Table>) = adversarial.into_iter().unzip();
        let mut tables = vec![benign.select(&columns)?];
        for table in &adversarial {
            tables.push(table.select(&columns)?);
        }
        check_inputs(saved, &tables, &kinds)?;
        // Judged as they are: it is known of which only lower bounds are.
        let judged = saved.map(|saved| judged(saved, &tables)).transpose()?;
        complete(&mut tables);
        let scores: Vec<ScoreTable> = tables.iter().map(Table::scores).collect();
        let (benign, adversarial) = (&scores[0], &scores[1..]);
        let named: Vec<_> = kinds.iter().map(String::as_str).zip(adversarial).collect();
        let evaluation = Evaluation::new(benign, &named, judged.as_ref()).raise()?;
        let curves =
            (0..kinds.len()).map(|kind| curve(benign, &adversarial[kind], judged.as_ref(), kind));
        let curves = curves.collect::<PyResult<Vec<_>>>()?;
        Ok((serde_json::to_string(&evaluation).raise()?, serde_json::to_string(&curves).raise()?))
    })
}

fn check_inputs(saved: Option<&SavedDetector>, tables: &[Table], kinds: &[String]) -> PyResult<()> {
    let names = std::iter::once("benign").chain(kinds.iter().map(String::as_str));
    for (name, table) in names.zip(tables) {
        let likeness = if name == "benign" { Likeness::Rounding } else { Likeness::Arithmetic };
        overlap::check_once(name, &[table], likeness)?;
        let fitted = saved.and_then(|saved| saved.provenance.as_ref());
        if let Some(fitted) = fitted {
            overlap::check_apart(name, table, &fitted.inputs, Likeness::Rounding)?;
        }
    }
    Ok(())
}

/// What the detector says of the inputs, the benign ones first.
fn judged(saved: &SavedDetector, tables: &[Table]) -> PyResult<Judged> {
    let tables: Vec<&Table> = tables.iter().collect();
    let mut found = judge(saved, &tables)?.into_iter().map(|verdicts: Vec<Verdict>| Verdicts {
        flagged: verdicts.iter().map(|verdict| verdict.adversarial).collect(),
        scores: verdicts.iter().map(|verdict| verdict.score).collect(),
    });
    Ok(Judged {
        detector: saved.detector.name().to_owned(),
        threshold: saved.detector.threshold(),
        benign: found.next().unwrap_or_default(),
        adversarial: found.collect(),
    })
}

/// By the detector's scores, or else those of the first column.
fn curve(
    benign: &ScoreTable,
    adversarial: &ScoreTable,
    judged: Option<&Judged>,
    kind: usize,
) -> PyResult<RocCurve> {
    let scores = if let Some(judged) = judged {
        Scores::new(&judged.benign.scores, &judged.adversarial[kind].scores)
    } else {
        let first = |table: &ScoreTable| table.scores().column(0).to_vec();
        Scores::signed(benign.columns()[0].sign, &first(benign), &first(adversarial))
    };
    Ok(RocCurve::new(&scores.raise()?))
}
