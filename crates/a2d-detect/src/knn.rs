use linfa::dataset::AsSingleTargets;
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_nn::distance::{Distance, L2Dist};
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array2, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Verdict, costs};

/// The number of neighbours that vote unless another is set; the paper's, for 1,000 benign and 1,000
/// adversarial samples.
pub const DEFAULT_K: usize = 100;

/// Queries from which on it pays to build a tree rather than to search every row (measured with 2,000
/// samples of 4 costs: a tree takes as long as ten searches).
const TREE_PAYS: usize = 16;

/// Detector that knows benign and adversarial costs: an input is adversarial if more than half of its
/// `k` nearest neighbours are, by the Euclidean distance of their costs (Zhao et al., "Attack as
/// defense", ISSTA 2021).
///
/// Costs are often counts, and tie. Neighbours are ordered by distance, then by row; an even vote is
/// benign. The score of a verdict is the share of adversarial neighbours.
///
/// # Censored costs
/// Distances need every cost in full: give no cost of an attack that was stopped early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Knn {
    k: usize,
    /// Samples x attacks, in row-major order, as the trees want it.
    costs: Array2<f64>,
    /// True for the rows of adversarial samples.
    adversarial: Vec<bool>,
}

/// Hyper-parameters of [`Knn`], not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnnParams(KnnValidParams);

/// Checked hyper-parameters of [`Knn`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnnValidParams {
    k: usize,
}

impl Knn {
    /// Hyper-parameters of a detector with [`DEFAULT_K`] neighbours.
    pub fn params() -> KnnParams {
        KnnParams(KnnValidParams { k: DEFAULT_K })
    }

    fn new(k: usize, costs: Array2<f64>, adversarial: Vec<bool>) -> Result<Self> {
        costs::check(costs.view())?;
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
        let knn = Self { k, costs, adversarial };
        let (benign, adversarial) = knn.samples();
        if benign == 0 || adversarial == 0 {
            return Err(Error::OneClass { benign, adversarial });
        }
        Ok(knn)
    }

    /// The number of neighbours that vote.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The number of attacks.
    pub fn attacks(&self) -> usize {
        self.costs.ncols()
    }

    /// The numbers of benign and of adversarial samples it was fitted on.
    pub fn samples(&self) -> (usize, usize) {
        let adversarial = self.adversarial.iter().filter(|&&label| label).count();
        (self.adversarial.len() - adversarial, adversarial)
    }

    /// The verdict on an input with these costs, one per attack.
    ///
    /// # Errors
    /// If there are not as many as attacks, or one is not a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST).
    pub fn verdict(&self, costs: &[f64]) -> Result<Verdict> {
        costs::check_row(costs, self.attacks())?;
        let index = self.index(&CommonNearestNeighbour::LinearSearch)?;
        self.vote(&*index, costs.into())
    }

    /// The verdicts on inputs with these costs (samples x attacks). Faster than one after the other.
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict), and if there is no sample.
    pub fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        costs::check_width(costs, self.attacks())?;
        let index = self.index(if costs.nrows() < TREE_PAYS {
            &CommonNearestNeighbour::LinearSearch
        } else {
            &CommonNearestNeighbour::KdTree
        })?;
        let costs = costs.as_standard_layout();
        costs.rows().into_iter().map(|row| self.vote(&*index, row)).collect()
    }

    fn index<'a>(&'a self, kind: &CommonNearestNeighbour) -> Result<Box<Index<'a>>> {
        kind.from_batch(&self.costs, L2Dist).map_err(Error::search)
    }

    fn vote(&self, index: &Index<'_>, costs: ArrayView1<f64>) -> Result<Verdict> {
        let nearest = self.nearest(index, costs)?;
        let adversarial = nearest.iter().filter(|&&row| self.adversarial[row]).count();
        Ok(Verdict {
            score: adversarial as f64 / self.k as f64,
            adversarial: 2 * adversarial > self.k,
        })
    }

    /// The rows of the `k` nearest samples. Which of several equally far ones an index returns depends on
    /// its structure. So it only says how far the last one is; all rows up to a little beyond are
    /// ordered here.
    fn nearest(&self, index: &Index<'_>, costs: ArrayView1<f64>) -> Result<Vec<usize>> {
        let neighbours = index.k_nearest(costs, self.k).map_err(Error::search)?;
        let distances = neighbours.iter().map(|(point, _)| L2Dist.distance(costs, point.view()));
        let reach = distances.fold(0.0, f64::max) * (1.0 + 1e-9) + f64::MIN_POSITIVE.sqrt();
        let within = index.within_range(costs, reach).map_err(Error::search)?;
        let mut nearest: Vec<(f64, usize)> =
            within.into_iter().map(|(point, row)| (L2Dist.rdistance(costs, point), row)).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Ok(nearest.into_iter().take(self.k).map(|(_, row)| row).collect())
    }
}

type Index<'a> = dyn NearestNeighbourIndex<f64> + Send + Sync + 'a;

impl KnnParams {
    /// Sets the number of neighbours that vote.
    #[must_use]
    pub fn k(mut self, k: usize) -> Self {
        self.0.k = k;
        self
    }
}

impl ParamGuard for KnnParams {
    type Checked = KnnValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        if self.0.k == 0 {
            return Err(Error::NoNeighbours);
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on costs (samples x attacks) and labels, `true` for adversarial samples; see
/// [`labelled`](crate::labelled).
impl<D: Data<Elem = f64>, T: AsSingleTargets<Elem = bool>> Fit<ArrayBase<D, Ix2>, T, Error>
    for KnnValidParams
{
    type Object = Knn;

    fn fit(&self, samples: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Knn> {
        let costs = samples.records.as_standard_layout().into_owned();
        Knn::new(self.k, costs, samples.targets.as_single_targets().to_vec())
    }
}

/// A detector as a file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    k: usize,
    costs: Vec<Vec<f64>>,
    adversarial: Vec<bool>,
}

impl From<Knn> for Document {
    fn from(knn: Knn) -> Self {
        Self {
            k: knn.k,
            costs: knn.costs.rows().into_iter().map(|row| row.to_vec()).collect(),
            adversarial: knn.adversarial,
        }
    }
}

impl TryFrom<Document> for Knn {
    type Error = Error;

    fn try_from(file: Document) -> Result<Self> {
        let expected = file.costs.first().map_or(0, Vec::len);
        if let Some(row) = file.costs.iter().find(|row| row.len() != expected) {
            let got = row.len();
            return Err(Error::Width { expected, got });
        }
        let samples = file.costs.len();
        let costs = Array2::from_shape_vec((samples, expected), file.costs.concat());
        let costs = costs.map_err(linfa::Error::from)?;
        Self::new(file.k, costs, file.adversarial)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Axis, array};
    use proptest::prelude::*;

    use super::*;
    use crate::labelled;

    fn fit(k: usize, benign: &Array2<f64>, adversarial: &Array2<f64>) -> Result<Knn> {
        let samples = labelled(benign.view(), adversarial.view())?;
        Knn::params().k(k).fit(&samples)
    }

    #[test]
    fn majority_of_the_nearest_decides() {
        let knn = fit(3, &array![[90.0], [100.0], [110.0]], &array![[1.0], [2.0]]).unwrap();
        let low = knn.verdict(&[0.0]).unwrap();
        assert_eq!((low.score, low.adversarial), (2.0 / 3.0, true));
        let high = knn.verdict(&[95.0]).unwrap();
        assert_eq!((high.score, high.adversarial), (0.0, false));
    }

    #[test]
    fn even_vote_is_benign() {
        let knn = fit(2, &array![[10.0]], &array![[0.0]]).unwrap();
        let verdict = knn.verdict(&[4.0]).unwrap();
        assert_eq!((verdict.score, verdict.adversarial), (0.5, false));
    }

    #[test]
    fn first_row_wins_a_tie() {
        let knn = fit(1, &array![[5.0]], &array![[5.0]]).unwrap();
        assert!(!knn.verdict(&[5.0]).unwrap().adversarial);
    }

    #[test]
    fn a_column_of_another_table_is_taken_though_not_contiguous() {
        let table = Array2::from_shape_fn((40, 3), |(row, column)| (row * (column + 1)) as f64);
        let column = table.slice_axis(Axis(1), (1..2).into());
        let (adversarial, benign) = column.split_at(Axis(0), 20);
        let samples = labelled(benign, adversarial).unwrap();
        let knn = Knn::params().k(5).fit(&samples).unwrap();
        let verdicts = knn.verdicts(column).unwrap();
        assert!(verdicts[0].adversarial && !verdicts[39].adversarial);
    }

    #[test]
    fn wrong_hyper_parameters_and_samples_are_refused() {
        let one = array![[1.0]];
        let message = |k, benign, adversarial| fit(k, benign, adversarial).unwrap_err().to_string();
        assert!(message(0, &one, &one).contains("k of at least 1, got 0"));
        assert!(message(3, &one, &one).contains("at least k = 3 samples, got 2"));
        let none = Array2::zeros((0, 1));
        assert!(message(1, &one, &none).contains("got 1 benign and 0 adversarial"));
        assert!(message(1, &array![[f64::NAN]], &one).contains("got NaN"));
    }

    #[test]
    fn costs_without_a_label_are_refused() {
        let samples = DatasetBase::new(array![[1.0], [2.0]], array![true]);
        let error = Knn::params().k(1).fit(&samples).unwrap_err();
        assert!(error.to_string().contains("expected 2 labels"), "{error}");
    }

    #[test]
    fn costs_of_another_width_or_no_number_get_no_verdict() {
        let knn = fit(1, &array![[5.0]], &array![[1.0]]).unwrap();
        let message = |costs: &[f64]| knn.verdict(costs).unwrap_err().to_string();
        assert!(message(&[]).contains("costs of 1 attacks, got 0"));
        assert!(message(&[f64::INFINITY]).contains("got inf"));
    }

    /// The specification, word for word.
    fn brute_force(knn: &Knn, query: &[f64]) -> Vec<usize> {
        let squared = |row: usize| {
            let differences = knn.costs.row(row).into_iter().zip(query).map(|(a, b)| a - b);
            differences.map(|d| d * d).sum::<f64>()
        };
        let mut rows: Vec<usize> = (0..knn.costs.nrows()).collect();
        rows.sort_by(|&a, &b| squared(a).total_cmp(&squared(b)).then(a.cmp(&b)));
        rows.truncate(knn.k);
        rows
    }

    proptest! {
        #[test]
        fn every_index_gives_the_neighbours_of_the_specification(
            rows in prop::collection::vec((prop::array::uniform3(0_u8..6), any::<bool>()), 2..120),
            queries in prop::collection::vec(prop::array::uniform3(0_u8..6), 1..30),
            k in 1_usize..60,
        ) {
            let costs = Array2::from_shape_fn((rows.len(), 3), |(r, c)| f64::from(rows[r].0[c]));
            let mut labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            (labels[0], labels[1]) = (true, false);
            let knn = Knn::new(k.min(rows.len()), costs, labels).unwrap();
            let queries = Array2::from_shape_fn((queries.len(), 3), |(r, c)| f64::from(queries[r][c]));
            for kind in [
                CommonNearestNeighbour::LinearSearch,
                CommonNearestNeighbour::KdTree,
                CommonNearestNeighbour::BallTree,
            ] {
                let index = knn.index(&kind).unwrap();
                for query in queries.rows() {
                    let expected = brute_force(&knn, &query.to_vec());
                    prop_assert_eq!(knn.nearest(&*index, query).unwrap(), expected, "{:?}", kind);
                }
            }
            let each = queries.rows().into_iter().map(|row| knn.verdict(&row.to_vec()).unwrap());
            prop_assert_eq!(knn.verdicts(queries.view()).unwrap(), each.collect::<Vec<_>>());
        }

        #[test]
        fn fractions_and_extremes_get_k_neighbours(
            costs in prop::collection::vec(0.0..=crate::MAX_COST, 2..50), query in 0.0..=crate::MAX_COST,
        ) {
            let labels = (0..costs.len()).map(|row| row == 0).collect();
            let rows = Array2::from_shape_vec((costs.len(), 1), costs).unwrap();
            let knn = Knn::new(2, rows, labels).unwrap();
            let index = knn.index(&CommonNearestNeighbour::KdTree).unwrap();
            let nearest = knn.nearest(&*index, array![query].view()).unwrap();
            prop_assert_eq!(nearest, brute_force(&knn, &[query]));
        }
    }
}
