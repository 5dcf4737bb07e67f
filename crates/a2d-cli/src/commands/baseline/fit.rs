//! `a2d baseline fit`: fits a baseline.

use std::path::PathBuf;

use a2d_baselines::{BASELINES, Kind, Material, Protocol, SavedBaseline, kind};
use a2d_cost::InputSet;
use a2d_data::{ImageSource, Labelled, Split, WithLabels};
use a2d_file::Plan;
use a2d_model::Classifier;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use serde_json::{Map, Value};

use super::material::{Rows, Set};
use crate::arguments::{named_file, output_file, positive};
use crate::exit::{BadInput, Usage};
use crate::format::{FormatArguments, Outcome, line, table};
use crate::inputs::{Inputs, described};
use crate::labelled::{LabelledArguments, Selection};
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments};
use crate::setting::setting;
use crate::{overlap, progress};

/// Fit a baseline on benign and adversarial images
///
/// What it needs of the data set (images to train on, or to test on, with their true classes) is read from there,
/// or from --input.
#[derive(Debug, Args)]
pub(super) struct Fit {
    /// Baseline
    #[arg(value_name = "BASELINE", value_parser = PossibleValuesParser::new(BASELINES.iter().map(|kind| kind.name)))]
    kind: String,
    #[command(flatten)]
    model: ModelArguments,
    /// Benign images, as data export writes them
    #[arg(long, value_name = "FILE|DIR", value_parser = Input::parser())]
    benign: Input,
    /// Adversarial images by an attack, as craft writes them
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    adversarial: Vec<(String, PathBuf)>,
    /// Whether it may see what it will score: `published` is what the papers did, leaks included
    #[arg(long, default_value = "fair", value_parser = PossibleValuesParser::new(Protocol::ALL.map(Protocol::name)))]
    protocol: String,
    /// Parameters in place of its own
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    parameters: Vec<(String, Value)>,
    /// Images with true classes that it looks at, the first of them [default: all]
    #[arg(long, value_name = "N", value_parser = positive)]
    images: Option<usize>,
    #[command(flatten)]
    labelled: LabelledArguments,
    /// Seed of all that is random; recorded with the baseline
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File for the baseline (safetensors); its card goes beside it
    #[arg(long, value_name = "FILE", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

impl Fit {
    fn plan(&self) -> anyhow::Result<Plan<'_>> {
        let plan = self.model.plan(Plan::new());
        let plan = Input::plan(std::slice::from_ref(&self.benign), plan);
        let files = self.adversarial.iter().map(|(_, file)| file);
        let plan = self.labelled.plan(plan.reads_all("--adversarial", files))?;
        Ok(plan.writes_with_card("--out", &self.out))
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let kind = kind(&self.kind)?;
        let given: Map<_, _> = self.parameters.iter().cloned().collect();
        let parameters = kind.parameters(&given)?;
        let mut names: Vec<_> = self.adversarial.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some([name, ..]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            let message = format!("baseline fit: expected attacks that differ, got {name} twice");
            return Err(Usage::new(message).into());
        }
        let _claim = self.plan()?.claim()?;
        let reading = ReadingArguments::AS_IT_IS;
        let benign = std::slice::from_ref(&self.benign);
        let classifier = self.model.load_for(|| Inputs::shape_of(benign, reading))?;
        let selection = self.selection(kind, &classifier)?;
        let labelled = selection.as_ref().map(|selection| self.labelled(selection, &classifier));
        let labelled = labelled.transpose()?;
        let mut inputs = vec![];
        if let (Some(learnt), Some(Split::Train)) = (&labelled, kind.labelled) {
            let (digest, sketches) = described(learnt)?;
            inputs.push(InputSet { digest, sketches: Some(sketches), part: None });
        }
        let benign = Set::read(&self.benign, reading, &classifier)?;
        inputs.push(benign.described.clone());
        let mut adversarial = vec![];
        for (name, file) in &self.adversarial {
            let set = Set::read(&Input::from(file.clone()), reading, &classifier)?;
            inputs.push(set.described.clone());
            adversarial.push(set.examples(name, &benign));
        }
        overlap::check_apart(
            "fit",
            &inputs[inputs.len() - adversarial.len()..],
            &benign.described,
        )?;
        let protocol = Protocol::ALL.into_iter().find(|one| one.name() == self.protocol);
        let material = Material {
            classifier: &classifier,
            protocol: protocol.unwrap_or_default(),
            seed: self.seed,
            labelled: labelled.as_ref().map(|labelled| labelled as &dyn Labelled),
            benign: benign.labelled(&classifier)?,
            adversarial,
        };
        let spinner = progress::spinner();
        spinner.set_message(format!("fit {}", kind.name));
        // No workers share this: libtorch's own threads do.
        tch::set_num_threads(i32::try_from(classifier.workers())?);
        let baseline = kind.fit(&given, &material)?;
        spinner.finish_and_clear();
        let columns = baseline.columns().into_iter().map(|column| column.name);
        let fitted = Fitted {
            baseline: kind.name,
            protocol: material.protocol,
            parameters: parameters.clone(),
            columns: columns.collect(),
            labelled: labelled.as_ref().map_or(0, ImageSource::len),
            benign: material.benign.len(),
            adversarial: material.adversarial.iter().map(|set| set.images.len()).sum(),
        };
        let Material { protocol, seed, .. } = material;
        let model = classifier.fingerprint().to_owned();
        SavedBaseline { baseline, parameters, protocol, model, seed, inputs }.write(&self.out)?;
        self.format.print(&fitted)
    }

    /// The part of the data set that this kind wants.
    fn selection(&self, kind: &Kind, classifier: &Classifier) -> anyhow::Result<Option<Selection>> {
        let part = kind.labelled.map(|part| self.labelled.load_part(classifier, part.into()));
        part.transpose()
    }

    /// Those of its images that are looked at, with their true classes.
    fn labelled<'a>(
        &self,
        selection: &'a Selection,
        classifier: &Classifier,
    ) -> anyhow::Result<WithLabels<Rows<'a>>> {
        let mut rows = selection.rows();
        rows.end = rows.end.min(rows.start.saturating_add(self.images.unwrap_or(usize::MAX)));
        let labels = selection.known_labels()?[rows.clone()].to_vec();
        classifier.check_labels("fit on images", &labels)?;
        let source = &*selection.images;
        if source.shape() != classifier.input_shape() {
            let (expected, from) = (classifier.input_shape(), &selection.description);
            let found = source.shape();
            return Err(BadInput(format!(
                "read {from}: expected images of {expected:?}, found {found:?}"
            ))
            .into());
        }
        Ok(WithLabels::new(Rows { source, rows }, labels)?)
    }
}

/// What was fitted, on how many images.
#[derive(Serialize)]
struct Fitted {
    baseline: &'static str,
    protocol: Protocol,
    parameters: Map<String, Value>,
    columns: Vec<String>,
    labelled: usize,
    benign: usize,
    adversarial: usize,
}

impl Outcome for Fitted {
    fn human(&self) -> String {
        table(self.lines())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let Self { baseline, protocol, columns, labelled, benign, adversarial, .. } = self;
        let header =
            line([&"baseline", &"protocol", &"columns", &"labelled", &"benign", &"adversarial"]);
        let columns = columns.join(" ");
        vec![header, line([baseline, protocol, &columns, labelled, benign, adversarial])]
    }
}
