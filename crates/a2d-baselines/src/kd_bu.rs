//! Kernel density of features, and uncertainty under dropout.

mod bandwidth;
mod density;
mod features;
mod fitted;
#[cfg(test)]
mod tests;
mod uncertainty;

use a2d_data::Split;
use serde::{Deserialize, Serialize};

use crate::logistic::{ByKind, KindRows, Numbers, Scale};
use crate::{Error, Material, Parameters, Result, State, batches, noise};
use density::Densities;
use fitted::Measure;

pub use fitted::KdBu;

/// How many images are looked at together.
const BATCH: usize = 64;

/// KD+BU (R. Feinman et al., "Detecting Adversarial Samples from Artifacts", 2017): a logistic regression on the kernel
/// density of an image's features among those of its predicted class and on its uncertainty under dropout, of benign
/// and noisy images against adversarial ones.
///
/// * Density (section 4.1): the logarithm of the mean of Gaussian kernels around the features of all labelled images
///   whose true class is the predicted one.
/// * Uncertainty (section 4.2): the variance of the probabilities over passes with dropout, mean over the classes.
///   Each image draws from a stream of its own.
///
/// Both are put on a scale of mean 0 and deviation 1 over all that is fitted on. The protocol makes no difference to
/// what is fitted; the published evaluation fits on the very images that it scores.
///
/// Columns: `kd-bu`, the probability by a regression on all kinds of adversarial inputs; `kd-bu-KIND`, that by one on
/// a single kind, as in the paper; `kd-bu-density` and `kd-bu-uncertainty`. Its file has the features of the labelled
/// images in float32: 31 MB for 60,000 images and 128 features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdBuParameters {
    /// The layer whose output are the features. Unless one is named, the one before the logits: the ReLU of the last
    /// hidden dense layer where there is one (so in the paper), else what the only dense layer takes, such as the
    /// mean over the pixels of residual networks.
    pub layer: Option<String>,
    /// The deviation of the kernels, above 0. It suits one network: unless it is given, the one is taken under which
    /// up to 1,000 of the labelled images, each left out, are most likely. The paper has 1.20 for its network on
    /// MNIST and 0.26 for that on CIFAR-10.
    pub bandwidth: Option<f64>,
    /// Passes with dropout, 50 in the paper; at least 2, or 0 for a network without dropout, which leaves the
    /// uncertainty out.
    pub passes: u32,
}

impl Default for KdBuParameters {
    fn default() -> Self {
        Self { layer: None, bandwidth: None, passes: 50 }
    }
}

impl KdBuParameters {
    fn check(&self) -> Result<()> {
        let refused = |expected: &str, got: String| {
            Err(Error::Parameter { baseline: Self::NAME, expected: expected.into(), got })
        };
        match (self.bandwidth, self.passes) {
            (Some(bandwidth), _) if !(bandwidth > 0.0 && bandwidth.is_finite()) => {
                refused("a bandwidth above 0", bandwidth.to_string())
            }
            (_, 1) => refused("no passes or at least 2", "1".into()),
            _ => Ok(()),
        }
    }
}

impl Parameters for KdBuParameters {
    const NAME: &'static str = "kd-bu";
    const LABELLED: Option<Split> = Some(Split::Train);

    type Fitted = KdBu;

    fn fit(self, material: &Material<'_>) -> Result<KdBu> {
        self.check()?;
        let kinds = material.adversarial(Self::NAME)?;
        if let Some(of) = kinds.iter().find(|of| fitted::OWN.contains(&of.kind.as_str())) {
            let expected = format!("kinds of other names than {}", fitted::OWN.join(", "));
            let got = format!("{:?}", of.kind);
            return Err(Error::Material { baseline: Self::NAME, expected, got });
        }
        let labelled = material.labelled(Self::NAME)?;
        let classifier = material.classifier;
        classifier.check_labels("fit kd-bu", labelled.labels())?;
        let benign = material.tensor(material.benign.images())?;
        let layer = features::layer(classifier, &benign.narrow(0, 0, 1), self.layer.as_deref())?;
        let features = features::by_class(classifier, labelled, &layer)?;
        let bandwidth = match self.bandwidth {
            Some(bandwidth) => bandwidth,
            None => bandwidth::likeliest(&features)?,
        };
        let measure = Measure {
            layer,
            densities: Densities::new(features, bandwidth),
            passes: self.passes,
            seed: material.seed,
        };
        let rows = |images: &tch::Tensor| {
            batches::each(classifier, images, BATCH, &|classifier, images| {
                measure.numbers(classifier, images)
            })
        };
        let kinds = kinds.iter().enumerate().map(|(place, examples)| {
            let adversarial = rows(&material.tensor(&examples.images)?)?;
            let noisy = rows(&noise::of(Self::NAME, material, place)?)?;
            Ok(KindRows { kind: examples.kind.clone(), adversarial, noisy })
        });
        let kinds = kinds.collect::<Result<_>>()?;
        let numbers = Numbers { normal: rows(&benign)?, kinds };
        let by_kind = ByKind::fit(Self::NAME, Scale::Deviation, &numbers, |count| count)?;
        Ok(KdBu { measure, by_kind })
    }

    fn restore(self, state: State) -> Result<KdBu> {
        self.check()?;
        KdBu::restore(self.passes, &state)
    }
}
