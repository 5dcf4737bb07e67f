//! Will it work on this model? A checkup on a few benign images, before anything is measured in earnest.

mod doubt;
mod kinds;
mod pace;

use std::time::Instant;

use a2d_attacks::{Error as AttackError, Limits, NamedAttack, Parameters, measure, queries};
use a2d_cost::{AttackCost, NoCost};
use a2d_eval::{Auroc, Scores};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use tch::Tensor;

pub use doubt::Doubt;
pub use kinds::{CraftedKind, KINDS};
pub use pace::{GOAL, Pace};

use crate::{Error, Result};

/// What a few dozen benign images, and examples crafted from them, cost under some attacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkup {
    /// Benign images that were looked at.
    pub images: usize,
    /// The examples that were crafted, kind by kind.
    pub crafted: Vec<CraftedKind>,
    /// What each defense attack tells of them.
    pub defenses: Vec<DefenseCheckup>,
}

/// What an attack tells of benign images and adversarial examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefenseCheckup {
    /// The attack.
    pub attack: String,
    /// Its parameters, at the pace that was found.
    pub parameters: Parameters,
    /// How many times the steps of its preset it takes, and how far: a power of 2. None if its pace is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// What it costs on the benign images.
    pub benign: CostsInShort,
    /// Milliseconds that a full cost of a benign image takes, on average: a verdict by it alone takes no longer.
    pub milliseconds: f64,
    /// How well its costs tell examples of each kind from the benign images.
    pub kinds: Vec<KindCheckup>,
    /// Reasons to doubt that it tells much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// Costs of some images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostsInShort {
    /// Images with a cost.
    pub n: usize,
    /// Images without one: the attack has no hold on them.
    pub unscored: usize,
    /// The median cost, in iterations; 0 of none.
    pub median: f64,
    /// Share of the costs that are only "at least".
    pub at_cap: f64,
    /// Share of the costs of at most two iterations.
    pub within_two: f64,
}

/// How well costs tell one kind of examples from benign images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindCheckup {
    /// The attack that crafted them.
    pub kind: String,
    /// What they cost.
    pub costs: CostsInShort,
    /// The area under the ROC curve with its interval; none without a cost of either.
    #[serde(flatten)]
    pub auroc: Option<Auroc>,
}

impl Checkup {
    /// Crafts examples of every [kind](KINDS) from benign images, \[N, C, H, W\], which count as of the classes that
    /// the classifier takes them for; sets the pace of each attack; and measures.
    ///
    /// `progress` hears of each work before it begins.
    ///
    /// # Errors
    /// [`Error::Attack`] or [`Error::Classify`] if an image does not fit, or the network fails.
    pub fn run(
        classifier: &Classifier,
        images: &Tensor,
        defenses: &[NamedAttack],
        limits: Limits,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let examples = kinds::craft_all(classifier, images, limits, progress)?;
        let mut checked = vec![];
        for defense in defenses {
            progress(&format!("pace of {}", defense.name()));
            let (defense, pace) = pace::set(classifier, defense, images, limits)?;
            progress(&format!("{} on benign images", defense.name()));
            let start = Instant::now();
            let benign = costs(classifier, &defense, images, limits)?;
            let milliseconds = 1e3 * start.elapsed().as_secs_f64() / benign.len().max(1) as f64;
            let mut kinds = vec![];
            for (kind, examples) in &examples {
                progress(&format!("{} on {}", defense.name(), kind.kind));
                let costs = match examples {
                    Some(examples) => costs(classifier, &defense, examples, limits)?,
                    None => vec![],
                };
                kinds.push(KindCheckup::of(kind.kind.clone(), &benign, &costs));
            }
            let benign = CostsInShort::of(&benign);
            let (attack, parameters) = (defense.name().to_owned(), defense.parameters().clone());
            let doubts = Doubt::of(&benign, &kinds);
            checked.push(DefenseCheckup {
                attack,
                parameters,
                pace,
                benign,
                milliseconds,
                kinds,
                doubts,
            });
        }
        let images = images.size().first().map_or(0, |count| *count as usize);
        let crafted = examples.into_iter().map(|(kind, _)| kind).collect();
        Ok(Self { images, crafted, defenses: checked })
    }

    /// The defense attacks with the parameters that were found, as `--spec` takes them (TOML).
    ///
    /// # Errors
    /// [`Error::Parameters`] if they cannot be written as TOML.
    pub fn spec(&self) -> Result<String> {
        let tables: std::collections::BTreeMap<_, _> =
            self.defenses.iter().map(|found| (&found.attack, &found.parameters)).collect();
        toml::to_string(&tables).map_err(|error| Error::Parameters {
            attack: self.defenses.iter().map(|found| found.attack.as_str()).collect(),
            reason: error.to_string().replace('\n', " "),
        })
    }
}

impl KindCheckup {
    fn of(kind: String, benign: &[Measured], examples: &[Measured]) -> Self {
        // A cost that is only "at least" counts as the cap, the largest there is.
        let scores = Scores::from_costs(&iterations(benign), &iterations(examples)).ok();
        let auroc = scores.as_ref().map(Auroc::new);
        Self { kind, costs: CostsInShort::of(examples), auroc }
    }
}

/// The cost of an image, or why it has none.
type Measured = Result<AttackCost, NoCost>;

impl CostsInShort {
    fn of(measured: &[Measured]) -> Self {
        let costs: Vec<&AttackCost> = measured.iter().flatten().collect();
        let n = costs.len();
        let share = |count: usize| if n == 0 { 0.0 } else { count as f64 / n as f64 };
        Self {
            n,
            unscored: measured.len() - n,
            median: median(iterations(measured)),
            at_cap: share(costs.iter().filter(|cost| !cost.flipped).count()),
            within_two: share(
                costs.iter().filter(|cost| cost.flipped && cost.iterations <= 2).count(),
            ),
        }
    }
}

fn iterations(measured: &[Measured]) -> Vec<f64> {
    measured.iter().flatten().map(|cost| f64::from(cost.iterations)).collect()
}

/// The median; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The costs of these images, \[N, C, H, W\], in their order.
fn costs(
    classifier: &Classifier,
    attack: &NamedAttack,
    images: &Tensor,
    limits: Limits,
) -> Result<Vec<Measured>> {
    let mut costs = vec![];
    measure(classifier, attack, queries(images), limits, &mut |row, cost| {
        costs.push((row, cost));
        Ok::<(), AttackError>(())
    })?;
    costs.sort_unstable_by_key(|(row, _)| *row);
    Ok(costs.into_iter().map(|(_, cost)| cost).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_the_middle() {
        let medians = [vec![], vec![3.0, 1.0, 2.0], vec![4.0, 1.0, 2.0, 3.0]].map(median);
        assert_eq!(medians.to_vec(), vec![0.0, 2.0, 2.5]);
    }
}
