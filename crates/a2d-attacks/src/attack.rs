use std::cell::Cell;

use tch::{Reduction, Tensor};

use crate::Result;

/// An iterative attack: its parameters, what a row of the window carries, how rows start and how
/// they advance by one iteration.
///
/// Rows are independent. An implementation never mixes them: no norm, random stream or decision over
/// the whole batch.
pub trait Attack {
    /// What the rows carry beside their iterates.
    type Rows: RowState;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the first that is out of range.
    fn check(&self) -> Result<()>;

    /// The most iterations of a row: its cap.
    fn cap(&self) -> u32;

    /// The state of rows that join with these images, \[N, C, H, W\].
    fn start(&self, images: &Tensor) -> Self::Rows;

    /// The next iterates, \[N, C, H, W\] within \[0, 1\], of the rows of `iterate`.
    fn advance(&self, iterate: &Iterate<'_>, rows: &mut Self::Rows) -> Tensor;
}

/// State of several rows, stacked along the first dimension.
pub trait RowState {
    /// Adds the rows of `newcomers` at the end.
    fn append(&mut self, newcomers: Self);

    /// Keeps the rows of these indices (int64), in this order.
    fn retain(&mut self, rows: &Tensor);
}

impl RowState for Tensor {
    fn append(&mut self, newcomers: Self) {
        *self = Tensor::cat(&[&*self, &newcomers], 0);
    }

    fn retain(&mut self, rows: &Tensor) {
        *self = self.index_select(0, rows);
    }
}

/// The live rows at one iteration, and what the network says of them.
#[derive(Debug)]
pub struct Iterate<'a> {
    /// The images that went through the network, the leaf of the graph: live rows and leaving ones.
    pub(crate) leaf: &'a Tensor,
    /// Indices of the live rows among them, unless all are live.
    pub(crate) live: Option<&'a Tensor>,
    pub(crate) logits: Tensor,
    pub(crate) labels: Tensor,
    pub(crate) gradient_queries: Cell<u32>,
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

    /// The class that each row is to lose, \[N\], int64.
    pub fn labels(&self) -> &Tensor {
        &self.labels
    }

    /// The gradient, \[N, C, H, W\], of the cross-entropy of each row's label with respect to its image.
    pub fn cross_entropy_gradient(&self) -> Tensor {
        // The sum keeps rows apart: each gradient is that of its own row's loss, whatever the batch.
        let loss =
            self.logits.cross_entropy_loss::<Tensor>(&self.labels, None, Reduction::Sum, -100, 0.0);
        self.gradient(&loss)
    }

    /// The gradient, \[N, C, H, W\], of a sum of per-row losses with respect to the images. The graph is
    /// spent by it.
    pub fn gradient(&self, loss: &Tensor) -> Tensor {
        self.gradient_queries.set(self.gradient_queries.get() + 1);
        if !loss.requires_grad() {
            // It does not depend on the images; libtorch would crash.
            return self.images().zeros_like();
        }
        let gradient = Tensor::run_backward(&[loss], &[self.leaf], false, false).remove(0);
        self.of_live_rows(&gradient)
    }

    fn of_live_rows(&self, tensor: &Tensor) -> Tensor {
        self.live.map_or_else(|| tensor.shallow_clone(), |live| tensor.index_select(0, live))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};

    /// The iterate of these images, of which the rows `live` are.
    fn with_iterate<T>(live: Option<&Tensor>, look: impl FnOnce(&Iterate<'_>) -> T) -> T {
        let leaf = images(4).set_requires_grad(true);
        let logits = classifier().logits(&leaf);
        let logits = live.map_or(logits.shallow_clone(), |live| logits.index_select(0, live));
        let labels = logits.argmax(-1, false);
        let gradient_queries = Cell::new(0);
        look(&Iterate { leaf: &leaf, live, logits, labels, gradient_queries })
    }

    #[test]
    fn a_gradient_is_that_of_its_own_row() {
        let all = with_iterate(None, |iterate| {
            assert_eq!(iterate.images(), images(4));
            iterate.cross_entropy_gradient()
        });
        let rows = Tensor::from_slice(&[3i64, 1]);
        let some = with_iterate(Some(&rows), |iterate| {
            assert_eq!(iterate.images(), images(4).index_select(0, &rows));
            iterate.cross_entropy_gradient()
        });
        assert!(all.index_select(0, &rows).allclose(&some, 1e-5, 1e-9, false));
        assert!(all.abs().amax([1, 2, 3], false).min().double_value(&[]) > 0.0);
    }

    #[test]
    fn gradients_are_counted_and_a_constant_has_none() {
        with_iterate(None, |iterate| {
            let constant = Tensor::from(1f32);
            assert_eq!(iterate.gradient(&constant), images(4).zeros_like());
            let logit = iterate.logits().select(1, 0).sum(tch::Kind::Float);
            assert_ne!(iterate.gradient(&logit), images(4).zeros_like());
            assert_eq!(iterate.gradient_queries.get(), 2);
        });
    }
}
