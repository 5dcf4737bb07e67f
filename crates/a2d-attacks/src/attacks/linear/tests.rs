//! Linear networks, of which the steps are exact, and what else is defined.

use a2d_cost::{AttackCost, NoCost};
use a2d_model::{Classifier, Precision};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tch::{Device, Tensor, nn::VarStore};

use super::*;
use crate::tests::{classifier, images};
use crate::{Aim, DEFENSES, Limits, NamedAttack, Preset, Query};

const SIDE: i64 = 4;
const PIXELS: usize = 16;
const COUNT: i64 = 200;

/// A network whose logits are the pixels times these weights, a row per class, and a constant more.
fn linear(weights: &[Vec<f32>], constants: &[f32]) -> Classifier {
    let (weights, constants) = (Tensor::from_slice2(weights), Tensor::from_slice(constants));
    let classes = constants.numel();
    let pixels = weights.size()[1];
    let logits = move |images: &Tensor| {
        let [weights, constants] =
            [&weights, &constants].map(|values| values.to_kind(images.kind()));
        images.view([-1, pixels]).matmul(&weights.tr()) + constants
    };
    let shape = [1, 1, pixels as usize];
    Classifier::of_module("linear", logits, VarStore::new(Device::Cpu), shape, classes, "")
}

/// A random linear network of two classes, whose logits are never equal and whose slopes all differ. In float64: where one
/// leads by 15, the cross-entropy in float32 errs in the sign of slopes.
fn two_classes(random: &mut ChaCha8Rng) -> Classifier {
    let one: Vec<f32> = (0..PIXELS).map(|_| random.random_range(-8i16..=8).into()).collect();
    let mut slopes: Vec<f32> = (-8i16..=8).filter(|slope| *slope != 0).map(f32::from).collect();
    slopes.shuffle(random);
    let other = one.iter().zip(slopes).map(|(weight, slope)| weight + slope).collect();
    linear(&[one, other], &[0.001_953_125, 0.0]).with_precision(Precision::Float64).unwrap()
}

fn grey(random: &mut ChaCha8Rng) -> Tensor {
    let pixels: Vec<f32> = (0..COUNT as usize * PIXELS)
        .map(|_| f32::from(random.random_range(0u8..=64)) / 64.0)
        .collect();
    Tensor::from_slice(&pixels).view([COUNT, 1, 1, SIDE * SIDE])
}

fn named(name: &str, parameters: &Value) -> NamedAttack {
    let preset = DEFENSES.named(name, Preset::MNIST).unwrap();
    preset.with(parameters.as_object().unwrap()).unwrap()
}

fn costs(
    classifier: &Classifier,
    attack: &NamedAttack,
    images: &Tensor,
) -> Vec<Result<AttackCost, NoCost>> {
    crate::costs(classifier, attack, images).unwrap()
}

/// Iterations, and whether the label flipped, of each image that has a cost.
fn outcomes(
    classifier: &Classifier,
    attack: &NamedAttack,
    images: &Tensor,
) -> Vec<Option<(u32, bool)>> {
    let costs = costs(classifier, attack, images).into_iter();
    costs.map(|cost| cost.ok().map(|cost| (cost.iterations, cost.flipped))).collect()
}

#[test]
fn of_a_linear_network_the_steps_are_those_of_the_attack() {
    let parameters = [
        ("bim", json!({"epsilon": 0.125, "step": 0.003_906_25, "iterations": 40})),
        ("jsma", json!({"theta": 0.125, "changes": 2, "iterations": 12})),
    ];
    let random = &mut ChaCha8Rng::seed_from_u64(0);
    for (name, parameters) in parameters {
        let (mut flips, mut in_vain) = (0, 0);
        for _ in 0..5 {
            let (network, images) = (two_classes(random), grey(random));
            let walked = outcomes(&network, &named(name, &parameters), &images);
            let foretold =
                outcomes(&network, &named(&format!("{name}-linear"), &parameters), &images);
            for (row, pair) in foretold.iter().zip(&walked).enumerate() {
                assert_eq!(pair.0, pair.1, "{name}, image {row}");
            }
            flips += walked.iter().flatten().filter(|(_, flipped)| *flipped).count();
            in_vain += walked.iter().flatten().filter(|(_, flipped)| !flipped).count();
        }
        assert!(flips > 300 && in_vain > 30, "{name}: {flips} flipped, {in_vain} in vain");
    }
}

#[test]
fn in_the_euclidean_norm_they_are_up_to_the_rounding_of_the_directions() {
    let parameters = json!({"epsilon": 0.2, "step": 0.005, "iterations": 60});
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let (mut same, mut all) = (0, 0);
    for _ in 0..5 {
        let (network, images) = (two_classes(random), grey(random));
        let walked = outcomes(&network, &named("bim2", &parameters), &images);
        let foretold = outcomes(&network, &named("bim2-linear", &parameters), &images);
        for (foretold, walked) in foretold.iter().zip(&walked) {
            let ((foretold, _), (walked, _)) = (foretold.unwrap(), walked.unwrap());
            // On the ball's surface steps of the attack become short.
            assert!(foretold.abs_diff(walked) <= 1 || walked > 40, "{foretold} and {walked}");
            same += u32::from(foretold == walked);
            all += 1;
        }
    }
    assert!(same * 100 >= all * 97, "{same} of {all}");
}

#[test]
fn one_boundary_takes_one_gradient_and_one_pass_in_any_window() {
    for (classes, expected) in [(1, 1), (3, 3), (9, 9), (50, 9)] {
        for window in [1, 3, 64] {
            let attack = named("bim-linear", &json!({ "classes": classes }));
            let limits = Limits { window, ..Limits::default() };
            let images = images(5);
            let queries = crate::queries::<crate::Error>(&images);
            let mut seen = vec![];
            attack
                .run(&classifier(), Aim::Cost, limits, queries, &mut |done| {
                    let cost = done.measured()?.unwrap();
                    assert_eq!((cost.gradient_queries, cost.forward_queries), (expected, 1));
                    assert_eq!(done.image, images.get(done.row as i64));
                    assert_eq!(done.predicted, done.goal.label);
                    seen.push(done.row);
                    Ok::<(), crate::Error>(())
                })
                .unwrap();
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4]);
        }
    }
}

#[test]
fn the_nearest_boundary_counts_and_not_only_that_of_the_runner_up() {
    // The runner-up is 1 behind and 1 steep, the third 2 behind and 8 steep.
    let network = linear(&[vec![0.0; 2], vec![1.0, 0.0], vec![0.0, 8.0]], &[10.0, 9.0, 8.0]);
    let image = Tensor::from_slice(&[0f32, 0.0]).view([1, 1, 1, 2]);
    let steps = |classes, target: &str| {
        let parameters = json!({
            "epsilon": 1.0, "step": 0.125, "iterations": 50, "classes": classes, "target": target,
        });
        outcomes(&network, &named("bim-linear", &parameters), &image)[0].unwrap()
    };
    // The runner-up draws level where its pixel is 1, and cannot pass.
    assert_eq!(steps(1, "untargeted"), (50, false));
    assert_eq!(steps(2, "untargeted"), (3, true));
    assert_eq!(steps(1, "class-2"), (3, true));
    assert_eq!(steps(2, "class-1"), (50, false));
}

#[test]
fn the_scale_of_the_logits_does_not_matter() {
    let random = &mut ChaCha8Rng::seed_from_u64(2);
    let weights: Vec<Vec<f32>> = (0..3)
        .map(|_| (0..PIXELS).map(|_| random.random_range(-8i16..=8).into()).collect())
        .collect();
    let images = grey(random);
    for name in ["bim-linear", "bim2-linear", "jsma-linear"] {
        let scaled = |scale: f32| {
            let weights: Vec<Vec<f32>> = weights
                .iter()
                .map(|row| row.iter().map(|weight| weight * scale).collect())
                .collect();
            outcomes(&linear(&weights, &[0.0; 3]), &named(name, &json!({})), &images)
        };
        let plain = scaled(1.0);
        // Powers of 2, so that float32 rounds alike.
        for exponent in [-100, -20, 20, 100] {
            assert_eq!(scaled(2f32.powi(exponent)), plain, "{name}, 2^{exponent}");
        }
    }
}

#[test]
fn equal_logits_take_a_step_and_a_slope_of_0_leaves_no_cost() {
    let image = Tensor::from_slice(&[0.5f32, 0.5]).view([1, 1, 1, 2]);
    let level = linear(&[vec![1.0, 0.0], vec![0.0, 1.0]], &[0.0; 2]);
    let flat = linear(&[vec![1.0, 0.0], vec![1.0, 0.0]], &[1.0, 0.0]);
    for name in ["bim-linear", "bim2-linear", "jsma-linear"] {
        let attack = named(name, &json!({}));
        assert_eq!(outcomes(&level, &attack, &image), [Some((1, true))], "{name}");
        assert_eq!(costs(&flat, &attack, &image), [Err(NoCost::ZeroGradient)], "{name}");
    }
    // The only way up is closed.
    let cornered = Tensor::from_slice(&[1.0f32, 0.5]).view([1, 1, 1, 2]);
    let network = linear(&[vec![0.0; 2], vec![1.0, 0.0]], &[5.0, 0.0]);
    let bim = named("bim-linear", &json!({}));
    assert_eq!(costs(&network, &bim, &cornered), [Err(NoCost::NeverMoved)]);
    // The steepest element is black, the other one moves, and not far enough.
    let half_black = Tensor::from_slice(&[0.0f32, 0.5]).view([1, 1, 1, 2]);
    let network = linear(&[vec![2.0, 1.0], vec![0.0, 0.0]], &[5.0, 0.0]);
    for name in ["jsma", "jsma-linear"] {
        let jsma = named(name, &json!({"iterations": 10}));
        assert_eq!(outcomes(&network, &jsma, &half_black), [Some((10, false))], "{name}");
    }
}

#[test]
fn an_image_is_given_only_if_it_flips() {
    let (network, images) = (classifier(), images(5));
    for aim in [Aim::Flip, Aim::Result] {
        let attack = named("bim-linear", &json!({"step": 0.01, "iterations": 30})).with_aim(aim);
        let queries = (0..5).map(|row| Ok(Query::new(row as usize, images.get(row))));
        attack
            .run(&network, aim, Limits::default(), queries, &mut |done| {
                let class = network.logits(&done.image.unsqueeze(0))?.argmax(-1, false);
                assert_eq!(done.predicted, class.int64_value(&[0]));
                assert_eq!(done.cost.flipped, done.predicted != done.goal.label);
                assert_eq!(done.cost.forward_queries, 2);
                Ok::<(), crate::Error>(())
            })
            .unwrap();
    }
}

#[test]
fn no_runner_up_is_refused() {
    let message = named("bim-linear", &json!({"classes": 0})).check(10).unwrap_err().to_string();
    assert!(message.contains("classes of at least 1, got 0"), "{message}");
}
