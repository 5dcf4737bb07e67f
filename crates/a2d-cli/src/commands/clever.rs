//! `a2d clever`: estimates how far images are from being misclassified.

mod estimator;
mod summary;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use a2d_data::ImageSource as _;
use a2d_eval::clever::{Clever as Estimator, Query, Target};
use a2d_file::{Journal, Plan};
use a2d_model::Classifier;
use clap::Args;

use crate::arguments::output_file;
use crate::clever::{CleverCard, CleverProvenance, CleverRow, CleverTable, TargetName};
use crate::exit::Usage;
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments, TAKEN};
use crate::rows::RowsArguments;
use crate::terminal::note;
use crate::{journal, progress};
use estimator::EstimatorArguments;
use summary::summary;

/// Estimate how far images are from being misclassified (CLEVER scores)
///
/// Writes one line per image and target. The scores that are done are kept beside the output while the
/// command runs, so that an interrupted estimation resumes when the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct Clever {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images to score: {TAKEN}"))]
    input: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    rows: RowsArguments,
    /// Targets, separated by commas: untargeted for the nearest class, second, rank-N for the class with
    /// the N-th largest logit, least-likely
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "untargeted,second,rank-5,least-likely",
        value_name = "TARGET"
    )]
    target: Vec<TargetName>,
    #[command(flatten)]
    estimator: EstimatorArguments,
    /// File for the scores (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

impl Clever {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.model.plan(Plan::new());
        Input::plan(&self.input, plan).writes_work("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        if !all_differ(&self.target) {
            return Err(Usage::new("score: expected each target once").into());
        }
        let _claim = self.plan().claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input, self.reading))?;
        self.target.iter().try_for_each(|target| target.check(classifier.classes()))?;
        let inputs = Inputs::open_each_once(&self.input, self.reading, &classifier)?;
        let estimator = self.estimator.estimator()?;
        let provenance = self.provenance(&estimator, &classifier, &inputs)?;
        let (mut journal, done) = journal::open(&self.out, &provenance, classifier.device())?;
        let rows = self.rows(&estimator, &classifier, &inputs, &mut journal, done)?;

        let table = CleverTable::from_rows(rows)?;
        let summary = summary(&table, estimator.radius())?;
        let machine = Some(classifier.machine());
        table.write(&self.out, &CleverCard { provenance, machine })?;
        journal.remove()?;
        self.format.print(&summary)
    }

    fn provenance(
        &self,
        estimator: &Estimator,
        classifier: &Classifier,
        inputs: &Inputs,
    ) -> anyhow::Result<CleverProvenance> {
        Ok(CleverProvenance {
            model: classifier.fingerprint().to_owned(),
            inputs: inputs.describe()?.part(self.rows.of(inputs.len())?),
            targets: self.target.iter().map(ToString::to_string).collect(),
            params: estimator.params(),
        })
    }

    /// The scores of every image and target, of which `done` need not be estimated again.
    fn rows(
        &self,
        estimator: &Estimator,
        classifier: &Classifier,
        inputs: &Inputs,
        journal: &mut Journal<CleverRow>,
        done: Vec<CleverRow>,
    ) -> anyhow::Result<Vec<CleverRow>> {
        if !done.is_empty() {
            note(format_args!("resumed after {} scores", done.len()));
        }
        let numbers = self.rows.of(inputs.len())?;
        let bar = progress::kept(numbers.len() * self.target.len(), done.len(), "CLEVER");
        let mut rows: BTreeMap<(usize, usize), CleverRow> = self.places(inputs, done);
        let is_done =
            |number: usize| (0..self.target.len()).all(|place| rows.contains_key(&(number, place)));
        let missing: Vec<usize> = numbers.filter(|number| !is_done(*number)).collect();
        let targets: Vec<Target> = self.target.iter().map(|target| (*target).into()).collect();
        // All targets, as which classes are dropped early depends on them.
        let begin = &mut || Ok(estimator.session(&targets));
        let sink = &mut |(number, found): (u64, Vec<_>)| {
            let (number, input) = (number as usize, inputs.names.of(number as usize));
            for (place, (name, found)) in self.target.iter().zip(&found).enumerate() {
                if let Entry::Vacant(new) = rows.entry((number, place)) {
                    journal.record(new.insert(CleverRow::new(&input, *name, found)))?;
                    bar.inc(1);
                }
            }
            Ok::<(), anyhow::Error>(())
        };
        inputs.query_all(missing, |queries| {
            let queries = queries.map(|query| {
                let query = query?;
                Ok(Query::new(query.row as u64, query.image))
            });
            classifier.work(begin, queries, sink)
        })?;
        bar.finish_and_clear();
        Ok(rows.into_values().collect())
    }

    /// Rows by the number of their image and the place of their target.
    fn places(&self, inputs: &Inputs, rows: Vec<CleverRow>) -> BTreeMap<(usize, usize), CleverRow> {
        let numbers: HashMap<String, usize> = inputs.names.iter().zip(0..).collect();
        let targets: Vec<String> = self.target.iter().map(ToString::to_string).collect();
        let place = |row: CleverRow| {
            let target = targets.iter().position(|target| *target == row.target)?;
            Some(((*numbers.get(&row.input)?, target), row))
        };
        rows.into_iter().filter_map(place).collect()
    }
}

fn all_differ<T: Eq + std::hash::Hash>(items: &[T]) -> bool {
    let mut seen = HashSet::new();
    items.iter().all(|item| seen.insert(item))
}
