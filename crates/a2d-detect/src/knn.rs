mod certainty;
mod document;
mod line;
mod params;
mod search;

use std::ops::RangeInclusive;

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use document::Document;
use line::Line;
use search::Search;

use crate::{
    Detect, Error, Evidence, Explanation, Neighbour, Result, Samples, Tune, Verdict, costs,
};

pub use params::{KnnParams, KnnValidParams};

/// The number of neighbours that vote unless another is set; the paper's, for 1,000 benign and 1,000
/// adversarial samples.
pub const DEFAULT_K: usize = 100;

/// The share of adversarial neighbours that it takes more than, unless another is set.
const MAJORITY: f64 = 0.5;

/// Detector that knows benign and adversarial costs: an input is adversarial if more than half of its
/// `k` nearest neighbours are, by the Euclidean distance of their costs (Zhao et al., "Attack as
/// defense", ISSTA 2021). Another share than half can be set.
///
/// Costs are often counts, and tie. Neighbours are ordered by distance, then by row; an even vote is
/// benign. The score of a verdict is the share of adversarial neighbours.
///
/// It knows no tails: implausibly high costs are suspicious if adversarial samples have them.
///
/// # Censored costs
/// Distances need every cost in full: give no cost of an attack that was stopped early, unless it was
/// stopped because the verdict was [`certain`](Detect::certain).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Knn {
    k: usize,
    threshold: f64,
    /// Samples x attacks, in row-major order, as the trees want it.
    costs: Array2<f64>,
    /// True for the rows of adversarial samples.
    adversarial: Vec<bool>,
    /// The costs once more, if they are of one attack.
    line: Option<Line>,
}

impl Knn {
    fn new(k: usize, threshold: f64, costs: Array2<f64>, adversarial: Vec<bool>) -> Result<Self> {
        costs::check(costs.view())?;
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
        let line = (costs.ncols() == 1).then(|| Line::new(costs.iter().copied()));
        let knn = Self { k, threshold, costs, adversarial, line };
        match knn.samples() {
            Samples { benign: 0, adversarial, .. } => {
                Err(Error::OneClass { benign: 0, adversarial })
            }
            Samples { adversarial: 0, benign, .. } => {
                Err(Error::OneClass { benign, adversarial: 0 })
            }
            _ => Ok(knn),
        }
    }

    /// The number of neighbours that vote.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Prepares for this number of queries.
    fn search(&self, queries: usize) -> Result<Search<'_>> {
        match &self.line {
            Some(line) => Ok(Search::Line(line)),
            None => Search::in_space(&self.costs, queries),
        }
    }

    fn share(&self, adversarial: usize) -> f64 {
        adversarial as f64 / self.k as f64
    }

    /// Whether so many adversarial neighbours make an input adversarial.
    fn flags(&self, adversarial: usize) -> bool {
        self.share(adversarial) > self.threshold
    }

    fn count(&self, nearest: &[(f64, usize)]) -> Verdict {
        let adversarial = nearest.iter().filter(|&&(_, row)| self.adversarial[row]).count();
        let score = self.share(adversarial);
        Verdict { score, adversarial: self.flags(adversarial), p_value: None }
    }
}

impl Detect for Knn {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn attacks(&self) -> usize {
        self.costs.ncols()
    }

    fn samples(&self) -> Samples {
        let adversarial = self.adversarial.iter().filter(|&&label| label).count();
        Samples { benign: self.adversarial.len() - adversarial, adversarial, held_out: 0 }
    }

    fn benign_costs(&self) -> Vec<f64> {
        let benign = self.costs.rows().into_iter().zip(&self.adversarial);
        let benign = benign.filter(|&(_, &adversarial)| !adversarial).map(|(costs, _)| costs);
        let sums = benign.fold(Array1::zeros(self.attacks()), |sums, costs| sums + costs);
        (sums / self.samples().benign as f64).to_vec()
    }

    /// Faster for many inputs at a time than for one after the other.
    fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        costs::check_width(costs, self.attacks())?;
        let search = self.search(costs.nrows())?;
        let costs = costs.as_standard_layout();
        costs.rows().into_iter().map(|row| Ok(self.count(&search.nearest(row, self.k)?))).collect()
    }

    fn explain(&self, costs: &[f64]) -> Result<Explanation> {
        costs::check_row(costs, self.attacks())?;
        let nearest = self.search(1)?.nearest(costs.into(), self.k)?;
        let verdict = self.count(&nearest);
        let neighbour = |(distance, row)| {
            let adversarial = self.adversarial[row];
            Neighbour { row, distance, adversarial }
        };
        let nearest = nearest.into_iter().map(neighbour).collect();
        let evidence = Evidence::Neighbours { threshold: self.threshold, nearest };
        Ok(Explanation { verdict, evidence })
    }

    /// Exact for one attack. For several, it may not see that a verdict is certain, and ranges should end
    /// at the attacks' caps, for where costs may be endless nothing is certain.
    ///
    /// With 2,000 samples this takes up to 2 ms for one attack and 15 ms for four, but if the two ends of
    /// the ranges have different verdicts, 5 µs and 0.3 ms (measured on one core).
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        let known = costs::check_ranges(known, self.attacks())?;
        match &self.line {
            Some(line) => Ok(self.certain_on_line(line, known[0])),
            None => self.certain_in_space(&known),
        }
    }
}

/// The threshold is a share of adversarial neighbours from 0 to 1: it takes more than that. Which share of
/// benign inputs this flags is not known to the detector; [`Conformal`](crate::Conformal) measures it.
impl Tune for Knn {
    fn threshold(&self) -> f64 {
        self.threshold
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        check_threshold(threshold)?;
        Ok(Self { threshold, ..self })
    }

    fn with_false_positive_rate(self, _: f64) -> Result<Self> {
        Err(Error::Uncalibrated)
    }
}

fn check_threshold(threshold: f64) -> Result<()> {
    if (0.0..=1.0).contains(&threshold) { Ok(()) } else { Err(Error::Share { threshold }) }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Fit;
    use ndarray::{Axis, array};

    use super::*;
    use crate::labelled;
    use crate::tests::{WITH_ZEROS, benign};

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
    fn first_row_wins_a_tie() {
        for same in [array![[5.0]], array![[5.0, 5.0]]] {
            let knn = fit(1, &same, &same);
            assert!(!knn.verdict(&vec![5.0; same.ncols()]).unwrap().adversarial);
        }
    }

    #[test]
    fn explanations_list_the_neighbours() {
        let knn = fit(2, &array![[90.0, 90.0]], &array![[3.0, 4.0], [30.0, 40.0]]);
        let Explanation { verdict, evidence } = knn.explain(&[0.0, 0.0]).unwrap();
        assert!(verdict.adversarial);
        let neighbour = |row, distance| Neighbour { row, distance, adversarial: true };
        let nearest = vec![neighbour(1, 5.0), neighbour(2, 50.0)];
        assert_eq!(evidence, Evidence::Neighbours { threshold: 0.5, nearest });
    }

    #[test]
    fn its_rate_of_false_positives_is_unknown() {
        let knn = fit(1, &array![[5.0]], &array![[1.0]]);
        let error = knn.with_false_positive_rate(0.05).unwrap_err();
        assert!(error.to_string().contains("held-out benign"), "{error}");
    }
}
