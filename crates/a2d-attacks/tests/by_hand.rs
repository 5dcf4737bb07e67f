//! Attacks on networks so small that the outcome can be worked out by hand.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use a2d_attacks::{
    Aim, Attack, Bim, Bim2, Boundary, CarliniWagner, DeepFool, Fgsm, FgsmL2, Finished, Jsma,
    JsmaPairs, Lbfgs, Limits, LocalSearch, Pgd, Query, Target, Turbo, begin,
};
use a2d_model::{Classifier, Session};
use tch::{Device, Kind, Tensor, nn};

const ANY: Target = Target::Untargeted;

/// Images of four elements.
const SHAPE: [usize; 3] = [1, 2, 2];

fn image(pixels: [f32; 4]) -> Tensor {
    Tensor::from_slice(&pixels).view([1, 2, 2])
}

fn pixels(image: &Tensor) -> Vec<f64> {
    Vec::try_from(image.view([-1]).to_kind(Kind::Double)).unwrap()
}

/// Logits = weights times pixels, plus bias; a row of weights and a bias per class.
fn linear<const N: usize>(weights: [[f32; 4]; N], bias: [f32; N]) -> Classifier {
    let decisive = format!("{weights:?} {bias:?}");
    let weights = Tensor::from_slice2(&weights);
    let bias = Tensor::from_slice(&bias);
    let logits = move |images: &Tensor| images.flatten(1, -1).matmul(&weights.tr()) + &bias;
    Classifier::of_module("linear", logits, nn::VarStore::new(Device::Cpu), SHAPE, N, decisive)
}

/// Two classes; the second wins where w * x > 1.2. The distance of 0.5s is 0.2 / |w|.
const W: [f32; 4] = [0.4, 0.8, -0.4, 1.2];

fn halfspace() -> Classifier {
    linear([[0.0; 4], W], [0.0, -1.2])
}

/// Two layers: a corner, where three of the four half-planes of a hidden layer meet.
fn two_layers() -> Classifier {
    let hidden = Tensor::from_slice2(&[
        [1.0f32, 2.0, -1.0, 0.5],
        [-0.5, 1.5, 2.0, -1.0],
        [2.0, -1.0, 0.5, 1.0],
        [0.5, 0.5, -2.0, 1.5],
    ]);
    let out = Tensor::from_slice2(&[
        [1.0f32, -0.5, 0.3, 0.2],
        [-0.4, 1.2, -0.3, 0.1],
        [0.2, -0.3, 1.1, -0.6],
    ]);
    let logits = move |images: &Tensor| {
        (images.flatten(1, -1).matmul(&hidden.tr()) - 0.4).relu().matmul(&out.tr())
    };
    Classifier::of_module("two layers", logits, nn::VarStore::new(Device::Cpu), SHAPE, 3, "")
}

fn attacked<A: Attack + Clone + 'static>(
    classifier: &Classifier,
    attack: &A,
    aim: Aim,
    image: &Tensor,
) -> Finished {
    let attack = Arc::new(attack.clone());
    let mut session = begin(attack, classifier, aim, Limits::default()).unwrap();
    session.push(Query::new(0, image.shallow_clone())).unwrap();
    loop {
        if let Some(done) = session.step(classifier).unwrap().pop() {
            assert!(session.is_idle());
            return done;
        }
    }
}

fn distance(one: &Tensor, other: &Tensor) -> f64 {
    (one - other).square().sum(Kind::Double).sqrt().double_value(&[])
}

fn close(got: &[f64], expected: &[f64], tolerance: f64) -> bool {
    got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() <= tolerance)
}

/// |w| of the half-space, and the distance of 0.5s from it.
fn norm() -> f64 {
    W.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn fgsm_moves_every_pixel_along_the_sign_of_its_weight() {
    let done =
        attacked(&halfspace(), &Fgsm { epsilon: 0.1, target: ANY }, Aim::Flip, &image([0.5; 4]));
    assert!(close(&pixels(&done.image), &[0.6, 0.6, 0.4, 0.6], 1e-6));
    assert_eq!((done.cost.iterations, done.cost.flipped, done.predicted), (1, true, 1));
}

#[test]
fn fgsm_l2_steps_along_the_weights() {
    // A step of RMS 0.02 is 0.04 long and gains 0.04 |w|; 0.2 is missing: four steps, not three.
    let attack = FgsmL2 { step: 0.02, iterations: 100, target: ANY };
    let done = attacked(&halfspace(), &attack, Aim::Flip, &image([0.5; 4]));
    assert_eq!(done.cost.iterations, (0.2 / (0.04 * norm())).ceil() as u32);
    let step = |w: f32| 0.5 + f64::from(done.cost.iterations) * 0.04 * f64::from(w) / norm();
    assert!(close(&pixels(&done.image), &W.map(step), 1e-5));
}

#[test]
fn bim_takes_as_many_steps_as_the_margin_holds() {
    // A step of 0.01 gains 0.01 * (0.4 + 0.8 + 0.4 + 1.2) = 0.028.
    let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 50, target: ANY };
    let done = attacked(&halfspace(), &bim, Aim::Cost, &image([0.5; 4]));
    assert_eq!((done.cost.iterations, done.cost.flipped), (8, true));
    // Within a ball of 0.07, the eighth step is not to be had.
    let bim = Bim { epsilon: 0.07, ..bim };
    let done = attacked(&halfspace(), &bim, Aim::Cost, &image([0.5; 4]));
    assert_eq!((done.cost.iterations, done.cost.flipped), (50, false));
}

#[test]
fn bim2_takes_as_many_steps_as_the_distance_holds() {
    let bim2 = Bim2 { epsilon: 0.2, step: 0.002, iterations: 100, target: ANY };
    let done = attacked(&halfspace(), &bim2, Aim::Cost, &image([0.5; 4]));
    assert_eq!(done.cost.iterations, (0.2 / norm() / 0.004).ceil() as u32);
}

/// Neither a large scale, at which the label's probability is 1 to float32, nor a small one, at which the
/// squares of the gradient are 0, changes what an attack along the gradient does.
#[test]
fn the_scale_of_the_logits_changes_no_cost() {
    let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 50, target: ANY };
    let bim2 = Bim2 { epsilon: 0.2, step: 0.002, iterations: 100, target: ANY };
    let pgd = Pgd { epsilon: 0.3, step: 0.01, iterations: 50, target: ANY };
    let fgsm_l2 = FgsmL2 { step: 0.02, iterations: 100, target: ANY };
    let deepfool = DeepFool { overshoot: 0.02, classes: 1, iterations: 9 };
    for scale in [1e-30, 1e-12, 1.0, 1e3, 1e30] {
        let classifier = linear([[0.0; 4], W.map(|w| w * scale)], [0.0, -1.2 * scale]);
        let start = image([0.5; 4]);
        let cost = |done: Finished| {
            assert!(done.cost.flipped && done.no_cost.is_none(), "{scale}: {done:?}");
            done.cost.iterations
        };
        assert_eq!(cost(attacked(&classifier, &bim, Aim::Cost, &start)), 8, "{scale}");
        assert_eq!(cost(attacked(&classifier, &bim2, Aim::Cost, &start)), 33, "{scale}");
        assert_eq!(cost(attacked(&classifier, &fgsm_l2, Aim::Cost, &start)), 4, "{scale}");
        assert_eq!(cost(attacked(&classifier, &deepfool, Aim::Cost, &start)), 1, "{scale}");
        assert_eq!(cost(attacked(&classifier, &Turbo::of(bim), Aim::Cost, &start)), 8, "{scale}");
        let from_noise = cost(attacked(&classifier, &pgd, Aim::Cost, &start));
        let unscaled = cost(attacked(&halfspace(), &pgd, Aim::Cost, &start));
        assert_eq!(from_noise, unscaled, "{scale}");
    }
}

#[test]
fn a_targeted_step_gets_the_target_and_no_other() {
    let classifier =
        linear([[0.0; 4], [4.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]], [2.5, 0.0, 0.0]);
    let bim = Bim { epsilon: 0.5, step: 0.05, iterations: 20, target: ANY };
    let of = |target| attacked(&classifier, &Bim { target, ..bim }, Aim::Flip, &image([0.4; 4]));
    assert_eq!(of(ANY).predicted, 1);
    assert_eq!((of(Target::SECOND).goal.target, of(Target::SECOND).predicted), (Some(1), 1));
    let least = of(Target::LeastLikely);
    assert_eq!((least.goal.target, least.cost.flipped), (Some(2), false), "not within the ball");
    let wide = Bim { epsilon: 1.0, target: Target::Class(2), iterations: 40, ..bim };
    let reached = attacked(
        &linear([[0.0; 4], [4.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0]], [2.5, 0.0, 0.0]),
        &wide,
        Aim::Flip,
        &image([0.4; 4]),
    );
    assert_eq!((reached.predicted, reached.cost.flipped), (2, true));
}

#[test]
fn jsma_darkens_the_element_that_hinders_the_target_most() {
    // Towards class 1, only the third element helps by falling: from 0.5 to 0 in six steps of 0.1, of
    // which the last is clipped; then no element is left and the attack runs to its cap.
    let jsma = Jsma { theta: 0.1, changes: 7, iterations: 12, target: Target::SECOND };
    let far = linear([[0.0; 4], W], [0.0, -3.0]);
    let done = attacked(&far, &jsma, Aim::Flip, &image([0.45; 4]));
    assert_eq!((done.cost.iterations, done.cost.flipped), (12, false));
    assert!(close(&pixels(&done.image), &[0.45, 0.45, 0.0, 0.45], 1e-6), "{done:?}");

    // 0.4 * 0.1 per step, of 0.1 that are missing.
    let near = linear([[0.0; 4], W], [0.0, -1.1]);
    let done = attacked(&near, &jsma, Aim::Flip, &image([0.5; 4]));
    assert_eq!((done.cost.iterations, done.predicted), (3, 1));
    let twice = Jsma { changes: 2, ..jsma };
    assert!(!attacked(&near, &twice, Aim::Flip, &image([0.5; 4])).cost.flipped);
}

#[test]
fn jsma_raises_the_pair_with_the_largest_product() {
    // Slopes of the target 1, and of the others; the pair of 1 and 3 has (0.8 + 1.2) * (0.1 + 0.3).
    let others = [-0.2, -0.1, 0.3, -0.3];
    let classifier = linear([others, W], [0.0, -2.0]);
    let attack = JsmaPairs { theta: 1.0, gamma: 0.5, target: Target::Class(1) };
    let done = attacked(&classifier, &attack, Aim::Flip, &image([0.5, 0.5, 0.0, 0.5]));
    assert_eq!(pixels(&done.image), [0.5, 1.0, 0.0, 1.0]);
    assert_eq!(done.cost.iterations, 1);
    // The first element alone is left, and no pair: the cost is the cap, two of four elements at a time.
    let stuck = linear([others, W], [0.0, -20.0]);
    let attack = JsmaPairs { gamma: 1.0, ..attack };
    let done = attacked(&stuck, &attack, Aim::Flip, &image([0.5, 0.5, 0.0, 0.5]));
    assert_eq!((done.cost.iterations, done.cost.flipped), (2, false));
}

#[test]
fn deepfool_lands_on_the_nearest_boundary_of_a_linear_model() {
    let classifier = linear([[0.0; 4], W, [0.3, 0.0, 0.0, 0.0]], [0.0, -1.2, -0.2]);
    let attack = DeepFool { overshoot: 0.0, classes: 9, iterations: 1 };
    let done = attacked(&classifier, &attack, Aim::Result, &image([0.5; 4]));
    // The third class is 0.05 / 0.3 = 0.167 away, the second 0.2 / |w| = 0.129.
    let foot = W.map(|w| 0.5 + 0.2 * f64::from(w) / norm().powi(2));
    assert!(close(&pixels(&done.image), &foot, 2e-4), "{:?} {foot:?}", pixels(&done.image));
    let beyond = DeepFool { overshoot: 0.02, ..attack };
    let done = attacked(&classifier, &beyond, Aim::Flip, &image([0.5; 4]));
    assert_eq!((done.cost.iterations, done.predicted), (1, 1));
}

#[test]
fn cw_and_lbfgs_find_the_nearest_point_beyond_the_boundary() {
    let (classifier, start) = (halfspace(), image([0.5; 4]));
    let nearest = 0.2 / norm();
    let cw = CarliniWagner { searches: 9, learning_rate: 1e-2, ..CarliniWagner::default() };
    let done = attacked(&classifier, &cw, Aim::Result, &start);
    let found = distance(&done.image, &start) / nearest;
    assert!(done.cost.flipped && (1.0..1.02).contains(&found), "C&W: {found}");

    let lbfgs = Lbfgs { target: Target::SECOND, ..Lbfgs::default() };
    let done = attacked(&classifier, &lbfgs, Aim::Result, &start);
    let found = distance(&done.image, &start) / nearest;
    assert!(done.cost.flipped && (1.0..1.02).contains(&found), "L-BFGS: {found}");
}

#[test]
fn cw_and_lbfgs_beat_deepfool_on_two_layers() {
    let classifier = two_layers();
    for start in [[0.9, 0.2, 0.3, 0.6], [0.3, 0.7, 0.8, 0.1], [0.6, 0.3, 0.1, 0.8]].map(image) {
        let deepfool = DeepFool { overshoot: 0.02, classes: 2, iterations: 50 };
        let fooled = attacked(&classifier, &deepfool, Aim::Flip, &start);
        let target = Target::Class(fooled.predicted as usize);
        let cw = CarliniWagner { searches: 9, learning_rate: 1e-2, ..CarliniWagner::default() };
        let cw = attacked(&classifier, &cw, Aim::Result, &start);
        let lbfgs =
            attacked(&classifier, &Lbfgs { target, ..Lbfgs::default() }, Aim::Result, &start);
        let [fooled, cw, lbfgs] = [fooled, cw, lbfgs].map(|done| {
            assert!(done.cost.flipped, "{done:?}");
            distance(&done.image, &start)
        });
        assert!(cw < fooled && lbfgs < fooled, "C&W {cw}, L-BFGS {lbfgs}, DeepFool {fooled}");
    }
}

#[test]
fn a_confident_example_wins_by_its_confidence() {
    let cw = CarliniWagner { confidence: 0.3, learning_rate: 1e-2, ..CarliniWagner::default() };
    let done = attacked(&halfspace(), &cw, Aim::Result, &image([0.5; 4]));
    let logits = halfspace().logits(&done.image.unsqueeze(0)).unwrap();
    let margin = logits.double_value(&[0, 1]) - logits.double_value(&[0, 0]);
    assert!(done.cost.flipped && (0.3..0.32).contains(&margin), "{margin}");
}

#[test]
fn the_boundary_attack_sees_labels_only() {
    // 100 times the logits are other scores and the same labels.
    let scaled = linear([[0.0; 4], W.map(|w| 100.0 * w)], [0.0, -120.0]);
    let attack = Boundary { distance: 0.0045, ..Boundary::default() };
    let start = image([0.5; 4]);
    let [one, other] =
        [halfspace(), scaled].map(|model| attacked(&model, &attack, Aim::Flip, &start));
    assert!(one.cost.flipped && one.cost.iterations > 1, "{one:?}");
    assert_eq!((one.cost.iterations, &one.image), (other.cost.iterations, &other.image));
    assert_eq!(one.cost.gradient_queries, 0);
    let reached = distance(&one.image, &start).powi(2) / 4.0;
    assert!(reached < 0.0045 && reached >= (0.2 / norm()).powi(2) / 4.0, "{reached}");
}

#[test]
fn local_search_changes_the_pixel_that_tells_most() {
    // Pushed to extremes, the last pixel lowers the label's probability most. From 0.6 it rises to
    // 0.65, 0.725 and 0.8375, which gains 1.2 * 0.2375 of 0.25 that are missing. The first round sees a
    // single pixel, drawn at random, and may waste its change on another.
    let lsa = LocalSearch { pixels: 1, reach: 2, ..LocalSearch::default() };
    let classifier = linear([[0.0; 4], W], [0.0, -1.45]);
    let done = attacked(&classifier, &lsa, Aim::Flip, &image([0.6; 4]));
    assert!(done.cost.flipped && (3..5).contains(&done.cost.iterations), "{done:?}");
    assert_eq!(done.cost.gradient_queries, 0);
    assert!((pixels(&done.image)[3] - 0.8375).abs() < 1e-6, "{done:?}");
}
