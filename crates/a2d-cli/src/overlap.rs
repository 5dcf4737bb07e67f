//! Whether inputs come twice, or are scored by a detector that was fitted on them.

use std::path::Path;
use std::slice;

use a2d_cost::{CostTable, InputSet, Likeness, Provenance, ScoreTable, Sketch, repeats, twins};
use a2d_detect::SavedDetector;

use crate::costs::Costs;
use crate::exit::BadInput;
use crate::inputs::Names;
use crate::measured::Measured;
use crate::scores::Scores;

/// One in so many adversarial examples may lie closer to a benign image, or to an example by another attack, than sketches tell apart: in
/// large images a step across a near boundary is that short. More are a mistake.
const STRAYS: usize = 20;

/// What inputs are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Benign,
    /// Benign, for a threshold.
    HeldOut,
    Adversarial,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::HeldOut => "held-out",
            Self::Adversarial => "adversarial",
        }
    }

    /// What makes inputs of this role the same. An adversarial example may differ from a benign image, or
    /// from an example by another attack, by less than rounding does.
    fn likeness(self) -> Likeness {
        match self {
            Self::Benign | Self::HeldOut => Likeness::Rounding,
            Self::Adversarial => Likeness::Arithmetic,
        }
    }
}

/// All inputs of one role in a command.
pub(crate) struct Group<'a> {
    /// What the command does, for messages.
    operation: &'static str,
    role: Role,
    tables: Vec<Table<'a>>,
    sketches: Vec<Sketch>,
    /// Table and row of each sketch.
    places: Vec<(usize, usize)>,
}

/// The inputs of a file.
struct Table<'a> {
    path: &'a Path,
    names: Vec<&'a str>,
    /// None without a card.
    sets: Option<&'a [InputSet]>,
    /// None of a set of images.
    content: Option<Content<'a>>,
}

/// What a table says of its inputs.
#[derive(PartialEq)]
enum Content<'a> {
    Costs(&'a CostTable),
    Scores(&'a ScoreTable),
}

impl<'a> Group<'a> {
    pub(crate) fn new(operation: &'static str, role: Role) -> Self {
        Self { operation, role, tables: vec![], sketches: vec![], places: vec![] }
    }

    /// Adds the inputs of a cost table.
    pub(crate) fn add_costs(&mut self, path: &'a Path, costs: &'a Costs) {
        let names = costs.table.inputs().iter().map(String::as_str).collect();
        let sets = costs.provenance.as_ref().map(|provenance| &provenance.inputs[..]);
        self.add(Table { path, names, sets, content: Some(Content::Costs(&costs.table)) });
    }

    /// Adds the inputs of a score table.
    pub(crate) fn add_scores(&mut self, path: &'a Path, scores: &'a Scores) {
        let names = scores.table.inputs().iter().map(String::as_str).collect();
        let sets = scores.provenance.as_ref().map(|provenance| &provenance.inputs[..]);
        self.add(Table { path, names, sets, content: Some(Content::Scores(&scores.table)) });
    }

    /// Adds the inputs of a table of either kind.
    pub(crate) fn add_measured(&mut self, path: &'a Path, measured: &'a Measured) {
        match measured {
            Measured::Costs(costs) => self.add_costs(path, costs),
            Measured::Scores(scores) => self.add_scores(path, scores),
        }
    }

    fn add(&mut self, table: Table<'a>) {
        for (row, sketch) in sketches(table.sets.unwrap_or_default()).enumerate() {
            self.sketches.push(*sketch);
            self.places.push((self.tables.len(), row));
        }
        self.tables.push(table);
    }

    /// Refuses inputs that come twice.
    pub(crate) fn check_distinct(&self) -> Result<(), BadInput> {
        let expected = || format!("each of the {} inputs once", self.role.name());
        let again = repeats(&self.sketches, self.role.likeness());
        if let Some((this, that)) = again.first() {
            let example = format!("{}, which is {}", self.input(*this), self.input(*that));
            let refusal = self.refusal(&expected(), again.len(), "that came before", &example);
            refuse_unless_strays(self.role, again.len(), self.sketches.len(), refusal)?;
        }
        for (place, table) in self.tables.iter().enumerate() {
            let mut earlier = self.tables[..place].iter();
            if let Some(earlier) = earlier.find(|earlier| table.is_again(earlier)) {
                let again = format!("those of {} again", earlier.path());
                return Err(self.set_refusal(&expected(), table, &again));
            }
        }
        Ok(())
    }

    /// Refuses inputs that are among the others; says if some are nearly so.
    pub(crate) fn check_apart_from(&self, others: &Self) -> Result<(), BadInput> {
        let (role, other) = (self.role.name(), others.role.name());
        let expected = || format!("{role} inputs apart from the {other} ones");
        let likeness = match (self.role.likeness(), others.role.likeness()) {
            (Likeness::Rounding, Likeness::Rounding) => Likeness::Rounding,
            _ => Likeness::Arithmetic,
        };
        let found = twins(&self.sketches, &others.sketches, likeness);
        if let Some((this, that)) = found.first() {
            let example = format!("{}, which is {}", self.input(*this), others.input(*that));
            let refusal = self.refusal(&expected(), found.len(), "among these", &example);
            refuse_unless_strays(self.role, found.len(), self.sketches.len(), refusal)?;
        }
        for table in &self.tables {
            let mut others = others.tables.iter();
            if let Some(other) = others.find(|other| table.is_again(other)) {
                let again = format!("those of {}", other.path());
                return Err(self.set_refusal(&expected(), table, &again));
            }
        }
        let near = twins(&self.sketches, &others.sketches, Likeness::Rounding);
        if let Some((this, that)) = near.first() {
            tracing::warn!(
                "{} of {} {role} inputs differ from {other} ones by no more than rounding to 8 bits does, \
                 such as {} from {}",
                near.len(),
                self.sketches.len(),
                self.input(*this),
                others.input(*that)
            );
        }
        Ok(())
    }

    /// Refuses inputs that a detector of this provenance was fitted on.
    pub(crate) fn check_not_fitted_on(&self, fitted: &Provenance) -> Result<(), BadInput> {
        let role = self.role.name();
        let expected =
            || format!("{role} inputs that the detector was neither fitted nor calibrated on");
        let sketches: Vec<_> = sketches(&fitted.inputs).copied().collect();
        let found = twins(&self.sketches, &sketches, Likeness::Rounding);
        if let Some((place, _)) = found.first() {
            let example = self.input(*place);
            return Err(self.refusal(&expected(), found.len(), "that it was", &example));
        }
        let known = fitted.digests();
        match self.tables.iter().find(|table| table.has_set_of(&known)) {
            Some(table) => Err(self.set_refusal(&expected(), table, "those that it was fitted on")),
            None => Ok(()),
        }
    }

    /// Says how many of the inputs this detector was fitted on.
    pub(crate) fn warn_of_fitted(&self, detector: &SavedDetector) {
        warn_of_fitted(detector, &self.sketches, |place| self.input(place));
    }

    fn refusal(&self, expected: &str, count: usize, which: &str, example: &str) -> BadInput {
        let (operation, all) = (self.operation, self.sketches.len());
        BadInput(format!(
            "{operation}: expected {expected}, found {count} of {all} {which}, such as {example}"
        ))
    }

    fn set_refusal(&self, expected: &str, table: &Table<'_>, again: &str) -> BadInput {
        let (operation, path) = (self.operation, table.path());
        BadInput(format!("{operation}: expected {expected}, found in {path} {again}"))
    }

    /// What the input at this place is called.
    fn input(&self, place: usize) -> String {
        let (table, row) = self.places[place];
        let table = &self.tables[table];
        let name = table.names.get(row).map_or_else(|| row.to_string(), |name| (*name).to_owned());
        format!("input {name} of {}", table.path())
    }
}

impl Table<'_> {
    fn path(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    fn digests(&self) -> Vec<&str> {
        self.sets.into_iter().flatten().map(|set| set.digest.as_str()).collect()
    }

    fn has_set_of(&self, digests: &[&str]) -> bool {
        self.digests().iter().any(|digest| digests.contains(digest))
    }

    /// Whether these are the inputs of the other table, as far as that is known without their images.
    fn is_again(&self, other: &Self) -> bool {
        self.has_set_of(&other.digests())
            || (self.content.is_some() && self.content == other.content)
    }

    /// Why it is not known which images these are; nothing if it is.
    fn unknown(&self) -> Option<String> {
        let path = self.path();
        match self.sets {
            None => Some(format!("{path} has no card")),
            Some(sets) if all_known(sets) => None,
            Some(_) => {
                Some(format!("the card of {path}, of an earlier version, knows no single images"))
            }
        }
    }
}

fn sketches(sets: &[InputSet]) -> impl Iterator<Item = &Sketch> {
    sets.iter().filter_map(|set| set.sketches.as_ref()).flatten()
}

fn all_known(sets: &[InputSet]) -> bool {
    sets.iter().all(|set| set.sketches.is_some())
}

/// Refuses inputs that come twice, within a group or in two of them.
pub(crate) fn check_all(groups: &[&Group<'_>]) -> Result<(), BadInput> {
    for (place, group) in groups.iter().enumerate() {
        group.check_distinct()?;
        for earlier in &groups[..place] {
            group.check_apart_from(earlier)?;
        }
    }
    Ok(())
}

/// Refuses inputs, each with its name, that a baseline or detector was fitted on.
pub(crate) fn check_not_fitted_on(
    fitted_one: &str,
    names: &Names,
    inputs: &InputSet,
    fitted: &[InputSet],
) -> Result<(), BadInput> {
    let all: Vec<_> = sketches(slice::from_ref(inputs)).copied().collect();
    let fitted: Vec<_> = sketches(fitted).copied().collect();
    match &twins(&all, &fitted, Likeness::Rounding)[..] {
        [] => Ok(()),
        found @ [(place, _), ..] => Err(BadInput(format!(
            "score: expected inputs that the {fitted_one} was not fitted on, found {} of {} that it was, such as {}",
            found.len(),
            all.len(),
            names.of(*place)
        ))),
    }
}

/// The refusal, or a warning of it where so few of all are adversarial examples that nobody tells from others.
fn refuse_unless_strays(
    role: Role,
    found: usize,
    all: usize,
    refusal: BadInput,
) -> Result<(), BadInput> {
    if role != Role::Adversarial || found * STRAYS > all {
        return Err(refusal);
    }
    tracing::warn!("{refusal}");
    Ok(())
}

/// Refuses sets of adversarial inputs with benign ones among them.
pub(crate) fn check_apart(
    operation: &str,
    adversarial: &[InputSet],
    benign: &InputSet,
) -> Result<(), BadInput> {
    let benign: Vec<_> = sketches(slice::from_ref(benign)).copied().collect();
    let adversarial: Vec<_> = sketches(adversarial).copied().collect();
    let found = twins(&adversarial, &benign, Likeness::Arithmetic).len();
    if found == 0 {
        return Ok(());
    }
    let refusal = BadInput(format!(
        "{operation}: expected adversarial inputs apart from the benign ones, found {found} of {} among these",
        adversarial.len()
    ));
    refuse_unless_strays(Role::Adversarial, found, adversarial.len(), refusal)
}

/// Says how many of the inputs that are judged the detector was fitted on.
pub(crate) fn warn_of_fitted(
    detector: &SavedDetector,
    inputs: &[Sketch],
    name: impl Fn(usize) -> String,
) {
    let sets = detector.provenance.iter().flat_map(|fitted| &fitted.inputs);
    let fitted: Vec<_> = sets.filter_map(|set| set.sketches.as_ref()).flatten().copied().collect();
    let found = twins(inputs, &fitted, Likeness::Rounding);
    if let Some((place, _)) = found.first() {
        tracing::warn!(
            "{} of {} inputs are among those that the detector was fitted or calibrated on, such as {}: its \
             verdicts on them do not tell how good it is",
            found.len(),
            inputs.len(),
            name(*place)
        );
    }
}

/// Says once what keeps overlaps from being seen, if anything does.
pub(crate) fn warn_of_unknown(groups: &[&Group<'_>], detector: Option<&SavedDetector>) {
    let tables = groups.iter().flat_map(|group| &group.tables);
    let mut reasons: Vec<_> = tables.filter_map(Table::unknown).collect();
    let fitted = detector.map(|detector| detector.provenance.as_ref());
    if fitted.is_some_and(|fitted| fitted.is_none_or(|fitted| !all_known(&fitted.inputs))) {
        reasons.push("the detector does not say which images it was fitted on".into());
    }
    if !reasons.is_empty() {
        tracing::warn!("whether inputs overlap cannot be known: {}", reasons.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::Sketcher;

    use super::*;

    /// A set of grey images of one pixel.
    fn set(digest: &str, greys: &[f32]) -> InputSet {
        let sketcher = Sketcher::new([1, 1, 1]);
        let sketches = greys.iter().map(|grey| sketcher.sketch(&[*grey])).collect();
        InputSet { digest: digest.into(), sketches: Some(sketches), part: None }
    }

    fn old(digest: &str) -> InputSet {
        InputSet { digest: digest.into(), sketches: None, part: None }
    }

    fn group<'a>(role: Role, files: &'a [(&str, InputSet)]) -> Group<'a> {
        let mut group = Group::new("try", role);
        for (path, set) in files {
            let (names, sets) = (vec!["a", "b", "c"], Some(std::slice::from_ref(set)));
            group.add(Table { path: Path::new(path), names, sets, content: None });
        }
        group
    }

    fn message(result: Result<(), BadInput>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn inputs_that_come_twice_are_counted_within_and_between_files() {
        let files = [("1.csv", set("1", &[0.1, 0.5, 0.1])), ("2.csv", set("2", &[0.9, 0.5001]))];
        let found = message(group(Role::Benign, &files).check_distinct());
        let expected = "try: expected each of the benign inputs once, found 2 of 5 that came before, \
                        such as input c of 1.csv, which is input a of 1.csv";
        assert_eq!(found, expected);
        let found = message(group(Role::Adversarial, &files).check_distinct());
        assert!(found.contains("found 1 of 5"), "{found}");
        group(Role::Benign, &files[1..]).check_distinct().unwrap();
    }

    #[test]
    fn few_examples_may_be_closer_to_others_than_can_be_told() {
        let benign: Vec<f32> = (0..20_u8).map(|grey| f32::from(grey) / 100.0).collect();
        // So many of 40 examples are benign images.
        let checked = |stray: usize, role| {
            let own = (20..60_u8).map(|grey| f32::from(grey) / 100.0).skip(stray);
            let examples: Vec<f32> = benign[..stray].iter().copied().chain(own).collect();
            let sets = [set("1", &benign), set("2", &examples)];
            let [others, group] = [(Role::Benign, 0), (role, 1)].map(|(role, place)| {
                let (names, sets) = (vec!["it"; 40], Some(&sets[place..=place]));
                let mut group = Group::new("try", role);
                group.add(Table { path: Path::new("some.csv"), names, sets, content: None });
                group
            });
            group.check_apart_from(&others)
        };
        checked(2, Role::Adversarial).unwrap();
        assert!(message(checked(3, Role::Adversarial)).contains("found 3 of 40 among these"));
        assert!(message(checked(1, Role::HeldOut)).contains("found 1 of 40 among these"));
    }

    #[test]
    fn inputs_among_others_are_counted() {
        let benign = [("benign.csv", set("1", &[0.1, 0.5, 0.9]))];
        let others = [("others.csv", set("2", &[0.3, 0.9, 0.5001]))];
        let apart = |role| group(role, &others).check_apart_from(&group(Role::Benign, &benign));
        let found = message(apart(Role::HeldOut));
        let expected = "try: expected held-out inputs apart from the benign ones, found 2 of 3 among \
                        these, such as input b of others.csv, which is input c of benign.csv";
        assert_eq!(found, expected);
        assert!(message(apart(Role::Adversarial)).contains("found 1 of 3"));
        let provenance = |sets: &[InputSet]| Provenance {
            model: "m".into(),
            defenses: [].into(),
            inputs: sets.to_vec(),
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
        };
        let fitted = provenance(&[old("7"), set("8", &[0.3002])]);
        let found = message(group(Role::Adversarial, &others).check_not_fitted_on(&fitted));
        assert!(
            found.ends_with("found 1 of 3 that it was, such as input a of others.csv"),
            "{found}"
        );
        let fitted = provenance(&[set("8", &[0.7])]);
        group(Role::Adversarial, &others).check_not_fitted_on(&fitted).unwrap();
    }

    #[test]
    fn of_inputs_without_sketches_whole_sets_are_known() {
        let files = [("1.csv", old("1")), ("2.csv", old("2")), ("3.csv", old("1"))];
        let all = group(Role::Benign, &files);
        let found = message(all.check_distinct());
        assert!(found.ends_with("found in 3.csv those of 1.csv again"), "{found}");
        let [first, others] = [&files[..1], &files[1..]].map(|files| group(Role::Benign, files));
        assert!(
            message(others.check_apart_from(&first)).ends_with("found in 3.csv those of 1.csv")
        );
        group(Role::Benign, &files[1..2]).check_apart_from(&first).unwrap();
        group(Role::Benign, &files[1..]).check_distinct().unwrap();
        let unknown = first.tables[0].unknown().unwrap();
        assert!(unknown.contains("1.csv"), "{unknown}");
    }
}
