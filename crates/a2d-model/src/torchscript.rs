//! Networks in TorchScript: files that `torch.jit.save` wrote, which bring their layers with them.

mod card;

use std::fmt;
use std::io::{self, Cursor, Read as _};
use std::path::Path;
use std::sync::Arc;

use a2d_file::Card as _;
use a2d_file::Error as FileError;
use sha2::{Digest, Sha256};
use tch::{CModule, Device, IValue, Kind, Tensor, no_grad};

pub use card::TorchScriptCard;

use crate::error::gist;
use crate::foreign::{Foreign, Probed, check_input_shape};
use crate::model_file::check_digest;
use crate::normalisation::for_foreign;
use crate::probe::{self, Finding};
use crate::{Classifier, Description, Error, Forward, Network, Result, weights};

/// What messages call such a network.
const NAME: &str = "TorchScript network";

/// The most bytes of a file: 8 GiB.
const MOST: u64 = 8 << 30;

/// Opens the network in a file, which this description, and else the card beside it, says more of.
pub(crate) fn open(path: &Path, said: &Description, device: Device) -> Result<Probed> {
    let said = match TorchScriptCard::read(path)? {
        Some(card) => card.completing(said)?,
        None => said.clone(),
    };
    if let Some(architecture) = said.architecture {
        let expected = format!("safetensors weights of a {architecture}");
        let found = "a TorchScript network, which needs no architecture named";
        return Err(FileError::malformed(path, expected, &found).into());
    }
    let Some(input_shape) = said.input_shape else {
        return Err(Error::Undescribed { path: path.to_owned() });
    };
    check_input_shape(input_shape)?;
    let bytes = a2d_file::read(path, MOST).map_err(FileError::read(path))?;
    let digest = hex::encode(Sha256::digest(&bytes));
    if let Some(expected) = &said.sha256 {
        check_digest(path, expected, &digest)?;
    }
    let about = Foreign {
        name: NAME.into(),
        input_shape,
        normalisation: said.preprocessing(),
        classes: said.classes,
        decisive: digest.into_bytes(),
    };
    check_sums(&bytes).map_err(|error| {
        FileError::malformed(path, "a TorchScript network", &format!("a broken archive ({error})"))
    })?;
    let noise = probe::noise(input_shape).to_device(device);
    let load = || TorchScript::load(path, &bytes, device);
    let network = load()?;
    let answer = network.answer(&noise);
    let as_saved = TorchScript::as_saved(path, &bytes, device)?.answer(&noise);
    let learns = differ(answer.as_ref(), as_saved.as_ref());
    // Some networks are written for maps of one layout only.
    let laid_out = load()?.laid_out()?;
    let same = !differ(answer.as_ref(), laid_out.answer(&noise).as_ref());
    let network = if same { laid_out } else { network };
    drop(bytes);
    let mut probed = Classifier::of_network(about, Box::new(network), device)?;
    if learns {
        probed.findings.insert(0, Finding::TrainingMode);
    }
    Ok(probed)
}

/// A network in TorchScript, in evaluation mode, whose weights need no gradient.
#[derive(Clone)]
struct TorchScript {
    /// One for all threads.
    module: Arc<CModule>,
}

impl TorchScript {
    fn load(path: &Path, bytes: &[u8], device: Device) -> Result<Self> {
        let broken = |error| malformed(path, &error);
        let mut module = module(path, bytes, device)?;
        module.f_set_eval().map_err(broken)?;
        for (_, weights) in module.named_parameters().map_err(broken)? {
            let _ = weights.f_set_requires_grad(false).map_err(broken)?;
        }
        Ok(Self { module: Arc::new(module) })
    }

    /// The network in the mode that it was saved in, to be asked once: in training mode it changes.
    fn as_saved(path: &Path, bytes: &[u8], device: Device) -> Result<Self> {
        Ok(Self { module: Arc::new(module(path, bytes, device)?) })
    }

    /// The network with its weights laid out as libtorch's convolutions are fastest with.
    fn laid_out(self) -> Result<Self> {
        let parameters = self.module.named_parameters().map_err(|error| failed(&error))?;
        for (_, parameter) in parameters {
            weights::lay_out(parameter);
        }
        Ok(self)
    }

    /// Logits of these images, if there are any; the probe says why not.
    fn answer(&self, images: &Tensor) -> Option<Tensor> {
        let images = for_foreign(None, images);
        no_grad(|| self.logits(&images, &mut Forward::evaluation())).ok()
    }
}

fn differ(one: Option<&Tensor>, other: Option<&Tensor>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.size() != other.size()
                || !one.allclose(other, probe::TOLERANCE, probe::TOLERANCE, true)
        }
        (one, other) => one.is_some() != other.is_some(),
    }
}

fn failed(error: &tch::TchError) -> Error {
    Error::Forward { name: NAME.into(), reason: gist(error) }
}

/// Refuses an archive whose content has changed since it was written: libtorch does not look at its checksums.
fn check_sums(bytes: &[u8]) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut left = MOST;
    for number in 0..archive.len() {
        let entry = archive.by_index(number)?;
        left -= io::copy(&mut entry.take(left), &mut io::sink())?;
    }
    Ok(())
}

fn module(path: &Path, mut bytes: &[u8], device: Device) -> Result<CModule> {
    CModule::load_data_on_device(&mut bytes, device).map_err(|error| malformed(path, &error))
}

fn malformed(path: &Path, error: &tch::TchError) -> Error {
    FileError::malformed(path, "a TorchScript network", &gist(error)).into()
}

impl Network for TorchScript {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        // Its optimiser, which is each thread's own, takes longer than it saves, and would sum in another order from
        // the second pass on.
        tch::jit::set_graph_executor_optimize(false);
        let images = IValue::Tensor(images.shallow_clone());
        let answer = self
            .module
            .forward_is(&[images])
            .map_err(|error| Error::Forward { name: NAME.into(), reason: gist(&error) })?;
        match answer {
            IValue::Tensor(logits) => Ok(pass.tap("logits", logits)),
            several => Err(Error::Unusable {
                name: NAME.into(),
                expected: "one tensor, the logits".into(),
                got: format!(
                    "{}; export a module that returns the logits alone",
                    in_words(&several)
                ),
            }),
        }
    }

    fn convert(&mut self, kind: Kind) {
        // No other thread has a handle yet.
        if let Some(module) = Arc::get_mut(&mut self.module) {
            let device = device_of(module);
            module.to(device, kind, false);
        }
    }

    fn handle(&self) -> Option<Box<dyn Network>> {
        Some(Box::new(self.clone()))
    }
}

impl fmt::Debug for TorchScript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TorchScript")
    }
}

/// Where the weights are.
fn device_of(module: &CModule) -> Device {
    let weights = module.named_parameters().unwrap_or_default();
    weights.first().map_or(Device::Cpu, |(_, weights)| weights.device())
}

/// What a network gave in place of a tensor.
fn in_words(answer: &IValue) -> String {
    let list = |parts: &[IValue]| {
        let parts: Vec<String> = parts.iter().map(in_words).collect();
        parts.join(", ")
    };
    match answer {
        IValue::Tensor(tensor) => format!("a tensor {:?}", tensor.size()),
        IValue::Tuple(parts) => format!("a tuple of {}: {}", parts.len(), list(parts)),
        IValue::GenericList(parts) => format!("a list of {}: {}", parts.len(), list(parts)),
        IValue::TensorList(tensors) => format!("a list of {} tensors", tensors.len()),
        IValue::GenericDict(entries) => format!("a dictionary of {}", entries.len()),
        IValue::None => "nothing".into(),
        _ => "something that is no tensor".into(),
    }
}
