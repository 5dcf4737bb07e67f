//! What is said of costs that are not exact, and of inputs that have none.

use std::collections::BTreeMap;

use a2d_attacks::NamedAttack;
use a2d_cost::{CostTable, Unscored};

use crate::in_vain;

/// Names that are listed before the rest is only counted.
const NAMED: usize = 3;

/// One sentence for each attack in vain: how many inputs did not flip within the cap, on images of so many
/// elements. Those that a budget stopped are told from them by the table.
pub(super) fn in_vain(table: &CostTable, defenses: &[NamedAttack], elements: usize) -> Vec<String> {
    let columns = table.costs().columns().into_iter().zip(defenses);
    let sentence = |costs: ndarray::ArrayView1<'_, a2d_cost::AttackCost>, defense: &NamedAttack| {
        let in_vain = costs.iter().filter(|cost| !cost.flipped && !cost.censored).count();
        (in_vain > 0).then(|| {
            let (name, cap) = (defense.name(), defense.cap(elements));
            let advice = in_vain::advice(in_vain, costs.len()).unwrap_or_default();
            format!(
                "{in_vain} of {} inputs did not flip within {cap} iterations of {name}; their costs are at \
                 least that{advice}",
                costs.len()
            )
        })
    };
    columns.filter_map(|(costs, defense)| sentence(costs, defense)).collect()
}

/// One sentence for each attack and reason: which inputs it tells nothing of.
pub(in crate::commands) fn left_out(unscored: &[Unscored]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for Unscored { input, attack, reason } in unscored {
        groups.entry((attack, reason.to_string())).or_default().push(input);
    }
    let sentence = |((attack, reason), inputs): (_, Vec<&str>)| {
        let named = inputs[..inputs.len().min(NAMED)].join(", ");
        let more = match inputs.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{attack} tells nothing of input {named}{more}, for {reason}: left out")
    };
    groups.into_iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use a2d_attacks::{DEFENSES, Preset};
    use a2d_cost::{Budget, CostMeter, CostRow, Ending, NoCost};

    use super::*;

    #[test]
    fn attacks_in_vain_are_counted_and_stopped_ones_are_not() {
        let endings = [
            Ending::Flipped,
            Ending::InVain { cap: 5000 },
            Ending::BudgetSpent(Budget::new(9).unwrap()),
            Ending::InVain { cap: 5000 },
        ];
        let rows = ["cw", "bim"].into_iter().flat_map(|attack| {
            endings.iter().enumerate().map(move |(row, ending)| {
                let ending = if attack == "bim" { Ending::Flipped } else { *ending };
                CostRow::new(row.to_string(), attack, CostMeter::default().finish(ending))
            })
        });
        let table = CostTable::from_rows(rows.collect()).unwrap();
        let defenses = ["cw", "bim"].map(|name| DEFENSES.named(name, Preset::MNIST).unwrap());
        assert_eq!(
            in_vain(&table, &defenses, 784),
            [
                "2 of 4 inputs did not flip within 5000 iterations of cw; their costs are at least that; let it \
                 take larger steps, or take another attack"
            ]
        );
    }

    #[test]
    fn inputs_left_out_are_named_as_far_as_a_line_holds() {
        let unscored = |input: usize, attack: &str, reason| Unscored {
            input: input.to_string(),
            attack: attack.to_owned(),
            reason,
        };
        let mut all: Vec<_> =
            (0..5).map(|row| unscored(row, "bim", NoCost::ZeroGradient)).collect();
        all.push(unscored(9, "lsa", NoCost::NeverMoved));
        assert_eq!(
            left_out(&all),
            [
                "bim tells nothing of input 0, 1, 2 and 2 more, for its gradient is 0: left out",
                "lsa tells nothing of input 9, for no step moves it: left out",
            ]
        );
        assert!(left_out(&[]).is_empty());
    }
}
