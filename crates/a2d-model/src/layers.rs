//! Layers of deep networks, with PyTorch's defaults where tch has others.

use tch::nn::{self, ConvConfig, Init};

/// A convolution over `side` x `side` pixels that keeps the size of its maps, divided by `stride`.
pub(crate) fn conv(
    path: nn::Path,
    (from, to): (i64, i64),
    (side, stride): (i64, i64),
    bias: bool,
) -> nn::Conv2D {
    let config = ConvConfig { stride, padding: side / 2, bias, ..ConvConfig::default() };
    nn::conv2d(path, from, to, side, config)
}

/// Batch normalisation of so many maps. Its running statistics are among the weights.
pub(crate) fn batch_norm(path: nn::Path, channels: i64) -> nn::BatchNorm {
    let ones = nn::BatchNormConfig { ws_init: Init::Const(1.0), ..nn::BatchNormConfig::default() };
    nn::batch_norm2d(path, channels, ones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Forward;
    use tch::{Device, Kind, Tensor};

    /// The definition in S. Ioffe and C. Szegedy, "Batch Normalization", 2015, algorithms 1 and 2, with
    /// PyTorch's epsilon (1e-5) and momentum (0.1, of the unbiased variance).
    #[test]
    fn batch_norm_learns_and_evaluates_as_defined() {
        let mut variables = nn::VarStore::new(Device::Cpu);
        let layer = batch_norm(variables.root() / "bn", 3);
        variables.double();
        let maps = Tensor::randn([4, 3, 5, 2], (Kind::Double, Device::Cpu)) * 3.0 + 1.0;
        let sides = [0i64, 2, 3].as_slice();
        let by = |mean: &Tensor, variance: &Tensor| {
            (&maps - mean.view([1, 3, 1, 1])) / (variance.view([1, 3, 1, 1]) + 1e-5).sqrt()
        };
        let mean = maps.mean_dim(sides, false, Kind::Double);
        let variance = |unbiased| maps.var_dim(sides, unbiased, false);

        let learnt = tch::no_grad(|| Forward::training().batch_norm(&layer, &maps));
        assert!(learnt.allclose(&by(&mean, &variance(false)), 1e-9, 1e-9, false));
        let (running_mean, running_variance) = (&mean * 0.1, variance(true) * 0.1 + 0.9);
        assert!(layer.running_mean.allclose(&running_mean, 1e-9, 1e-9, false));
        assert!(layer.running_var.allclose(&running_variance, 1e-9, 1e-9, false));
        let evaluated = tch::no_grad(|| Forward::evaluation().batch_norm(&layer, &maps));
        assert!(evaluated.allclose(&by(&running_mean, &running_variance), 1e-9, 1e-9, false));
        let again =
            tch::no_grad(|| Forward::evaluation().batch_norm(&layer, &maps.get(1).unsqueeze(0)));
        assert!(
            again.get(0).allclose(&evaluated.get(1), 1e-12, 1e-12, false),
            "rows are independent"
        );
    }
}
