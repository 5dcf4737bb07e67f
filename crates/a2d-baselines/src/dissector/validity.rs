//! How far a layer supports the network's prediction.

use tch::{Kind, Tensor};

/// How weights grow from layer to layer, which are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// e^(beta x), or alpha e^(beta x) + 1 where alpha is not 0.
    Exponential,
    /// x, or alpha x + 1 where alpha is not 0.
    Linear,
    /// ln x; or, where alpha is not 0, alpha ln(beta x + 1) + 1, or alpha ln x + 1 where beta is 0.
    Logarithmic,
}

impl Growth {
    /// The weight of so many layers, each.
    pub(super) fn weights(self, alpha: f64, beta: f64, layers: usize) -> Vec<f64> {
        let weight = |layer: usize| {
            let x = layer as f64;
            let shape = match self {
                Self::Exponential => (beta * x).exp(),
                Self::Linear => x,
                Self::Logarithmic if alpha == 0.0 || beta == 0.0 => x.ln(),
                Self::Logarithmic => (beta * x).ln_1p(),
            };
            if alpha == 0.0 { shape } else { alpha * shape + 1.0 }
        };
        (1..=layers).map(weight).collect()
    }
}

/// The support of a layer's prediction, given by its logits, \[N, classes\], for classes, \[N\]: the probability of the class
/// over the sum of it and that of the most probable other class, \[N\], float64 ("SV").
pub(super) fn support(logits: &Tensor, classes: &Tensor) -> Tensor {
    let logits = logits.to_kind(Kind::Double);
    let class = classes.unsqueeze(1);
    let own = logits.gather(1, &class, false).squeeze_dim(1);
    let others = logits.scatter_value(1, &class, f64::NEG_INFINITY);
    (own - others.amax([1i64].as_slice(), false)).sigmoid()
}

/// The weighted mean of the supports of layers.
pub(super) fn validity(supports: &[f64], weights: &[f64]) -> f64 {
    let weighted: f64 =
        supports.iter().zip(weights).map(|(support, weight)| support * weight).sum();
    weighted / weights.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_is_that_of_the_class_against_its_rival() {
        // The class leads, another does, and a third is in between.
        let probabilities = [[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.2, 0.5, 0.3]];
        let logits = Tensor::from_slice2(&probabilities).log() + 5.0;
        let found = Vec::<f64>::try_from(support(&logits, &Tensor::from_slice(&[0i64, 0, 2])));
        let expected = [0.6 / 0.9, 1.0 - 0.7 / 0.9, 1.0 - 0.5 / 0.8];
        for (found, expected) in found.unwrap().into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn weights_grow_as_published() {
        let e = std::f64::consts::E;
        let ln2 = std::f64::consts::LN_2;
        for (growth, alpha, beta, expected) in [
            (Growth::Exponential, 0.0, 1.0, [e, e * e]),
            (Growth::Exponential, 2.0, 0.0, [3.0, 3.0]),
            (Growth::Linear, 0.0, 1.0, [1.0, 2.0]),
            (Growth::Linear, 100.0, 1.0, [101.0, 201.0]),
            (Growth::Logarithmic, 0.0, 1.0, [0.0, ln2]),
            (Growth::Logarithmic, 3.0, 0.0, [1.0, 3.0 * ln2 + 1.0]),
            (Growth::Logarithmic, 3.0, 1.0, [3.0 * ln2 + 1.0, 3.0 * 3.0_f64.ln() + 1.0]),
        ] {
            let found = growth.weights(alpha, beta, 2);
            let far = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
            assert!(far < 1e-12, "{growth:?} {alpha} {beta}: {found:?}");
        }
        let found = validity(&[0.2, 0.8], &[1.0, 3.0]);
        assert!((found - 0.65).abs() < 1e-12, "{found}");
    }
}
