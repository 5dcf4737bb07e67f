//! Local intrinsic dimensionality at every layer.

mod apart;
mod estimator;
mod fitted;
mod reference;
#[cfg(test)]
mod tests;

use a2d_data::Split;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::logistic::{ByKind, KindRows, Numbers, Scale};
use crate::{Error, Material, Parameters, Protocol, Result, State, batches, noise};
use fitted::imputed;
use reference::Reference;

pub use fitted::Lid;

/// How many images are looked at together.
const BATCH: usize = 64;

/// LID (X. Ma et al., "Characterizing Adversarial Subspaces Using Local Intrinsic Dimensionality", ICLR 2018): a
/// logistic regression on how many dimensions the neighbourhood of an image seems to have at every layer, by the
/// distances from the nearest of some benign images, of benign and noisy images against adversarial ones.
///
/// The layers are the input, the outputs that the network tells of and the softmax. The published code has those of
/// Keras, among which dropout and flattening repeat the layer before: the same number twice, which would change
/// nothing but what the ridge makes of it. Numbers are put on a scale from 0 to 1.
///
/// * [`Protocol::Fair`]: the reference are the last benign images, one minibatch, with which all others are
///   compared. Neither they nor what was made of them is fitted on.
/// * [`Protocol::Published`]: the benign images in minibatches in their order are the references, and an image is
///   compared with the minibatch that its original is in, which is the benign image that is nearest in pixels, here also
///   where the original is known. The smallest distance is left out: that of a benign image from itself, and of others
///   mostly that from their original. The scale is that of all images; the regression is fitted on
///   the first 80 % of each sort, in whole minibatches, and is evaluated on the rest in the paper.
///
/// Columns: `lid`, the probability by a regression on all kinds of adversarial inputs, and `lid-KIND`, that by one on
/// a single kind, as in the paper. Its file has the reference images. What they give at each layer is computed when
/// first asked for, and no part of the queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LidParameters {
    /// How many neighbours, from 2 to one less than the minibatch: 20 in the paper.
    pub k: usize,
    /// How many reference images are compared with: 100 in the paper.
    pub minibatch: usize,
}

impl Default for LidParameters {
    fn default() -> Self {
        Self { k: 20, minibatch: 100 }
    }
}

impl LidParameters {
    fn check(&self) -> Result<()> {
        if (2..self.minibatch).contains(&self.k) {
            return Ok(());
        }
        Err(Error::Parameter {
            baseline: Self::NAME,
            expected: format!("k from 2 to below the minibatch of {}", self.minibatch),
            got: self.k.to_string(),
        })
    }

    /// Refuses inputs of which the published regression would be fitted on none.
    fn check_parts(&self, material: &Material<'_>) -> Result<()> {
        let kinds = material.adversarial.iter();
        let kinds = kinds.map(|examples| (examples.kind.as_str(), examples.images.len()));
        let mut sorts = [("benign", material.benign.len())].into_iter().chain(kinds);
        let few = sorts.find(|(_, count)| self.published_part(*count) == 0);
        few.map_or(Ok(()), |(sort, count)| {
            Err(Error::Material {
                baseline: Self::NAME,
                expected: format!(
                    "a minibatch of {} {sort} images among the first 80 %",
                    self.minibatch
                ),
                got: format!("{count} in all"),
            })
        })
    }

    /// How many of `count` inputs of a sort the published regression is fitted on.
    fn published_part(&self, count: usize) -> usize {
        count * 4 / 5 / self.minibatch * self.minibatch
    }
}

impl Parameters for LidParameters {
    const NAME: &'static str = "lid";
    const LABELLED: Option<Split> = None;

    type Fitted = Lid;

    fn fit(self, material: &Material<'_>) -> Result<Lid> {
        self.check()?;
        material.adversarial(Self::NAME)?;
        let benign = material.tensor(material.benign.images())?;
        let rest; // what is fitted on where that is not all
        let (reference, material) = match material.protocol {
            Protocol::Fair => {
                rest = apart::from(material, self.minibatch)?;
                let (first, count) = (rest.benign.len() as i64, self.minibatch as i64);
                (Reference::fair(&benign.narrow(0, first, count)), &rest)
            }
            Protocol::Published => {
                self.check_parts(material)?;
                (Reference::published(&benign, self.minibatch), material)
            }
        };
        let of = |images: &Tensor| {
            batches::each(material.classifier, images, BATCH, &|classifier, images| {
                reference.dimensions(classifier, images, self.k)
            })
        };
        let normal = of(&material.tensor(material.benign.images())?)?;
        let sorts = material.adversarial.iter().enumerate().map(|(place, examples)| {
            let adversarial = of(&material.tensor(&examples.images)?)?;
            Ok([adversarial, of(&noise::of(Self::NAME, material, place)?)?])
        });
        let sorts = sorts.collect::<Result<Vec<_>>>()?;
        let maxima = fitted::maxima(sorts.iter().flatten().chain([&normal]).flatten());
        let whole = |rows: &Vec<Vec<Option<f64>>>| {
            rows.iter().map(|row| imputed(row, &maxima)).collect::<Result<Vec<_>>>()
        };
        let kinds =
            material.adversarial.iter().zip(&sorts).map(|(examples, [adversarial, noisy])| {
                let kind = examples.kind.clone();
                Ok(KindRows { kind, adversarial: whole(adversarial)?, noisy: whole(noisy)? })
            });
        let kinds = kinds.collect::<Result<_>>()?;
        let numbers = Numbers { normal: whole(&normal)?, kinds };
        let part = |count| match material.protocol {
            Protocol::Fair => count,
            Protocol::Published => self.published_part(count),
        };
        let by_kind = ByKind::fit(Self::NAME, Scale::Range, &numbers, part)?;
        Ok(Lid { parameters: self, reference, maxima, by_kind })
    }

    fn restore(self, state: State) -> Result<Lid> {
        self.check()?;
        Lid::restore(self, &state)
    }
}
