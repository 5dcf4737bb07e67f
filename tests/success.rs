//! Iterative attacks flip at least as many labels as the single step of the same radius.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod oracle;

use std::collections::BTreeMap;

use a2d_attacks::{CRAFTING, Error, LabelledImages, Limits, Preset, Tally, Wanted, craft};
use serde_json::json;

#[test]
fn bim_and_pgd_succeed_where_fgsm_does() {
    let images = oracle::images().narrow(0, 0, 64);
    let labels: Vec<i64> =
        oracle::classifier().logits(&images).unwrap().argmax(-1, false).try_into().unwrap();
    let labels: Vec<u32> = labels.into_iter().map(|label| label as u32).collect();
    for epsilon in [0.05, 0.1, 0.2] {
        let successes = |name: &str| {
            let mut replaced = json!({ "epsilon": epsilon });
            if name != "fgsm" {
                replaced["step"] = json!(epsilon / 10.0);
            }
            let attack = CRAFTING.named(name, Preset::MNIST).unwrap();
            let attack = attack.with(replaced.as_object().unwrap()).unwrap();
            let sink = &mut |_, _: &_| Ok::<(), Error>(());
            let (limits, made, wanted) = (Limits::default(), BTreeMap::new(), Wanted::examples(64));
            let image = &mut |row: usize| Ok(images.get(row as i64));
            let source = LabelledImages { len: 64, rows: 0..64, labels: &labels, image };
            let made =
                craft(&oracle::classifier(), &attack, source, wanted, limits, made, sink).unwrap();
            Tally::of(made.values()).succeeded
        };
        let [fgsm, bim_a, bim_b, pgd] = ["fgsm", "bim-a", "bim-b", "pgd"].map(successes);
        println!("epsilon {epsilon}: fgsm {fgsm}, bim-a {bim_a}, bim-b {bim_b}, pgd {pgd} of 64");
        assert!(bim_a >= fgsm && bim_b >= fgsm && pgd >= fgsm, "{fgsm} {bim_a} {bim_b} {pgd}");
    }
}
