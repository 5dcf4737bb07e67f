//! Parameters out of their ranges, and targets that the model does not have.

use a2d_attacks::{Aim, CRAFTING, DEFENSES, Limits, NamedAttack, Preset};
use serde_json::json;

use crate::all::classifier;

/// Parameters out of their ranges, and targets that the model does not have.
#[test]
fn parameters_out_of_range_are_refused() {
    let refused = |attack: &NamedAttack| {
        let session = attack.session(&classifier(), Aim::Cost, Limits::default());
        session.map(|_| ()).unwrap_err().to_string()
    };
    let bad = [
        ("fgsm", json!({"epsilon": 0.0}), "epsilon above 0, got 0"),
        ("bim", json!({"step": -0.1}), "step above 0, got -0.1"),
        ("bim2", json!({"iterations": 0}), "iterations of at least 1, got 0"),
        ("bim", json!({"target": "class-10"}), "a class below 10"),
        ("jsma", json!({"theta": 1.5}), "theta above 0 and at most 1, got 1.5"),
        ("jsma", json!({"changes": 0}), "changes of at least 1"),
        ("jsma", json!({"target": "rank-11"}), "a rank from 2 to 10"),
        ("cw", json!({"confidence": -1.0}), "confidence of at least 0"),
        ("cw", json!({"searches": 0}), "searches of at least 1"),
        ("lbfgs", json!({"target": "untargeted"}), "target that is a class, got untargeted"),
        ("lsa", json!({"change": 2.5}), "change from 0 to 2, got 2.5"),
        ("dba", json!({"adaptation": 1.0}), "adaptation above 1 and at most 1000, got 1"),
        ("dba", json!({"source_step": 2.0}), "source_step above 0 and at most 1"),
    ];
    for (name, replaced, finding) in bad {
        let preset = DEFENSES.named(name, Preset::MNIST).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = refused(&attack);
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
    let bad = [
        ("fgsm-l2", json!({"step": 0.0}), "step above 0"),
        ("pgd", json!({"epsilon": 0.0}), "epsilon above 0"),
        ("jsma", json!({"gamma": 0.0}), "gamma above 0 and at most 1"),
        ("jsma-single", json!({"theta": 1.5}), "theta above 0 and at most 1, got 1.5"),
        ("jsma-single", json!({"target": "untargeted"}), "target that is a class"),
        ("jsma-gradient", json!({"changes": 0}), "changes of at least 1"),
        (
            "cw-squashed",
            json!({"black": 0.0}),
            "black and white of at most -0.5 and at least 0.5, got 0 and 16",
        ),
        ("bb", json!({"white": 0.0}), "white above black, 0, got 0"),
        ("deepfool", json!({"overshoot": -0.1}), "overshoot of at least 0"),
        ("deepfool", json!({"classes": 0}), "classes of at least 1"),
    ];
    for (name, replaced, finding) in bad {
        let preset = CRAFTING.named(name, Preset::MNIST).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = refused(&attack);
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
    let bb = CRAFTING.named("bb", Preset::MNIST).unwrap();
    assert!(refused(&bb).contains("expected one that has learnt from images"));
}
