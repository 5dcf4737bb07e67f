//! Detectors that look at something else than costs, in the way of an attacker who knows them.

use a2d_cost::Sign;
use tch::Tensor;

use crate::judge::Evidence;
use crate::look::{marks, picked};
use crate::{Error, Result, Scene};

/// The share of benign images that a partner flags where an attacker reckons with it: the most of those that results are given
/// for.
const RATE: f64 = 0.1;

/// The partners that a scene's judge has.
#[derive(Debug)]
pub(crate) struct Partners<'a> {
    scene: &'a Scene<'a>,
    /// Who reckons with them.
    adversary: &'static str,
    /// The place of each among the detectors, and the largest score that it does not flag.
    levels: Vec<(usize, f64)>,
}

/// Rows in whose way a partner is.
pub(crate) struct Held {
    /// Which.
    pub(crate) rows: Vec<bool>,
    /// Where they lead to lower scores, \[N, C, H, W\]; 0 for the others.
    pub(crate) down: Tensor,
}

impl<'a> Partners<'a> {
    /// All detectors of a scene that look at no costs.
    ///
    /// # Errors
    /// [`Error::Parameter`] of the adversary if there are none.
    pub(crate) fn of(scene: &'a Scene<'a>, adversary: &'static str) -> Result<Self> {
        let defenders = scene.judge.defenders().iter().enumerate();
        let scores = defenders.filter(|(_, one)| matches!(one.evidence, Evidence::Score { .. }));
        let levels: Vec<_> =
            scores.map(|(place, _)| (place, level(scene.benign.scores(place)))).collect();
        if levels.is_empty() {
            let got = "detectors on costs alone";
            return Err(Error::parameter(adversary, "a detector on another score beside", got));
        }
        Ok(Self { scene, adversary, levels })
    }

    /// Which of these images, \[N, C, H, W\], are in the way of a partner, and where each leads out of the first that flags it.
    ///
    /// # Errors
    /// [`Error::Parameter`] of the adversary if a partner has no slopes; what its score says.
    pub(crate) fn hold(&self, images: &Tensor) -> Result<Held> {
        let count = images.size()[0] as usize;
        let (mut rows, down) = (vec![false; count], images.zeros_like());
        for (place, level) in &self.levels {
            let defender = &self.scene.judge.defenders()[*place];
            let Evidence::Score { score, column } = &defender.evidence else { continue };
            let scores = self.scene.judge.scores(*place, &self.scene.victim, images)?;
            let flagged: Vec<bool> = scores
                .iter()
                .zip(&rows)
                .map(|(score, held)| !held && score.is_some_and(|score| score > *level))
                .collect();
            let places: Vec<usize> = (0..count).filter(|row| flagged[*row]).collect();
            if places.is_empty() {
                continue;
            }
            let some = picked(images, &places);
            let slopes = score.slopes(self.scene.victim.classifier, &some, *column)?;
            let Some(slopes) = slopes else {
                let got = format!("{}, which has none", defender.name);
                let expected = "detectors whose scores have slopes";
                return Err(Error::parameter(self.adversary, expected, got));
            };
            let sign = score.columns().get(*column).map(|column| column.sign);
            let lower = if sign == Some(Sign::Smaller) { slopes } else { -slopes };
            for (row, place) in (0..).zip(&places) {
                down.get(*place as i64).copy_(&lower.get(row));
                rows[*place] = true;
            }
        }
        Ok(Held { rows, down })
    }
}

impl Held {
    /// Directions with those of held rows in their place.
    pub(crate) fn or(&self, directions: &Tensor) -> Tensor {
        self.down.where_self(&marks(&self.rows, &self.down), directions)
    }
}

/// The largest of some scores that is not among the highest share.
fn level(scores: Vec<Option<f64>>) -> f64 {
    let mut scores: Vec<f64> = scores.into_iter().flatten().collect();
    scores.sort_by(f64::total_cmp);
    let passed = ((1.0 - RATE) * scores.len() as f64) as usize;
    scores.get(passed.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_leaves_a_tenth_of_benign_scores_above() {
        let scores = (0..40).map(|score| Some(f64::from(score))).chain([None]).collect();
        let level = level(scores);
        assert_eq!((0..40).filter(|score| f64::from(*score) > level).count(), 4);
    }
}
