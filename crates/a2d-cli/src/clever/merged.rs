//! Scores of parts of the same images, put together.

use a2d_cost::{Error, InputSet};
use serde_json::Value;

use super::card::{CleverCard, CleverProvenance};
use super::scores::CleverTable;

/// The table and card that one run gives for parts of the same images, in the order of their rows.
///
/// # Errors
/// If there is none, or if one was scored in another way, and as [`InputSet::merged`].
pub(crate) fn merged(
    tables: Vec<CleverTable>,
    cards: &[CleverCard],
) -> anyhow::Result<(CleverTable, CleverCard)> {
    let sets: Vec<_> = cards.iter().map(|card| &card.provenance.inputs).collect();
    let inputs = InputSet::merged(&sets)?;
    let mut provenance = cards[0].provenance.clone();
    for card in cards {
        if let Some((part, expected, found)) = difference(&provenance, &card.provenance)? {
            let expected = format!("{part} {expected}");
            return Err(Error::Merge { expected, found }.into());
        }
    }
    provenance.inputs = inputs;
    let mut machines = cards.iter().map(|card| &card.machine);
    let first = cards[0].machine.clone();
    let machine = first.filter(|first| machines.all(|machine| machine.as_ref() == Some(first)));
    let rows = tables.into_iter().flat_map(CleverTable::into_rows).collect();
    Ok((CleverTable::from_rows(rows)?, CleverCard { provenance, machine }))
}

/// What scores of one run have in common and these have not: its name, and what it is here and there.
fn difference(
    ours: &CleverProvenance,
    theirs: &CleverProvenance,
) -> serde_json::Result<Option<(String, String, String)>> {
    let parts = |all: &CleverProvenance| {
        let mut parts = all.parameters()?;
        parts.insert("model".into(), all.model.clone().into());
        parts.insert("targets".into(), all.targets.join(",").into());
        Ok::<_, serde_json::Error>(parts)
    };
    let (ours, theirs) = (parts(ours)?, parts(theirs)?);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = ours.iter().zip(theirs.values());
    let found = pairs.find(|((_, ours), theirs)| ours != theirs);
    Ok(found.map(|((part, ours), theirs)| (part.clone(), text(ours), text(theirs))))
}

#[cfg(test)]
mod tests {
    use super::super::{card, scores};
    use super::*;
    use a2d_cost::Part;
    use a2d_eval::clever::{CleverParams, Outputs};

    fn card(start: usize) -> CleverCard {
        let part = Part { source: "def".into(), rows: start..start + 1, of: 2 };
        let inputs = InputSet { digest: part.digest(), sketches: None, part: Some(part) };
        let provenance = CleverProvenance { inputs, ..card::tests::provenance() };
        CleverCard { provenance, machine: None }
    }

    #[test]
    fn scores_of_parts_become_those_of_one_run() {
        let all = scores::tests::table(&["untargeted"], &[0.5, 0.25]);
        let rows = all.clone().into_rows();
        let parts: Vec<_> =
            rows.chunks(1).map(|rows| CleverTable::from_rows(rows.to_vec()).unwrap()).collect();
        let (table, card_of_all) = merged(parts.clone(), &[card(0), card(1)]).unwrap();
        assert_eq!(table, all);
        assert_eq!(card_of_all.provenance, card::tests::provenance());

        let params = |change: fn(CleverParams) -> CleverParams| {
            let mut other = card(1);
            other.provenance.params = change(other.provenance.params);
            merged(parts.clone(), &[card(0), other]).unwrap_err().to_string()
        };
        assert!(params(|other| other.seed(7)).contains("expected seed 0, found 7"));
        assert!(params(|other| other.batches(4)).contains("expected batches 3, found 4"));
        assert!(params(|other| other.all_classes(true)).contains("expected all_classes false"));
        let message_of_outputs = params(|other| other.outputs(Outputs::Softmax));
        assert!(message_of_outputs.contains("expected outputs logits, found softmax"));
        let twice = merged(parts, &[card(0), card(0)]).unwrap_err().to_string();
        assert!(twice.contains("again"), "{twice}");
    }
}
