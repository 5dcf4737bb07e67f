//! Reads the tables, and makes sure that they may be compared.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::costs::Costs;
use crate::exit::{BadInput, Usage};
use crate::measured::columns_text;
use crate::overlap::{Group, Role};
use crate::scores::Scores;
use crate::{in_vain, provenance};

/// The scores of a set of inputs, which have a card.
pub(super) struct ScoreSet {
    pub(super) name: String,
    pub(super) scores: Scores,
}

/// The costs of a set of inputs.
pub(super) struct CostSet {
    pub(super) name: String,
    pub(super) costs: Costs,
}

/// A file with the name of the set that it is about.
pub(super) type NamedFile = (String, PathBuf);

/// The files with that of the benign set first.
pub(super) fn benign_first(files: &[NamedFile], benign: &str) -> anyhow::Result<Vec<NamedFile>> {
    let mut seen = HashSet::new();
    if let Some((name, _)) = files.iter().find(|(name, _)| !seen.insert(name)) {
        return Err(
            Usage::new(format!("compare sets: expected each set once, got {name} twice")).into()
        );
    }
    let names = || files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let mut files_in_order = files.to_vec();
    if !files.is_empty() {
        let place = files.iter().position(|(name, _)| name == benign).ok_or_else(|| {
            Usage::new(format!("compare sets: expected the benign set {benign} among {}", names()))
        })?;
        files_in_order[..=place].rotate_right(1);
    }
    Ok(files_in_order)
}

/// Reads scores, all in the first one's columns.
pub(super) fn scores(files: &[NamedFile]) -> anyhow::Result<Vec<ScoreSet>> {
    let mut sets: Vec<ScoreSet> = vec![];
    for (name, path) in files {
        let scores = Scores::read(path, None)?;
        let theirs = scores.known_provenance(path)?;
        if let Some(ScoreSet { scores: first, .. }) = sets.first() {
            let (ours, found) = (first.table.columns(), scores.table.columns());
            if ours != found {
                let [ours, found] = [ours, found].map(columns_text);
                let path = path.display();
                return Err(BadInput(format!(
                    "use {path}: expected columns {ours}, found {found}"
                ))
                .into());
            }
            if let Some(ours) = &first.provenance {
                provenance::check(&path.display().to_string(), ours, theirs)?;
            }
        }
        sets.push(ScoreSet { name: name.clone(), scores });
    }
    Ok(sets)
}

/// Reads costs, all of the first one's attacks.
pub(super) fn costs(files: &[NamedFile]) -> anyhow::Result<Vec<CostSet>> {
    let mut sets: Vec<CostSet> = vec![];
    for (name, path) in files {
        let attacks = sets.first().map(|first| first.costs.table.attacks());
        let costs = Costs::read(path, attacks)?;
        let first = sets.first().and_then(|first| first.costs.provenance.as_ref());
        if let (Some(ours), Some(theirs)) = (first, &costs.provenance) {
            provenance::check(&path.display().to_string(), ours, theirs)?;
        }
        sets.push(CostSet { name: name.clone(), costs });
    }
    in_vain::complete(sets.iter_mut().map(|set| &mut set.costs));
    Ok(sets)
}

/// The inputs of the benign set and those of the others together, of scores and of costs.
pub(super) fn groups<'a>(scores: &'a [ScoreSet], costs: &'a [CostSet]) -> [[Group<'a>; 2]; 2] {
    let pair = || [Role::Benign, Role::Adversarial].map(|role| Group::new("compare sets", role));
    let [mut of_scores, mut of_costs] = [pair(), pair()];
    for (place, set) in scores.iter().enumerate() {
        let group = &mut of_scores[place.min(1)];
        group.add_scores(Path::new(&set.name), &set.scores);
    }
    for (place, set) in costs.iter().enumerate() {
        of_costs[place.min(1)].add_costs(Path::new(&set.name), &set.costs);
    }
    [of_scores, of_costs]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<NamedFile> {
        names.iter().map(|name| ((*name).to_owned(), PathBuf::from(name))).collect()
    }

    #[test]
    fn the_benign_set_comes_first_and_the_others_keep_their_order() {
        let found = benign_first(&files(&["a", "b", "c", "d"]), "c").unwrap();
        assert_eq!(found, files(&["c", "a", "b", "d"]));
        assert_eq!(benign_first(&[], "c").unwrap(), []);
    }

    #[test]
    fn unknown_and_repeated_sets_are_refused() {
        let message =
            |names: &[&str], benign| benign_first(&files(names), benign).unwrap_err().to_string();
        assert!(message(&["a", "b"], "x").ends_with("the benign set x among a, b"));
        assert!(message(&["a", "b", "a"], "a").ends_with("got a twice"));
    }
}
