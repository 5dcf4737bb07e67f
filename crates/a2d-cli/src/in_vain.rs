//! Costs of attacks that did not flip the label: what they count as, and what is said of them.

use a2d_cost::CostTable;

use crate::costs::Costs;

/// The share of inputs at an attack's cap above which its costs are warned of.
const MANY: f64 = 0.05;

/// Warns of every attack that did not flip the label of many of the inputs, and says what to do. Attacks
/// that a budget stopped are none of them.
pub(crate) fn warn_of_caps<'a>(inputs: &str, tables: impl IntoIterator<Item = &'a CostTable>) {
    let tables: Vec<_> = tables.into_iter().collect();
    let attacks = tables.first().map_or(&[][..], |table| table.attacks());
    for (column, attack) in attacks.iter().enumerate() {
        let costs = || tables.iter().flat_map(|table| table.costs().column(column).into_iter());
        let in_vain = costs().filter(|cost| cost.is_lower_bound() && !cost.censored).count();
        let all = costs().count();
        if let Some(advice) = advice(in_vain, all) {
            tracing::warn!(
                "{attack} did not flip the label of {in_vain} of {all} {inputs} ({:.1} %): their costs are \
                 only \"at least\"{advice}",
                100.0 * in_vain as f64 / all as f64
            );
        }
    }
}

/// What to do if an attack is in vain on so many of all inputs; nothing if they are few.
pub(crate) fn advice(in_vain: usize, all: usize) -> Option<&'static str> {
    let many = in_vain as f64 > MANY * all as f64;
    many.then_some("; let it take larger steps, or take another attack")
}

/// Lets costs of attacks that gave up count as the largest of the same attack in any of these tables, which
/// are of the same attacks, and warns how many there are.
pub(crate) fn complete<'a>(all: impl IntoIterator<Item = &'a mut Costs>) {
    let mut all: Vec<_> = all.into_iter().collect();
    let largest = CostTable::largest(all.iter().map(|costs| &costs.table));
    let gave_up: Vec<_> = all.iter().map(|costs| costs.table.gave_up(&largest)).collect();
    let inputs: usize = all.iter().map(|costs| costs.table.inputs().len()).sum();
    for (column, largest) in largest.iter().enumerate() {
        let count: usize = gave_up.iter().map(|counts| counts[column]).sum();
        if count > 0 {
            let attack = &all[0].table.attacks()[column];
            tracing::warn!(
                "{attack} gave up on {count} of {inputs} inputs (flipped = false after fewer iterations than \
                 others): what they cost is not known and counts as the largest, {}",
                largest.iterations
            );
        }
    }
    for costs in &mut all {
        costs.table = costs.table.completed(&largest);
    }
}
