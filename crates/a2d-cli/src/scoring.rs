//! Scores of the images of a command: computed, kept, resumed and written.

mod summary;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use a2d_cost::{Column, InputSet, Provenance, ScoreCard, ScoreTable};
use a2d_data::ImageSource as _;
use a2d_eval::scoring::{Queries, Score, Scored, Scoring};
use a2d_file::{Journal, Plan};
use a2d_model::Classifier;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::arguments::output_file;
use crate::format::FormatArguments;
use crate::inputs::{Inputs, Names};
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments, TAKEN};
use crate::terminal::note;
use crate::{journal, progress};
use summary::Summary;

/// The images to score, and where their scores go.
#[derive(Debug, Args)]
pub(crate) struct ScoringArguments {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images to score: {TAKEN}"))]
    input: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// File for the scores (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

/// A score, and what else than its own parameters decides its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Parametrised {
    pub(crate) score: Arc<dyn Score>,
    pub(crate) more: Map<String, Value>,
}

impl Parametrised {
    /// All that decides the numbers, for cards.
    fn parameters(&self) -> Value {
        let mut all = self.score.parameters();
        all.extend(self.more.clone());
        all.into()
    }
}

impl ScoringArguments {
    /// What is read and written.
    pub(crate) fn plan(&self) -> Plan<'_> {
        let plan = self.model.plan(Plan::new());
        Input::plan(&self.input, plan).writes_work("--out", &self.out)
    }

    /// The classifier whose images are scored.
    pub(crate) fn classifier(&self) -> anyhow::Result<Classifier> {
        self.model.load_for(|| Inputs::shape_of(&self.input, self.reading))
    }

    /// Scores the images if `check` has nothing against them, writes their scores and prints a summary.
    pub(crate) fn score(
        &self,
        scores: &[Parametrised],
        classifier: &Classifier,
        check: impl FnOnce(&Names, &InputSet) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let inputs = Inputs::open_each_once(&self.input, self.reading, classifier)?;
        let described = inputs.describe()?;
        check(&inputs.names, &described)?;
        let columns = scores.iter().flat_map(|one| {
            one.score.columns().into_iter().map(|column| (column, one.parameters()))
        });
        let (columns, parameters): (Vec<_>, Vec<_>) = columns.unzip();
        let names = columns.iter().map(|column| column.name.clone());
        let provenance = Provenance {
            model: classifier.fingerprint().to_owned(),
            defenses: names.zip(parameters).collect(),
            inputs: vec![described],
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
        };
        let (mut journal, done) = journal::open(&self.out, &provenance, classifier.device())?;
        let rows = scored(scores, &columns, classifier, &inputs, &mut journal, done)?;

        let cells = rows.iter().flat_map(|Line { input, scores, .. }| {
            let cell =
                |column: &Column| Some((input.clone(), column.clone(), *scores.get(&column.name)?));
            columns.iter().filter_map(cell)
        });
        let table = ScoreTable::from_rows(cells)?;
        // The journal leaves the machine out: another one may resume the work.
        let machines = vec![classifier.machine()];
        let provenance = Provenance { machines, ..provenance };
        table.write(&self.out, &ScoreCard { provenance })?;
        journal.remove()?;
        self.format.print(&Summary::of(&table, &rows))
    }
}

/// The scores of an image by their names, whose order another run may give otherwise, and what they took: a line of
/// the journal.
#[derive(Serialize, Deserialize)]
struct Line {
    input: String,
    scores: BTreeMap<String, f64>,
    queries: Queries,
    seconds: f64,
}

/// The scores of all images, of which `done` need not be computed again.
fn scored(
    scores: &[Parametrised],
    columns: &[Column],
    classifier: &Classifier,
    inputs: &Inputs,
    journal: &mut Journal<Line>,
    done: Vec<Line>,
) -> anyhow::Result<Vec<Line>> {
    if !done.is_empty() {
        note(format_args!("resumed after {} images", done.len()));
    }
    let numbers: HashMap<String, usize> = inputs.names.iter().zip(0..).collect();
    let place = |line: Line| Some((*numbers.get(&line.input)?, line));
    let mut rows: BTreeMap<usize, Line> = done.into_iter().filter_map(place).collect();
    let bar = progress::kept(inputs.len(), rows.len(), "score");
    let missing: Vec<usize> = (0..inputs.len()).filter(|row| !rows.contains_key(row)).collect();
    let scores: Vec<_> = scores.iter().map(|one| one.score.clone()).collect();
    // No more than leaves something for every worker.
    let most = scores.iter().map(|score| score.batch()).max().unwrap_or(1);
    let batch = most.min(missing.len().div_ceil(classifier.workers()));
    let begin = &mut || Ok(Scoring::of(scores.clone(), batch));
    let sink = &mut |(row, found): (usize, Scored)| {
        let Scored { numbers, queries, seconds } = found;
        let scores = columns.iter().map(|column| column.name.clone()).zip(numbers).collect();
        let line = Line { input: inputs.names.of(row), scores, queries, seconds };
        journal.record(&line)?;
        rows.insert(row, line);
        bar.inc(1);
        Ok::<(), anyhow::Error>(())
    };
    let worked = inputs.query_all(missing, |queries| {
        let queries = queries.map(|query| query.map(|query| (query.row, query.image)));
        classifier.work(begin, queries, sink)
    });
    worked.map_err(|error| inputs.naming(error))?;
    bar.finish_and_clear();
    Ok(rows.into_values().collect())
}
