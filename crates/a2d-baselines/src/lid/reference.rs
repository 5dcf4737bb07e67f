//! The benign images that others are compared with.

use std::sync::{Mutex, PoisonError};

use a2d_model::Classifier;
use tch::{Kind, Tensor};

use super::LidParameters;
use super::estimator::dimension;
use crate::{Error, Parameters as _, Protocol, Result, activations};

/// Distances one by one, without the product of matrices, which would leave no exact zero of equal rows.
const WITHOUT_PRODUCTS: i64 = 2;

/// The benign images that others are compared with, in minibatches.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) protocol: Protocol,
    minibatch: usize,
    /// \[n, C, H, W\]. Behind a lock, as tensors are not for two threads at a time.
    images: Mutex<Tensor>,
    /// What the minibatch used last gives at each layer: images come in an order in which most share one.
    last: Mutex<Option<(usize, Vec<Tensor>)>>,
}

impl Reference {
    /// A single minibatch of images that nothing else is made of.
    pub(super) fn fair(images: &Tensor) -> Self {
        Self::of(Protocol::Fair, images, images.size()[0] as usize)
    }

    /// Images in minibatches in their order, among which are the originals of all others.
    pub(super) fn published(images: &Tensor, minibatch: usize) -> Self {
        Self::of(Protocol::Published, images, minibatch)
    }

    fn of(protocol: Protocol, images: &Tensor, minibatch: usize) -> Self {
        let images = Mutex::new(images.copy());
        Self { protocol, minibatch, images, last: Mutex::new(None) }
    }

    pub(super) fn images(&self) -> Tensor {
        self.images.lock().unwrap_or_else(PoisonError::into_inner).shallow_clone()
    }

    /// The dimensionality of each image, \[N, C, H, W\], at each layer, by its nearest `k` neighbours.
    pub(super) fn dimensions(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        k: usize,
    ) -> Result<Vec<Vec<Option<f64>>>> {
        let layers = layers(classifier, images)?;
        let minibatches = self.minibatches(images)?;
        let mut found = vec![vec![]; minibatches.len()];
        let mut done = vec![];
        for minibatch in &minibatches {
            if done.contains(minibatch) {
                continue;
            }
            done.push(*minibatch);
            let places: Vec<usize> =
                (0..found.len()).filter(|place| minibatches[*place] == *minibatch).collect();
            let rows: Vec<i64> = places.iter().map(|place| *place as i64).collect();
            let rows = Tensor::from_slice(&rows).to_device(images.device());
            let known = self.layers_of(*minibatch, classifier)?;
            for (layer, known) in layers.iter().zip(&known) {
                let distances = distances(&layer.index_select(0, &rows), known)?;
                for (place, distances) in places.iter().zip(distances) {
                    found[*place].push(dimension(self.of_others(distances), k));
                }
            }
        }
        Ok(found)
    }

    /// Distances without the smallest where the image, or its original, is among the reference.
    fn of_others(&self, mut distances: Vec<f64>) -> Vec<f64> {
        if self.protocol == Protocol::Published {
            let smallest = distances.iter().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
            if let Some((place, _)) = smallest {
                distances.swap_remove(place);
            }
        }
        distances
    }

    /// The minibatch that each image is compared with.
    fn minibatches(&self, images: &Tensor) -> Result<Vec<usize>> {
        let count = images.size()[0] as usize;
        if self.protocol == Protocol::Fair {
            return Ok(vec![0; count]);
        }
        let known = self.images().to_device(images.device());
        let distances = distances(&images.flatten(1, -1), &known.flatten(1, -1))?;
        let nearest = |distances: Vec<f64>| {
            let nearest = distances.iter().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
            nearest.map_or(0, |(row, _)| row / self.minibatch)
        };
        Ok(distances.into_iter().map(nearest).collect())
    }

    /// What the images of a minibatch give at each layer.
    fn layers_of(&self, minibatch: usize, classifier: &Classifier) -> Result<Vec<Tensor>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, layers)) = &*last
            && *of == minibatch
        {
            return Ok(layers.iter().map(Tensor::shallow_clone).collect());
        }
        let images = self.images();
        let first = minibatch * self.minibatch;
        let count = self.minibatch.min(images.size()[0] as usize - first);
        let images = images.narrow(0, first as i64, count as i64).to_device(classifier.device());
        let found = layers(classifier, &images)?;
        *last = Some((minibatch, found.iter().map(Tensor::shallow_clone).collect()));
        Ok(found)
    }
}

/// The input, what the network's layers give and the softmax: \[N, D\] each.
fn layers(classifier: &Classifier, images: &Tensor) -> Result<Vec<Tensor>> {
    let outputs = activations::of(LidParameters::NAME, classifier, images)?;
    let softmax = outputs.last().map(|(_, logits)| logits.softmax(-1, logits.kind()));
    let outputs = outputs.into_iter().map(|(_, output)| output);
    Ok([images.flatten(1, -1)].into_iter().chain(outputs).chain(softmax).collect())
}

/// For each row, \[N, D\], its distances from the known ones, \[n, D\], in float64.
fn distances(rows: &Tensor, known: &Tensor) -> Result<Vec<Vec<f64>>> {
    let [rows, known] = [rows, known].map(|matrix| matrix.to_kind(Kind::Double));
    let found = Tensor::f_cdist(&rows, &known, 2.0, WITHOUT_PRODUCTS)
        .map_err(Error::tensor("measure distances at a layer"))?;
    Vec::try_from(found).map_err(Error::tensor("read distances"))
}
