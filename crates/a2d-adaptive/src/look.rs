//! A pass of the network over images, and what it says of them.

use a2d_model::Classifier;
use tch::{Kind, Tensor, with_grad};

use crate::Result;

/// By how much another class has to be ahead of the true one for an image to count as misclassified on the way, so that no
/// other batch undoes it (Bryniarski et al., "Evading adversarial example detection defenses with orthogonal projected
/// gradient descent", ICLR 2022, in their code).
const AHEAD: f64 = 0.05;

/// A pass over images, whose graph is kept.
pub(crate) struct Look<'a> {
    classifier: &'a Classifier,
    leaf: Tensor,
    /// \[N, classes\], part of the graph.
    pub(crate) logits: Tensor,
    /// The same numbers, a row after the other.
    values: Vec<f64>,
    /// The class of each.
    pub(crate) predicted: Vec<i64>,
}

impl<'a> Look<'a> {
    /// At these images, \[N, C, H, W\], whose numbers in messages `number` says.
    pub(crate) fn at(
        classifier: &'a Classifier,
        images: &Tensor,
        number: impl Fn(usize) -> usize,
    ) -> Result<Self> {
        let leaf = images.detach().copy().set_requires_grad(true);
        let logits = with_grad(|| classifier.logits(&leaf))?;
        let flat = logits.detach().to_kind(Kind::Double).contiguous().view(-1);
        let values = Vec::<f64>::try_from(flat).unwrap_or_default();
        classifier.check_logits(&values, number)?;
        let predicted = Vec::<i64>::try_from(logits.argmax(-1, false)).unwrap_or_default();
        Ok(Self { classifier, leaf, logits, values, predicted })
    }

    /// The images.
    pub(crate) fn images(&self) -> Tensor {
        self.leaf.detach()
    }

    fn row(&self, row: usize) -> &[f64] {
        let classes = self.classifier.classes();
        &self.values[row * classes..(row + 1) * classes]
    }

    /// Whether each is taken for another class than this by more than a hair.
    pub(crate) fn fooled(&self, labels: &[i64]) -> Vec<bool> {
        let is_fooled = |(row, label): (usize, &i64)| {
            let logits = self.row(row);
            let own = logits[*label as usize] + AHEAD;
            self.predicted[row] != *label && logits[self.predicted[row] as usize] > own
        };
        labels.iter().enumerate().map(is_fooled).collect()
    }

    /// How far these classes are ahead of all others, \[N\], part of the graph.
    pub(crate) fn leads(&self, classes: &[i64]) -> Tensor {
        leads(&self.logits, classes)
    }

    /// The gradients, \[N, C, H, W\], of numbers of the rows, \[N\].
    pub(crate) fn gradient(&self, numbers: &Tensor) -> Result<Tensor> {
        // The sum keeps rows apart: each gradient is that of its own number.
        Ok(self.classifier.gradient(&numbers.sum(numbers.kind()), &self.leaf, true)?)
    }
}

/// How far these classes are ahead of all others in logits, \[N, classes\].
fn leads(logits: &Tensor, classes: &[i64]) -> Tensor {
    let classes = Tensor::from_slice(classes).to_device(logits.device()).unsqueeze(1);
    let own = logits.gather(1, &classes, false).squeeze_dim(1);
    own - logits.scatter_value(1, &classes, f64::NEG_INFINITY).amax([1], false)
}

/// Numbers of rows.
pub(crate) fn numbers(rows: &Tensor) -> Vec<f64> {
    Vec::try_from(rows.detach().to_kind(Kind::Double).contiguous().view(-1)).unwrap_or_default()
}

/// Marks of rows, \[N, 1, 1, 1\].
pub(crate) fn marks(rows: &[bool], neighbour: &Tensor) -> Tensor {
    Tensor::from_slice(rows).to_device(neighbour.device()).view([-1, 1, 1, 1])
}

/// Some of the rows.
pub(crate) fn picked(rows: &Tensor, places: &[usize]) -> Tensor {
    let places: Vec<i64> = places.iter().map(|place| *place as i64).collect();
    rows.index_select(0, &Tensor::from_slice(&places).to_device(rows.device()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_over_the_best_other_class() {
        let logits = Tensor::from_slice(&[1.0f32, 4.0, 2.5, 3.0, 3.0, -1.0]).view([2, 3]);
        assert_eq!(numbers(&leads(&logits, &[1, 2])), [1.5, -4.0]);
        assert_eq!(numbers(&leads(&logits, &[0, 0])), [-3.0, 0.0]);
    }
}
