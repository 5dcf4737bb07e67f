//! The ROC curve.

use serde::Serialize;

use crate::{Error, Result, Scores};

/// The trade between flagging adversarial and flagging benign samples as the threshold falls.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RocCurve {
    vertices: Vec<RocVertex>,
}

/// The rates at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocVertex {
    /// Samples of this score or a higher one are flagged; `None` flags none.
    pub threshold: Option<f64>,
    /// Share of the benign samples that are flagged.
    pub fpr: f64,
    /// Share of the adversarial samples that are flagged.
    pub tpr: f64,
}

impl RocCurve {
    /// Draws the curve: one vertex for each distinct score, so that ties make a single step, and (0, 0)
    /// before them.
    pub fn new(scores: &Scores) -> Self {
        let mut thresholds = [&scores.benign[..], &scores.adversarial[..]].concat();
        thresholds.sort_by(|a, b| b.total_cmp(a));
        thresholds.dedup();
        let origin = RocVertex { threshold: None, fpr: 0.0, tpr: 0.0 };
        let steps = thresholds.into_iter().map(|threshold| RocVertex {
            threshold: Some(threshold),
            fpr: share_from(&scores.benign, threshold),
            tpr: share_from(&scores.adversarial, threshold),
        });
        Self { vertices: std::iter::once(origin).chain(steps).collect() }
    }

    /// The vertices from (0, 0) to (1, 1); neither rate ever falls.
    pub fn vertices(&self) -> &[RocVertex] {
        &self.vertices
    }

    /// The highest true-positive rate of a threshold whose false-positive rate is at most `fpr`. Nothing
    /// is interpolated between thresholds.
    ///
    /// # Errors
    /// If `fpr` is not from 0 to 1.
    pub fn tpr_at_fpr(&self, fpr: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&fpr) {
            return Err(Error::Rate { fpr });
        }
        let within = self.vertices.iter().take_while(|vertex| vertex.fpr <= fpr);
        Ok(within.last().map_or(0.0, |vertex| vertex.tpr))
    }
}

/// The share of `sorted` that is at least `threshold`.
fn share_from(sorted: &[f64], threshold: f64) -> f64 {
    let below = sorted.partition_point(|&score| score < threshold);
    (sorted.len() - below) as f64 / sorted.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Auroc;
    use crate::tests::{ADVERSARIAL, BENIGN, tied_scores};

    fn roc(benign: &[f64], adversarial: &[f64]) -> RocCurve {
        RocCurve::new(&Scores::new(benign, adversarial).unwrap())
    }

    // fpr, tpr, thresholds = metrics.roc_curve(y, scores, drop_intermediate=False)  # as in auroc.rs
    // fpr * 8, tpr * 7, thresholds
    // [0 0 0 1 1 4 5 6 7 8] [0 1 2 3 4 6 7 7 7 7] [inf .95 .9 .8 .7 .4 .35 .2 .1 .05]
    #[test]
    fn vertices_are_those_of_scikit_learn() {
        let curve = roc(&BENIGN, &ADVERSARIAL);
        let counts = curve.vertices().iter().map(|v| (v.fpr * 8.0, (v.tpr * 7.0).round()));
        let fpr = [0.0, 0.0, 0.0, 1.0, 1.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let tpr = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 7.0, 7.0, 7.0];
        assert_eq!(counts.collect::<Vec<_>>(), fpr.into_iter().zip(tpr).collect::<Vec<_>>());
        let thresholds: Vec<_> = curve.vertices().iter().filter_map(|v| v.threshold).collect();
        assert_eq!(thresholds, [0.95, 0.9, 0.8, 0.7, 0.4, 0.35, 0.2, 0.1, 0.05]);
    }

    #[test]
    fn rate_between_vertices_takes_the_lower_one() {
        let curve = roc(&BENIGN, &ADVERSARIAL);
        for (fpr, expected) in [(0.0, 2.0), (0.1, 2.0), (0.125, 4.0), (0.6, 6.0), (1.0, 7.0)] {
            assert_eq!((curve.tpr_at_fpr(fpr).unwrap() * 7.0).round(), expected, "{fpr}");
        }
    }

    #[test]
    fn rates_outside_zero_to_one_are_refused() {
        for fpr in [-0.1, 1.1, f64::NAN] {
            let message = roc(&BENIGN, &ADVERSARIAL).tpr_at_fpr(fpr).unwrap_err().to_string();
            assert!(message.contains("from 0 to 1, got"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn curve_climbs_from_origin_to_one_around_its_area((benign, adversarial) in tied_scores()) {
            let curve = roc(&benign, &adversarial);
            let (first, last) = (curve.vertices()[0], curve.vertices()[curve.vertices().len() - 1]);
            prop_assert_eq!((first.fpr, first.tpr, last.fpr, last.tpr), (0.0, 0.0, 1.0, 1.0));
            let mut area = 0.0;
            for step in curve.vertices().windows(2) {
                let (from, to) = (step[0], step[1]);
                prop_assert!(from.fpr <= to.fpr && from.tpr <= to.tpr);
                prop_assert!((from.fpr, from.tpr) != (to.fpr, to.tpr));
                area += (to.fpr - from.fpr) * (to.tpr + from.tpr) / 2.0;
            }
            let auroc = Auroc::new(&Scores::new(&benign, &adversarial).unwrap()).auroc;
            prop_assert!((area - auroc).abs() < 1e-12);
        }
    }
}
