//! What adversaries leave at their rungs: how cost, distance and success go with what they ask for.

use std::collections::{BTreeMap, BTreeSet};

use a2d_attacks::Distances;
use a2d_eval::Proportion;
use serde::{Deserialize, Serialize};

use crate::view::View;
use crate::{Found, JudgedCandidate, Result};

/// What an adversary has left at one of its rungs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// The adversary.
    pub adversary: String,
    /// The number of the rung.
    pub rung: usize,
    /// What the adversary took for how hard its examples are to attack again, on average: a confidence, or its surrogate of the
    /// cost; none if it has no such number.
    pub level: Option<f64>,
    /// Images with an example at this rung.
    pub examples: usize,
    /// How far these are from the images, on average.
    pub distances: Distances,
    /// Iterations by each defense, on average over those that it tells; none where it tells nothing.
    pub costs: Vec<Option<f64>>,
    /// The score by each detector, likewise.
    pub scores: Vec<Option<f64>>,
    /// What of it gets past detectors.
    pub passed: Vec<Passed>,
}

/// How much of a rung gets past a detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passed {
    /// The detector, or `none`.
    pub detector: String,
    /// The share of benign images that it flags; none without a detector.
    pub rate: Option<f64>,
    /// The share of all images whose example at this rung it passes, with its 95 % interval.
    pub success: Proportion,
}

impl Rung {
    /// Those of all adversaries, which attacked so many images.
    pub(crate) fn of_all(
        found: &[(String, Vec<Found>)],
        views: &[View<'_>],
        images: usize,
    ) -> Result<Vec<Self>> {
        let mut all = vec![];
        for (adversary, found) in found {
            let mut by_rung: BTreeMap<usize, Vec<(usize, &JudgedCandidate)>> = BTreeMap::new();
            for found in found {
                for candidate in &found.candidates {
                    by_rung.entry(candidate.rung).or_default().push((found.row, candidate));
                }
            }
            for (rung, of_images) in by_rung {
                // An image has several at a rung where there were several starts.
                let images_with = |wanted: &dyn Fn(&JudgedCandidate) -> bool| {
                    let wanted = of_images.iter().filter(|(_, candidate)| wanted(candidate));
                    wanted.map(|(row, _)| *row).collect::<BTreeSet<_>>().len()
                };
                let candidates: Vec<_> =
                    of_images.iter().map(|(_, candidate)| *candidate).collect();
                let distances: Vec<_> =
                    candidates.iter().map(|candidate| candidate.distances).collect();
                let Some(distances) = Distances::mean(&distances) else { continue };
                let passed = views.iter().map(|view| {
                    Ok(Passed {
                        detector: view.name.clone(),
                        rate: view.rate,
                        success: Proportion::wilson(images_with(&*view.passes), images)?,
                    })
                });
                let passed = passed.collect::<Result<_>>()?;
                let levels = candidates.iter().map(|candidate| candidate.level);
                let costs = |candidate: &JudgedCandidate| {
                    candidate.costs.iter().map(|cost| cost.map(f64::from)).collect()
                };
                all.push(Self {
                    adversary: adversary.clone(),
                    rung,
                    level: mean(levels),
                    examples: images_with(&|_| true),
                    distances,
                    costs: means(candidates.iter().map(|candidate| costs(candidate))),
                    scores: means(candidates.iter().map(|candidate| candidate.scores.clone())),
                    passed,
                });
            }
        }
        Ok(all)
    }
}

/// The mean of what there is; none if there is nothing.
fn mean(numbers: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let numbers: Vec<f64> = numbers.into_iter().flatten().collect();
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// The means of columns.
fn means(rows: impl Iterator<Item = Vec<Option<f64>>>) -> Vec<Option<f64>> {
    let rows: Vec<_> = rows.collect();
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns).map(|column| mean(rows.iter().map(|row| row[column]))).collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;
    use crate::Spent;
    use crate::view::views;

    fn candidate(rung: usize, level: f64, cost: Option<u32>, score: f64) -> JudgedCandidate {
        JudgedCandidate {
            rung,
            level: Some(level),
            predicted: 1,
            distances: Distances { l0: 1.0, l2: level + 1.0, linf: level },
            spent: Spent::default(),
            costs: vec![cost],
            scores: vec![Some(score)],
        }
    }

    #[test]
    fn a_rung_is_the_mean_of_its_examples_and_shares_are_of_all_images() {
        let found = |row, candidates| Found { row, label: 0, misclassified: false, candidates };
        let of_cw = vec![
            found(0, vec![candidate(0, 0.0, Some(2), 30.0), candidate(1, 5.0, Some(50), 1.0)]),
            found(1, vec![candidate(0, 0.0, None, 30.0)]),
            // From two starts.
            found(2, vec![candidate(1, 7.0, Some(70), 99.5), candidate(1, 9.0, Some(90), 99.5)]),
            found(3, vec![]),
        ];
        let detectors = [("z".to_owned(), (0..100).map(|score| Some(score.into())).collect())];
        let detectors: [(String, Vec<Option<f64>>); 1] = detectors;
        let views = views(&detectors, &[]).unwrap();
        let rungs = Rung::of_all(&[("cw".to_owned(), of_cw)], &views, 4).unwrap();
        let [low, high] = &rungs[..] else { panic!("{rungs:?}") };
        assert_eq!((low.rung, low.level, low.examples, low.distances.l2), (0, Some(0.0), 2, 1.0));
        assert_eq!((high.level, high.examples, high.distances.l2), (Some(7.0), 2, 8.0));
        assert_eq!((&low.costs[..], &high.costs[..]), (&[Some(2.0)][..], &[Some(70.0)][..]));
        assert_eq!(high.scores, [Some(200.0 / 3.0)]);
        let share = |rung: &Rung, rate| {
            let mut all = rung.passed.iter();
            all.find(|passed| passed.rate == rate).unwrap().success.share
        };
        assert_eq!([share(low, None), share(high, None)], [0.5, 0.5]);
        assert_eq!([share(low, Some(0.05)), share(high, Some(0.05))], [0.5, 0.25]);
    }
}
