//! What is left of detectors: how often each adversary gets past each.

use a2d_attacks::Distances;
use a2d_eval::Proportion;
use serde::{Deserialize, Serialize};

use crate::view::{View, views};
use crate::{Found, JudgedCandidate, Result, Rung};

/// The shares of benign images that detectors flag.
pub const RATES: [f64; 3] = [0.01, 0.05, 0.1];

/// The name of whatever adversary is best against an image.
const ANY: &str = "any";

/// How often adversaries get past detectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Images that the network knows, which were attacked.
    pub images: usize,
    /// Every detector at every rate against every adversary, and against the best for each image, `any`. The detector `none`
    /// is the network alone.
    pub survival: Vec<Survival>,
    /// Every rung of every adversary at which it has left something.
    pub rungs: Vec<Rung>,
}

/// How often an adversary gets past a detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    /// The adversary.
    pub adversary: String,
    /// The detector.
    pub detector: String,
    /// The share of benign images that it flags; none without a detector.
    pub rate: Option<f64>,
    /// The share of images that the adversary finds an example of which the detector passes, with its 95 % interval.
    pub success: Proportion,
    /// How far the nearest of these are, on average; none if there are none.
    pub distances: Option<Distances>,
    /// Gradients that they took, on average; none if there are none.
    pub gradients: Option<f64>,
}

impl Summary {
    /// Of what adversaries found for the same images. `detectors` are the names of detectors with the score that each gives every benign
    /// image, where it gives one, which nothing was fitted on, in the judge's order; together, `alliances`, several of them flag what the most suspicious one finds
    /// too suspicious, by their p-values. A rate that so few benign images say nothing of is left out.
    ///
    /// # Errors
    /// If nothing was attacked, or a detector gives no benign image a score.
    pub fn of(
        found: &[(String, Vec<Found>)],
        detectors: &[(String, Vec<Option<f64>>)],
        alliances: &[Vec<usize>],
    ) -> Result<Self> {
        let views = views(detectors, alliances)?;
        let mut rows: Vec<usize> = vec![];
        for (_, found) in found {
            rows.extend(found.iter().filter(|found| !found.misclassified).map(|found| found.row));
        }
        rows.sort_unstable();
        rows.dedup();
        let mut survival = vec![];
        for view in &views {
            let mut best: Vec<Option<&JudgedCandidate>> = vec![None; rows.len()];
            for (adversary, found) in found {
                let mut own: Vec<Option<&JudgedCandidate>> = vec![None; rows.len()];
                for found in found.iter().filter(|found| !found.misclassified) {
                    let passed =
                        found.candidates.iter().filter(|candidate| (view.passes)(candidate));
                    if let Ok(place) = rows.binary_search(&found.row) {
                        own[place] = passed.min_by(|a, b| nearer(a, b));
                    }
                }
                survival.push(Survival::of(adversary, view, &own)?);
                for (best, own) in best.iter_mut().zip(own) {
                    *best = [*best, own].into_iter().flatten().min_by(|a, b| nearer(a, b));
                }
            }
            survival.push(Survival::of(ANY, view, &best)?);
        }
        let rungs = Rung::of_all(found, &views, rows.len())?;
        Ok(Self { images: rows.len(), survival, rungs })
    }
}

/// Whether a candidate is nearer than another.
fn nearer(one: &JudgedCandidate, other: &JudgedCandidate) -> std::cmp::Ordering {
    one.distances.l2.total_cmp(&other.distances.l2)
}

impl Survival {
    fn of(adversary: &str, view: &View<'_>, passed: &[Option<&JudgedCandidate>]) -> Result<Self> {
        let successes: Vec<_> = passed.iter().flatten().collect();
        let distances: Vec<_> = successes.iter().map(|candidate| candidate.distances).collect();
        let gradients: u64 = successes.iter().map(|candidate| candidate.spent.gradients).sum();
        Ok(Self {
            adversary: adversary.to_owned(),
            detector: view.name.clone(),
            rate: view.rate,
            success: Proportion::wilson(successes.len(), passed.len())?,
            distances: Distances::mean(&distances),
            gradients: (!successes.is_empty()).then(|| gradients as f64 / successes.len() as f64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spent;

    fn candidate(l2: f64, scores: &[f64]) -> JudgedCandidate {
        JudgedCandidate {
            rung: 0,
            level: None,
            predicted: 1,
            distances: Distances { l0: 1.0, l2, linf: l2 },
            spent: Spent { gradients: 10, ..Spent::default() },
            costs: vec![],
            scores: scores.iter().map(|score| (!score.is_nan()).then_some(*score)).collect(),
        }
    }

    fn found(row: usize, candidates: Vec<JudgedCandidate>) -> Found {
        Found { row, label: 0, misclassified: false, candidates }
    }

    #[test]
    fn the_nearest_candidate_that_a_detector_passes_counts() {
        let detectors: Vec<(String, Vec<Option<f64>>)> = ["one", "two"]
            .map(|name| (name.to_owned(), (0..200).map(|score| Some(f64::from(score))).collect()))
            .into();
        // Thresholds at 5 %: 190 of the scores pass.
        let near = found(0, vec![candidate(1.0, &[199.5, 0.0]), candidate(2.0, &[10.0, 199.5])]);
        let far = found(1, vec![candidate(5.0, &[0.0, f64::NAN])]);
        let unknown = Found { misclassified: true, ..found(2, vec![]) };
        let first = ("a".to_owned(), vec![near, far, unknown]);
        let second =
            ("b".to_owned(), vec![found(0, vec![]), found(1, vec![candidate(3.0, &[0.0, 0.0])])]);
        let summary = Summary::of(&[first, second], &detectors, &[vec![0, 1]]).unwrap();
        assert_eq!(summary.images, 2);
        let of = |adversary: &str, detector: &str| {
            let all = &summary.survival;
            let mut rows =
                all.iter().filter(|row| row.adversary == adversary && row.detector == detector);
            let row = rows.find(|row| row.rate.is_none_or(|rate| rate == RATES[1])).unwrap();
            (row.success.share, row.distances.map(|distances| distances.l2), row.gradients)
        };
        assert_eq!(of("a", "none"), (1.0, Some(3.0), Some(10.0)));
        assert_eq!(of("a", "one"), (1.0, Some(3.5), Some(10.0)));
        assert_eq!(of("a", "two"), (0.5, Some(1.0), Some(10.0)));
        assert_eq!(of("b", "two"), (0.5, Some(3.0), Some(10.0)));
        assert_eq!(of("any", "two"), (1.0, Some(2.0), Some(10.0)));
        assert_eq!(of("a", "one+two"), (0.0, None, None));
        assert_eq!(of("any", "one+two"), (0.5, Some(3.0), Some(10.0)));
    }

    #[test]
    fn detectors_judge_a_benign_image_together_or_not_at_all() {
        // The second lacks the score of the first image, whatever the first detector says of that.
        let one = (0..40).map(|score| Some(f64::from(score)));
        let two = (0..40).map(|score| (score > 0).then(|| f64::from(score)));
        let detectors = [("one".to_owned(), one.collect()), ("two".to_owned(), two.collect())];
        let passed = found(0, vec![candidate(1.0, &[20.0, 20.0])]);
        let flagged = found(1, vec![candidate(1.0, &[39.5, 20.0])]);
        let found = [("a".to_owned(), vec![passed, flagged])];
        let summary = Summary::of(&found, &detectors, &[vec![0, 1]]).unwrap();
        let together = summary.survival.iter().filter(|row| row.detector == "one+two");
        assert!(together.clone().count() > 0);
        assert!(together.clone().all(|row| (row.success.share - 0.5).abs() < 1e-12), "{summary:?}");
        // Scores that agree image by image flag as many together as alone.
        let apart = Summary::of(&found, &detectors, &[vec![0, 0]]).unwrap();
        let share = |summary: &Summary, name: &str| {
            let row = summary
                .survival
                .iter()
                .find(|row| row.detector == name && row.rate == Some(RATES[1]));
            row.map(|row| row.success.share)
        };
        assert_eq!(share(&apart, "one+one"), share(&apart, "one"));
    }

    #[test]
    fn a_rate_that_few_images_say_nothing_of_is_left_out() {
        let detectors = [("one".to_owned(), (0..30).map(|score| Some(f64::from(score))).collect())];
        let found = [("a".to_owned(), vec![found(0, vec![])])];
        let summary = Summary::of(&found, &detectors, &[]).unwrap();
        let rates: Vec<_> = summary
            .survival
            .iter()
            .filter(|row| row.adversary == "a")
            .map(|row| row.rate)
            .collect();
        assert_eq!(rates, [None, Some(0.05), Some(0.1)]);
    }
}
