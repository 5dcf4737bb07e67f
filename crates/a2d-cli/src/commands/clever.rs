//! `a2d clever`: estimates how far images are from being misclassified.

mod summary;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use a2d_data::ImageSource as _;
use a2d_eval::clever::{Clever as Estimator, CleverParams, Norm, Query, Target};
use a2d_file::{Journal, Plan};
use a2d_model::Classifier;
use clap::{Args, ValueEnum};

use crate::arguments::output_file;
use crate::clever::{CleverCard, CleverProvenance, CleverRow, CleverTable, TargetName};
use crate::exit::Usage;
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::number::number;
use crate::progress;
use crate::rows::RowsArguments;
use crate::terminal::say;
use summary::summary;

/// Estimate how far images are from being misclassified (CLEVER scores)
///
/// Writes one line per image and target. The scores that are done are kept beside the output while the
/// command runs, so that an interrupted estimation resumes when the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct Clever {
    #[command(flatten)]
    model: ModelArguments,
    /// Images to score: files of one (PNG) or many (npy, IDX)
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    input: Vec<PathBuf>,
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
    /// Norm that distances are measured by
    #[arg(long, value_enum, default_value = "l2")]
    norm: NormArgument,
    /// Radius of the ball that is sampled: the largest score [default: 5 in l2, 30 in l1, 0.1 in linf]
    #[arg(long, value_parser = radius)]
    radius: Option<f64>,
    /// How many samples are drawn: 50 batches of 64 (cpu) or 500 of 1024 (paper)
    #[arg(long, value_enum, default_value = "cpu")]
    profile: Profile,
    /// Batches, instead of the profile's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MANY))]
    batches: Option<u32>,
    /// Samples in a batch, instead of the profile's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MANY))]
    samples: Option<u32>,
    /// Look at every class to the end for untargeted scores, instead of dropping those that seem more than
    /// twice as far as the nearest after a tenth of the batches
    #[arg(long)]
    all_classes: bool,
    /// Seed of every random stream; recorded with the results
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File for the scores (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

/// The most batches, and samples in a batch.
const MANY: i64 = 1 << 16;

fn radius(text: &str) -> Result<f64, &'static str> {
    number(text)
        .filter(|radius| (1e-18..=1e18).contains(radius))
        .ok_or("expected a number from 1e-18 to 1e18")
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NormArgument {
    L1,
    L2,
    Linf,
}

impl From<NormArgument> for Norm {
    fn from(norm: NormArgument) -> Self {
        match norm {
            NormArgument::L1 => Self::L1,
            NormArgument::L2 => Self::L2,
            NormArgument::Linf => Self::Linf,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    Cpu,
    Paper,
}

impl Profile {
    fn params(self, norm: Norm) -> CleverParams {
        match self {
            Self::Cpu => Estimator::cpu(norm),
            Self::Paper => Estimator::paper(norm),
        }
    }
}

impl Clever {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.model.plan(Plan::new());
        plan.reads_all("--input", &self.input).writes_work("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        if !all_differ(&self.target) {
            return Err(Usage::new("score: expected each target once").into());
        }
        let _claim = self.plan().claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input))?;
        self.target.iter().try_for_each(|target| target.check(classifier.classes()))?;
        let inputs = Inputs::open_each_once(&self.input, &classifier)?;
        let estimator = self.estimator()?;
        let provenance = self.provenance(&estimator, &classifier, &inputs)?;
        let (mut journal, done) = Journal::open(&self.out, &provenance)?;
        let rows = self.rows(&estimator, &classifier, &inputs, &mut journal, done)?;

        let table = CleverTable::from_rows(rows)?;
        let summary = summary(&table, provenance.radius)?;
        let machine = Some(classifier.machine());
        table.write(&self.out, &CleverCard { provenance, machine })?;
        journal.remove()?;
        self.format.print(&summary)
    }

    fn estimator(&self) -> a2d_eval::clever::Result<Estimator> {
        let mut params = self.profile.params(self.norm.into());
        params = params.seed(self.seed).all_classes(self.all_classes);
        if let Some(radius) = self.radius {
            params = params.radius(radius);
        }
        if let Some(batches) = self.batches {
            params = params.batches(batches);
        }
        if let Some(samples) = self.samples {
            params = params.samples(samples);
        }
        params.check()
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
            norm: estimator.norm(),
            radius: estimator.radius(),
            batches: estimator.batches(),
            samples: estimator.samples(),
            all_classes: estimator.all_classes(),
            seed: estimator.seed(),
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
            say(format_args!("resumed after {} scores", done.len()));
        }
        let numbers = self.rows.of(inputs.len())?;
        let bar = progress::bar(numbers.len() * self.target.len(), "CLEVER");
        bar.set_position(done.len() as u64);
        let mut rows: BTreeMap<(usize, usize), CleverRow> = self.places(inputs, done);
        let is_done =
            |number: usize| (0..self.target.len()).all(|place| rows.contains_key(&(number, place)));
        let missing: Vec<usize> = numbers.filter(|number| !is_done(*number)).collect();
        let queries = inputs.queries(missing).map(|query| {
            let query = query?;
            Ok::<_, anyhow::Error>(Query::new(query.row as u64, query.image))
        });
        let targets: Vec<Target> = self.target.iter().map(|target| (*target).into()).collect();
        // All targets, as which classes are dropped early depends on them.
        let begin = &mut || Ok(estimator.session(&targets));
        classifier.work(begin, queries, &mut |(number, found)| {
            let (number, input) = (number as usize, inputs.names.of(number as usize));
            for (place, (name, found)) in self.target.iter().zip(&found).enumerate() {
                if let Entry::Vacant(new) = rows.entry((number, place)) {
                    journal.record(new.insert(CleverRow::new(&input, *name, found)))?;
                    bar.inc(1);
                }
            }
            Ok::<(), anyhow::Error>(())
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
