//! What attacks on images cost.

use std::collections::{BTreeMap, BTreeSet};

use a2d_attacks::{DEFENSES, Limits, measure};
use a2d_cost::{AttackCost, Budget, NoCost, Unscored};
use pyo3::prelude::*;
use pyo3_tch::PyTensor;

use crate::attack::Choice;
use crate::exception::Stop;
use crate::inputs::{self, queries};
use crate::model::Model;
use crate::run::{Settings, released};

/// Row, attack, iterations, flipped, censored and queries.
type Record = (usize, String, u32, bool, bool, u64);

/// Records, the rows that have none with attack and reason, and where all comes from, as JSON.
type Measured = (Vec<Record>, Vec<(usize, String, String)>, String);

/// The costs of attacks on images, \[N, C, H, W\], in the order of rows and attacks; the rows that have none with attack
/// and reason; and where all comes from, as JSON.
#[pyfunction]
pub(crate) fn cost(
    py: Python<'_>,
    model: Model,
    images: PyTensor,
    choice: Choice,
    budget: Option<u32>,
    settings: Settings,
) -> PyResult<Measured> {
    let budget = budget.map(Budget::new).transpose().map_err(Stop::from)?;
    let known_as = model.known_as.clone();
    released(py, model, move |classifier, fault| {
        let attacks = Python::with_gil(|py| choice.resolve(py, &DEFENSES, &classifier, fault))?;
        attacks.iter().try_for_each(|attack| attack.check(classifier.classes()))?;
        let limits = settings.limits();
        let mut costs = BTreeMap::<(usize, usize), Result<AttackCost, NoCost>>::new();
        let mut left_out = BTreeSet::new();
        for (column, attack) in attacks.iter().enumerate() {
            // A row without a cost has no place in the table, whatever its other costs.
            let missing = queries(&images, budget)
                .filter(|query| query.as_ref().is_ok_and(|query| !left_out.contains(&query.row)));
            let mut found = vec![];
            measure(&classifier, attack, missing, limits, &mut |row, cost| {
                found.push((row, cost));
                settings.advance()
            })?;
            left_out.extend(found.iter().filter(|(_, cost)| cost.is_err()).map(|(row, _)| *row));
            costs.extend(found.into_iter().map(|(row, cost)| ((row, column), cost)));
        }
        let (mut records, mut unscored) = (vec![], vec![]);
        for ((row, column), cost) in costs {
            let attack = attacks[column].name().to_owned();
            match cost {
                Ok(cost) if !left_out.contains(&row) => {
                    let queries =
                        u64::from(cost.gradient_queries) + u64::from(cost.forward_queries);
                    let AttackCost { iterations, flipped, censored, .. } = cost;
                    records.push((row, attack, iterations, flipped, censored, queries));
                }
                Ok(_) => (),
                Err(reason) => {
                    unscored.push((row, Unscored { input: row.to_string(), attack, reason }));
                }
            }
        }
        let reasons = unscored.iter().map(|(row, Unscored { attack, reason, .. })| {
            (*row, attack.clone(), reason.to_string())
        });
        let reasons = reasons.collect();
        let Limits { window, seed } = limits;
        let mut provenance =
            inputs::provenance(&classifier, &attacks, &images, budget, seed, window, unscored);
        if let Some(known_as) = known_as {
            provenance.model = known_as;
        }
        Ok((records, reasons, serde_json::to_string(&provenance)?))
    })
}
