//! The rows of the window between two passes, and what an attack may ask of the network there.

use std::cell::RefCell;

use a2d_model::Classifier;
use tch::Tensor;

use super::rowwise::elements;
use super::wanted::Wanted;
use super::{loss, pass, traction};
use crate::{Goal, Kept, Loss};

/// The live rows of the window after a forward pass, and what the network says of them.
#[derive(Debug)]
pub struct Iterate<'a> {
    pub(crate) classifier: &'a Classifier,
    /// What the attack ascends.
    pub(crate) loss: &'a dyn Loss,
    /// The images that went through the network, the leaf of the graph: live rows and leaving ones.
    pub(crate) leaf: &'a Tensor,
    /// The live rows among them, unless all are live.
    pub(crate) live: Option<&'a Kept>,
    pub(crate) logits: Tensor,
    pub(crate) numbers: Vec<usize>,
    pub(crate) wanted: &'a Wanted,
    /// [`Goal::margin`] of each row.
    pub(crate) margins: Vec<f64>,
    pub(crate) first: Vec<bool>,
    /// The rows among the images that went through the network whose gradients are looked at.
    pub(crate) watched: Option<&'a Kept>,
    pub(crate) window: usize,
    pub(crate) queries: RefCell<Queries>,
}

/// What an iteration asked of the network.
#[derive(Debug)]
pub(crate) struct Queries {
    /// Gradients, row by row.
    pub(crate) gradients: Vec<u32>,
    /// Forward queries, row by row.
    pub(crate) forward: Vec<u32>,
    /// Whether a gradient of each watched row was not 0.
    pub(crate) slopes: Option<Tensor>,
    /// The first answer that is not finite.
    pub(crate) fault: Option<a2d_model::Error>,
}

impl Queries {
    pub(crate) fn none(rows: usize) -> RefCell<Self> {
        RefCell::new(Self {
            gradients: vec![0; rows],
            forward: vec![0; rows],
            slopes: None,
            fault: None,
        })
    }
}

impl Iterate<'_> {
    /// The current images, \[N, C, H, W\].
    pub fn images(&self) -> Tensor {
        self.of_live_rows(&self.leaf.detach())
    }

    /// The logits of the current images, \[N, classes\], part of the graph.
    pub fn logits(&self) -> &Tensor {
        &self.logits
    }

    /// What is wanted of each row.
    pub fn goals(&self) -> &[Goal] {
        &self.wanted.goals
    }

    /// Whether each row is about to take its first step.
    pub fn first(&self) -> &[bool] {
        &self.first
    }

    /// Channels, height and width of an image.
    pub fn input_shape(&self) -> [i64; 3] {
        self.classifier.input_shape().map(|side| side as i64)
    }

    /// The most images to hold at a time.
    pub fn window(&self) -> usize {
        self.window
    }

    /// The class that each row is to lose, \[N\], int64.
    pub fn labels(&self) -> Tensor {
        pass::classes(&self.wanted.goals, |goal| goal.label, self.leaf)
    }

    /// The class that each row is to get, or else the one that it is to lose, \[N\], int64.
    pub fn targets(&self) -> Tensor {
        self.wanted.classes.shallow_clone()
    }

    /// 1 for rows that are to get a class, -1 for those that are to lose one, \[N\].
    pub fn signs(&self) -> Tensor {
        self.wanted.signs.shallow_clone()
    }

    /// The gradient, \[N, C, H, W\], that leads to the goals: of the attack's [loss](crate::Attack::loss) of
    /// each row with respect to its image.
    pub fn ascent(&self) -> Tensor {
        self.ascent_for(&vec![true; self.wanted.goals.len()])
    }

    /// The [`ascent`](Self::ascent) on behalf of the rows that ask for it, which alone are charged with it. The
    /// gradients of the others come along.
    pub fn ascent_for(&self, asking: &[bool]) -> Tensor {
        let losses = self.loss.of(self);
        // The sum keeps rows apart: each gradient is that of its own row's loss, whatever the batch.
        self.backward(&losses.sum(losses.kind()), asking, false)
    }

    /// The cross-entropy, \[N\], of each row's target, or else its label; part of the graph.
    pub fn cross_entropies(&self) -> Tensor {
        loss::cross_entropies(&self.logits, &self.targets())
    }

    /// How far each row is beyond its goal, \[N\], part of the graph: [`Goal::margin`].
    pub fn margins(&self) -> Tensor {
        let targets = self.targets().unsqueeze(1);
        let wanted = self.logits.gather(1, &targets, false).squeeze_dim(1);
        let others = self.logits.scatter_value(1, &targets, f64::NEG_INFINITY);
        (wanted - others.amax([1], false)) * self.signs()
    }

    /// The gradient, \[N, C, H, W\], of a sum of per-row losses with respect to the images. The graph is
    /// spent by it.
    pub fn gradient(&self, loss: &Tensor) -> Tensor {
        self.backward(loss, &vec![true; self.wanted.goals.len()], false)
    }

    /// Like [`gradient`](Self::gradient), but the graph lives on for further ones.
    pub fn gradient_and_keep(&self, loss: &Tensor) -> Tensor {
        self.backward(loss, &vec![true; self.wanted.goals.len()], true)
    }

    /// The logits, \[M, classes\], of further images, \[M, C, H, W\], on behalf of the row at `place`. They
    /// go through the network in portions no larger than the window.
    pub fn query(&self, place: usize, images: &Tensor) -> Tensor {
        self.query_for(&vec![place; images.size()[0] as usize], images)
    }

    /// As [`query`](Self::query), but each image is on behalf of the row at a place of its own.
    ///
    /// # Panics
    /// Where there are not as many places as images, or no such rows.
    pub fn query_for(&self, places: &[usize], images: &Tensor) -> Tensor {
        assert_eq!(images.size()[0], places.len() as i64, "a place for each image");
        let portions = images.split(self.window as i64, 0);
        let logits: a2d_model::Result<Vec<Tensor>> =
            tch::no_grad(|| portions.iter().map(|images| self.classifier.logits(images)).collect());
        for place in places {
            self.queries.borrow_mut().forward[*place] += 1;
        }
        let logits = logits.and_then(|logits| {
            let logits = Tensor::cat(&logits, 0);
            let number = |image: usize| self.numbers[places[image]];
            self.classifier.check_logits(&elements(&logits), number)?;
            Ok(logits)
        });
        logits.unwrap_or_else(|fault| {
            self.fail(fault);
            // Of no class; nobody looks at what comes of a step that failed.
            let size = [images.size()[0], self.classifier.classes() as i64];
            Tensor::zeros(size, (self.classifier.precision().kind(), images.device()))
        })
    }

    /// Notes that the step has failed; the first fault counts.
    pub(crate) fn fail(&self, fault: a2d_model::Error) {
        self.queries.borrow_mut().fault.get_or_insert(fault);
    }

    fn backward(&self, loss: &Tensor, asking: &[bool], keep: bool) -> Tensor {
        let mut queries = self.queries.borrow_mut();
        let charges = queries.gradients.iter_mut().zip(asking);
        charges.for_each(|(charge, asks)| *charge += u32::from(*asks));
        drop(queries);
        if !loss.requires_grad() {
            // It does not depend on the images; libtorch would crash.
            return self.images().zeros_like();
        }
        let gradient = match self.classifier.gradient(loss, self.leaf, keep) {
            Ok(gradient) => gradient,
            Err(fault) => {
                self.fail(fault);
                return self.images().zeros_like();
            }
        };
        if let Some(watched) = self.watched {
            let mut queries = self.queries.borrow_mut();
            let slopes = traction::any(&gradient.index_select(0, watched.indices()).ne(0.0));
            let before = queries.slopes.take();
            queries.slopes =
                Some(before.map_or(slopes.shallow_clone(), |before| before.logical_or(&slopes)));
        }
        self.of_live_rows(&gradient)
    }

    fn of_live_rows(&self, tensor: &Tensor) -> Tensor {
        self.live
            .map_or_else(|| tensor.shallow_clone(), |live| tensor.index_select(0, live.indices()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use tch::Kind;

    /// The iterate of these images, of which the rows `live` are, with these targets.
    fn with_iterate<T>(
        live: Option<&Kept>,
        targets: &[Option<i64>],
        look: impl FnOnce(&Iterate<'_>) -> T,
    ) -> T {
        let leaf = images(4).set_requires_grad(true);
        let logits = classifier().logits(&leaf).unwrap();
        let logits =
            live.map_or(logits.shallow_clone(), |live| logits.index_select(0, live.indices()));
        let labels: Vec<i64> = logits.argmax(-1, false).try_into().unwrap();
        let goals = labels.iter().zip(targets);
        let goals: Vec<_> =
            goals.map(|(label, target)| Goal { label: *label, target: *target }).collect();
        let numbers = (0..targets.len()).collect();
        let first = vec![false; targets.len()];
        let wanted = Wanted::of(goals, &logits);
        look(&Iterate {
            classifier: &classifier(),
            loss: &crate::TowardsGoals,
            leaf: &leaf,
            live,
            logits,
            numbers,
            margins: vec![0.0; targets.len()],
            first,
            watched: None,
            queries: Queries::none(targets.len()),
            wanted: &wanted,
            window: 3,
        })
    }

    #[test]
    fn a_gradient_is_that_of_its_own_row() {
        let all = with_iterate(None, &[None; 4], |iterate| {
            assert_eq!(iterate.images(), images(4));
            iterate.ascent()
        });
        let rows = Kept::new(vec![3, 1], tch::Device::Cpu);
        let some = with_iterate(Some(&rows), &[None; 2], |iterate| {
            assert_eq!(iterate.images(), images(4).index_select(0, rows.indices()));
            iterate.ascent()
        });
        assert!(all.index_select(0, rows.indices()).allclose(&some, 1e-5, 1e-9, false));
        assert!(all.abs().amax([1, 2, 3], false).min().double_value(&[]) > 0.0);
    }

    #[test]
    fn the_ascent_raises_the_target_and_lowers_the_label() {
        let targets = [None, Some(2), None, Some(5)];
        with_iterate(None, &targets, |iterate| {
            let moved = iterate.images() + iterate.ascent() * 1e-3;
            let before = iterate.logits().log_softmax(-1, Kind::Float);
            let after = classifier().logits(&moved).unwrap().log_softmax(-1, Kind::Float);
            let gain = (after - before).gather(1, &iterate.targets().unsqueeze(1), false);
            let gain = gain.squeeze() * iterate.signs();
            assert!(gain.min().double_value(&[]) > 0.0, "{gain:?}");
        });
    }

    #[test]
    fn gradients_are_counted_and_a_constant_has_none() {
        with_iterate(None, &[None; 4], |iterate| {
            let constant = Tensor::from(1f32);
            assert_eq!(iterate.gradient(&constant), images(4).zeros_like());
            let logit = iterate.logits().select(1, 0).sum(Kind::Float);
            let kept = iterate.gradient_and_keep(&logit);
            assert_ne!(kept, images(4).zeros_like());
            assert_eq!(iterate.gradient(&logit), kept);
            assert_eq!(iterate.queries.borrow().gradients, [3; 4]);
        });
    }

    #[test]
    fn an_ascent_is_charged_to_the_rows_that_ask_for_it() {
        let everyone = &[true; 4];
        let all = with_iterate(None, &[None; 4], |iterate| iterate.ascent_for(everyone));
        with_iterate(None, &[None; 4], |iterate| {
            assert_eq!(iterate.ascent_for(&[false, true, true, false]), all);
            assert_eq!(iterate.queries.borrow().gradients, [0, 1, 1, 0]);
        });
    }

    #[test]
    fn further_images_are_charged_to_their_row() {
        with_iterate(None, &[None; 4], |iterate| {
            let logits = iterate.query(2, &images(7));
            assert!(logits.allclose(&classifier().logits(&images(7)).unwrap(), 1e-5, 1e-6, false));
            assert_eq!(iterate.queries.borrow().forward, [0, 0, 7, 0]);
            // In portions of the window, whatever rows they are of.
            let of_several = iterate.query_for(&[0, 3, 3, 1], &images(4));
            assert!(of_several.allclose(&logits.narrow(0, 0, 4), 1e-5, 1e-6, false));
            assert_eq!(iterate.queries.borrow().forward, [1, 1, 7, 2]);
        });
    }
}
