//! What attacks on images cost.

use a2d_cost::{AttackCost, NoCost};
use a2d_model::Classifier;
use tch::Tensor;

use crate::{Aim, Error, Finished, Limits, NamedAttack, Query, Result, queries};

/// Attacks every query away from its predicted label and hands row and cost to `sink` as each is
/// done, in whatever order that happens; or why there is no cost: an image whose gradient is exactly 0, or
/// that no step moves, has none, whatever the attack spent on it. Where the label did not flip otherwise,
/// the cost is the attack's cap, or the budget.
///
/// Any window size, number of [workers](Classifier::with_workers) and order of the queries gives the same
/// costs, but for the float order of libtorch's kernels, which may move one by an iteration. Random streams
/// belong to the number of the query.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Window`] if attack or limits are out of range,
/// [`Error::Query`] if the classifier does not take an image or takes it for the given target
/// already, [`Error::Model`] if its logits are not finite, as the sink's error type; else what the sink
/// says.
pub fn measure<E: From<Error>>(
    classifier: &Classifier,
    attack: &NamedAttack,
    queries: impl Iterator<Item = Result<Query, E>>,
    limits: Limits,
    sink: &mut dyn FnMut(usize, Result<AttackCost, NoCost>) -> Result<(), E>,
) -> Result<(), E> {
    attack.run(classifier, Aim::Cost, limits, queries, &mut |done| sink(done.row, done.measured()?))
}

/// The costs of an attack on these images, \[N, C, H, W\], in their order.
///
/// ```
/// use a2d_attacks::{DEFENSES, Preset, costs};
/// use a2d_model::{Architecture, Classifier};
/// use tch::{Device, Kind, Tensor};
///
/// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
/// let images = Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
/// for cost in costs(&classifier, &DEFENSES.named("bim", Preset::MNIST)?, &images)? {
///     match cost {
///         Ok(cost) => println!("{} iterations", cost.iterations),
///         Err(reason) => println!("no cost: {reason}"),
///     }
/// }
/// # Ok::<(), a2d_attacks::Error>(())
/// ```
///
/// # Errors
/// As [`measure`].
pub fn costs(
    classifier: &Classifier,
    attack: &NamedAttack,
    images: &Tensor,
) -> Result<Vec<Result<AttackCost, NoCost>>> {
    let mut costs = vec![];
    measure(classifier, attack, queries(images), Limits::default(), &mut |row, cost| {
        costs.push((row, cost));
        Ok::<(), Error>(())
    })?;
    costs.sort_unstable_by_key(|(row, _)| *row);
    Ok(costs.into_iter().map(|(_, cost)| cost).collect())
}

impl Finished {
    /// What the image costs, or why that is not known.
    ///
    /// # Errors
    /// [`Error::Query`] if it was never attacked: the classifier takes it for the target already.
    pub fn measured(&self) -> Result<Result<AttackCost, NoCost>> {
        if self.set_aside {
            let expected = "a target other than the predicted class".into();
            let got = format!("{} for both", self.predicted);
            return Err(Error::Query { row: self.row, expected, got });
        }
        Ok(self.no_cost.map_or(Ok(self.cost), Err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{DEFENSES, Preset};

    #[test]
    fn every_image_has_its_cost_once_whatever_the_workers() {
        let defense = DEFENSES.named("bim", Preset::MNIST).unwrap();
        let limits = Limits { window: 2, ..Limits::default() };
        let mut all = vec![];
        for workers in [1, 2, 3] {
            let classifier = classifier().with_workers(workers);
            let mut costs = vec![];
            measure(&classifier, &defense, queries(&images(7)), limits, &mut |row, cost| {
                let cost = cost.unwrap();
                assert!(cost.flipped && cost.iterations > 0);
                costs.push((row, cost.iterations));
                Ok::<(), Error>(())
            })
            .unwrap();
            costs.sort_unstable();
            assert!(costs.iter().map(|(row, _)| *row).eq(0..7));
            all.push(costs);
        }
        assert!(all.iter().all(|costs| *costs == all[0]), "{all:?}");
        let costs = costs(&classifier(), &defense, &images(7)).unwrap();
        let costs = costs.into_iter().map(|cost| cost.unwrap().iterations);
        assert!(costs.eq(all[0].iter().map(|(_, cost)| *cost)));
    }

    #[test]
    fn an_image_that_is_taken_for_its_target_already_is_refused() {
        let class = classifier().logits(&images(1)).unwrap().argmax(-1, false).int64_value(&[0]);
        let target = serde_json::json!({ "target": format!("class-{class}") });
        let jsma = DEFENSES.named("jsma", Preset::MNIST).unwrap();
        let jsma = jsma.with(target.as_object().unwrap()).unwrap();
        let message = costs(&classifier(), &jsma, &images(1)).unwrap_err().to_string();
        assert!(message.contains("image 0: expected a target other than"), "{message}");
    }

    #[test]
    fn images_of_another_shape_are_refused() {
        let defense = DEFENSES.named("bim2", Preset::MNIST).unwrap();
        for (shape, got) in [(vec![2, 3, 32, 32], "[3, 32, 32]"), (vec![2, 784], "[784]")] {
            let images = Tensor::zeros(shape, (tch::Kind::Float, tch::Device::Cpu));
            let message = costs(&classifier(), &defense, &images).unwrap_err().to_string();
            assert!(message.contains("[1, 28, 28]") && message.contains(got), "{message}");
        }
    }
}
