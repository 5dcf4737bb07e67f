//! How far an image is from another, by every norm.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// How far an image is from another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// Elements that differ.
    pub l0: f64,
    /// The Euclidean norm of the difference.
    pub l2: f64,
    /// The largest difference of an element.
    pub linf: f64,
}

impl Distances {
    /// Between images of the same shape.
    pub fn between(one: &Tensor, other: &Tensor) -> Self {
        let difference = (one - other).to_kind(Kind::Double);
        Self {
            l0: difference.ne(0.0).sum(Kind::Double).double_value(&[]),
            l2: difference.square().sum(Kind::Double).sqrt().double_value(&[]),
            linf: difference.abs().max().double_value(&[]),
        }
    }

    /// Means of each; `None` if there are none.
    pub fn mean(all: &[Self]) -> Option<Self> {
        let of = |value: fn(&Self) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
        let mean = || Self { l0: of(|d| d.l0), l2: of(|d| d.l2), linf: of(|d| d.linf) };
        (!all.is_empty()).then(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_difference() {
        let [one, other] = [[0.0, 0.5, 1.0], [0.0, 0.25, 0.0]].map(|v| Tensor::from_slice(&v));
        let distances = Distances::between(&one, &other);
        assert_eq!(distances, Distances { l0: 2.0, l2: 1.0625f64.sqrt(), linf: 1.0 });
        let none = Distances::between(&one, &one);
        let mean = Distances::mean(&[distances, none]).unwrap();
        assert_eq!((mean.l0, mean.linf), (1.0, 0.5));
        assert_eq!(Distances::mean(&[]), None);
    }
}
