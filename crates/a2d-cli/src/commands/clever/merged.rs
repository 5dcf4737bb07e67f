//! Scores of parts of the same images, put together.

use a2d_cost::{Error, InputSet};

use super::card::{Difference, ScoreCard, ScoreProvenance};
use super::scores::ScoreTable;

/// The table and card that one run gives for parts of the same images, in the order of their rows.
///
/// # Errors
/// If there is none, or if one was scored in another way, and as [`InputSet::merged`].
pub(in crate::commands) fn merged(
    tables: Vec<ScoreTable>,
    cards: &[ScoreCard],
) -> anyhow::Result<(ScoreTable, ScoreCard)> {
    let sets: Vec<_> = cards.iter().map(|card| &card.provenance.inputs).collect();
    let inputs = InputSet::merged(&sets)?;
    let mut provenance = cards[0].provenance.clone();
    for card in cards {
        if let Some((part, expected, found)) = difference(&provenance, &card.provenance) {
            let expected = format!("{part} {expected}");
            return Err(Error::Merge { expected, found }.into());
        }
    }
    provenance.inputs = inputs;
    let mut machines = cards.iter().map(|card| &card.machine);
    let first = cards[0].machine.clone();
    let machine = first.filter(|first| machines.all(|machine| machine.as_ref() == Some(first)));
    let rows = tables.into_iter().flat_map(ScoreTable::into_rows).collect();
    Ok((ScoreTable::from_rows(rows)?, ScoreCard { provenance, machine }))
}

/// What scores of one run have in common and these have not.
fn difference(ours: &ScoreProvenance, theirs: &ScoreProvenance) -> Option<Difference> {
    ours.incomparable(theirs).or_else(|| {
        let parts = [
            ("targets", ours.targets.join(","), theirs.targets.join(",")),
            ("all classes", ours.all_classes.to_string(), theirs.all_classes.to_string()),
            ("seed", ours.seed.to_string(), theirs.seed.to_string()),
        ];
        parts.into_iter().find(|(_, ours, theirs)| ours != theirs)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{card, scores};
    use super::*;
    use a2d_cost::Part;

    fn card(start: usize) -> ScoreCard {
        let part = Part { source: "def".into(), rows: start..start + 1, of: 2 };
        let inputs = InputSet { digest: part.digest(), sketches: None, part: Some(part) };
        let provenance = ScoreProvenance { inputs, ..card::tests::provenance() };
        ScoreCard { provenance, machine: None }
    }

    #[test]
    fn scores_of_parts_become_those_of_one_run() {
        let all = scores::tests::table(&["untargeted"], &[0.5, 0.25]);
        let rows = all.clone().into_rows();
        let parts: Vec<_> =
            rows.chunks(1).map(|rows| ScoreTable::from_rows(rows.to_vec()).unwrap()).collect();
        let (table, card_of_all) = merged(parts.clone(), &[card(0), card(1)]).unwrap();
        assert_eq!(table, all);
        assert_eq!(card_of_all.provenance, card::tests::provenance());

        let message = |change: fn(&mut ScoreProvenance)| {
            let mut other = card(1);
            change(&mut other.provenance);
            merged(parts.clone(), &[card(0), other]).unwrap_err().to_string()
        };
        assert!(message(|other| other.seed = 7).contains("expected seed 0, found 7"));
        assert!(message(|other| other.batches = 4).contains("expected batches 3, found 4"));
        assert!(message(|other| other.all_classes = true).contains("expected all classes false"));
        assert!(message(|other| other.inputs = card(0).provenance.inputs).contains("again"));
    }
}
