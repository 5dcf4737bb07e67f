//! Every parser.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use a2d_cost::{CostCard, CostTable, ScoreTable};
use a2d_data::{Axes, Framing, ImageFile, ImageFolder, ImageSource as _, Reading, read_labels};
use a2d_detect::SavedDetector;
use a2d_file::Card as _;
use a2d_model::{Architecture, Classifier, Description, ModelCard, TorchScriptCard};
use image::{ImageFormat, Rgb, RgbImage};
use tch::Device;

use crate::target::{Dress, Parser, Target, gzipped, plain, with_png_checksums};

/// The files of the corpus, by the folders that they are in.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");

/// All targets with their part of the corpus; the JPEG image is made.
///
/// # Errors
/// If the corpus cannot be read.
pub fn all() -> std::io::Result<Vec<Target>> {
    let targets: [(&str, Parser, Dress); 16] = [
        ("npy", arrays, plain),
        ("npz", arrays, plain),
        ("tensors", arrays, plain),
        ("idx", images, plain),
        ("idx-gz", images, gzipped),
        ("png", images, with_png_checksums),
        ("jpeg", folder, plain),
        ("webp", folder, plain),
        ("labels", labels, plain),
        ("costs", costs, plain),
        ("scores", scores, plain),
        ("cards", cards, plain),
        ("detectors", detectors, plain),
        ("weights", weights, plain),
        ("scripts", scripts, plain),
        ("arguments", arguments, plain),
    ];
    targets
        .into_iter()
        .map(|(name, parse, dress)| Ok(Target { name, seeds: seeds(name)?, parse, dress }))
        .collect()
}

fn seeds(name: &str) -> std::io::Result<Vec<Vec<u8>>> {
    if name == "jpeg" {
        return Ok(vec![jpeg()?]);
    }
    let mut paths = std::fs::read_dir(Path::new(CORPUS).join(name))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(std::fs::read).collect()
}

fn jpeg() -> std::io::Result<Vec<u8>> {
    let image = RgbImage::from_fn(9, 7, |x, y| Rgb([28 * x as u8, 36 * y as u8, 99]));
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Jpeg).map_err(std::io::Error::other)?;
    Ok(file.into_inner())
}

fn images(path: &Path) -> bool {
    ImageFile::open(path).and_then(|file| Ok((file.digest()?, file.images()?))).is_ok()
}

/// As the only image of a folder of images.
fn folder(path: &Path) -> bool {
    let Some(parent) = path.parent().and_then(Path::parent) else { return false };
    let framing = Framing { resize: Some(8), crop: Some(4) };
    ImageFolder::open(parent, Reading { framing, ..Reading::default() })
        .and_then(|folder| folder.row(0))
        .is_ok()
}

/// In either order of axes, alone and as the array `x` among others.
fn arrays(path: &Path) -> bool {
    let named = path.with_file_name("input:x");
    let read = |path: &Path, axes| {
        let file = ImageFile::open_as(path, Reading { axes, ..Reading::default() });
        file.and_then(|file| file.digest()).is_ok()
    };
    let [channels_first, channels_last] = [Axes::Nchw, Axes::Nhwc].map(|axes| {
        let alone = read(path, axes);
        read(&named, axes) || alone
    });
    channels_first || channels_last
}

fn labels(path: &Path) -> bool {
    read_labels(path).is_ok()
}

fn costs(path: &Path) -> bool {
    CostTable::read_csv(path).is_ok()
}

fn scores(path: &Path) -> bool {
    ScoreTable::read_csv(path).is_ok()
}

/// A card of any kind; what stands beside which file is decided by its name.
fn cards(path: &Path) -> bool {
    let of = |name: &str| path.with_file_name(name);
    let (table, model, script) = (of("x.csv"), of("x.safetensors"), of("x.ts"));
    let copied = [&table, &model, &script]
        .iter()
        .all(|file| std::fs::copy(path, a2d_file::card_path(file)).is_ok());
    let cost = CostCard::read(&table).is_ok();
    let script = TorchScriptCard::read(&script).is_ok();
    copied && (ModelCard::read(&model).is_ok() || cost || script)
}

fn detectors(path: &Path) -> bool {
    SavedDetector::load(path).is_ok_and(|saved| {
        let costs = vec![3.0; saved.attacks.len()];
        saved.explain(&costs).is_ok()
    })
}

/// The corpus has the header alone; as many zeros follow as a LeNet-5 has bytes of weights.
fn weights(path: &Path) -> bool {
    const BYTES: u64 = 246_824;
    let whole = path.with_file_name("weights");
    let write = || {
        let header = std::fs::read(path)?;
        std::fs::write(&whole, &header)?;
        File::options().write(true).open(&whole)?.set_len(header.len() as u64 + BYTES)
    };
    write().is_ok() && Classifier::load(&whole, Some(Architecture::LENET5), Device::Cpu).is_ok()
}

fn scripts(path: &Path) -> bool {
    let said = Description { input_shape: Some([3, 8, 8]), ..Description::default() };
    Classifier::open(path, &said, Device::Cpu).is_ok()
}

/// The arguments, one a line, of which `SPEC` begins the file of attack parameters that `--spec` names.
fn arguments(path: &Path) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let (line, spec) = text.split_once("SPEC\n").unwrap_or((&text, ""));
    let file = path.with_file_name("spec.toml");
    if std::fs::write(&file, spec).is_err() {
        return false;
    }
    let named = file.display().to_string();
    let line = line.lines().map(|word| word.replace("spec.toml", &named));
    a2d_cli::understands(line).is_ok()
}
