//! A pass through a network: what it is for, and what it notes on its way.

use std::fmt::Display;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;
use tch::nn::{self, ModuleT};

/// One pass through a [`Network`](crate::Network).
///
/// ```
/// use a2d_model::Forward;
/// use tch::Tensor;
///
/// let mut pass = Forward::tapped();
/// let x = Tensor::from_slice(&[-1.0f32, 2.0]).view([1, 2]);
/// let x = pass.tap("relu", x.relu());
/// let x = pass.dropout(x, 0.5); // does nothing in evaluation
/// assert_eq!(pass.into_taps(), [("relu".to_owned(), x)]);
/// ```
#[derive(Debug)]
pub struct Forward<'a> {
    mode: Mode<'a>,
    taps: Option<Vec<(String, Tensor)>>,
    dropouts: usize,
}

/// What layers that act at random, or learn from the batch, do.
#[derive(Debug)]
enum Mode<'a> {
    /// Nothing.
    Evaluation,
    /// Dropout by libtorch's generator, over the whole batch; batch normalisation by the batch.
    Training,
    /// Dropout by a stream per row; batch normalisation as in evaluation.
    MonteCarlo(&'a mut [ChaCha8Rng]),
}

impl<'a> Forward<'a> {
    fn new(mode: Mode<'a>) -> Self {
        Self { mode, taps: None, dropouts: 0 }
    }

    /// A pass that evaluates: the same logits each time.
    pub fn evaluation() -> Self {
        Self::new(Mode::Evaluation)
    }

    /// A pass that evaluates and keeps what layers give.
    pub fn tapped() -> Self {
        Self { taps: Some(vec![]), ..Self::evaluation() }
    }

    /// A pass with weights that learn. Dropout draws from libtorch's generator.
    pub fn training() -> Self {
        Self::new(Mode::Training)
    }

    /// A pass that evaluates with dropout: row n of the batch draws from `rows[n]` alone.
    pub fn monte_carlo(rows: &'a mut [ChaCha8Rng]) -> Self {
        Self::new(Mode::MonteCarlo(rows))
    }

    /// Whether weights learn in this pass.
    pub fn is_training(&self) -> bool {
        matches!(self.mode, Mode::Training)
    }

    /// Keeps what a layer gives, \[N, ...\], under the layer's name, and hands it on.
    pub fn tap(&mut self, layer: impl Display, output: Tensor) -> Tensor {
        if let Some(taps) = &mut self.taps {
            taps.push((layer.to_string(), output.shallow_clone()));
        }
        output
    }

    /// ReLU, then a max-pool over 2 x 2 pixels, of a convolution's maps; tapped as `<layer>.relu` and
    /// `<layer>.pool`.
    ///
    /// The pool comes first: the function and its gradient are the same, and ReLU has a quarter of the work.
    pub fn relu_and_pool(&mut self, layer: &str, maps: &Tensor) -> Tensor {
        if self.taps.is_some() {
            let _ = self.tap(format_args!("{layer}.relu"), maps.relu());
        }
        self.tap(format_args!("{layer}.pool"), maps.max_pool2d_default(2).relu())
    }

    /// Dropout: in evaluation nothing; else each element, \[N, ...\], is 0 with this probability and the
    /// others are scaled up, so that their mean stays.
    pub fn dropout(&mut self, features: Tensor, probability: f64) -> Tensor {
        self.dropouts += 1;
        match &mut self.mode {
            Mode::Evaluation => features,
            Mode::Training => features.dropout(probability, true),
            Mode::MonteCarlo(rows) => &features * mask(&features, rows, probability),
        }
    }

    /// Batch normalisation: by the batch in training, else by the statistics that training left.
    pub fn batch_norm(&self, layer: &nn::BatchNorm, maps: &Tensor) -> Tensor {
        layer.forward_t(maps, self.is_training())
    }

    /// The layers' names and outputs in the order of the pass; nothing unless it was [`tapped`](Self::tapped).
    pub fn into_taps(self) -> Vec<(String, Tensor)> {
        self.taps.unwrap_or_default()
    }

    /// How often the network has come to a dropout.
    pub(crate) fn dropouts(&self) -> usize {
        self.dropouts
    }
}

/// What to multiply features with: 0, or the inverse of the share that stays.
fn mask(features: &Tensor, rows: &mut [ChaCha8Rng], probability: f64) -> Tensor {
    let size = features.size();
    let elements: i64 = size[1..].iter().product();
    let scale = (1.0 - probability).recip() as f32;
    let mut values = Vec::with_capacity(features.numel());
    for row in rows {
        values
            .extend((0..elements).map(|_| if row.random_bool(probability) { 0.0 } else { scale }));
    }
    let mask = Tensor::from_slice(&values).view(size.as_slice());
    mask.to_device(features.device()).to_kind(features.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use tch::{Device, Kind};

    fn streams(seeds: &[u64]) -> Vec<ChaCha8Rng> {
        seeds.iter().map(|seed| ChaCha8Rng::seed_from_u64(*seed)).collect()
    }

    #[test]
    fn each_row_draws_from_its_own_stream() {
        let features = Tensor::ones([3, 2, 50, 5], (Kind::Float, Device::Cpu));
        let dropped = |seeds: &[u64]| {
            let (mut rows, count) = (streams(seeds), seeds.len() as i64);
            Forward::monte_carlo(&mut rows).dropout(features.narrow(0, 0, count), 0.25)
        };
        let (all, alone) = (dropped(&[1, 2, 3]), dropped(&[2]));
        assert_eq!(all.get(1), alone.get(0));
        assert_ne!(all.get(0), all.get(1));
        let kept = all.gt(0.0).to_kind(Kind::Double).mean(Kind::Double).double_value(&[]);
        assert!((kept - 0.75).abs() < 0.05, "{kept}");
        assert!((all.max().double_value(&[]) - 1.0 / 0.75).abs() < 1e-6);
    }

    #[test]
    fn relu_and_pool_in_either_order_are_the_same() {
        let maps = Tensor::randn([2, 3, 6, 8], (Kind::Float, Device::Cpu));
        let mut pass = Forward::tapped();
        let pooled = pass.relu_and_pool("conv", &maps);
        let taps = pass.into_taps();
        assert_eq!((taps[0].0.as_str(), taps[1].0.as_str()), ("conv.relu", "conv.pool"));
        assert_eq!(taps[0].1.max_pool2d_default(2), pooled);
        assert_eq!(Forward::evaluation().relu_and_pool("conv", &maps), pooled);
    }
}
