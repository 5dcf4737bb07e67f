//! What a detector on costs can say before they are known in full.

use std::ops::RangeInclusive;

use crate::{CostLimits, Detect, Result, Verdict};

/// A detector that foresees verdicts while attacks go on. A cost grows with every step, so that part of it
/// is known before the whole; other scores are known or not, and of a detector on them only
/// [`cost_limits`](Self::cost_limits) and [`benign_costs`](Self::benign_costs) are there.
///
/// A detector that implements none of this foresees nothing: every cost is measured to its end, or to the step
/// before its cap, from where it is known.
pub trait Foresee: Detect {
    /// The costs that each attack flags on its own; `None` if attacks do not vote one by one, as with
    /// [`Knn`](crate::Knn).
    fn cost_limits(&self) -> Option<Vec<CostLimits>> {
        None
    }

    /// About what each attack costs on a benign input: the mean over those it was fitted on, of transformed
    /// costs where they are. Infinite where no cost is so high, 0 where it is not known, as by one that does not
    /// say otherwise.
    fn benign_costs(&self) -> Vec<f64> {
        vec![0.0; self.columns()]
    }

    /// Whether an input is adversarial, if that is certain of an input whose costs lie anywhere within
    /// these ranges, both ends included; `None` if it is not. With it, attacks stop once no further step
    /// can change the verdict.
    ///
    /// The cost of an attack that has finished is the range `c..=c`; that of one which has spent `b` of at
    /// most `cap` steps and goes on is `b + 1..=cap`, or up to infinity if there is no cap.
    ///
    /// # Errors
    /// If there are not as many ranges as attacks, or one does not begin at a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST), or ends before it begins; [`Error::NotCosts`](crate::Error::NotCosts)
    /// if the detector is on scores.
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        let costs = exact(self, known)?;
        costs.map(|costs| Ok(self.verdict(&costs)?.adversarial)).transpose()
    }

    /// The verdict on an input whose costs lie anywhere within these ranges, in its favour: no costs within
    /// have a lower score, and it is adversarial only if that is certain. So a cost that is only known to be
    /// at least `c`, because the attack gave up or was stopped, is `c..=f64::INFINITY`, and that it is not
    /// known is no evidence. For costs that are all exact it is the [`verdict`](Detect::verdict). One that does
    /// not say otherwise gives all others the least score there is.
    ///
    /// # Errors
    /// As [`certain`](Self::certain).
    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        match exact(self, known)? {
            Some(costs) => self.verdict(&costs),
            None => Ok(Verdict { score: f64::MIN, adversarial: false, p_value: None }),
        }
    }

    /// Whether it makes no difference to the verdict where in its range the cost of each attack lies,
    /// whatever those of the others are. An attack that is settled need not go on, though the verdict may
    /// not be certain before others have. Where attacks do not vote one by one, only exact costs are settled.
    ///
    /// # Errors
    /// As [`certain`](Self::certain).
    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        let known = self.numbers().check_ranges(known, self.columns())?;
        Ok(known.into_iter().map(|(low, high)| low >= high).collect())
    }
}

/// The costs, if all are known.
fn exact(
    detector: &(impl Detect + ?Sized),
    known: &[RangeInclusive<f64>],
) -> Result<Option<Vec<f64>>> {
    let known = detector.numbers().check_ranges(known, detector.columns())?;
    Ok(known.into_iter().map(|(low, high)| (low >= high).then_some(low)).collect())
}
