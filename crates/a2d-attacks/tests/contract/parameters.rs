//! Parameters out of their ranges, and targets that the model does not have.

use a2d_attacks::{Aim, Attack, Crafting, Defense, Error, Finished, Limits, Preset, Visitor, run};
use serde_json::json;

use crate::all::classifier;

/// Parameters out of their ranges, and targets that the model does not have.
#[test]
fn parameters_out_of_range_are_refused() {
    struct Checked;
    impl Visitor for Checked {
        type Output = Result<(), Error>;
        fn visit<A: Attack>(self, attack: &A) -> Result<(), Error> {
            let sink = &mut |_: Finished| Ok::<(), Error>(());
            run(&classifier(), attack, Aim::Cost, Limits::default(), std::iter::empty(), sink)
        }
    }
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
        let preset = Defense::named(name, Preset::Mnist).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = attack.visit(Checked).unwrap_err().to_string();
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
    let bad = [
        ("fgsm-l2", json!({"step": 0.0}), "step above 0"),
        ("pgd", json!({"epsilon": 0.0}), "epsilon above 0"),
        ("jsma", json!({"gamma": 0.0}), "gamma above 0 and at most 1"),
        ("deepfool", json!({"overshoot": -0.1}), "overshoot of at least 0"),
        ("deepfool", json!({"classes": 0}), "classes of at least 1"),
        ("bb", json!({}), "no trained substitute"),
    ];
    for (name, replaced, finding) in bad {
        let preset = Crafting::named(name, Preset::Mnist).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = attack.visit(Checked).unwrap_err().to_string();
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
}
