//! `a2d cost`: measures what attacks on images cost.

mod warnings;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;

use a2d_attacks::{DEFENSES, Limits, NamedAttack, Preset, Query, measure};
use a2d_cost::{AttackCost, Budget, CostCard, CostRow, CostTable, NoCost, Provenance, Unscored};
use a2d_data::ImageSource as _;
use a2d_file::{Journal, Plan};
use a2d_model::Classifier;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::arguments::{EngineArguments, PresetArguments, output_file};
use crate::exit::{BadInput, Usage};
use crate::format::{FormatArguments, Outcome, line, table};
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::parameters::ParameterArguments;
use crate::rows::RowsArguments;
use crate::terminal::say;
use crate::{progress, provenance};

/// Measure what defense attacks on images cost
///
/// Writes one line per image and attack. Where the label does not flip, the cost is the attack's cap, and at
/// least that. Images of which an attack tells nothing, since their gradient is 0 or no step moves them, are
/// left out and named in the card. An image that is in two files is refused. The rows that are done are kept
/// beside the output while the command runs, so that an interrupted measurement resumes when the same command
/// is given again.
#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(flatten)]
    model: ModelArguments,
    /// Images to attack: files of one (PNG) or many (npy, IDX)
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    rows: RowsArguments,
    /// Defense attacks, separated by commas
    #[arg(long, default_value = "bim-turbo", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(DEFENSES.names()))]
    defense: Vec<String>,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    parameters: ParameterArguments,
    /// Stop an attack after this many iterations; its cost is then censored
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    budget: Option<u32>,
    /// File for the costs (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Cost {
    /// The attacks, as preset and arguments have them.
    pub(super) fn defenses(&self, preset: Preset) -> anyhow::Result<Vec<NamedAttack>> {
        let named = self.defense.iter().map(|name| DEFENSES.named(name, preset));
        self.parameters.apply(&named.collect::<Result<Vec<_>, _>>()?)
    }

    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.parameters.plan(self.model.plan(Plan::new()));
        plan.reads_all("--input", &self.input).writes_work("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        if !self.defense.iter().all(|name| seen.insert(name)) {
            return Err(Usage::new("measure costs: expected each defense attack once").into());
        }
        let _claim = self.plan().claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input))?;
        let preset = self.preset.preset(&classifier)?;
        let defenses = self.defenses(preset)?;
        let budget = self.budget.map(Budget::new).transpose()?;
        let limits = self.engine.limits(&classifier)?;
        defenses.iter().try_for_each(|defense| defense.check(classifier.classes()))?;
        let inputs = Inputs::open_each_once(&self.input, &classifier)?;

        let rows = self.rows.of(inputs.len())?;
        let described = inputs.describe()?.part(rows.clone());
        let seed = self.engine.seed;
        let provenance = provenance::of(&classifier, &defenses, described, budget, seed);
        let (journal, done) = Journal::open(&self.out, &provenance)?;
        let machine = classifier.machine().with_window(limits.window);
        let mut measurement = Measurement {
            classifier,
            limits,
            budget,
            inputs,
            rows,
            journal,
            costs: BTreeMap::new(),
        };
        measurement.resume(&defenses, done);
        for (column, defense) in defenses.iter().enumerate() {
            measurement.run(column, defense)?;
        }
        let Measured { table, unscored, left_out, journal } = measurement.finish(&defenses)?;
        let summary = Summary::of(&table, unscored.clone());
        let inputs = provenance.inputs.iter().map(|inputs| inputs.without(&left_out)).collect();
        // The journal leaves the machine out: another one may resume the work.
        let machines = vec![machine];
        let provenance = Provenance { unscored, inputs, machines, ..provenance };
        table.write(&self.out, &CostCard { provenance })?;
        journal.remove()?;
        self.format.print(&summary)
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
            say(format_args!("resumed after {} costs", self.costs.len()));
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
        let bar = progress::bar(missing.len(), defense.name());
        let queries = inputs
            .queries(missing)
            .map(|query| query.map(|query| Query { budget: *budget, ..query }));
        measure(classifier, defense, queries, *limits, &mut |row, cost| {
            journal.record(&Line::new(&inputs.names.of(row), defense.name(), cost))?;
            costs.insert((row, column), cost);
            bar.inc(1);
            Ok::<_, anyhow::Error>(())
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

/// What the costs are like, attack by attack.
#[derive(Serialize)]
struct Summary {
    attacks: Vec<AttackSummary>,
    /// The inputs that have no cost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unscored: Vec<Unscored>,
}

#[derive(Serialize)]
struct AttackSummary {
    attack: String,
    n: usize,
    mean_iterations: f64,
    flipped: usize,
    censored: usize,
    seconds: f64,
}

impl Summary {
    fn of(table: &CostTable, unscored: Vec<Unscored>) -> Self {
        let columns = table.costs().columns().into_iter().zip(table.attacks());
        let attacks = columns.map(|(costs, attack)| {
            let n = costs.len();
            let iterations: u64 = costs.iter().map(|cost| u64::from(cost.iterations)).sum();
            AttackSummary {
                attack: attack.clone(),
                n,
                mean_iterations: iterations as f64 / n as f64,
                flipped: costs.iter().filter(|cost| cost.flipped).count(),
                censored: costs.iter().filter(|cost| cost.censored).count(),
                seconds: costs.iter().map(|cost| cost.seconds).sum(),
            }
        });
        Self { attacks: attacks.collect(), unscored }
    }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        table(self.lines())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header =
            line([&"attack", &"n", &"mean_iterations", &"flipped", &"censored", &"seconds"]);
        let rows = self.attacks.iter().map(|attack| {
            line([
                &attack.attack,
                &attack.n,
                &format!("{:.2}", attack.mean_iterations),
                &attack.flipped,
                &attack.censored,
                &format!("{:.2}", attack.seconds),
            ])
        });
        std::iter::once(header).chain(rows).collect()
    }
}
