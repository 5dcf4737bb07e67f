//! The judge: full costs of images, and what every detector says of them.

use std::sync::Arc;

use a2d_attacks::{Distances, NamedAttack, measure, queries};
use a2d_cost::{AttackCost, CostRow, CostTable, Sign};
use a2d_detect::{Detect as _, SavedDetector};
use a2d_eval::scoring::Score;
use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use crate::{Error, Result, Spent, Victim};

/// A detector under the name that results have it by.
#[derive(Clone, Debug)]
pub struct Defender {
    /// Its name.
    pub name: String,
    /// What it looks at.
    pub evidence: Evidence,
}

/// What a detector looks at.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// What attacks cost.
    Costs(Box<SavedDetector>),
    /// A column of another score, by itself.
    Score {
        /// The score.
        score: Arc<dyn Score>,
        /// The place of its column.
        column: usize,
    },
}

/// Detectors of one victim.
#[derive(Debug)]
pub struct Judge {
    defenders: Vec<Defender>,
}

/// What the judge finds of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    /// Iterations by each defense; none where it tells nothing.
    pub(crate) costs: Vec<Option<u32>>,
    /// The score by each defender, larger = more adversarial; none where it lacks a cost.
    pub(crate) scores: Vec<Option<f64>>,
}

/// A candidate, and what the judge finds of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedCandidate {
    /// Its rung.
    pub rung: usize,
    /// What the adversary took for how hard it is to attack again.
    pub level: Option<f64>,
    /// The class that the network takes it for.
    pub predicted: usize,
    /// How far it is from the image that it was made of.
    pub distances: Distances,
    /// What it took.
    pub spent: Spent,
    /// What each defense costs, in iterations; none where it tells nothing.
    pub costs: Vec<Option<u32>>,
    /// The score by each defender, larger = more adversarial; none where there is no verdict.
    pub scores: Vec<Option<f64>>,
}

impl Judge {
    /// These detectors for this victim.
    ///
    /// # Errors
    /// [`Error::Detector`] if there is none, two have one name, or one was fitted for another model, for costs of attacks that are not the victim's,
    /// or for scores that are no costs.
    pub fn new(victim: &Victim<'_>, defenders: Vec<Defender>) -> Result<Self> {
        let refused = |name: &str, expected: String, got: String| {
            Err(Error::Detector { name: name.to_owned(), expected, got })
        };
        if defenders.is_empty() {
            return refused("detectors", "at least one".into(), "none".into());
        }
        for (place, defender) in defenders.iter().enumerate() {
            let name = &defender.name;
            if defenders[..place].iter().any(|other| other.name == *name) {
                return refused(name, "names that differ".into(), "it twice".into());
            }
            let Evidence::Costs(detector) = &defender.evidence else { continue };
            if let Some(fitted) = &detector.provenance
                && fitted.model != victim.classifier.fingerprint()
            {
                let expected = victim.classifier.fingerprint();
                let expected = format!("a detector for the model {expected}");
                return refused(name, expected, format!("one for {}", fitted.model));
            }
            if !detector.detector.numbers().are_costs() {
                return refused(name, "a detector on costs".into(), "one on other scores".into());
            }
            let has = |attack: &&String| victim.defenses.iter().any(|one| one.name() == *attack);
            if let Some(attack) = detector.attacks.iter().find(|attack| !has(attack)) {
                let known: Vec<_> = victim.defenses.iter().map(NamedAttack::name).collect();
                return refused(
                    name,
                    format!("attacks among {}", known.join(", ")),
                    attack.clone(),
                );
            }
        }
        Ok(Self { defenders })
    }

    /// The detectors.
    pub(crate) fn defenders(&self) -> &[Defender] {
        &self.defenders
    }

    /// The names of the detectors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.defenders.iter().map(|defender| defender.name.as_str())
    }

    /// Measures every cost of these images, \[N, C, H, W\], in full, and scores them.
    pub(crate) fn judge(&self, victim: &Victim<'_>, images: &Tensor) -> Result<Vec<Numbers>> {
        let costs = costs(victim, images, |_| true)?;
        let of_defenders =
            self.defenders.iter().map(|defender| defender.scores(victim, images, &costs));
        let of_defenders = of_defenders.collect::<Result<Vec<_>>>()?;
        let numbers = costs.into_iter().enumerate().map(|(row, costs)| Numbers {
            costs: costs.into_iter().map(|cost| cost.map(|cost| cost.iterations)).collect(),
            scores: of_defenders.iter().map(|scores| scores[row]).collect(),
        });
        Ok(numbers.collect())
    }

    /// The scores by one defender alone, for which no other costs are measured.
    pub(crate) fn scores(
        &self,
        defender: usize,
        victim: &Victim<'_>,
        images: &Tensor,
    ) -> Result<Vec<Option<f64>>> {
        let defender = &self.defenders[defender];
        let costs = costs(victim, images, |attack| match &defender.evidence {
            Evidence::Costs(detector) => detector.attacks.iter().any(|one| one == attack),
            Evidence::Score { .. } => false,
        })?;
        defender.scores(victim, images, &costs)
    }
}

/// The costs of images by each defense that is wanted.
fn costs(
    victim: &Victim<'_>,
    images: &Tensor,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Vec<Option<AttackCost>>>> {
    let count = images.size().first().map_or(0, |count| *count as usize);
    let mut costs = vec![vec![None; victim.defenses.len()]; count];
    let wanted = |(_, defense): &(usize, &NamedAttack)| wanted(defense.name());
    for (place, defense) in victim.defenses.iter().enumerate().filter(wanted) {
        measure(victim.classifier, defense, queries(images), victim.limits, &mut |row, cost| {
            costs[row][place] = cost.ok();
            Ok::<(), Error>(())
        })?;
    }
    Ok(costs)
}

impl Defender {
    /// The score of each image with these costs; none where it lacks one.
    fn scores(
        &self,
        victim: &Victim<'_>,
        images: &Tensor,
        costs: &[Vec<Option<AttackCost>>],
    ) -> Result<Vec<Option<f64>>> {
        match &self.evidence {
            Evidence::Costs(detector) => costs
                .iter()
                .map(|costs| verdict(detector, table(victim, costs)?.as_ref()))
                .collect(),
            Evidence::Score { score, column } => scores(&**score, *column, victim, images),
        }
    }
}

/// The costs of an image as a table; none if there is no cost.
fn table(victim: &Victim<'_>, costs: &[Option<AttackCost>]) -> Result<Option<CostTable>> {
    let rows = victim.defenses.iter().zip(costs);
    let rows = rows.filter_map(|(defense, cost)| {
        cost.map(|cost| CostRow::new("candidate", defense.name(), cost))
    });
    let rows: Vec<_> = rows.collect();
    Ok(if rows.is_empty() { None } else { Some(CostTable::from_rows(rows)?) })
}

/// What a detector scores the one input of a table; none if a cost is missing.
fn verdict(detector: &SavedDetector, table: Option<&CostTable>) -> Result<Option<f64>> {
    let Some(table) = table else { return Ok(None) };
    if !detector.attacks.iter().all(|attack| table.attacks().contains(attack)) {
        return Ok(None);
    }
    let verdicts = detector.verdicts(&[table])?;
    Ok(verdicts.iter().flatten().next().map(|verdict| verdict.score))
}

/// The numbers of a score's column for these images, larger = more adversarial.
fn scores(
    score: &dyn Score,
    column: usize,
    victim: &Victim<'_>,
    images: &Tensor,
) -> Result<Vec<Option<f64>>> {
    let sign = score.columns().get(column).map(|column| column.sign);
    let rows = no_grad(|| score.scores(victim.classifier, images))?.rows;
    Ok(rows
        .iter()
        .map(|row| {
            let number = row.get(column).copied().filter(|number| number.is_finite());
            number.zip(sign).map(|(number, sign)| match sign {
                Sign::Larger => number,
                Sign::Smaller => -number,
            })
        })
        .collect())
}
