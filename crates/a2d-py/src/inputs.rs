//! Images from Python: what is known of them, and rows of them.

use a2d_attacks::{NamedAttack, Query};
use a2d_cost::{Budget, InputSet, Provenance, Sketcher, Unscored};
use a2d_data::Digest;
use a2d_model::Classifier;
use tch::{Device, Kind, Tensor};

use crate::exception::Stop;

/// The number of images, \[N, C, H, W\].
pub(crate) fn len(images: &Tensor) -> usize {
    images.size().first().map_or(0, |count| *count as usize)
}

/// Queries for each image, away from its predicted label.
pub(crate) fn queries(
    images: &Tensor,
    budget: Option<Budget>,
) -> impl Iterator<Item = Result<Query, Stop>> + '_ {
    (0..len(images)).map(move |row| Ok(Query { budget, ..Query::new(row, images.get(row as i64)) }))
}

/// Where costs of these attacks on these images come from, without the rows that have none.
pub(crate) fn provenance(
    classifier: &Classifier,
    attacks: &[NamedAttack],
    images: &Tensor,
    budget: Option<Budget>,
    seed: u64,
    window: usize,
    unscored: Vec<(usize, Unscored)>,
) -> Provenance {
    let parameters =
        |attack: &NamedAttack| (attack.name().to_owned(), attack.parameters().clone().into());
    let left_out = unscored.iter().map(|(row, _)| *row).collect();
    Provenance {
        model: classifier.fingerprint().to_owned(),
        defenses: attacks.iter().map(parameters).collect(),
        inputs: vec![described(images, classifier.input_shape()).without(&left_out)],
        budget: budget.map(Budget::iterations),
        seed,
        unscored: unscored.into_iter().map(|(_, unscored)| unscored).collect(),
        machines: vec![classifier.machine().with_window(window)],
    }
}

/// Digest and sketches, by which the same images are known again wherever they are measured. For this, and for nothing
/// else, every image is looked at on the host once.
fn described(images: &Tensor, shape: [usize; 3]) -> InputSet {
    let mut digest = Digest::new(len(images), shape);
    let sketcher = Sketcher::new(shape);
    let sketch = |row: usize| {
        let image = images.get(row as i64).to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
        let mut pixels = vec![0.0; image.numel()];
        image.copy_data(&mut pixels, image.numel());
        digest.update(&pixels);
        sketcher.sketch(&pixels)
    };
    let sketches = (0..len(images)).map(sketch).collect();
    InputSet { digest: digest.finish(), sketches: Some(sketches), part: None }
}
