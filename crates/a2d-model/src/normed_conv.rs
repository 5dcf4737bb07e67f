//! Convolutions with batch normalisation after them.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::{Forward, weights};

/// A convolution and the batch normalisation of its maps, which in evaluation are one convolution.
///
/// By the running statistics, batch normalisation scales and shifts each map by fixed numbers; these go into the
/// weights and the bias of the convolution, and a pass over the maps is saved on the way there and back.
#[derive(Debug)]
pub(crate) struct NormedConv {
    conv: nn::Conv2D,
    shape: ConvShape,
    bn: nn::BatchNorm,
    epsilon: f64,
    /// Weights and bias of both in one, once they are settled.
    folded: Option<(Tensor, Tensor)>,
}

/// What a convolution is, apart from its weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvShape {
    /// Channels before and after it.
    pub(crate) channels: (i64, i64),
    /// Pixels of each side of its kernel, an odd number.
    pub(crate) side: i64,
    /// Steps between the pixels that it looks at.
    pub(crate) stride: i64,
    /// Pixels of 0 around its input.
    pub(crate) padding: i64,
    /// Parts of the channels that are convolved each for itself.
    pub(crate) groups: i64,
    /// Whether there is a bias before the normalisation, too.
    pub(crate) bias: bool,
}

impl ConvShape {
    /// One that keeps the size of its maps, divided by the stride, without bias.
    pub(crate) fn keeping(channels: (i64, i64), side: i64, stride: i64) -> Self {
        Self { channels, side, stride, padding: side / 2, groups: 1, bias: false }
    }

    fn config(self) -> nn::ConvConfig {
        let Self { stride, padding, groups, bias, .. } = self;
        nn::ConvConfig { stride, padding, groups, bias, ..nn::ConvConfig::default() }
    }
}

impl NormedConv {
    /// With PyTorch's usual epsilon.
    pub(crate) fn new(conv: nn::Path, bn: nn::Path, shape: ConvShape) -> Self {
        Self::with_epsilon(conv, bn, shape, nn::BatchNormConfig::default().eps)
    }

    /// With this in place of 1e-5 beside the variance.
    pub(crate) fn with_epsilon(
        conv: nn::Path,
        bn: nn::Path,
        shape: ConvShape,
        epsilon: f64,
    ) -> Self {
        let (from, to) = shape.channels;
        let ones = nn::BatchNormConfig {
            eps: epsilon,
            ws_init: nn::Init::Const(1.0),
            ..nn::BatchNormConfig::default()
        };
        Self {
            conv: nn::conv2d(conv, from, to, shape.side, shape.config()),
            shape,
            bn: nn::batch_norm2d(bn, to, ones),
            epsilon,
            folded: None,
        }
    }

    /// Takes over the weights as they are now; to be called whenever they have changed.
    pub(crate) fn settle(&mut self) {
        let nn::BatchNorm { running_mean, running_var, ws: Some(scale), bs: Some(shift), .. } =
            &self.bn
        else {
            return;
        };
        let kind = self.conv.ws.kind();
        let [mean, variance, scale, shift] =
            [running_mean, running_var, scale, shift].map(|values| values.to_kind(Kind::Double));
        let scale = scale / (variance + self.epsilon).sqrt();
        let weights = self.conv.ws.to_kind(Kind::Double) * scale.view([-1, 1, 1, 1]);
        let bias = match &self.conv.bs {
            Some(bias) => (bias.to_kind(Kind::Double) - mean) * scale + shift,
            None => shift - mean * scale,
        };
        let weights = weights.to_kind(kind).detach();
        weights::lay_out(weights.shallow_clone());
        self.folded = Some((weights, bias.to_kind(kind).detach()));
    }

    /// Normalised maps, \[N, C, H, W\].
    pub(crate) fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        let ConvShape { stride, padding, groups, .. } = self.shape;
        match &self.folded {
            // Weights that are being trained are the ones to take.
            Some((weights, bias)) if !self.conv.ws.requires_grad() && !pass.is_training() => {
                input.conv2d(weights, Some(bias), [stride; 2], [padding; 2], [1, 1], groups)
            }
            _ => pass.batch_norm(&self.bn, &self.conv.forward(input)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, no_grad};

    #[test]
    fn folded_weights_give_what_stored_ones_do() {
        let wide = ConvShape::keeping((4, 6), 3, 2);
        let by_channel = ConvShape { channels: (4, 4), groups: 4, padding: 0, ..wide };
        for shape in [wide, by_channel, ConvShape { bias: true, ..wide }] {
            let variables = nn::VarStore::new(Device::Cpu);
            let (conv, bn) = (variables.root() / "conv", variables.root() / "bn");
            let mut layer = NormedConv::with_epsilon(conv, bn, shape, 1e-3);
            let images = Tensor::rand([3, 4, 9, 8], (Kind::Float, Device::Cpu));
            no_grad(|| {
                for (name, mut values) in variables.variables() {
                    if name.starts_with("bn") {
                        let _ = values.uniform_(0.5, 2.0);
                    }
                }
                let evaluated = |layer: &NormedConv| layer.forward(&images, &Forward::evaluation());
                let stored = evaluated(&layer);
                layer.settle();
                assert_eq!(
                    evaluated(&layer),
                    stored,
                    "weights that need a gradient are in training"
                );
                for mut values in variables.trainable_variables() {
                    let _ = values.requires_grad_(false);
                }
                let folded = evaluated(&layer);
                assert_ne!(folded, stored, "in another order of operations");
                assert!(folded.allclose(&stored, 1e-5, 1e-5, false), "{shape:?}");
            });
        }
    }
}
