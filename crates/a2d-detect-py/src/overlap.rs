//! Whether inputs come twice, or are scored by a detector that was fitted on them.

use a2d_cost::{InputSet, Likeness, Sketch, repeats, twins};
use pyo3::PyResult;

use crate::exception::value;
use crate::table::Table;

fn sketches(sets: &[InputSet]) -> Vec<Sketch> {
    sets.iter().filter_map(|set| set.sketches.as_ref()).flatten().copied().collect()
}

/// Refuses inputs that come twice, as far as their cards tell them apart.
pub(crate) fn check_once(argument: &str, tables: &[&Table], likeness: Likeness) -> PyResult<()> {
    let all: Vec<_> = tables.iter().flat_map(|table| sketches(table.sets())).collect();
    match repeats(&all, likeness).first() {
        None => Ok(()),
        Some((row, earlier)) => Err(value(&format!(
            "read {argument}: expected each input once, got row {row}, which is row {earlier}"
        ))),
    }
}

/// Refuses inputs that a detector was fitted or calibrated on.
pub(crate) fn check_apart(
    argument: &str,
    table: &Table,
    fitted: &[InputSet],
    likeness: Likeness,
) -> PyResult<()> {
    let found = twins(&sketches(table.sets()), &sketches(fitted), likeness);
    match found.first() {
        None => Ok(()),
        Some((row, _)) => Err(value(&format!(
            "read {argument}: expected inputs that the detector was neither fitted nor calibrated on, got {} \
             that it was, such as row {row}",
            found.len()
        ))),
    }
}
