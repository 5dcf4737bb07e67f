//! What a classifier says of an image.

/// What a classifier says of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class with the largest logit.
    pub class: usize,
    /// Its softmax probability, in \[0, 1\].
    pub confidence: f64,
}

impl Prediction {
    /// The prediction of these logits of an image, one per class and all finite.
    pub fn of(logits: &[f64]) -> Self {
        let class = Self::class_of(logits);
        let largest = logits.get(class).copied().unwrap_or_default();
        let total: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
        Self { class, confidence: total.recip() }
    }

    /// The class of the largest of these logits, the lowest of equals.
    pub fn class_of(logits: &[f64]) -> usize {
        // The last of the largest is the first from behind.
        let classes = (0..logits.len()).rev();
        classes.max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or_default()
    }

    /// The classes of the `count` largest of these logits, or all, the largest first and of equals the lower class.
    pub fn likeliest(logits: &[f64], count: usize) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..logits.len()).collect();
        classes.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
        classes.truncate(count);
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    #[test]
    fn predictions_are_those_of_a_softmax() {
        for logits in
            [[0.5, 3.0, -1.0], [900.0, -900.0, 899.0], [2.0, 2.0, 1.0], [-1e30, 0.0, 1e30]]
        {
            let softmax = Tensor::from_slice(&logits).softmax(-1, Kind::Double);
            let prediction = Prediction::of(&logits);
            assert_eq!(prediction.class as i64, softmax.argmax(-1, false).int64_value(&[]));
            let confidence = softmax.max().double_value(&[]);
            assert!((prediction.confidence - confidence).abs() < 1e-15, "{logits:?}");
        }
        assert_eq!(Prediction::class_of(&[1.0, 2.0, 2.0]), 1, "of equals, the lower class");
        assert_eq!(Prediction::likeliest(&[1.0, 2.0, -3.0, 2.0], 3), [1, 3, 0]);
        assert_eq!(Prediction::likeliest(&[1.0, 2.0], 5), [1, 0], "no more than there are");
    }
}
