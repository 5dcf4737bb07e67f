use a2d_cost::AttackCost;
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::query::{self, Query};
use crate::{Bim, Bim2, Error, Limits, Preset, Result, Stop, run};

/// A defense attack: it stops at the first flip, and its cost is what a detector sees.
///
/// Parameters are those of the paper's section on experiments, per data set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Defense {
    /// `BIM_d`.
    Bim(Bim),
    /// `BIM2_d`.
    Bim2(Bim2),
}

impl Defense {
    /// The names of all defense attacks.
    pub const NAMES: [&'static str; 2] = ["bim", "bim2"];

    /// The defense attack of this name with the parameters for `preset`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn named(name: &str, preset: Preset) -> Result<Self> {
        let scale = match preset {
            Preset::Mnist => 1.0,
            Preset::Cifar10 => 0.1,
        };
        let iterations = 500;
        match name {
            "bim" => Ok(Self::Bim(Bim { epsilon: 0.3 * scale, step: 0.0006 * scale, iterations })),
            "bim2" => {
                Ok(Self::Bim2(Bim2 { epsilon: 0.1 * scale, step: 0.0002 * scale, iterations }))
            }
            _ => Err(Error::UnknownName {
                kind: "defense attack",
                known: Self::NAMES.join(", "),
                name: name.to_owned(),
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bim(_) => "bim",
            Self::Bim2(_) => "bim2",
        }
    }
}

/// Attacks every image, \[N, C, H, W\], away from its predicted label and hands row and cost to `sink`
/// as each is done, in whatever order that happens.
///
/// Any window size and order of the images gives the same costs, but for the float order of
/// libtorch's kernels, which may move one by an iteration.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::EmptyWindow`] if attack or limits are out of range,
/// [`Error::Query`] if the classifier does not take an image, as the sink's error type; else what
/// the sink says.
pub fn measure<E: From<Error>>(
    classifier: &Classifier,
    defense: &Defense,
    images: &Tensor,
    limits: Limits,
    sink: &mut dyn FnMut(usize, AttackCost) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let queries = (0..query::count(images)).map(|row| Query {
        row,
        image: images.get(row as i64),
        label: None,
    });
    let sink = &mut |done: crate::Finished| sink(done.row, done.cost);
    match defense {
        Defense::Bim(bim) => run(classifier, bim, Stop::AtFlip, limits, queries, sink),
        Defense::Bim2(bim2) => run(classifier, bim2, Stop::AtFlip, limits, queries, sink),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};

    #[test]
    fn names_are_those_of_attacks_and_cards() {
        for preset in Preset::ALL {
            for name in Defense::NAMES {
                let defense = Defense::named(name, preset).unwrap();
                assert_eq!(defense.name(), name);
                let card = serde_json::to_value(defense).unwrap();
                assert!(card.get(name).is_some(), "{card}");
                assert_eq!(serde_json::from_value::<Defense>(card).unwrap(), defense);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = Defense::named("fgsm", Preset::Mnist).unwrap_err().to_string();
        assert!(message.contains("choose defense attack"), "{message}");
        assert!(message.contains("\"fgsm\"") && message.contains("bim, bim2"), "{message}");
    }

    #[test]
    fn presets_are_those_of_the_paper() {
        let bim = Bim { epsilon: 0.3, step: 0.0006, iterations: 500 };
        assert_eq!(Defense::named("bim", Preset::Mnist).unwrap(), Defense::Bim(bim));
        let Ok(Defense::Bim2(bim2)) = Defense::named("bim2", Preset::Cifar10) else {
            panic!("bim2 is BIM2_d");
        };
        assert!((bim2.epsilon - 0.01).abs() < 1e-15 && (bim2.step - 0.000_02).abs() < 1e-15);
    }

    #[test]
    fn every_image_has_its_cost_once() {
        let defense = Defense::named("bim", Preset::Mnist).unwrap();
        let limits = Limits { window: 2, budget: None };
        let mut rows = vec![];
        measure(&classifier(), &defense, &images(5), limits, &mut |row, cost| {
            assert!(cost.flipped && cost.iterations > 0);
            rows.push(row);
            Ok::<(), Error>(())
        })
        .unwrap();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn images_of_another_shape_are_refused() {
        let defense = Defense::named("bim2", Preset::Mnist).unwrap();
        for (shape, got) in [(vec![2, 3, 32, 32], "[3, 32, 32]"), (vec![2, 784], "[784]")] {
            let images = Tensor::zeros(shape, (tch::Kind::Float, tch::Device::Cpu));
            let sink = &mut |_, _| Ok::<(), Error>(());
            let error = measure(&classifier(), &defense, &images, Limits::default(), sink);
            let message = error.unwrap_err().to_string();
            assert!(message.contains("[1, 28, 28]") && message.contains(got), "{message}");
        }
    }
}
