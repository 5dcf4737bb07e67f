//! An attack in one call.

use a2d_model::Classifier;
use tch::Tensor;

use crate::{Error, Limits, NamedAttack, Result, queries};

/// What an attack makes of these images, \[N, C, H, W\], of the same shape: each is led away from the class
/// that the classifier takes it for. Where the attack does not succeed, it is the image that came nearest.
///
/// ```
/// use a2d_attacks::{CRAFTING, Preset, perturb};
/// use a2d_model::{Architecture, Classifier};
/// use tch::{Device, Kind, Tensor};
///
/// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
/// let images = Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
/// let examples = perturb(&classifier, &CRAFTING.named("pgd", Preset::MNIST)?, &images)?;
/// assert_eq!(examples.size(), images.size());
/// # Ok::<(), a2d_attacks::Error>(())
/// ```
///
/// # Errors
/// As [`NamedAttack::run`].
pub fn perturb(classifier: &Classifier, attack: &NamedAttack, images: &Tensor) -> Result<Tensor> {
    let limits = Limits::default();
    let lessons = (attack.facts().lessons as i64).min(images.size().first().copied().unwrap_or(0));
    let taught = if lessons > 0 {
        attack.taught(classifier, &images.narrow(0, 0, lessons), limits)?
    } else {
        attack.clone()
    };
    let perturbed = images.copy();
    taught.run(classifier, attack.aim(), limits, queries(images), &mut |done| {
        perturbed.get(done.row as i64).copy_(&done.image);
        Ok::<(), Error>(())
    })?;
    Ok(perturbed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{CRAFTING, Preset};

    #[test]
    fn labels_change_within_the_ball() {
        let images = images(5);
        let labels = |images: &Tensor| classifier().logits(images).unwrap().argmax(-1, false);
        for name in ["fgsm", "pgd"] {
            let attack = CRAFTING.named(name, Preset::MNIST).unwrap();
            let examples = perturb(&classifier(), &attack, &images).unwrap();
            assert!((&examples - &images).abs().max().double_value(&[]) <= 0.3 + 1e-6);
            let changed = labels(&examples).ne_tensor(&labels(&images));
            assert!(changed.any().int64_value(&[]) != 0, "{name}");
        }
    }
}
