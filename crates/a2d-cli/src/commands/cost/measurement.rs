//! A measurement of costs that can be interrupted: what is done of it, and what is left to do.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use a2d_attacks::{Limits, NamedAttack, Query, measure};
use a2d_cost::{AttackCost, Budget, CostCard, CostRow, CostTable, NoCost, Provenance, Unscored};
use a2d_data::ImageSource as _;
use a2d_file::Journal;
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};

use super::warnings;
use crate::exit::BadInput;
use crate::inputs::Inputs;
use crate::terminal::note;
use crate::{journal, progress, provenance};

/// What is to be measured, and how.
pub(in super::super) struct Work<'a> {
    /// The attacks, each once.
    pub(in super::super) defenses: &'a [NamedAttack],
    /// Where attacks stop.
    pub(in super::super) budget: Option<Budget>,
    pub(in super::super) limits: Limits,
    pub(in super::super) seed: u64,
    /// The rows of the inputs that are measured.
    pub(in super::super) rows: Range<usize>,
}

/// The costs of a work, and the inputs that have none.
pub(in super::super) struct Costs {
    pub(in super::super) table: CostTable,
    pub(in super::super) unscored: Vec<Unscored>,
}

impl Work<'_> {
    /// Measures, and writes costs and card to a file. What is done is kept beside it while that takes, and taken up
    /// again.
    pub(in super::super) fn measure(
        self,
        classifier: Classifier,
        inputs: Inputs,
        out: &Path,
    ) -> anyhow::Result<Costs> {
        let Self { defenses, budget, limits, seed, rows } = self;
        let described = inputs.describe()?.part(rows.clone());
        let provenance = provenance::of(&classifier, defenses, described, budget, seed);
        let (journal, done) = journal::open(out, &provenance, classifier.device())?;
        let machine = classifier.machine().with_window(limits.window);
        let costs = BTreeMap::new();
        let mut measurement =
            Measurement { classifier, limits, budget, inputs, rows, journal, costs };
        measurement.resume(defenses, done);
        for (column, defense) in defenses.iter().enumerate() {
            measurement.run(column, defense)?;
        }
        let Measured { table, unscored, left_out, journal } = measurement.finish(defenses)?;
        let inputs = provenance.inputs.iter().map(|inputs| inputs.without(&left_out)).collect();
        // The journal leaves the machine out: another one may resume the work.
        let machines = vec![machine];
        let provenance = Provenance { unscored: unscored.clone(), inputs, machines, ..provenance };
        table.write(out, &CostCard { provenance })?;
        journal.remove()?;
        Ok(Costs { table, unscored })
    }
}

/// Costs under way, by row of the inputs and column of the attack.
struct Measurement {
    classifier: Classifier,
    limits: Limits,
    budget: Option<Budget>,
    inputs: Inputs,
    /// The rows of the inputs that are measured.
    rows: Range<usize>,
    journal: Journal<Line>,
    costs: BTreeMap<(usize, usize), Result<AttackCost, NoCost>>,
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Cost(CostRow),
    Unscored(Unscored),
}

/// What came of a measurement.
struct Measured {
    table: CostTable,
    unscored: Vec<Unscored>,
    /// The rows of the inputs that have no place in the table.
    left_out: HashSet<usize>,
    journal: Journal<Line>,
}

impl Line {
    fn new(input: &str, attack: &str, cost: Result<AttackCost, NoCost>) -> Self {
        match cost {
            Ok(cost) => Self::Cost(CostRow::new(input, attack, cost)),
            Err(reason) => {
                let (input, attack) = (input.to_owned(), attack.to_owned());
                Self::Unscored(Unscored { input, attack, reason })
            }
        }
    }
}

impl Measurement {
    /// Takes over what an interrupted measurement has done.
    fn resume(&mut self, defenses: &[NamedAttack], done: Vec<Line>) {
        if done.is_empty() {
            return;
        }
        let rows: HashMap<String, usize> = self.inputs.names.iter().zip(0..).collect();
        for line in done {
            let (input, attack, cost) = match line {
                Line::Cost(CostRow { input, attack, cost }) => (input, attack, Ok(cost)),
                Line::Unscored(Unscored { input, attack, reason }) => (input, attack, Err(reason)),
            };
            let column = defenses.iter().position(|defense| defense.name() == attack);
            if let (Some(row), Some(column)) = (rows.get(&input), column) {
                self.costs.insert((*row, column), cost);
            }
        }
        if !self.costs.is_empty() {
            note(format_args!("resumed after {} costs", self.costs.len()));
        }
    }

    fn run(&mut self, column: usize, defense: &NamedAttack) -> anyhow::Result<()> {
        let Self { classifier, limits, budget, inputs, rows, journal, costs } = self;
        let left_out = rows_without_costs(costs);
        let is_missing =
            |row: &usize| !costs.contains_key(&(*row, column)) && !left_out.contains(row);
        let missing: Vec<usize> = rows.clone().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let done = rows.len() - missing.len();
        let bar = progress::kept(rows.len(), done, defense.name());
        let sink = &mut |row, cost| {
            journal.record(&Line::new(&inputs.names.of(row), defense.name(), cost))?;
            costs.insert((row, column), cost);
            bar.inc(1);
            Ok::<_, anyhow::Error>(())
        };
        inputs
            .query_all(missing, |queries| {
                let queries =
                    queries.map(|query| query.map(|query| Query { budget: *budget, ..query }));
                measure(classifier, defense, queries, *limits, sink)
            })
            .map_err(|error| inputs.naming(error))?;
        bar.finish_and_clear();
        Ok(())
    }

    /// The table of the inputs that have all costs, and those that have not.
    fn finish(self, defenses: &[NamedAttack]) -> anyhow::Result<Measured> {
        let Self { inputs, journal, costs, .. } = self;
        let left_out = rows_without_costs(&costs);
        let (mut rows, mut unscored) = (vec![], vec![]);
        for ((row, column), cost) in costs {
            match Line::new(&inputs.names.of(row), defenses[column].name(), cost) {
                Line::Cost(cost) if !left_out.contains(&row) => rows.push(cost),
                Line::Cost(_) => (),
                Line::Unscored(input) => unscored.push(input),
            }
        }
        let sentences = warnings::left_out(&unscored);
        if rows.is_empty() && !unscored.is_empty() {
            journal.remove()?;
            let found = sentences.join("; ");
            return Err(
                BadInput(format!("measure costs: expected one, found none: {found}")).into()
            );
        }
        let table = CostTable::from_rows(rows)?;
        let elements = inputs.shape().iter().product();
        let in_vain = warnings::in_vain(&table, defenses, elements);
        sentences.iter().chain(&in_vain).for_each(|sentence| tracing::warn!("{sentence}"));
        Ok(Measured { table, unscored, left_out, journal })
    }
}

/// The rows of inputs that an attack tells nothing of. They have no place in the table.
fn rows_without_costs(
    costs: &BTreeMap<(usize, usize), Result<AttackCost, NoCost>>,
) -> HashSet<usize> {
    costs.iter().filter(|(_, cost)| cost.is_err()).map(|((row, _), _)| *row).collect()
}
