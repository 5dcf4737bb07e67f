//! CLEVER of trained networks on digits: against the Adversarial Robustness Toolbox (ART), with and without all
//! classes, and against published scores.

#![expect(clippy::unwrap_used, reason = "what fails is the test")]

use std::path::Path;

use a2d_data::mnist::{self, Split};
use a2d_eval::BoxPlot;
use a2d_eval::clever::{Clever, CleverParams, CleverScore, Norm, Query, Setting, Target};
use a2d_model::Classifier;
use tch::{Device, Tensor};

fn lenet5() -> Classifier {
    network("lenet5")
}

fn network(name: &str) -> Classifier {
    let weights = data().join(format!("models/{name}.safetensors"));
    Classifier::load(&weights, None, Device::Cpu).unwrap()
}

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"))
}

/// The first `count` digits.
fn benign(classifier: &Classifier, count: i64) -> Tensor {
    let digits = mnist::load(&data().join("sample/mnist"), Split::Test).unwrap();
    classifier.tensor(digits.images()).unwrap().narrow(0, 0, count)
}

/// The first `count` digits, and what FGSM with epsilon 0.2 makes of them.
fn digits(classifier: &Classifier, count: i64) -> [Tensor; 2] {
    let digits = benign(classifier, count);
    let leaf = digits.copy().set_requires_grad(true);
    let logits = classifier.logits(&leaf).unwrap();
    let loss = logits.cross_entropy_for_logits(&logits.argmax(1, false));
    let gradient = Tensor::run_backward(&[loss], &[leaf], false, false).remove(0);
    let perturbed = (&digits + gradient.sign() * 0.2).clamp(0.0, 1.0);
    [digits, perturbed]
}

fn median(values: &[f64]) -> f64 {
    BoxPlot::new(values).unwrap().median
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() < tolerance, "{found} {expected}");
}

// from art.estimators.classification import PyTorchClassifier  # ART 1.20.1, torch 2.13.0, scipy 1.17.1
// from art.metrics import clever_t, clever_u, metrics
// lenet5 = PyTorchClassifier(module, torch.nn.CrossEntropyLoss(), (1, 28, 28), 10, clip_values=(0, 1))
// def penalised(f, start, args, disp):
//     return scipy.optimize.fmin(lambda t, *a: f(t, *a) + 0.01 * t[0] ** 2, start, args, disp=0)
// def median(score, seeds):
//     scores = []
//     for seed in range(seeds): np.random.seed(seed); scores.append(score())
//     return np.median(scores)
// for x in digits:
//     runner_up = np.argsort(lenet5.predict(x[None]))[0, -2]
//     metrics.scipy_optimizer = scipy_optimizer
//     median(lambda: clever_t(lenet5, x, runner_up, 20, 64, 5.0, 2, pool_factor=20), 8)
//     metrics.scipy_optimizer = penalised
//     median(lambda: clever_u(lenet5, x, 20, 64, 5.0, 2, c_init=5, pool_factor=20), 4)
// ART starts its fit where it mostly ends in the largest gradient norm, so its targeted scores are compared
// with g / largest. With our penalty its untargeted ones are comparable; its batches are drawn again and again
// from one pool of 20 x 64 samples, and ours are new. Tolerances are of the size of the spread: single scores
// of ART vary by 2 to 4 % (targeted, but for failed fits near 0, hence medians) and up to 12 % (untargeted).
#[test]
fn scores_are_those_of_the_adversarial_robustness_toolbox() {
    let lenet5 = lenet5();
    let [benign, perturbed] = digits(&lenet5, 2);
    for (images, row, label, runner_up, targeted, untargeted) in [
        (&benign, 0, 7, 9, 0.6028, 0.5995),
        (&benign, 1, 2, 0, 0.9303, 0.8085),
        (&perturbed, 0, 9, 7, 0.1396, 0.1264),
        (&perturbed, 1, 2, 0, 0.1759, 0.1587),
    ] {
        let query = Query::new(row as u64, images.get(row));
        let scores = |seed| {
            let clever = Clever::cpu(Norm::L2).batches(20).seed(seed).check().unwrap();
            clever.scores(&lenet5, &query, &[Target::Rank(2), Target::Untargeted]).unwrap()
        };
        let scores: Vec<_> = (0..3).map(scores).collect();
        assert_eq!((scores[0][0].label, scores[0][0].target), (label, runner_up));
        let by_largest = |score: &CleverScore| score.margin / score.lipschitz.largest;
        let second: Vec<_> = scores.iter().map(|scores| by_largest(&scores[0])).collect();
        let nearest: Vec<_> = scores.iter().map(|scores| scores[1].score).collect();
        close(median(&second), targeted, 0.06);
        close(median(&nearest), untargeted, 0.15);
    }
}

#[test]
fn classes_that_are_dropped_early_do_not_change_scores() {
    let lenet5 = lenet5();
    for images in digits(&lenet5, 4) {
        for row in 0..4 {
            let query = Query::new(row as u64, images.get(row));
            let score = |params: CleverParams| {
                params.check().unwrap().score(&lenet5, &query, Target::Untargeted).unwrap()
            };
            let few = Clever::cpu(Norm::L2).batches(20);
            assert_eq!(score(few), score(few.all_classes(true)), "{row}");
        }
    }
}

// The slides have 3.557 untargeted, 3.671, 3.830 and 3.837 for benign digits: ratios of 1.032, 1.077 and 1.079, and
// by their intervals two thirds at 5. Ours, of few samples: 2.84, 1.004, 1.083, 1.079, and half. By logits no score
// is at the radius, and on 20 other digits the ratios are 1.04, 1.50 and 1.61.
#[test]
fn scores_like_those_of_the_slides_have_their_ratios_and_share_at_the_radius() {
    const COUNT: i64 = 20;
    let cnn = network("mnist-cnn");
    let digits = benign(&cnn, COUNT);
    let clever = Clever::cpu(Norm::L2).batches(4).samples(16).like(Setting::Slides);
    let clever = clever.check().unwrap();
    let targets = [Target::Untargeted, Target::Rank(2), Target::Rank(5), Target::LeastLikely];
    let (mut sums, mut at_radius) = ([0.0; 4], 0);
    for row in 0..COUNT {
        let query = Query::new(row as u64, digits.get(row));
        let scores = clever.scores(&cnn, &query, &targets).unwrap();
        for (sum, found) in sums.iter_mut().zip(&scores) {
            *sum += found.score;
        }
        at_radius += i64::from(scores[0].score >= clever.radius());
    }
    assert!((8..=14).contains(&at_radius), "{at_radius}");
    for (sum, expected) in sums[1..].iter().zip([1.032, 1.077, 1.079]) {
        assert!((sum / sums[0] - expected).abs() < 0.04, "{sums:?} {expected}");
    }
}
