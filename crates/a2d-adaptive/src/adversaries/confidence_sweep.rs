//! Carlini and Wagner's attack with more and more confidence: the published study.

use a2d_attacks::{Aim, CarliniWagner, Distances, NamedAttack, Query};
use serde::{Deserialize, Serialize};

use crate::adversary::Attackers;
use crate::{Adversary, Benign, Candidate, Error, Result, Scene, Spent, Trail, Victim};

/// Carlini and Wagner's attack under the Euclidean norm, with one confidence after the other (section 6 of the paper, with
/// the parameters of N. Carlini and D. Wagner, "MagNet and \"Efficient defenses against adversarial attacks\" are not robust
/// to adversarial examples", 2017, but untargeted and shorter). A rung is a confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfidenceSweep {
    /// By how much the wrong logit has to win, in ascending order: 0 to 20 in the paper.
    pub(crate) confidences: Vec<f64>,
    /// Values of c that are tried: 4 in theirs.
    pub(crate) searches: u32,
    /// Steps for each: 10,000 in theirs.
    pub(crate) iterations: u32,
    /// The first c: 1 in theirs.
    pub(crate) initial_c: f64,
    /// Adam's step size: 0.01 in theirs.
    pub(crate) learning_rate: f64,
}

impl Default for ConfidenceSweep {
    fn default() -> Self {
        Self {
            confidences: vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0],
            searches: 4,
            iterations: 200,
            initial_c: 1.0,
            learning_rate: 0.01,
        }
    }
}

impl Adversary for ConfidenceSweep {
    const NAME: &'static str = "cw";

    fn prepare(&self, _: &Victim<'_>, _: &Benign) -> Result<Box<dyn Attackers>> {
        let is_ascending = self.confidences.windows(2).all(|pair| pair[0] < pair[1]);
        if self.confidences.is_empty() || !is_ascending {
            let (expected, got) =
                ("confidences in ascending order", format!("{:?}", self.confidences));
            return Err(Error::parameter(Self::NAME, expected, got));
        }
        let Self { searches, iterations, initial_c, learning_rate, .. } = *self;
        let base = CarliniWagner {
            searches,
            iterations,
            initial_c,
            learning_rate,
            ..CarliniWagner::default()
        };
        let attack = |confidence: &f64| {
            let attack =
                NamedAttack::new(Self::NAME, CarliniWagner { confidence: *confidence, ..base })?;
            attack.check(2)?; // it has no target, so any number of classes will do
            Ok((*confidence, attack))
        };
        Ok(Box::new(Sweep(self.confidences.iter().map(attack).collect::<Result<_>>()?)))
    }
}

/// An attack for each confidence.
#[derive(Debug)]
struct Sweep(Vec<(f64, NamedAttack)>);

impl Attackers for Sweep {
    fn attack(&self, scene: &Scene<'_>) -> Result<Vec<Trail>> {
        let mut trails: Vec<Trail> = scene.numbers.iter().map(|_| Trail::default()).collect();
        let mut spent = vec![Spent::default(); trails.len()];
        for (rung, (confidence, attack)) in self.0.iter().enumerate() {
            let queries = scene.labels.iter().enumerate().map(|(row, label)| {
                let query = Query::new(row, scene.images.get(row as i64));
                Ok::<_, Error>(Query { label: Some(*label), ..query })
            });
            let victim = scene.victim;
            attack.run(victim.classifier, Aim::Result, victim.limits, queries, &mut |done| {
                let spent = &mut spent[done.row];
                spent.forward += u64::from(done.cost.forward_queries);
                spent.gradients += u64::from(done.cost.gradient_queries);
                let image = done.image.copy();
                let distances = Distances::between(&image, &scene.images.get(done.row as i64));
                if done.cost.flipped && !done.set_aside && scene.cap.holds(&distances) {
                    let candidate = Candidate {
                        rung,
                        level: Some(*confidence),
                        image,
                        predicted: done.predicted,
                        distances,
                        spent: *spent,
                    };
                    trails[done.row].candidates.push(candidate);
                }
                Ok::<(), Error>(())
            })?;
        }
        Ok(trails)
    }
}
