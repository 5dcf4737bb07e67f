//! Detector that compares an input with benign and adversarial samples.

mod certainty;
mod distance;
mod distinct;
mod document;
mod line;
mod neighbourhood;
mod neighbours;
mod params;
mod space;

use std::ops::RangeInclusive;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use distinct::distinct;
use document::Document;
use line::Line;
use neighbourhood::Neighbourhood;
use space::Space;

use crate::{
    Detect, Error, Evidence, Explanation, Foresee, Numbers, Result, Samples, Tune, Verdict,
};

pub use neighbourhood::ClassCounts;
pub use params::{KnnParams, KnnValidParams};

/// The number of neighbours that vote unless another is set; the paper's, for 1,000 benign and 1,000
/// adversarial samples.
pub const DEFAULT_K: usize = 100;

/// The share of adversarial votes that it takes more than, unless another is set.
const MAJORITY: f64 = 0.5;

/// Detector that knows benign and adversarial costs: an input is adversarial if more than half of its
/// `k` nearest neighbours are, by the Euclidean distance of their costs (Zhao et al., "Attack as
/// defense", ISSTA 2021). Another share than half can be set.
///
/// # Ties
/// Costs are often counts, and tie. Samples nearer than the k-th have one vote each; all that are as far
/// as the k-th share what is left of the `k` votes in equal parts. So a verdict depends neither on the
/// order of the samples nor on how they are searched. An exact half is benign. Distances that are equal
/// compare equal: for one attack always, for several if costs are whole numbers (with squares up to 2^53)
/// or differ by the same in other attacks.
///
/// The score of a verdict is the share of adversarial votes, rounded once.
///
/// It knows no tails: implausibly high costs are suspicious if adversarial samples have them.
///
/// # Costs that are not known in full
/// Distances need every cost in full. Of an attack that was stopped early, or that gave up, say so:
/// [`certain`](Foresee::certain) and [`verdict_within`](Foresee::verdict_within) take ranges.
///
/// # Scores
/// Of [`Numbers::Scores`] the neighbours are looked for in the same way, whatever their signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Knn {
    k: usize,
    threshold: f64,
    numbers: Numbers,
    /// Samples x columns.
    costs: Array2<f64>,
    /// True for the rows of adversarial samples.
    adversarial: Vec<bool>,
    /// The samples once more, as they are searched.
    index: Index,
}

#[derive(Clone, Debug, PartialEq)]
enum Index {
    /// Of one attack.
    Line(Line),
    /// Of several.
    Space(Space),
}

impl Knn {
    fn new(
        k: usize,
        threshold: f64,
        numbers: Numbers,
        costs: Array2<f64>,
        adversarial: Vec<bool>,
    ) -> Result<Self> {
        numbers.check(costs.view())?;
        check_threshold(threshold)?;
        let samples = costs.nrows();
        if adversarial.len() != samples {
            return Err(Error::Labels { samples, labels: adversarial.len() });
        }
        if k == 0 {
            return Err(Error::NoNeighbours);
        }
        if k > samples {
            return Err(Error::TooFewNeighbours { k, samples });
        }
        let counts: ClassCounts = adversarial.iter().map(|&label| ClassCounts::one(label)).sum();
        if counts.benign == 0 || counts.adversarial == 0 {
            let ClassCounts { benign, adversarial } = counts;
            return Err(Error::OneClass { benign, adversarial });
        }
        let index = if costs.ncols() == 1 {
            Index::Line(Line::new(costs.iter().copied(), &adversarial))
        } else {
            Index::Space(Space::new(costs.view(), &adversarial))
        };
        Ok(Self { k, threshold, numbers, costs, adversarial, index })
    }

    /// The number of neighbours that vote.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Whether an input with this share of adversarial votes is adversarial.
    fn flags(&self, share: f64) -> bool {
        share > self.threshold
    }

    fn judge(&self, share: f64) -> Verdict {
        Verdict { score: share, adversarial: self.flags(share), p_value: None }
    }

    fn neighbourhood(&self, costs: ArrayView1<f64>) -> Result<Neighbourhood> {
        match &self.index {
            Index::Line(line) => Ok(line.neighbourhood(costs[0], self.k)),
            Index::Space(space) => space.search(1)?.neighbourhood(costs, self.k),
        }
    }
}

impl Detect for Knn {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn columns(&self) -> usize {
        self.costs.ncols()
    }

    fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn samples(&self) -> Samples {
        let adversarial = self.adversarial.iter().filter(|&&label| label).count();
        Samples { benign: self.adversarial.len() - adversarial, adversarial, held_out: 0 }
    }

    /// Faster for many inputs at a time than for one after the other.
    fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.numbers.check_width(costs, self.columns())?;
        let judge = |neighbourhood: Neighbourhood| self.judge(neighbourhood.share(self.k));
        match &self.index {
            Index::Line(line) => {
                let costs = costs.iter();
                Ok(costs.map(|&cost| judge(line.neighbourhood(cost, self.k))).collect())
            }
            Index::Space(space) => {
                let (queries, places) = distinct(costs);
                let search = space.search(queries.nrows())?;
                let verdicts = queries
                    .rows()
                    .into_iter()
                    .map(|row| search.neighbourhood(row, self.k).map(judge))
                    .collect::<Result<Vec<_>>>()?;
                Ok(places.into_iter().map(|place| verdicts[place]).collect())
            }
        }
    }

    /// All neighbours are counted, and of those that are equally far the first rows named.
    fn explain(&self, costs: &[f64]) -> Result<Explanation> {
        self.numbers.check_row(costs, self.columns())?;
        let neighbourhood = self.neighbourhood(costs.into())?;
        let Neighbourhood { nearer, tied } = neighbourhood;
        let evidence = Evidence::Neighbours {
            k: self.k,
            threshold: self.threshold,
            nearer,
            tied,
            weight: neighbourhood.weight(self.k),
            nearest: self.named(costs.into(), neighbourhood),
        };
        Ok(Explanation { verdict: self.judge(neighbourhood.share(self.k)), evidence })
    }
}

impl Foresee for Knn {
    fn benign_costs(&self) -> Vec<f64> {
        let benign = self.costs.rows().into_iter().zip(&self.adversarial);
        let benign = benign.filter(|&(_, &adversarial)| !adversarial).map(|(costs, _)| costs);
        let sums = benign.fold(Array1::zeros(self.columns()), |sums, costs| sums + costs);
        (sums / self.samples().benign as f64).to_vec()
    }

    /// Exact for one attack. For several, it may not see that a verdict is certain, and ranges should end
    /// at the attacks' caps, for where costs may be endless nothing is certain.
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        let known = self.numbers.check_ranges(known, self.columns())?;
        match &self.index {
            Index::Line(line) => Ok(self.certain_on_line(line, known[0])),
            Index::Space(space) => self.certain_in_space(space, &known),
        }
    }

    /// For one attack the score is the least within the range. For several it may be lower.
    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        let known = self.numbers.check_ranges(known, self.columns())?;
        Ok(self.judge(match &self.index {
            Index::Line(line) => self.least_share_on_line(line, known[0]),
            Index::Space(space) => self.least_share_in_space(space, &known)?,
        }))
    }
}

/// The threshold is a share of adversarial votes from 0 to 1: it takes more than that. Which share of
/// benign inputs this flags is not known to the detector; [`Conformal`](crate::Conformal) measures it.
impl Tune for Knn {
    fn threshold(&self) -> f64 {
        self.threshold
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        check_threshold(threshold)?;
        Ok(Self { threshold, ..self })
    }
}

fn check_threshold(threshold: f64) -> Result<()> {
    if (0.0..=1.0).contains(&threshold) { Ok(()) } else { Err(Error::Share { threshold }) }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Fit;
    use ndarray::{Axis, array};
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::seq::SliceRandom;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::tests::{WITH_ZEROS, benign};
    use crate::{Neighbour, labelled};

    fn fit(k: usize, benign: &Array2<f64>, adversarial: &Array2<f64>) -> Knn {
        let samples = labelled(benign.view(), adversarial.view()).unwrap();
        Knn::params().k(k).fit(&samples).unwrap()
    }

    #[test]
    fn majority_of_the_nearest_decides() {
        let knn = fit(3, &array![[90.0], [100.0], [110.0]], &array![[1.0], [2.0]]);
        let low = knn.verdict(&[0.0]).unwrap();
        assert_eq!((low.score, low.adversarial), (2.0 / 3.0, true));
        let high = knn.verdict(&[95.0]).unwrap();
        assert_eq!((high.score, high.adversarial), (0.0, false));
    }

    // scikit-learn 1.9.1; no query has a tie
    // x = np.vstack([np.column_stack([bim, jsma]), np.column_stack([with_zeros, 3 * with_zeros])])
    // y = [0] * 64 + [1] * 20; q = [[60.3, 70.1], [45.5, 130.2], [30.2, 99.4], [90.1, 200.3]]
    // KNeighborsClassifier(9).fit(x, y).predict_proba(q)[:, 1] * 9
    // KNeighborsClassifier(9).fit(x[:, :1], y).predict_proba([[60.3], [45.4], [30.2], [90.1]])[:, 1] * 9
    #[test]
    fn neighbours_are_those_of_scikit_learn() {
        let adversarial =
            Array2::from_shape_fn((20, 2), |(row, attack)| WITH_ZEROS[row] * [1.0, 3.0][attack]);
        let queries = array![[60.3, 70.1], [45.5, 130.2], [30.2, 99.4], [90.1, 200.3]];
        let line = array![[60.3], [45.4], [30.2], [90.1]];
        for (queries, expected) in [(queries, [2.0, 3.0, 5.0, 1.0]), (line, [2.0, 4.0, 6.0, 1.0])] {
            let first = |costs: Array2<f64>| costs.select(Axis(1), &[0, 1][..queries.ncols()]);
            let knn = fit(9, &first(benign()), &first(adversarial.clone()));
            let verdicts = knn.verdicts(queries.view()).unwrap();
            let scores: Vec<f64> = verdicts.iter().map(|verdict| verdict.score).collect();
            assert_eq!(scores, expected.map(|count| count / 9.0));
        }
    }

    #[test]
    fn another_share_may_decide() {
        let knn = fit(3, &array![[90.0], [100.0], [110.0]], &array![[1.0], [2.0]]);
        let unanimous = knn.with_threshold(0.9).unwrap();
        assert!(!unanimous.verdict(&[0.0]).unwrap().adversarial);
        let any = unanimous.with_threshold(0.0).unwrap();
        assert!(any.verdict(&[50.0]).unwrap().adversarial);
    }

    #[test]
    fn even_vote_is_benign() {
        for other in [array![[10.0]], array![[10.0, 0.0]]] {
            let knn = fit(2, &other, &Array2::zeros((1, other.ncols())));
            let verdict = knn.verdict(&vec![4.0; other.ncols()]).unwrap();
            assert_eq!((verdict.score, verdict.adversarial), (0.5, false));
        }
    }

    #[test]
    fn samples_that_tie_share_the_votes() {
        for same in [array![[5.0]], array![[5.0, 5.0]]] {
            let verdict = fit(1, &same, &same).verdict(&vec![5.0; same.ncols()]).unwrap();
            assert_eq!((verdict.score, verdict.adversarial), (0.5, false));
        }
    }

    /// Nine of eleven samples that cost 1 are adversarial.
    fn tied(attacks: usize) -> Knn {
        let benign =
            Array2::from_shape_fn(
                (10, attacks),
                |(row, _)| if row < 2 { 1.0 } else { 98.0 + row as f64 },
            );
        let adversarial =
            Array2::from_shape_fn((10, attacks), |(row, _)| if row < 9 { 1.0 } else { 2.0 });
        fit(4, &benign, &adversarial)
    }

    #[test]
    fn the_majority_of_many_that_tie_decides() {
        for attacks in [1, 2] {
            let verdict = tied(attacks).verdict(&vec![1.0; attacks]).unwrap();
            assert_eq!((verdict.score, verdict.adversarial), (9.0 / 11.0, true));
        }
    }

    #[test]
    fn explanations_list_the_neighbours() {
        let knn = fit(2, &array![[90.0, 90.0]], &array![[3.0, 4.0], [30.0, 40.0]]);
        let Explanation { verdict, evidence } = knn.explain(&[0.0, 0.0]).unwrap();
        assert!(verdict.adversarial);
        let neighbour = |row, distance| Neighbour { row, distance, adversarial: true, weight: 1.0 };
        let nearest = vec![neighbour(1, 5.0), neighbour(2, 50.0)];
        let one = ClassCounts::one(true);
        let expected = Evidence::Neighbours {
            k: 2,
            threshold: 0.5,
            nearer: one,
            tied: one,
            weight: 1.0,
            nearest,
        };
        assert_eq!(evidence, expected);
    }

    #[test]
    fn explanations_name_both_kinds_that_tie_with_their_part_of_a_vote() {
        for attacks in [1, 2] {
            let explanation = tied(attacks).explain(&vec![1.0; attacks]).unwrap();
            let Evidence::Neighbours { nearer, tied, weight, nearest, .. } = &explanation.evidence
            else {
                unreachable!()
            };
            assert_eq!(
                (*nearer, *tied),
                (ClassCounts::default(), ClassCounts { benign: 2, adversarial: 9 })
            );
            assert_eq!((*weight, nearest.len()), (4.0 / 11.0, 11));
            assert!(
                nearest.iter().all(|sample| sample.weight == *weight && sample.distance == 0.0)
            );
            let rows: Vec<usize> = nearest.iter().map(|sample| sample.row).collect();
            assert_eq!(rows, [0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
            let text = explanation.to_string();
            let tie =
                "9 adversarial and 2 benign samples tie for 4 of 4 places, 0.3636 of one each";
            assert!(text.contains(tie), "{text}");
            assert!(text.contains("row 10 ") && text.contains("row 0 "), "{text}");
        }
    }

    #[test]
    fn of_very_many_that_tie_some_of_either_kind_are_named() {
        let knn = fit(4, &Array2::ones((3000, 1)), &Array2::ones((1000, 1)));
        let Evidence::Neighbours { tied, nearest, .. } = knn.explain(&[2.0]).unwrap().evidence
        else {
            unreachable!()
        };
        assert_eq!(tied, ClassCounts { benign: 3000, adversarial: 1000 });
        let adversarial = nearest.iter().filter(|sample| sample.adversarial).count();
        assert_eq!((nearest.len() - adversarial, adversarial), (50, 50));
    }

    /// Samples of which one is benign and another adversarial, and queries, of so many attacks.
    fn samples_and_queries() -> impl Strategy<Value = (Array2<f64>, Vec<bool>, Array2<f64>)> {
        let costs = |rows, attacks: usize| {
            prop::collection::vec(prop::collection::vec(0_u8..5, attacks), rows)
        };
        let rows = (1_usize..=3).prop_flat_map(move |attacks| {
            (costs(2..60, attacks), costs(1..30, attacks), prop::collection::vec(any::<bool>(), 60))
        });
        rows.prop_map(|(samples, queries, mut labels)| {
            (labels[0], labels[1]) = (true, false);
            labels.truncate(samples.len());
            let matrix = |rows: Vec<Vec<u8>>| {
                Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| {
                    f64::from(rows[row][column])
                })
            };
            (matrix(samples), labels, matrix(queries))
        })
    }

    /// The rule of the specification, sample by sample.
    fn by_the_book(
        costs: &Array2<f64>,
        labels: &[bool],
        query: ArrayView1<f64>,
        k: usize,
    ) -> (u64, u64) {
        let distance = |row: usize| (&costs.row(row) - &query).mapv(|d| d * d).sum();
        let mut distances: Vec<f64> = (0..costs.nrows()).map(distance).collect();
        let of_rows = distances.clone();
        distances.sort_by(f64::total_cmp);
        let kth = distances[k - 1];
        let count =
            |is: &dyn Fn(usize) -> bool| (0..costs.nrows()).filter(|&row| is(row)).count() as u64;
        let left = k as u64 - count(&|row| of_rows[row] < kth);
        let tied = count(&|row| of_rows[row] == kth);
        let votes = count(&|row| labels[row] && of_rows[row] < kth) * tied
            + count(&|row| labels[row] && of_rows[row] == kth) * left;
        (votes, k as u64 * tied)
    }

    proptest! {
        #[test]
        fn verdicts_are_those_of_the_specification(
            (costs, labels, queries) in samples_and_queries(), k in 1_usize..60,
            (part, whole) in (0_u64..8, 1_u64..8),
        ) {
            let k = k.min(costs.nrows());
            let threshold = (part as f64 / whole as f64).min(1.0);
            let knn = Knn::new(k, threshold, Numbers::Costs, costs.clone(), labels.clone()).unwrap();
            let verdicts = knn.verdicts(queries.view()).unwrap();
            for (query, verdict) in queries.rows().into_iter().zip(verdicts) {
                let (votes, of) = by_the_book(&costs, &labels, query, k);
                prop_assert_eq!(verdict.score, votes as f64 / of as f64);
                prop_assert_eq!(verdict.adversarial, votes * whole > part.min(whole) * of);
                prop_assert_eq!(verdict, knn.verdict(&query.to_vec()).unwrap());
                let explanation = knn.explain(&query.to_vec()).unwrap();
                prop_assert_eq!(explanation.verdict, verdict);
                let Evidence::Neighbours { nearest, .. } = explanation.evidence else { unreachable!() };
                let weight = |adversarial: bool| {
                    let class = nearest.iter().filter(|sample| sample.adversarial == adversarial);
                    class.map(|sample| sample.weight).sum::<f64>()
                };
                prop_assert!((weight(true) / k as f64 - verdict.score).abs() < 1e-9);
                prop_assert!((weight(true) + weight(false) - k as f64).abs() < 1e-9);
            }
        }

        #[test]
        fn the_order_of_the_samples_makes_no_difference(
            (costs, labels, queries) in samples_and_queries(), k in 1_usize..60, seed in any::<u64>(),
        ) {
            let k = k.min(costs.nrows());
            let mut order: Vec<usize> = (0..costs.nrows()).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let shuffled = order.iter().map(|&row| labels[row]).collect();
            let other = Knn::new(k, 0.5, Numbers::Costs, costs.select(Axis(0), &order), shuffled).unwrap();
            let knn = Knn::new(k, 0.5, Numbers::Costs, costs, labels).unwrap();
            let verdicts = knn.verdicts(queries.view()).unwrap();
            prop_assert_eq!(&verdicts, &other.verdicts(queries.view()).unwrap());
            // Few queries are searched without a tree.
            for (query, verdict) in queries.rows().into_iter().zip(verdicts) {
                prop_assert_eq!(other.verdict(&query.to_vec()).unwrap(), verdict);
            }
        }
    }

    #[test]
    fn its_rate_of_false_positives_is_unknown() {
        let knn = fit(1, &array![[5.0]], &array![[1.0]]);
        let error = knn.with_false_positive_rate(0.05).unwrap_err();
        assert!(error.to_string().contains("held-out benign"), "{error}");
    }
}
