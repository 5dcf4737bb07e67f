//! Cards of examples from parts of the same source, put together.

use a2d_attacks::Tally;
use a2d_cost::{Error, Part, Result};

use super::ExampleCard;

impl ExampleCard {
    /// The card that one run gives for parts of the same source, in the order of their rows.
    ///
    /// # Errors
    /// [`Error::Merge`] if there is none, if one is of another model, attack, split or seed or of a whole source, and
    /// as [`Part::merged`].
    pub(crate) fn merged(cards: &[Self]) -> Result<Self> {
        let mut parts = vec![];
        for card in cards {
            parts.push(card.part.as_ref().ok_or_else(|| Error::Merge {
                expected: "examples from parts of one source".into(),
                found: format!("those from all of {}", card.split),
            })?);
        }
        let part = Part::merged(parts)?;
        let first = &cards[0];
        if let Some(difference) = cards.iter().find_map(|card| first.difference(card)) {
            return Err(difference);
        }
        let tally = cards.iter().fold(Tally::default(), |sum, card| Tally {
            tried: sum.tried + card.tally.tried,
            misclassified: sum.misclassified + card.tally.misclassified,
            on_target: sum.on_target + card.tally.on_target,
            unmoved: sum.unmoved + card.tally.unmoved,
            succeeded: sum.succeeded + card.tally.succeeded,
        });
        let examples = cards.iter().flat_map(|card| card.examples.iter().cloned()).collect();
        let (attack, split) = (first.attack.clone(), first.split.clone());
        let mut all = Self::new(&first.model, attack, split, first.seed, (tally, examples));
        all.integer = first.integer;
        all.picture.clone_from(&first.picture);
        all.survive_8_bits = cards.iter().map(|card| card.survive_8_bits).sum();
        all.part = Some(part).filter(|part| !part.is_whole());
        all.machine.clone_from(&first.machine);
        if cards.iter().any(|card| card.machine != first.machine) {
            all.machine = None;
        }
        Ok(all)
    }

    /// What examples of one run have in common and these have not.
    fn difference(&self, other: &Self) -> Option<Error> {
        let text = |card: &Self| {
            let attack = card.attack.as_ref().map(ToString::to_string);
            [
                ("model", card.model.clone()),
                ("attack", attack.unwrap_or_else(|| "none".into())),
                ("split", card.split.clone()),
                ("seed", card.seed.to_string()),
                ("integer", card.integer.to_string()),
                ("picture", serde_json::to_string(&card.picture).unwrap_or_default()),
                ("PNG files", card.survive_8_bits.is_some().to_string()),
            ]
        };
        let mut pairs = text(self).into_iter().zip(text(other));
        let ((part, expected), (_, found)) = pairs.find(|(ours, theirs)| ours != theirs)?;
        Some(Error::Merge { expected: format!("{part} {expected}"), found })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Example, Picture};
    use super::*;

    fn card(start: usize) -> ExampleCard {
        let tally = Tally { tried: 5, misclassified: 4, succeeded: 1, ..Tally::default() };
        let examples = vec![Example { iterations: 1, ..Example::benign(start + 1, 3) }];
        let mut card = ExampleCard::new("abc", None, "x.npy".into(), 0, (tally, examples));
        card.part = Some(Part { source: "def".into(), rows: start..start + 5, of: 10 });
        card
    }

    #[test]
    fn counts_and_examples_are_those_of_all_parts() {
        let all = ExampleCard::merged(&[card(0), card(5)]).unwrap();
        assert_eq!((all.tally.tried, all.tally.misclassified, all.tally.succeeded), (10, 8, 2));
        let sources: Vec<_> = all.examples.iter().map(|example| example.source).collect();
        assert_eq!((sources, all.in_one_iteration), (vec![1, 6], 2));
        assert_eq!((all.part, all.survive_8_bits), (None, None));

        let survive = |count| ExampleCard { survive_8_bits: Some(count), ..card(0) };
        let other = ExampleCard { part: card(5).part, ..survive(2) };
        assert_eq!(ExampleCard::merged(&[survive(1), other]).unwrap().survive_8_bits, Some(3));
    }

    #[test]
    fn examples_of_other_runs_are_refused() {
        let message = |other| ExampleCard::merged(&[card(0), other]).unwrap_err().to_string();
        let found = message(ExampleCard { seed: 7, ..card(5) });
        assert_eq!(found, "merge: expected seed 0, found 7");
        let found = message(ExampleCard { integer: true, ..card(5) });
        assert!(found.contains("expected integer false"), "{found}");
        let picture = Picture { unclipped: None, normalisation: None, stretched: true };
        let found = message(ExampleCard { picture: Some(picture), ..card(5) });
        assert!(found.contains("expected picture null"), "{found}");
        let found = message(ExampleCard { part: None, ..card(5) });
        assert!(found.contains("expected examples from parts of one source"), "{found}");
        assert!(message(card(6)).contains("expected row 5 after rows 0..5, found rows 6..11 next"));
    }
}
