//! CLEVER scores of images as they come, so that workers share them.

use a2d_model::{Classifier, Session};

use super::{Clever, CleverScore, Error, Query, Result, Target};

/// CLEVER scores of images as they come, one at a time: a session, for
/// [workers](a2d_model::Classifier::work).
#[derive(Debug)]
pub struct Scoring {
    clever: Clever,
    targets: Vec<Target>,
    waiting: Option<Query>,
}

impl Clever {
    /// A session that gives the [scores](Self::scores) for each of the targets of every image, with its number.
    pub fn session(self, targets: &[Target]) -> Scoring {
        Scoring { clever: self, targets: targets.to_vec(), waiting: None }
    }
}

impl Session for Scoring {
    type Query = Query;
    type Outcome = (u64, Vec<CleverScore>);
    type Error = Error;

    fn free(&self) -> usize {
        self.waiting.is_none().into()
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_none()
    }

    fn push(&mut self, query: Query) -> Result<()> {
        self.waiting = Some(query);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Self::Outcome>> {
        let Some(query) = self.waiting.take() else { return Ok(vec![]) };
        let scores = self.clever.scores(classifier, &query, &self.targets)?;
        Ok(vec![(query.number, scores)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clever::Norm;
    use a2d_model::Architecture;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn workers_leave_scores_as_they_are() {
        let clever = Clever::cpu(Norm::L2).batches(4).samples(8).check().unwrap();
        let query = |number: u64| {
            let grey = 0.1 + number as f64 / 10.0;
            Query::new(number, Tensor::full([1, 28, 28], grey, (Kind::Float, Device::Cpu)))
        };
        let of = |workers| {
            let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
            let mut scores = vec![];
            let begin = &mut || Ok(clever.session(&[Target::Untargeted, Target::LeastLikely]));
            let sink = &mut |outcome| {
                scores.push(outcome);
                Ok::<(), Error>(())
            };
            let queries = (0..5).map(query).map(Ok);
            classifier.with_workers(workers).work(begin, queries, sink).unwrap();
            scores.sort_by_key(|(number, _)| *number);
            scores
        };
        let alone = of(1);
        assert_eq!(alone.len(), 5);
        assert_eq!(of(2), alone);
    }
}
