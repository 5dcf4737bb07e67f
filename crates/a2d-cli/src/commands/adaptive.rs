//! `a2d adaptive`: what is left of detectors against attackers who know them.

mod defenders;
mod figures;
mod record;
mod summary;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::slice;

use a2d_adaptive::{
    ADVERSARIES, Benign, Cap, Found, Judge, Kind, Norm, Study, Summary, Target, Victim,
};
use a2d_data::{ImageSource as _, read_ahead};
use a2d_file::Plan;
use a2d_model::Classifier;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use tch::Tensor;

use crate::arguments::{EngineArguments, output_file, output_folder, plan_report, positive};
use crate::exit::{self, Usage};
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::labelled::{LabelledArguments, Selection};
use crate::model::ModelArguments;
use crate::number::number;
use crate::reading::{Input, ReadingArguments};
use crate::setting::setting_of;
use crate::terminal::note;
use crate::{journal, progress};
use defenders::DefenderArguments;
use record::{Line, Record, Work};

/// Tell what is left of detectors against attackers who know them
///
/// Every adversary moves every image within the cap, up what it takes for the cost, and leaves candidates on its way. Each
/// is then judged in full, by all detectors: a success is a misclassified image that the full detector passes. Thresholds
/// are those at which a detector flags 1, 5 and 10 % of the benign images. Writes all candidates with their costs and scores;
/// images that are done are kept beside the output while the command runs, so that an interrupted study resumes when the same
/// command is given again.
#[derive(Debug, Args)]
pub(crate) struct Adaptive {
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    defenders: DefenderArguments,
    /// Benign images that no detector was fitted on: they say which scores are high, and what adversaries imitate
    #[arg(long, value_name = "FILE|DIR", value_parser = Input::parser())]
    benign: Input,
    #[command(flatten)]
    images: LabelledArguments,
    /// Images to attack [default: 100, or as many as there are]
    #[arg(long, default_value_t = 100, value_parser = positive)]
    count: usize,
    /// Adversaries, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "margin,logits", value_parser = PossibleValuesParser::new(ADVERSARIES.iter().map(|kind| kind.name)))]
    adversary: Vec<String>,
    /// A parameter of an adversary in place of its own
    #[arg(long = "set", value_name = "ADVERSARY.NAME=VALUE", value_parser = setting_of)]
    parameters: Vec<(String, String, Value)>,
    /// Norm that distances are measured by
    #[arg(long, value_enum, default_value = "l2")]
    norm: NormArgument,
    /// How far adversaries may go, in units of pixels from 0 to 1, such as 8.4 or 8/255
    #[arg(long, allow_hyphen_values = true, value_parser = radius)]
    cap: f64,
    /// File for what is found (JSON)
    #[arg(long, value_name = "JSON", value_parser = output_file)]
    out: PathBuf,
    /// Folder for figures of what goes with what each adversary asks for: success and distance (SVG)
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    figures: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NormArgument {
    L2,
    Linf,
}

impl From<NormArgument> for Norm {
    fn from(norm: NormArgument) -> Self {
        match norm {
            NormArgument::L2 => Self::L2,
            NormArgument::Linf => Self::Linf,
        }
    }
}

fn radius(text: &str) -> Result<f64, &'static str> {
    number(text).filter(|radius| *radius > 0.0).ok_or("expected a number above 0, such as 8/255")
}

impl Adaptive {
    fn plan(&self) -> anyhow::Result<Plan<'_>> {
        let plan = self.defenders.plan(self.model.plan(Plan::new()));
        let plan = Input::plan(slice::from_ref(&self.benign), plan);
        let plan = self.images.plan(plan)?.writes_work("--out", &self.out);
        Ok(plan_report(plan, None, self.figures.as_deref()))
    }

    /// Refuses adversaries and parameters that there are not.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.adversaries().map(drop)
    }

    /// The adversaries with the parameters that are given for them.
    fn adversaries(&self) -> anyhow::Result<Vec<(&'static Kind, Map<String, Value>)>> {
        for (place, name) in self.adversary.iter().enumerate() {
            if self.adversary[..place].contains(name) {
                let message = format!("adaptive: expected each adversary once, got {name} twice");
                return Err(Usage::new(message).into());
            }
        }
        if let Some((name, ..)) =
            self.parameters.iter().find(|(name, ..)| !self.adversary.contains(name))
        {
            let known = self.adversary.join(", ");
            let message = format!("adaptive: expected parameters of {known}, got one of {name:?}");
            return Err(Usage::new(message).into());
        }
        let adversaries = self.adversary.iter().map(|adversary| {
            let own = self.parameters.iter().filter(|(of, ..)| of == adversary);
            let own = own.map(|(_, name, value)| (name.clone(), value.clone()));
            let kind = a2d_adaptive::kind(adversary)?;
            Ok((kind, kind.parameters(&own.collect())?))
        });
        adversaries.collect()
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let adversaries = self.adversaries()?;
        let cap = Cap::new(self.norm.into(), self.cap)?;
        let _claim = self.plan()?.claim()?;
        let benign = slice::from_ref(&self.benign);
        let reading = ReadingArguments::AS_IT_IS;
        let classifier = self.model.load_for(|| Inputs::shape_of(benign, reading))?;
        let limits = self.engine.limits(&classifier)?;
        let benign = Inputs::open_each_once(benign, reading, &classifier)?;
        let held_out = benign.describe()?;
        let defenders = self.defenders.load(&classifier, &benign, &held_out)?;
        let selection = self.images.load(&classifier)?;
        let labels = selection.known_labels()?;
        let last = selection.images.len().min(selection.first.saturating_add(self.count));
        let rows = selection.first..last;

        let victim = Victim { classifier: &classifier, defenses: &defenders.defenses, limits };
        let judge = Judge::new(&victim, defenders.all)?;
        let benign = Benign::judge(&judge, &victim, &tensor(&benign, &classifier)?)?;
        let study = Study { victim, judge: &judge, benign: &benign, cap };
        let names: Vec<String> = judge.names().map(ToOwned::to_owned).collect();
        let work = Work {
            model: classifier.fingerprint().to_owned(),
            detectors: names.iter().cloned().zip(defenders.digests).collect(),
            defenses: serde_json::to_value(&defenders.defenses)?,
            benign: held_out.digest,
            images: selection.description.clone(),
            rows: rows.clone(),
            labels: record::digest(&labels[rows.clone()]),
            adversaries: adversaries
                .iter()
                .map(|(kind, parameters)| (kind.name.to_owned(), parameters.clone()))
                .collect(),
            cap,
            seed: self.engine.seed,
        };
        let (mut journal, lines) = journal::open::<Line>(&self.out, &work, classifier.device())?;
        if !lines.is_empty() {
            note(format_args!("resumed after {} attacks on images", lines.len()));
        }
        let mut done: BTreeMap<(usize, usize), Found> = BTreeMap::new();
        for Line { adversary, found } in lines {
            let place = adversaries.iter().position(|(kind, _)| kind.name == adversary);
            done.extend(place.map(|place| ((place, found.row), found)));
        }
        for (place, (kind, parameters)) in adversaries.iter().enumerate() {
            let missing: Vec<usize> =
                rows.clone().filter(|row| !done.contains_key(&(place, *row))).collect();
            if missing.is_empty() {
                continue;
            }
            let attackers = kind.prepare(parameters, &victim, &benign)?;
            let bar = progress::kept(rows.len(), rows.len() - missing.len(), kind.name);
            let sink = &mut |found: Found| {
                journal.record(&Line { adversary: kind.name.to_owned(), found: found.clone() })?;
                done.insert((place, found.row), found);
                bar.inc(1);
                Ok::<_, anyhow::Error>(())
            };
            with_targets(&selection, labels, missing, |targets| {
                study.run(&*attackers, targets, sink)
            })
            .map_err(|error| naming(&selection, error))?;
            bar.finish_and_clear();
        }
        let mut found: Vec<(String, Vec<Found>)> =
            adversaries.iter().map(|(kind, _)| (kind.name.to_owned(), vec![])).collect();
        for ((place, _), of_row) in done {
            found[place].1.push(of_row);
        }
        let scores = names.into_iter().zip(0..).map(|(name, place)| (name, benign.scores(place)));
        let scores: Vec<_> = scores.collect();
        let summary = Summary::of(&found, &scores, &defenders.alliances)?;
        let machine = classifier.machine().with_window(limits.window);
        let record = Record::new(work, scores, found, summary, machine);
        a2d_file::write(&self.out, |file| Ok(serde_json::to_writer(file, &record)?))?;
        if let Some(folder) = &self.figures {
            a2d_report::write(folder, &figures::of(&record.summary)?)?;
        }
        journal.remove()?;
        self.format.print(&record.summary)
    }
}

/// Does `work` with images of a selection, which are read ahead.
fn with_targets<R>(
    selection: &Selection,
    labels: &[u32],
    rows: Vec<usize>,
    work: impl FnOnce(&mut dyn Iterator<Item = anyhow::Result<Target>>) -> R,
) -> R {
    let shape = selection.images.shape().map(|side| side as i64);
    read_ahead(&*selection.images, rows.into_iter(), 1, |images| {
        work(&mut images.map(|(number, pixels)| {
            let image = Tensor::from_slice(&pixels?).view(shape);
            Ok(Target { number, image, label: labels[number] as usize })
        }))
    })
}

/// The error, with the image that it is about, if it is about one.
fn naming(selection: &Selection, error: anyhow::Error) -> anyhow::Error {
    match exit::row(&error) {
        Some(row) => error.context(format!("{}, image {row}", selection.description)),
        None => error,
    }
}

/// All images of a file as a tensor, \[N, C, H, W\], on the classifier's device.
fn tensor(inputs: &Inputs, classifier: &Classifier) -> anyhow::Result<Tensor> {
    let shape = inputs.shape().map(|side| side as i64);
    let images = read_ahead(inputs, 0..inputs.len(), 1, |images| {
        let images = images.map(|(_, pixels)| Ok(Tensor::from_slice(&pixels?).view(shape)));
        images.collect::<a2d_data::Result<Vec<_>>>()
    })?;
    Ok(Tensor::stack(&images, 0).to_device(classifier.device()))
}
