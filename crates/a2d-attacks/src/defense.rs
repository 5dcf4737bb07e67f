//! The attacks whose costs are measured, with their published parameters, and their driver.

use a2d_cost::{AttackCost, NoCost};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};

use crate::visit::{Checking, Visitor, attacks};
use crate::{
    Aim, Bim, Bim2, Boundary, CarliniWagner, Error, Fgsm, Finished, Jsma, Lbfgs, Limits,
    LocalSearch, Preset, Query, Result, Target, Turbo, parameters, run,
};

attacks! {
    /// A defense attack: it stops at the first flip, and its cost is what a detector sees.
    ///
    /// Parameters are those of the paper's section on experiments, per data set.
    pub enum Defense: "defense attack" {
        /// `FGSM_d`: one step, so its cost says nothing; the paper's counter-example.
        Fgsm(Fgsm) = "fgsm",
        /// `BIM_d`.
        Bim(Bim) = "bim",
        /// `BIM2_d`.
        Bim2(Bim2) = "bim2",
        /// `JSMA_d`: one element at a time, towards the second most likely class.
        Jsma(Jsma) = "jsma",
        /// `C&W_d`.
        Cw(CarliniWagner) = "cw",
        /// `L-BFGS_d`.
        Lbfgs(Lbfgs) = "lbfgs",
        /// `LSA_d`.
        Lsa(LocalSearch) = "lsa",
        /// `DBA_d`.
        Dba(Boundary) = "dba",
        /// `BIM_d` in growing strides: our own.
        BimTurbo(Turbo<Bim>) = "bim-turbo",
        /// `BIM2_d` in growing strides: our own.
        Bim2Turbo(Turbo<Bim2>) = "bim2-turbo",
        /// `JSMA_d` in growing strides: our own.
        JsmaTurbo(Turbo<Jsma>) = "jsma-turbo",
    }
}

impl Defense {
    /// The defense attack of this name with the parameters for `preset`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn named(name: &str, preset: Preset) -> Result<Self> {
        let (scale, distance) = match preset {
            Preset::Mnist => (1.0, 0.02),
            Preset::Cifar10 => (0.1, 5e-5),
        };
        let (iterations, target) = (500, Target::Untargeted);
        let bim = Bim { epsilon: 0.3 * scale, step: 0.0006 * scale, iterations, target };
        let bim2 = Bim2 { epsilon: 0.1 * scale, step: 0.0002 * scale, iterations, target };
        let jsma = Jsma { theta: 0.1, changes: 7, iterations: 2000, target: Target::SECOND };
        Ok(match name {
            "fgsm" => Self::Fgsm(Fgsm { epsilon: 0.3 * scale, target }),
            "bim" => Self::Bim(bim),
            "bim2" => Self::Bim2(bim2),
            "jsma" => Self::Jsma(jsma),
            "bim-turbo" => Self::BimTurbo(Turbo::of(bim)),
            "bim2-turbo" => Self::Bim2Turbo(Turbo::of(bim2)),
            "jsma-turbo" => Self::JsmaTurbo(Turbo::of(jsma)),
            "cw" => Self::Cw(CarliniWagner::default()),
            "lbfgs" => Self::Lbfgs(Lbfgs::default()),
            "lsa" => Self::Lsa(LocalSearch::default()),
            "dba" => Self::Dba(Boundary { distance, ..Boundary::default() }),
            _ => return Err(Self::unknown(name)),
        })
    }

    /// This attack with some of its parameters replaced.
    ///
    /// ```
    /// use a2d_attacks::{Defense, Preset};
    ///
    /// let bim = Defense::named("bim", Preset::Mnist)?;
    /// let changed = serde_json::json!({ "iterations": 300 });
    /// let Defense::Bim(bim) = bim.with(changed.as_object().unwrap())? else { unreachable!() };
    /// assert_eq!((bim.iterations, bim.epsilon), (300, 0.3));
    /// # Ok::<(), a2d_attacks::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameters`] if it has no such parameter or not of this type.
    pub fn with(&self, replaced: &parameters::Parameters) -> Result<Self> {
        parameters::replace(self, self.name(), replaced)
    }

    /// Checks the parameters, for a model of so many classes, before any work is done.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first that is out of range.
    pub fn check(&self, classes: usize) -> Result<()> {
        self.visit(Checking(classes))
    }

    /// The most iterations that it spends on an image of so many elements.
    pub fn cap(&self, elements: usize) -> u32 {
        self.visit(Capping(elements))
    }
}

/// Attacks every query away from its predicted label and hands row and cost to `sink` as each is
/// done, in whatever order that happens; or why there is no cost: an image whose gradient is exactly 0, or
/// that no step moves, has none, whatever the attack spent on it. Where the label did not flip otherwise,
/// the cost is the attack's cap, or the budget.
///
/// Any window size and order of the queries gives the same costs, but for the float order of
/// libtorch's kernels, which may move one by an iteration. Random streams belong to the number of the
/// query.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Window`] if attack or limits are out of range,
/// [`Error::Query`] if the classifier does not take an image or takes it for the given target
/// already, [`Error::Model`] if its logits are not finite, as the sink's error type; else what the sink
/// says.
pub fn measure<E: From<Error>>(
    classifier: &Classifier,
    defense: &Defense,
    queries: impl Iterator<Item = Result<Query, E>>,
    limits: Limits,
    sink: &mut dyn FnMut(usize, Result<AttackCost, NoCost>) -> Result<(), E>,
) -> Result<(), E> {
    defense.visit(Measuring { classifier, queries, limits, sink })
}

struct Capping(usize);

impl Visitor for Capping {
    type Output = u32;

    fn visit<A: crate::Attack>(self, attack: &A) -> u32 {
        attack.cap(self.0)
    }
}

struct Measuring<'a, Q, E> {
    classifier: &'a Classifier,
    queries: Q,
    limits: Limits,
    sink: &'a mut dyn FnMut(usize, Result<AttackCost, NoCost>) -> Result<(), E>,
}

impl<Q: Iterator<Item = Result<Query, E>>, E: From<Error>> Visitor for Measuring<'_, Q, E> {
    type Output = Result<(), E>;

    fn visit<A: crate::Attack>(self, attack: &A) -> Self::Output {
        let Self { classifier, queries, limits, sink } = self;
        run(classifier, attack, Aim::Cost, limits, queries, &mut |done: Finished| {
            if done.set_aside {
                let expected = "a target other than the predicted class".into();
                let got = format!("{} for both", done.predicted);
                return Err(Error::Query { row: done.row, expected, got }.into());
            }
            sink(done.row, done.no_cost.map_or(Ok(done.cost), Err))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries;
    use crate::tests::{classifier, images};
    use tch::Tensor;

    #[test]
    fn names_are_those_of_attacks_and_cards() {
        for preset in Preset::ALL {
            for name in Defense::NAMES {
                let defense = Defense::named(name, preset).unwrap();
                assert_eq!(defense.name(), name);
                let card = serde_json::to_value(&defense).unwrap();
                assert!(card.get(name).is_some(), "{card}");
                let again: Defense = serde_json::from_value(card.clone()).unwrap();
                assert_eq!(serde_json::to_value(again).unwrap(), card);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = Defense::named("pgd", Preset::Mnist).unwrap_err().to_string();
        assert!(message.contains("choose defense attack"), "{message}");
        assert!(message.contains("\"pgd\"") && message.contains("fgsm, bim, bim2"), "{message}");
    }

    #[test]
    fn presets_are_those_of_the_paper() {
        let Ok(Defense::Bim(bim)) = Defense::named("bim", Preset::Mnist) else {
            panic!("bim is BIM_d");
        };
        assert_eq!((bim.epsilon, bim.step, bim.iterations), (0.3, 0.0006, 500));
        let Ok(Defense::Bim2(bim2)) = Defense::named("bim2", Preset::Cifar10) else {
            panic!("bim2 is BIM2_d");
        };
        assert!((bim2.epsilon - 0.01).abs() < 1e-15 && (bim2.step - 0.000_02).abs() < 1e-15);
        let Ok(Defense::Dba(dba)) = Defense::named("dba", Preset::Cifar10) else {
            panic!("dba is DBA_d");
        };
        assert_eq!((dba.distance, dba.directions, dba.iterations), (5e-5, 25, 5000));
    }

    #[test]
    fn parameters_are_replaced_by_name() {
        let bim = Defense::named("bim", Preset::Mnist).unwrap();
        let with = |parameters: serde_json::Value| bim.with(parameters.as_object().unwrap());
        let changed = with(serde_json::json!({"epsilon": 0.2, "target": "rank-3"})).unwrap();
        let Defense::Bim(changed) = changed else { panic!("bim stays bim") };
        assert_eq!((changed.epsilon, changed.step), (0.2, 0.0006));
        assert_eq!(changed.target, Target::Rank(3));
        for (parameters, finding) in [
            (serde_json::json!({"theta": 1.0}), "unknown field `theta`"),
            (serde_json::json!({"iterations": -1}), "invalid value: integer `-1`"),
            (serde_json::json!({"target": "third"}), "expected one of untargeted"),
        ] {
            let message = with(parameters).unwrap_err().to_string();
            assert!(message.contains("set up bim") && message.contains(finding), "{message}");
        }
    }

    #[test]
    fn caps_are_those_of_the_attacks() {
        let cap = |name| Defense::named(name, Preset::Mnist).unwrap().cap(784);
        assert_eq!(["fgsm", "bim", "jsma", "dba"].map(cap), [1, 500, 2000, 5000]);
    }

    #[test]
    fn every_image_has_its_cost_once() {
        let defense = Defense::named("bim", Preset::Mnist).unwrap();
        let limits = Limits { window: 2, ..Limits::default() };
        let mut rows = vec![];
        measure(&classifier(), &defense, queries(&images(5)), limits, &mut |row, cost| {
            let cost = cost.unwrap();
            assert!(cost.flipped && cost.iterations > 0);
            rows.push(row);
            Ok::<(), Error>(())
        })
        .unwrap();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn an_image_that_is_taken_for_its_target_already_is_refused() {
        let class = classifier().logits(&images(1)).argmax(-1, false).int64_value(&[0]);
        let target = serde_json::json!({ "target": format!("class-{class}") });
        let jsma = Defense::named("jsma", Preset::Mnist).unwrap();
        let jsma = jsma.with(target.as_object().unwrap()).unwrap();
        let sink = &mut |_, _| Ok::<(), Error>(());
        let error = measure(&classifier(), &jsma, queries(&images(1)), Limits::default(), sink)
            .unwrap_err();
        let message = error.to_string();
        assert!(message.contains("image 0: expected a target other than"), "{message}");
    }

    #[test]
    fn images_of_another_shape_are_refused() {
        let defense = Defense::named("bim2", Preset::Mnist).unwrap();
        for (shape, got) in [(vec![2, 3, 32, 32], "[3, 32, 32]"), (vec![2, 784], "[784]")] {
            let images = Tensor::zeros(shape, (tch::Kind::Float, tch::Device::Cpu));
            let sink = &mut |_, _| Ok::<(), Error>(());
            let error = measure(&classifier(), &defense, queries(&images), Limits::default(), sink);
            let message = error.unwrap_err().to_string();
            assert!(message.contains("[1, 28, 28]") && message.contains(got), "{message}");
        }
    }
}
