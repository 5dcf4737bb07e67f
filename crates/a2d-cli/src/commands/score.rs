//! `a2d score`: scores of images, to compare costs with or to fit detectors on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use a2d_cost::{Column, Provenance, ScoreCard, ScoreTable, Sign};
use a2d_data::ImageSource as _;
use a2d_eval::scoring::{self, Scoring};
use a2d_file::{Journal, Plan};
use a2d_model::Classifier;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Serialize};

use crate::arguments::output_file;
use crate::exit::Usage;
use crate::format::{FormatArguments, Outcome, line, short, table};
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments, TAKEN};
use crate::terminal::say;
use crate::{extensions, progress};

/// How many images are scored at a time in each thread.
const BATCH: usize = 64;

/// Score images: numbers other than costs that may tell which are adversarial
///
/// Writes a score table (CSV, input,column,value,adversarial), one line per image and score, which fit, eval and
/// evidence take as they take costs. The images that are done are kept beside the output while the command runs,
/// so that an interrupted run resumes when the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct Score {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images to score: {TAKEN}"))]
    input: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Scores, separated by commas; confidence is the probability of the predicted class
    #[arg(long = "score", required = true, value_delimiter = ',', value_name = "SCORE", value_parser = PossibleValuesParser::new(names()))]
    names: Vec<String>,
    /// File for the scores (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

fn names() -> Vec<String> {
    extensions::get().scores().map(|score| score.name().to_owned()).collect()
}

impl Score {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.model.plan(Plan::new());
        Input::plan(&self.input, plan).writes_work("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        if !self.names.iter().all(|name| seen.insert(name)) {
            return Err(Usage::new("score: expected each score once").into());
        }
        let _claim = self.plan().claim()?;
        let all: Vec<_> = extensions::get().scores().collect();
        let named = |name: &String| all.iter().find(|score| score.name() == name).cloned();
        let scores: Vec<_> = self.names.iter().filter_map(named).collect();
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input, self.reading))?;
        let inputs = Inputs::open_each_once(&self.input, self.reading, &classifier)?;
        let parameters =
            |score: &Arc<dyn scoring::Score>| (score.name().into(), score.parameters().into());
        let provenance = Provenance {
            model: classifier.fingerprint().to_owned(),
            defenses: scores.iter().map(parameters).collect(),
            inputs: vec![inputs.describe()?],
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
        };
        let (mut journal, done) = Journal::open(&self.out, &provenance)?;
        let rows = scored(&scores, &classifier, &inputs, &mut journal, done)?;

        let columns = scores.iter().map(|score| Column::new(score.name(), score.sign()));
        let columns: Vec<_> = columns.collect();
        let cells = rows.iter().flat_map(|Line { input, scores }| {
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
        self.format.print(&Summary::of(&table))
    }
}

/// The scores of an image by their names, whose order another run may give otherwise: a line of the journal.
#[derive(Serialize, Deserialize)]
struct Line {
    input: String,
    scores: BTreeMap<String, f64>,
}

/// The scores of all images, of which `done` need not be computed again.
fn scored(
    scores: &[Arc<dyn scoring::Score>],
    classifier: &Classifier,
    inputs: &Inputs,
    journal: &mut Journal<Line>,
    done: Vec<Line>,
) -> anyhow::Result<Vec<Line>> {
    if !done.is_empty() {
        say(format_args!("resumed after {} images", done.len()));
    }
    let numbers: HashMap<String, usize> = inputs.names.iter().zip(0..).collect();
    let place = |line: Line| Some((*numbers.get(&line.input)?, line));
    let mut rows: BTreeMap<usize, Line> = done.into_iter().filter_map(place).collect();
    let bar = progress::bar(inputs.len(), "score");
    bar.set_position(rows.len() as u64);
    let missing: Vec<usize> = (0..inputs.len()).filter(|row| !rows.contains_key(row)).collect();
    let begin = &mut || Ok(Scoring::of(scores.to_vec(), BATCH));
    let names: Vec<_> = scores.iter().map(|score| score.name().to_owned()).collect();
    let sink = &mut |(row, found)| {
        let scores = names.iter().cloned().zip::<Vec<f64>>(found).collect();
        let line = Line { input: inputs.names.of(row), scores };
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

/// What the scores are like, column by column.
#[derive(Serialize)]
struct Summary {
    scores: Vec<ColumnSummary>,
}

#[derive(Serialize)]
struct ColumnSummary {
    score: String,
    /// Which look adversarial.
    adversarial: Sign,
    n: usize,
    mean: f64,
    least: f64,
    most: f64,
}

impl Summary {
    fn of(table: &ScoreTable) -> Self {
        let scores = table.by_column().map(|(Column { name, sign }, scores)| ColumnSummary {
            score: name.clone(),
            adversarial: *sign,
            n: scores.len(),
            mean: scores.sum() / scores.len() as f64,
            least: scores.fold(f64::INFINITY, |least, score| least.min(*score)),
            most: scores.fold(f64::NEG_INFINITY, |most, score| most.max(*score)),
        });
        Self { scores: scores.collect() }
    }

    fn lines_with(&self, digits: impl Fn(f64) -> String) -> Vec<Vec<String>> {
        let header = line([&"score", &"adversarial", &"n", &"mean", &"least", &"most"]);
        let lines = self.scores.iter().map(|column| {
            let ColumnSummary { score, adversarial, n, mean, least, most } = column;
            line([score, adversarial, n, &digits(*mean), &digits(*least), &digits(*most)])
        });
        std::iter::once(header).chain(lines).collect()
    }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        table(self.lines_with(short))
    }

    fn lines(&self) -> Vec<Vec<String>> {
        self.lines_with(|number| number.to_string())
    }
}
