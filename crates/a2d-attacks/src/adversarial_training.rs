//! Training on what an attack makes of the images.

use a2d_model::training::Examples;
use a2d_model::{Classifier, Error as ModelError};
use tch::Tensor;

use crate::{Error, Limits, NamedAttack, Query};

/// A source of training examples: the images after an attack on the network as it is at that moment (Madry et
/// al. 2018, "Towards deep learning models resistant to adversarial attacks", section 2.1, where it is
/// [`Pgd`](crate::Pgd)).
///
/// An image that the network misclassifies is not attacked, but learnt as it is, and so is one of a class that
/// the attack is to get.
#[derive(Debug)]
pub struct AdversarialExamples {
    attack: NamedAttack,
    limits: Limits,
    /// Images of this epoch so far.
    made: usize,
}

impl AdversarialExamples {
    /// Examples by this attack, after its [aim](NamedAttack::aim), in windows of 64 images.
    pub fn by(attack: NamedAttack) -> Self {
        Self { attack, limits: Limits::default(), made: 0 }
    }
}

impl Examples for AdversarialExamples {
    fn description(&self) -> Option<String> {
        Some(format!("{} {}", self.attack.name(), serde_json::json!(self.attack.parameters())))
    }

    fn begin(&mut self, seed: u64, epoch: u32) {
        // Epochs draw from streams of their own: the numbers of their images go on from each other's.
        self.limits.seed = seed;
        self.made = (epoch as usize) << 32;
    }

    fn make(
        &mut self,
        model: &Classifier,
        images: Tensor,
        labels: &Tensor,
    ) -> Result<Tensor, ModelError> {
        let first = self.made;
        self.made += images.size()[0] as usize;
        let labels = Vec::<i64>::try_from(labels).unwrap_or_default().into_iter().zip(0..);
        let queries = labels.map(|(label, place)| {
            let query = Query::new(first + place, images.get(place as i64));
            Ok(Query { label: Some(label), ..query })
        });
        let examples = images.copy();
        let made = self.attack.run(model, self.attack.aim(), self.limits, queries, &mut |done| {
            examples.get((done.row - first) as i64).copy_(&done.image);
            Ok(())
        });
        made.map_err(|error| match error {
            Error::Model(error) => error,
            other => ModelError::Examples(other.to_string()),
        })?;
        Ok(examples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{CRAFTING, Preset};

    fn pgd() -> AdversarialExamples {
        let few = serde_json::json!({"iterations": 5, "epsilon": 0.1, "step": 0.04});
        let pgd = CRAFTING.named("pgd", Preset::MNIST).unwrap();
        AdversarialExamples::by(pgd.with(few.as_object().unwrap()).unwrap())
    }

    #[test]
    fn examples_are_drawn_anew_in_each_epoch_and_the_same_again() {
        let (model, images) = (classifier(), images(6));
        let labels = model.logits(&images).unwrap().argmax(-1, false);
        let mut source = pgd();
        let mut of = |epoch| {
            source.begin(3, epoch);
            source.make(&model, images.shallow_clone(), &labels).unwrap()
        };
        let (first, second) = (of(1), of(2));
        assert_eq!(of(1), first);
        assert_ne!(second, first);
        for examples in [first, second] {
            let change = (&examples - &images).abs().amax([1, 2, 3], false);
            assert!(change.max().double_value(&[]) <= 0.1 + 1e-6);
            assert!(change.min().double_value(&[]) > 0.05);
            let lost = model.logits(&examples).unwrap().argmax(-1, false).ne_tensor(&labels);
            assert!(
                lost.to_kind(tch::Kind::Double).mean(tch::Kind::Double).double_value(&[]) > 0.4
            );
        }
    }

    #[test]
    fn a_misclassified_image_is_learnt_as_it_is() {
        let (model, images) = (classifier(), images(2));
        let labels = (model.logits(&images).unwrap().argmax(-1, false) + 1).remainder(10);
        let mut source = pgd();
        source.begin(3, 1);
        assert_eq!(source.make(&model, images.shallow_clone(), &labels).unwrap(), images);
        let bad = source.make(&model, images, &(labels + 10)).unwrap_err().to_string();
        assert!(bad.contains("expected a label from 0 to 9"), "{bad}");
    }

    #[test]
    fn the_description_says_all_parameters() {
        let said = pgd().description().unwrap();
        assert!(said.starts_with("pgd {") && said.contains("\"epsilon\":0.1"), "{said}");
    }
}
