//! How large the steps of an attack had better be, so that costs of benign images can be told apart.

use std::collections::BTreeMap;

use a2d_attacks::{Limits, NamedAttack};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::Tensor;

use super::{CostsInShort, costs};
use crate::Result;

/// The median cost of benign images, in iterations, that a pace is set for: far above the few of adversarial ones,
/// and far below the cap.
pub const GOAL: f64 = 100.0;

/// Images whose median decides.
const IMAGES: i64 = 16;

/// Paces that are tried at most.
const TRIES: usize = 10;

/// The parameters that go with the pace: a step, and how far all of them may lead.
const SCALED: [&str; 2] = ["step", "epsilon"];

/// How many times larger an attack's steps are than its preset's: a power of 2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pace(pub f64);

/// The attack at a pace at which the median cost of these images is near the [`GOAL`], where it has a step and an
/// epsilon to scale; else the attack as it is.
pub(super) fn set(
    classifier: &Classifier,
    attack: &NamedAttack,
    images: &Tensor,
    limits: Limits,
) -> Result<(NamedAttack, Option<Pace>)> {
    if at(attack, 0)?.is_none() {
        return Ok((attack.clone(), None));
    }
    let count = images.size().first().copied().unwrap_or_default();
    let few = images.narrow(0, 0, count.min(IMAGES));
    let median = |exponent: i32| -> Result<Option<f64>> {
        let Some(attack) = at(attack, exponent)? else { return Ok(None) };
        let costs = CostsInShort::of(&costs(classifier, &attack, &few, limits)?);
        let cap = f64::from(attack.cap(classifier.input_shape().iter().product()));
        Ok((costs.n > 0).then_some(if costs.at_cap > 0.5 { cap } else { costs.median }))
    };
    let cap = f64::from(attack.cap(classifier.input_shape().iter().product()));
    let exponent = search(cap, median)?;
    let attack = at(attack, exponent)?.unwrap_or_else(|| attack.clone());
    Ok((attack, Some(Pace(f64::from(exponent).exp2()))))
}

/// The power of 2 with the median nearest to the goal, of those that are tried.
fn search(cap: f64, mut median: impl FnMut(i32) -> Result<Option<f64>>) -> Result<i32> {
    let distance = |median: f64| (median.max(0.5) / GOAL).log2().abs();
    let mut tried = BTreeMap::<i32, f64>::new();
    let mut exponent = 0;
    while tried.len() < TRIES && !tried.contains_key(&exponent) {
        let Some(median) = median(exponent)? else { break };
        tried.insert(exponent, median);
        // The steps to a boundary are about as many fewer as they are longer; of one beyond the cap nothing is known.
        let shift = if median >= cap { 2.0 } else { (median.max(0.5) / GOAL).log2().round() };
        exponent += shift as i32;
    }
    let nearest = tried.iter().min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)));
    Ok(nearest.map_or(0, |(exponent, _)| *exponent))
}

/// The attack with steps so many powers of 2 larger; none if it has none to scale, or they would lead out of \[0, 1\].
fn at(attack: &NamedAttack, exponent: i32) -> Result<Option<NamedAttack>> {
    let mut replaced = serde_json::Map::new();
    for name in SCALED {
        let Some(value) = attack.parameters().get(name).and_then(Value::as_f64) else {
            return Ok(None);
        };
        replaced.insert(name.to_owned(), Value::from(value * f64::from(exponent).exp2()));
    }
    let within = replaced.values().all(|value| value.as_f64().is_some_and(|value| value <= 1.0));
    Ok(if within { Some(attack.with(&replaced)?) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_attacks::{DEFENSES, Preset};

    #[test]
    fn the_pace_brings_the_median_near_the_goal() {
        // Costs go with the inverse of the pace, up to a cap.
        for (at_preset, expected) in [(100.0, 0), (140.0, 0), (3.0, -5), (790.0, 3), (5e4, 9)] {
            let median = |exponent: i32| {
                Ok(Some((at_preset / f64::from(exponent).exp2()).ceil().clamp(1.0, 500.0)))
            };
            assert_eq!(search(500.0, median).unwrap(), expected, "{at_preset}");
        }
        let bounded = |exponent: i32| Ok((exponent <= 1).then_some(500.0));
        assert_eq!(search(500.0, bounded).unwrap(), 0);
    }

    #[test]
    fn step_and_epsilon_go_together_and_stay_within_the_pixels() {
        let named = |name| DEFENSES.named(name, Preset::CIFAR10).unwrap();
        let faster = at(&named("bim-turbo"), 2).unwrap().unwrap();
        assert_eq!(faster.parameters()["step"], 0.000_24);
        assert_eq!(faster.parameters()["epsilon"], 0.12);
        assert_eq!(
            faster.parameters()["iterations"],
            named("bim-turbo").parameters()["iterations"]
        );
        assert!(at(&named("bim"), 6).unwrap().is_none());
        assert!(at(&named("jsma"), 1).unwrap().is_none());
    }
}
