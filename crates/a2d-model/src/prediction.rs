//! What a classifier says of an image.

use tch::{Kind, Tensor};

/// What a classifier says of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class with the largest logit.
    pub class: usize,
    /// Its softmax probability, in \[0, 1\].
    pub confidence: f64,
}

impl Prediction {
    /// The prediction of every row of `logits`, \[N, classes\].
    pub(crate) fn of(logits: &Tensor) -> Vec<Self> {
        let (confidence, class) = logits.softmax(-1, Kind::Double).max_dim(-1, false);
        (0..logits.size()[0])
            .map(|row| Self {
                class: class.int64_value(&[row]) as usize,
                confidence: confidence.double_value(&[row]),
            })
            .collect()
    }
}
