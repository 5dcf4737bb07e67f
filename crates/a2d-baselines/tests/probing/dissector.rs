//! A network that knows digits, dissected.

use a2d_data::mnist::Split;
use a2d_eval::scoring::Queries;
use a2d_model::Classifier;
use serde_json::json;
use tch::{Kind, Tensor, nn};

use crate::digits::{aurocs, benign_and_adversarial, fitted, lenet5, material, reread};

#[test]
fn layers_support_the_predictions_of_adversarial_digits_less() {
    let classifier = lenet5();
    let material = material(&classifier, Some((Split::Train, 1000)));
    let given = json!({"epochs": 3, "images": 900});
    let baseline = fitted("dissector", &given, &material).unwrap();
    let names = ["conv1.pool", "conv2.pool", "fc1.relu", "fc2.relu"];
    assert_eq!(baseline.state().values, json!(names));
    let [benign, adversarial] = benign_and_adversarial(&classifier);
    reread(&baseline, &given, &material, &benign);
    let again = fitted("dissector", &given, &material).unwrap();
    assert_eq!(again.state().tensors, baseline.state().tensors, "seeded");

    let [benign, adversarial] =
        [benign, adversarial].map(|images| baseline.scores(&classifier, &images).unwrap());
    assert_eq!(benign.queries[0], Queries::forward(1));
    for auroc in aurocs(baseline.as_ref(), [&benign, &adversarial]) {
        assert!(auroc > 0.85, "{auroc}");
    }
    for validity in benign.rows.iter().flatten() {
        assert!((0.0..=1.0).contains(validity), "{validity}");
    }
}

#[test]
fn layers_and_parameters_that_do_not_fit_are_refused() {
    let classifier = lenet5();
    for (given, expected) in [
        (json!({"layers": ["conv3.pool"]}), "expected a layer \"conv3.pool\" before the logits"),
        (json!({"batch": 0}), "expected epochs and batch of at least 1"),
        (json!({"learning_rate": 1e38}), "expected a learning rate above 0"),
        (json!({"beta": 1000.0}), "expected alpha and beta that give finite weights"),
        (json!({"alpha": -2.0}), "expected alpha and beta that give finite weights"),
    ] {
        let material = material(&classifier, Some((Split::Train, 300)));
        let error = fitted("dissector", &given, &material).unwrap_err();
        assert!(error.is_bad_input() && error.to_string().contains(expected), "{error}");
    }
    let dense = |images: &Tensor| images.flatten(1, -1).narrow(1, 300, 10);
    let variables = nn::VarStore::new(tch::Device::Cpu);
    let dense = Classifier::of_module("dense", dense, variables, [1, 28, 28], 10, "");
    let material = material(&dense, Some((Split::Train, 300)));
    let message = fitted("dissector", &json!({}), &material).unwrap_err().to_string();
    assert!(message.ends_with("a pool, ReLU or block before the logits, got none"), "{message}");
}

#[test]
fn logits_that_are_not_finite_are_refused() {
    let classifier = lenet5();
    let material = material(&classifier, Some((Split::Train, 300)));
    let baseline = fitted("dissector", &json!({"epochs": 1}), &material).unwrap();
    let images = Tensor::full([2, 1, 28, 28], f64::NAN, (Kind::Float, tch::Device::Cpu));
    let message = baseline.scores(&classifier, &images).unwrap_err().to_string();
    assert!(message.contains("expected finite logits, got NaN"), "{message}");
}
