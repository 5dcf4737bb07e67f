//! All attacks, quick, with what they bound; a network and images to attack.

use a2d_attacks::{CRAFTING, DEFENSES, NamedAttack, Preset};
use a2d_model::{Architecture, Classifier};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor, no_grad};

pub(crate) const IMAGES: i64 = 4;

/// Room for the rounding of float32.
const ROUNDING: f64 = 1e-6;

/// What an attack bounds: the largest change, the root mean square of all, the number of elements
/// changed, or nothing but the box of all images.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ball {
    Linf(f64),
    Rms(f64),
    Changed(f64),
    Box,
}

impl Ball {
    pub(crate) fn contains(self, perturbations: &Tensor) -> bool {
        let size = |rows: &Tensor| rows.max().double_value(&[]);
        let pixels = [1i64, 2, 3];
        match self {
            Self::Linf(epsilon) => size(&perturbations.abs()) <= epsilon + ROUNDING,
            Self::Rms(epsilon) => {
                let squares = perturbations.square();
                let means = squares.mean_dim(pixels.as_slice(), false, Kind::Double);
                size(&means.sqrt()) <= epsilon + ROUNDING
            }
            Self::Changed(most) => {
                let changed = perturbations.ne(0.0).to_kind(Kind::Double);
                size(&changed.sum_dim_intlist(pixels.as_slice(), false, Kind::Double)) <= most
            }
            Self::Box => true,
        }
    }
}

/// Every defense attack, with parameters that keep the test short, and its ball.
pub(crate) fn defenses() -> Vec<(NamedAttack, Ball)> {
    let attack = |name: &str, replaced: Value, ball| {
        let preset = DEFENSES.named(name, Preset::MNIST).unwrap();
        (preset.with(replaced.as_object().unwrap()).unwrap(), ball)
    };
    vec![
        attack("fgsm", json!({}), Ball::Linf(0.3)),
        attack("bim", json!({"iterations": 60}), Ball::Linf(0.3)),
        attack("bim2", json!({"epsilon": 0.05, "step": 0.002}), Ball::Rms(0.05)),
        attack("jsma", json!({"iterations": 60}), Ball::Changed(60.0)),
        attack("cw", json!({"iterations": 40, "searches": 3}), Ball::Box),
        attack("lbfgs", json!({"iterations": 10, "epsilon": 1e-3}), Ball::Box),
        attack("lsa", json!({"rounds": 20}), Ball::Changed(100.0)),
        attack("dba", json!({"iterations": 30}), Ball::Box),
        attack("bim-turbo", json!({"iterations": 60}), Ball::Linf(0.3)),
        attack("bim2-turbo", json!({"epsilon": 0.05, "step": 0.002}), Ball::Rms(0.05)),
        attack("jsma-turbo", json!({"iterations": 60}), Ball::Changed(60.0)),
        attack("bim-linear", json!({"iterations": 60}), Ball::Linf(0.3)),
        attack("bim2-linear", json!({"epsilon": 0.05, "step": 0.002}), Ball::Rms(0.05)),
        attack("jsma-linear", json!({"iterations": 60}), Ball::Changed(60.0)),
    ]
}

/// The same of every crafting attack that is ready as it is; `bb` trains a network first.
pub(crate) fn craftings() -> Vec<(NamedAttack, Ball)> {
    let attack = |name: &str, replaced: Value, ball| {
        let preset = CRAFTING.named(name, Preset::MNIST).unwrap();
        (preset.with(replaced.as_object().unwrap()).unwrap(), ball)
    };
    vec![
        attack("fgsm", json!({}), Ball::Linf(0.3)),
        attack("fgsm-l2", json!({"iterations": 6}), Ball::Rms(0.016 * 6.0)),
        attack("fgsm-logit", json!({"epsilon": 0.2}), Ball::Linf(0.2)),
        attack("bim-a", json!({"target": "least-likely"}), Ball::Linf(0.3)),
        attack("bim-b", json!({"iterations": 20}), Ball::Linf(0.3)),
        attack("bim2", json!({"target": "rank-3"}), Ball::Rms(0.1)),
        attack("pgd", json!({"iterations": 10, "epsilon": 0.1}), Ball::Linf(0.1)),
        attack("jsma", json!({}), Ball::Changed(78.0)),
        attack("jsma-single", json!({}), Ball::Changed(94.0)),
        attack("jsma-gradient", json!({"iterations": 60}), Ball::Changed(60.0)),
        attack("cw", json!({"iterations": 40, "searches": 3, "confidence": 0.01}), Ball::Box),
        attack(
            "cw-squashed",
            json!({"iterations": 40, "c": 40.0, "learning_rate": 0.05, "black": -0.5, "white": 0.5}),
            Ball::Box,
        ),
        attack("deepfool", json!({}), Ball::Box),
        attack("lbfgs", json!({"iterations": 10, "epsilon": 1e-3}), Ball::Box),
        attack("lsa", json!({"rounds": 20}), Ball::Changed(100.0)),
        attack("dba", json!({"iterations": 30}), Ball::Box),
    ]
}

/// A network whose labels flip at small changes.
pub(crate) fn classifier() -> Classifier {
    Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
}

/// Images that reach from 0 to 1, so that clipping matters.
pub(crate) fn images() -> Tensor {
    let pixels = Tensor::arange(IMAGES * 28 * 28, (Kind::Float, Device::Cpu));
    ((pixels * 0.37).sin() * 0.8 + 0.5).clamp(0.0, 1.0).view([IMAGES, 1, 28, 28])
}

pub(crate) fn label(image: &Tensor) -> i64 {
    no_grad(|| classifier().logits(&image.unsqueeze(0)).unwrap().argmax(-1, false))
        .int64_value(&[0])
}
