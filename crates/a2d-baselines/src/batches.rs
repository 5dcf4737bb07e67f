//! What is found for many images, a batch at a time, by as many workers as the classifier has.

use a2d_data::{Labelled, read_ahead};
use a2d_model::{Classifier, Session};
use tch::{Tensor, no_grad};

use crate::{Error, Result};

/// What `of` finds for each of some images, \[N, C, H, W\], in their order. It is given at most `batch` of them at a
/// time, on the classifier's device.
///
/// # Errors
/// What `of` says.
pub(crate) fn each<T: Send>(
    classifier: &Classifier,
    images: &Tensor,
    batch: usize,
    of: &(dyn Fn(&Classifier, &Tensor) -> Result<Vec<T>> + Sync),
) -> Result<Vec<T>> {
    let queries = (0..images.size()[0]).map(|row| Ok((row as usize, images.get(row))));
    each_of(classifier, queries, batch, of)
}

/// What `of` finds for each of these numbered images, \[C, H, W\], in the order of their numbers, as [`each`] does.
///
/// # Errors
/// What `of` says, and the first error among the images.
pub(crate) fn each_of<T: Send>(
    classifier: &Classifier,
    images: impl Iterator<Item = Result<(usize, Tensor)>>,
    batch: usize,
    of: &(dyn Fn(&Classifier, &Tensor) -> Result<Vec<T>> + Sync),
) -> Result<Vec<T>> {
    let mut found = vec![];
    let mut begin = || Ok(Batch { of, room: batch.max(1), waiting: vec![] });
    classifier.work(&mut begin, images, &mut |outcome| {
        found.push(outcome);
        Ok::<(), Error>(())
    })?;
    found.sort_unstable_by_key(|(row, _)| *row);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// Images of the classifier's shape as a batch, \[N, C, H, W\], on its device.
///
/// # Errors
/// What the images say.
pub(crate) fn of_pixels(
    classifier: &Classifier,
    images: impl Iterator<Item = a2d_data::Result<Vec<f32>>>,
) -> Result<Tensor> {
    let pixels = images.collect::<a2d_data::Result<Vec<_>>>()?.concat();
    let [channels, height, width] = classifier.input_shape().map(|side| side as i64);
    let images = Tensor::from_slice(&pixels).view([-1, channels, height, width]);
    Ok(images.to_device(classifier.device()))
}

/// Hands `learn` the images of these rows in their order, `batch` of them at a time, \[N, C, H, W\], with their rows. They are
/// read ahead.
///
/// # Errors
/// What the images or `learn` say.
pub(crate) fn in_order(
    classifier: &Classifier,
    images: &dyn Labelled,
    (order, batch): (&[usize], usize),
    learn: &mut dyn FnMut(Tensor, &[usize]) -> Result<()>,
) -> Result<()> {
    read_ahead(images, order.iter().copied(), 1, |images| {
        for rows in order.chunks(batch) {
            let images = (&mut *images).take(rows.len()).map(|(_, pixels)| pixels);
            learn(of_pixels(classifier, images)?, rows)?;
        }
        Ok(())
    })
}

/// Numbered images, each of which leaves after a single step.
struct Batch<'a, T> {
    of: &'a (dyn Fn(&Classifier, &Tensor) -> Result<Vec<T>> + Sync),
    room: usize,
    waiting: Vec<(usize, Tensor)>,
}

impl<T: Send> Session for Batch<'_, T> {
    type Query = (usize, Tensor);
    type Outcome = (usize, T);
    type Error = Error;

    fn free(&self) -> usize {
        self.room.saturating_sub(self.waiting.len())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, query: (usize, Tensor)) -> Result<()> {
        self.waiting.push(query);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<(usize, T)>> {
        let (rows, images): (Vec<usize>, Vec<Tensor>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let found = no_grad(|| (self.of)(classifier, &images))?;
        Ok(rows.into_iter().zip(found).collect())
    }
}
