//! The outputs of a network whose margins are measured.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// The outputs of a network whose margins are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outputs {
    /// The logits, by which Weng et al. §3 and §4 define the score.
    #[default]
    Logits,
    /// Their softmax, which is what tools measure that take whatever a network gives. Where a class has nearly
    /// all the probability, the gradient vanishes and the score is the radius: saturation, not robustness.
    Softmax,
}

/// What is differentiated for the margins of rows.
pub(crate) struct Margins {
    /// A number whose gradient is that of each row's margin but for its scale.
    pub(crate) leads: Tensor,
    /// What the gradients are to be multiplied by, \[N\], float64; nothing for 1.
    pub(crate) scales: Option<Tensor>,
}

/// Slopes below this, of 1, are taken for 0: they are lost beside the others, and where they are too small for
/// float32's normal numbers, processors take far longer for each.
const NEGLIGIBLE: f64 = 1e-30;

impl Outputs {
    /// The margin of `label`, whose logit is the largest, over `class`: 0 only where both logits are the same.
    pub(crate) fn margin(self, logits: &[f64], label: usize, class: usize) -> f64 {
        let lead = logits[label] - logits[class];
        match self {
            Self::Logits => lead,
            // Not as the difference of two probabilities, which loses a small one.
            Self::Softmax => {
                let sum: f64 = logits.iter().map(|logit| (logit - logits[label]).exp()).sum();
                -(-lead).exp_m1() / sum
            }
        }
    }

    /// The margins of `label` over `class` for rows of logits, \[N, classes\].
    pub(crate) fn margins(self, logits: &Tensor, label: usize, class: usize) -> Margins {
        let (label, class) = (label as i64, class as i64);
        match self {
            Self::Logits => {
                let leads = (logits.select(1, label) - logits.select(1, class)).sum(Kind::Float);
                Margins { leads, scales: None }
            }
            Self::Softmax => {
                let slopes = slopes(logits, label, class);
                // Of length 1, so that neither float32 nor the way back through the network loses small ones.
                let scales = slopes.abs().amax([1], true);
                let slopes = slopes / scales.clamp_min(f64::MIN_POSITIVE);
                let slopes = &slopes * slopes.abs().ge(NEGLIGIBLE);
                let leads = (logits * slopes.to_kind(logits.kind())).sum(logits.kind());
                Margins { leads, scales: Some(scales.squeeze_dim(1)) }
            }
        }
    }
}

/// The derivatives of p_label - p_class by each logit, \[N, classes\], float64, where p is the softmax.
fn slopes(logits: &Tensor, label: i64, class: i64) -> Tensor {
    let shares = logits.detach().softmax(1, Kind::Double);
    let share = |of| shares.narrow(1, of, 1);
    // 1 - p, which would be 0 where p is nearly 1.
    let rest = |of| {
        let others = shares.copy();
        let _ = others.narrow(1, of, 1).zero_();
        others.sum_dim_intlist(1, true, Kind::Double)
    };
    let slopes = &shares * (share(class) - share(label));
    let ours = share(label) * (rest(label) + share(class));
    let theirs = share(class) * (rest(class) + share(label));
    slopes.narrow(1, label, 1).copy_(&ours);
    slopes.narrow(1, class, 1).copy_(&-theirs);
    slopes
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn rows(logits: &[f64]) -> Tensor {
        Tensor::from_slice(logits).view([-1, 3])
    }

    /// The slopes of the margin of class 0 over class 2, by the scale and the gradient of `leads`.
    fn scaled(outputs: Outputs, logits: &Tensor) -> Vec<f64> {
        let logits = logits.copy().set_requires_grad(true);
        let Margins { leads, scales } = outputs.margins(&logits, 0, 2);
        let gradient = Tensor::run_backward(&[leads], &[&logits], false, false);
        let scales = scales.map_or(Tensor::from(1.0), |scales| scales.unsqueeze(1));
        (gradient[0].to_kind(Kind::Double) * scales).view(-1).try_into().unwrap()
    }

    #[test]
    fn margins_are_differences_of_the_outputs() {
        let logits = [2.0, -1.0, 0.5];
        let shares: Vec<f64> = rows(&logits).softmax(1, Kind::Double).view(-1).try_into().unwrap();
        assert_eq!(Outputs::Logits.margin(&logits, 0, 2), 1.5);
        let margin = Outputs::Softmax.margin(&logits, 0, 2);
        assert!((margin - (shares[0] - shares[2])).abs() < 1e-15, "{margin}");
        // As probabilities both are 0.5.
        let margin = Outputs::Softmax.margin(&[1e-18, 0.0], 0, 1);
        assert!((margin / 0.5e-18 - 1.0).abs() < 1e-12, "{margin}");
        assert_eq!(Outputs::Softmax.margin(&[3.0, 3.0, 1.0], 0, 1), 0.0);
        assert_eq!(Outputs::Softmax.margin(&[2000.0, -2000.0], 0, 1), 1.0);
    }

    #[test]
    fn slopes_are_those_that_libtorch_finds() {
        let logits = rows(&[2.0, -1.0, 0.5, 0.1, 0.2, 0.3, -4.0, 5.0, 1.0]);
        assert_eq!(scaled(Outputs::Logits, &logits), [1.0, 0.0, -1.0].repeat(3));
        let leaf = logits.copy().set_requires_grad(true);
        let shares = leaf.softmax(1, Kind::Double);
        let margins = (shares.select(1, 0) - shares.select(1, 2)).sum(Kind::Double);
        let expected = Tensor::run_backward(&[margins], &[&leaf], false, false);
        let expected: Vec<f64> = expected[0].view(-1).try_into().unwrap();
        for (found, expected) in scaled(Outputs::Softmax, &logits).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    // By hand: p_1 = exp(-100), p_2 = exp(-120) but for parts of exp(-100), so the slopes of p_0 - p_2 are
    // p_0 (p_1 + 2 p_2), -p_1 (p_0 - p_2) and -p_2 (1 + p_0).
    #[test]
    fn slopes_of_saturated_rows_are_exact_in_float32() {
        let logits = rows(&[100.0, 0.0, -20.0]).to_kind(Kind::Float);
        let (second, third) = ((-100.0_f64).exp(), (-120.0_f64).exp());
        let expected = [second + 2.0 * third, -second, -2.0 * third];
        for (found, expected) in scaled(Outputs::Softmax, &logits).iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
        let flat = rows(&[2000.0, 0.0, -2000.0]).to_kind(Kind::Float).to_device(Device::Cpu);
        assert_eq!(scaled(Outputs::Softmax, &flat), [0.0; 3]);
    }
}
