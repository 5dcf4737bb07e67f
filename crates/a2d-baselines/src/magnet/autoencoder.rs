//! The autoencoders: what they are made of, and what they make of images.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor, nn};

use crate::{Error, Result, State};

/// Channels of the layers within.
const WIDTH: i64 = 3;

/// What layers an autoencoder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Two convolutions with an average pool between them, and the same back: the authors' first for MNIST.
    Pooled,
    /// A convolution and one back: their second for MNIST, and the one for CIFAR-10.
    Flat,
}

impl Shape {
    /// The norm that its changes are measured by, in names.
    pub(super) fn norm(self) -> &'static str {
        match self {
            Self::Pooled => "l2",
            Self::Flat => "l1",
        }
    }

    /// How far images are from what was made of them, \[N\]: the mean of the squared changes, or of their sizes.
    pub(super) fn change(self, images: &Tensor, rebuilt: &Tensor) -> Tensor {
        let changes = (images - rebuilt).to_kind(Kind::Double);
        let changes = match self {
            Self::Pooled => changes.square(),
            Self::Flat => changes.abs(),
        };
        changes.flatten(1, -1).mean_dim([1i64].as_slice(), false, Kind::Double)
    }

    /// Input and output channels of its convolutions, the last of which gives images of so many again.
    fn convolutions(self, channels: i64) -> Vec<[i64; 2]> {
        let within = match self {
            Self::Pooled => 3,
            Self::Flat => 1,
        };
        let mut all = vec![[channels, WIDTH]];
        all.extend(vec![[WIDTH, WIDTH]; within]);
        all.push([WIDTH, channels]);
        all
    }
}

/// 3 x 3 convolutions with sigmoids, which give images of the same size.
#[derive(Debug)]
pub(super) struct Autoencoder {
    shape: Shape,
    /// Weights and biases.
    convolutions: Vec<[Tensor; 2]>,
}

impl Autoencoder {
    /// One that has not learnt anything: Keras's initial weights (Glorot's), drawn from this stream of a seed.
    pub(super) fn untrained(shape: Shape, channels: i64, path: &nn::Path<'_>, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(match shape {
            Shape::Pooled => 1 << 32,
            Shape::Flat => 2 << 32,
        });
        let convolutions = shape.convolutions(channels).into_iter().enumerate();
        let convolutions = convolutions.map(|(place, [inputs, outputs])| {
            let limit = (6.0 / (9 * (inputs + outputs)) as f64).sqrt();
            let draws = (0..9 * inputs * outputs)
                .map(|_| ((random.random::<f64>() * 2.0 - 1.0) * limit) as f32);
            let drawn = Tensor::from_slice(&draws.collect::<Vec<_>>());
            let path = path / place;
            let weights = path.var_copy("weight", &drawn.view([outputs, inputs, 3, 3]));
            [weights, path.zeros("bias", &[outputs])]
        });
        Self { shape, convolutions: convolutions.collect() }
    }

    /// The one of a file's state.
    pub(super) fn of(shape: Shape, state: &State) -> Result<Self> {
        let name = |place: usize, part| format!("{}.{place}.{part}", shape.norm());
        let channels = state.tensor(&name(0, "weight"), Kind::Float, &[WIDTH, 0, 3, 3])?.size()[1];
        let convolutions = shape.convolutions(channels).into_iter().enumerate();
        let convolutions = convolutions.map(|(place, [inputs, outputs])| {
            let weights =
                state.tensor(&name(place, "weight"), Kind::Float, &[outputs, inputs, 3, 3])?;
            Ok([weights, state.tensor(&name(place, "bias"), Kind::Float, &[outputs])?])
        });
        Ok(Self { shape, convolutions: convolutions.collect::<Result<_>>()? })
    }

    /// The state with it.
    pub(super) fn kept_in(&self, state: State) -> State {
        self.convolutions.iter().enumerate().fold(state, |state, (place, [weights, bias])| {
            let name = |part| format!("{}.{place}.{part}", self.shape.norm());
            state.with(name("weight"), weights).with(name("bias"), bias)
        })
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// A copy that learns no more.
    pub(super) fn settled(&self) -> Self {
        self.each(|tensor| tensor.detach().copy())
    }

    pub(super) fn on(&self, device: Device) -> Self {
        self.each(|tensor| tensor.to_device(device))
    }

    fn each(&self, of: impl Fn(&Tensor) -> Tensor) -> Self {
        let convolutions = self.convolutions.iter();
        let convolutions = convolutions.map(|[weights, bias]| [of(weights), of(bias)]);
        Self { shape: self.shape, convolutions: convolutions.collect() }
    }

    /// What it makes of images, \[N, C, H, W\], and what its layers give on the way there.
    pub(super) fn layers(&self, images: &Tensor) -> Result<Vec<Tensor>> {
        let expected = self.convolutions[0][0].size()[1];
        let got = images.size().get(1).copied().unwrap_or_default();
        if got != expected {
            let expected = format!("images of {expected} channels");
            return Err(Error::State { expected, got: format!("{got}") });
        }
        let size = &images.size()[2..];
        let mut layers = vec![];
        let mut now = images.shallow_clone();
        for (place, [weights, bias]) in self.convolutions.iter().enumerate() {
            now = now.conv2d(weights, Some(bias), [1, 1], [1, 1], [1, 1], 1).sigmoid();
            layers.push(now.shallow_clone());
            if self.shape == Shape::Pooled {
                now = match place {
                    0 => now.avg_pool2d([2, 2], [2, 2], [0, 0], true, true, None),
                    2 => now.upsample_nearest2d(size, None, None),
                    _ => now,
                };
            }
        }
        Ok(layers)
    }

    /// What it makes of images, \[N, C, H, W\].
    pub(super) fn rebuild(&self, images: &Tensor) -> Result<Tensor> {
        let layers = self.layers(images)?;
        Ok(layers.into_iter().next_back().unwrap_or_else(|| images.shallow_clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_any_size_are_rebuilt_in_theirs() {
        for (shape, convolutions) in [(Shape::Pooled, 5), (Shape::Flat, 3)] {
            let variables = nn::VarStore::new(Device::Cpu);
            let autoencoder = Autoencoder::untrained(shape, 2, &variables.root(), 1);
            assert_eq!(autoencoder.convolutions.len(), convolutions);
            for sides in [[28, 28], [7, 5]] {
                let size = [3, 2, sides[0], sides[1]];
                let images = Tensor::full(size, 0.5, (Kind::Float, Device::Cpu));
                assert_eq!(autoencoder.rebuild(&images).unwrap().size(), size);
            }
            let grey = Tensor::full([1, 1, 8, 8], 0.5, (Kind::Float, Device::Cpu));
            assert!(autoencoder.rebuild(&grey).unwrap_err().to_string().contains("2 channels"));
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the values are exact")]
    fn changes_are_means_of_squares_or_sizes() {
        let images = Tensor::from_slice(&[0.5f32, 0.0]).view([1, 1, 1, 2]);
        let rebuilt = Tensor::from_slice(&[0.0f32, 0.25]).view([1, 1, 1, 2]);
        let change = |shape: Shape| shape.change(&images, &rebuilt).double_value(&[0]);
        assert_eq!([Shape::Pooled, Shape::Flat].map(change), [0.15625, 0.375]);
    }
}
