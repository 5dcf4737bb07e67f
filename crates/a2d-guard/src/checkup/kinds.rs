//! The kinds of adversarial examples that a checkup crafts.

use std::collections::BTreeMap;

use a2d_attacks::{
    Attempt, CRAFTING, Error as AttackError, LabelledImages, Limits, Preset, Tally, Wanted, craft,
};
use a2d_model::{Classifier, Predicting, Prediction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tch::Tensor;

use crate::Result;

/// The kinds of examples, by the attacks that craft them: one step, many with a random start, to the nearest
/// boundary, and the closest.
///
/// Their parameters are those of the preset for the model's images, but that C&W searches less: its own would take
/// longer than all else.
pub const KINDS: [&str; 4] = ["fgsm", "pgd", "deepfool", "cw"];

/// The examples of a kind that were crafted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CraftedKind {
    /// The attack.
    pub kind: String,
    /// Images that it was tried on, and what came of them.
    #[serde(flatten)]
    pub tally: Tally,
}

/// What replaces the preset of a kind.
fn replaced(kind: &str) -> Value {
    match kind {
        "cw" => json!({"initial_c": 1.0, "searches": 3, "iterations": 100, "learning_rate": 0.01}),
        _ => json!({}),
    }
}

/// Examples of every kind from these images, stacked; none where no image gave one.
pub(super) fn craft_all(
    classifier: &Classifier,
    images: &Tensor,
    limits: Limits,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<(CraftedKind, Option<Tensor>)>> {
    progress("predict");
    let labels = labels(classifier, images, limits.window)?;
    let preset = Preset::for_images(classifier.input_shape());
    KINDS
        .into_iter()
        .map(|kind| {
            progress(&format!("craft {kind}"));
            let replaced = replaced(kind).as_object().cloned().unwrap_or_default();
            let attack = CRAFTING.named(kind, preset)?.with(&replaced)?;
            let source = LabelledImages {
                len: labels.len(),
                rows: 0..labels.len(),
                labels: &labels,
                image: &mut |row| Ok::<_, AttackError>(images.get(row as i64)),
            };
            let wanted = Wanted::examples(labels.len());
            let made = BTreeMap::new();
            let attempts =
                craft(classifier, &attack, source, wanted, limits, made, &mut |_, _| Ok(()))?;
            let tally = Tally::of(attempts.values());
            let examples: Vec<Tensor> = attempts
                .into_values()
                .filter_map(|attempt| match attempt {
                    Attempt::Succeeded(example) => Some(example.image),
                    _ => None,
                })
                .collect();
            let stacked = (!examples.is_empty()).then(|| Tensor::stack(&examples, 0));
            Ok((CraftedKind { kind: kind.to_owned(), tally }, stacked))
        })
        .collect()
}

/// The classes that the classifier takes images for.
fn labels(classifier: &Classifier, images: &Tensor, batch: usize) -> Result<Vec<u32>> {
    let count = images.size().first().map_or(0, |count| *count as usize);
    let mut labels = vec![0; count];
    let queries = (0..count).map(|row| Ok((row, images.get(row as i64))));
    let sink = &mut |(row, prediction): (usize, Prediction)| {
        labels[row] = prediction.class as u32;
        Ok::<(), a2d_model::Error>(())
    };
    classifier.work(&mut || Ok(Predicting::of(batch)), queries, sink)?;
    Ok(labels)
}
