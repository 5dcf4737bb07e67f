//! Benign images: what they cost, what detectors say of them, and what an attacker makes of them.

use tch::Tensor;

use crate::judge::Numbers;
use crate::look::Look;
use crate::{Error, Judge, Result, Victim};

/// Benign images that nothing was fitted on: the measure of false positives, of ladders and of how many steps a surrogate
/// takes; and images of other classes, to match or to start from.
#[derive(Debug)]
pub struct Benign {
    images: Tensor,
    logits: Tensor,
    predicted: Vec<i64>,
    numbers: Vec<Numbers>,
}

impl Benign {
    /// Judges these images, \[N, C, H, W\].
    ///
    /// # Errors
    /// [`Error::Images`] if they are of a single class for the network, or an attack tells nothing of all of them; what classifier, attacks and detectors say.
    pub fn judge(judge: &Judge, victim: &Victim<'_>, images: &Tensor) -> Result<Self> {
        let (mut logits, mut predicted) = (vec![], vec![]);
        for portion in images.split(victim.limits.window as i64, 0) {
            let look = Look::at(victim.classifier, &portion, |row| predicted.len() + row)?;
            logits.push(look.logits.detach());
            predicted.extend(look.predicted);
        }
        let refused =
            |expected: &str, got: String| Err(Error::Images { expected: expected.to_owned(), got });
        let Some(first) = predicted.first() else {
            return refused("benign images", "none".to_owned());
        };
        if predicted.iter().all(|class| class == first) {
            return refused("benign images of several classes", format!("all of class {first}"));
        }
        let numbers = judge.judge(victim, images)?;
        for (place, defense) in victim.defenses.iter().enumerate() {
            if numbers.iter().all(|numbers| numbers.costs[place].is_none()) {
                let got = format!("none that {} tells anything of", defense.name());
                return refused("benign images that have costs", got);
            }
        }
        let logits = Tensor::cat(&logits, 0);
        Ok(Self { images: images.shallow_clone(), logits, predicted, numbers })
    }

    /// Another handle, for another thread.
    pub(crate) fn handle(&self) -> Self {
        Self {
            images: self.images.shallow_clone(),
            logits: self.logits.shallow_clone(),
            predicted: self.predicted.clone(),
            numbers: self.numbers.clone(),
        }
    }

    /// The images, \[N, C, H, W\].
    pub(crate) fn images(&self) -> &Tensor {
        &self.images
    }

    /// The class of an image.
    pub(crate) fn class(&self, image: usize) -> i64 {
        self.predicted[image]
    }

    /// The images that a defender gives no higher score than this.
    pub(crate) fn passed(&self, defender: usize, threshold: f64) -> Vec<usize> {
        let scores = self.numbers.iter().map(|numbers| numbers.scores[defender]);
        let passed =
            scores.enumerate().filter(|(_, score)| score.is_some_and(|score| score <= threshold));
        passed.map(|(image, _)| image).collect()
    }

    /// The iterations that this share of the images cost at most by a defense.
    pub fn cost(&self, defense: usize, share: f64) -> f64 {
        let mut costs: Vec<u32> =
            self.numbers.iter().filter_map(|numbers| numbers.costs[defense]).collect();
        costs.sort_unstable();
        let last = costs.len().saturating_sub(1) as f64;
        costs.get((share * last).round() as usize).map_or(0.0, |cost| f64::from(*cost))
    }

    /// The score that a defender gives each of them; none where it gives none.
    pub fn scores(&self, defender: usize) -> Vec<Option<f64>> {
        self.numbers.iter().map(|numbers| numbers.scores[defender]).collect()
    }

    /// For each of these logits, \[N, classes\], those of the image of another class than the row's that are nearest.
    pub(crate) fn nearest_of_another_class(&self, logits: &Tensor, labels: &[i64]) -> Vec<usize> {
        let distances = Tensor::cdist(&logits.detach(), &self.logits, 2.0, None::<i64>);
        let own = Tensor::from_slice(labels).to_device(distances.device()).unsqueeze(1);
        let classes =
            Tensor::from_slice(&self.predicted).to_device(distances.device()).unsqueeze(0);
        let others =
            distances.where_self(&own.ne_tensor(&classes), &distances.full_like(f64::INFINITY));
        let nearest = Vec::<i64>::try_from(others.argmin(1, false)).unwrap_or_default();
        nearest.into_iter().map(|place| place as usize).collect()
    }

    /// The logits of these images, \[N, classes\].
    pub(crate) fn logits_of(&self, places: &[usize]) -> Tensor {
        crate::look::picked(&self.logits, places)
    }
}
