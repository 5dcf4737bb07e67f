//! Dense layers on the maps of convolutions.

use tch::Tensor;
use tch::nn::{self, Module};

/// A dense layer on the maps of a convolution, \[N, C, H, W\], with weights \[outputs, C * H * W\].
///
/// Fast convolutions lay their maps out pixel by pixel, while PyTorch's weights count channel by channel. Weights
/// put into the order of the maps save the copy of the maps, and gradients stay in that layout on their way back.
#[derive(Debug)]
pub(crate) struct DenseOnMaps {
    dense: nn::Linear,
    /// The weights pixel by pixel, once they are settled.
    pixel_by_pixel: Option<Tensor>,
    channels: i64,
}

impl DenseOnMaps {
    /// On maps of so many channels and pixels.
    pub(crate) fn new(path: nn::Path, channels: i64, pixels: i64, outputs: i64) -> Self {
        let dense = nn::linear(path, channels * pixels, outputs, nn::LinearConfig::default());
        Self { dense, pixel_by_pixel: None, channels }
    }

    /// Takes over the weights as they are now; to be called whenever they have changed.
    pub(crate) fn settle(&mut self) {
        let weights = &self.dense.ws;
        let by_channel = weights.view([weights.size()[0], self.channels, -1]);
        self.pixel_by_pixel = Some(by_channel.transpose(1, 2).flatten(1, -1).contiguous());
    }

    /// Logits or features, \[N, outputs\].
    pub(crate) fn forward(&self, maps: &Tensor) -> Tensor {
        match &self.pixel_by_pixel {
            // Weights that are being trained are the ones to take.
            Some(weights) if !self.dense.ws.requires_grad() => {
                maps.permute([0, 2, 3, 1]).flatten(1, -1).linear(weights, self.dense.bs.as_ref())
            }
            _ => self.dense.forward(&maps.flatten(1, -1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn settled_weights_give_what_stored_ones_do() {
        let variables = nn::VarStore::new(Device::Cpu);
        let mut layer = DenseOnMaps::new(variables.root() / "dense", 3, 20, 7);
        let maps = Tensor::rand([2, 3, 4, 5], (Kind::Float, Device::Cpu));
        tch::no_grad(|| {
            let stored = layer.forward(&maps);
            layer.settle();
            assert_eq!(
                layer.forward(&maps),
                stored,
                "weights that need a gradient are in training"
            );
            let _ = layer.dense.ws.set_requires_grad(false);
            let far = (layer.forward(&maps) - stored).abs().max().double_value(&[]);
            assert!(far < 1e-5, "{far}");
        });
    }
}
