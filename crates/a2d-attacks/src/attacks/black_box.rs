//! FGSM on a substitute that the attacker trains.

use std::sync::{Arc, Mutex, PoisonError};

use a2d_model::Classifier;
use a2d_model::training::{SubstituteOptions, train_substitute};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::loss;
use crate::engine::rowwise::elements;
use crate::{Attack, Bounds, Goal, Iterate, Limits, Newcomers, Result, range};

/// The substitute attack (Papernot et al. 2017, "Practical black-box attacks against machine learning",
/// algorithm 1): FGSM on a network of the attacker's own, which it trains on the labels that the
/// attacked model gives. Examples are those that transfer.
///
/// The attacker starts from some of the images it attacks. Each round trains the substitute, and doubles
/// its training set by steps of `lambda` along the sign of the substitute's Jacobian at each image,
/// whose labels it asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlackBox {
    /// Change of every pixel of an example, in units of \[0, 1\].
    pub epsilon: f64,
    /// Images that the attacker starts from, where there are as many.
    pub images: u32,
    /// Rounds of augmentation; each doubles the training set.
    pub rounds: u32,
    /// Step of the augmentation.
    pub lambda: f64,
    /// Passes over the training set in each round.
    pub epochs: u32,
    /// The substitute, once it is trained.
    #[serde(skip)]
    pub(crate) substitute: Option<Arc<Mutex<Classifier>>>,
}

impl Default for BlackBox {
    /// The parameters of the paper's section 5.1 for MNIST, and its epsilon in the second environment of
    /// "Attack as defense".
    fn default() -> Self {
        let (images, rounds, lambda, epochs) = (150, 6, 0.1, 10);
        Self { epsilon: 0.35, images, rounds, lambda, epochs, substitute: None }
    }
}

impl Attack for BlackBox {
    type Rows = ();

    fn check(&self) -> Result<()> {
        range::positive("bb", "epsilon", self.epsilon)?;
        range::at_least_one("bb", "images", self.images)?;
        range::check("bb", "rounds", self.rounds, "from 0 to 10", self.rounds <= 10)?;
        range::positive("bb", "lambda", self.lambda)?;
        range::at_least_one("bb", "epochs", self.epochs)
    }

    fn lessons(&self) -> usize {
        if self.substitute.is_some() { 0 } else { self.images as usize }
    }

    /// Trains a substitute on the labels that `classifier` gives to these images and their augmentations.
    fn learn(&mut self, classifier: &Classifier, images: &Tensor, limits: Limits) -> Result<()> {
        self.check()?;
        let count = images.size()[0].min(self.images.into());
        let mut images = images.narrow(0, 0, count).to_device(classifier.device());
        let mut labels = labels(classifier, &images, count, limits.window)?;
        let options = SubstituteOptions { epochs: self.epochs, seed: limits.seed };
        let mut substitute = train_substitute(&images, &labels, classifier.classes(), options)?;
        for _ in 0..self.rounds {
            let augmented = augmented(&substitute, &images, &labels, self.lambda)?;
            let answers = self::labels(classifier, &augmented, count, limits.window)?;
            images = Tensor::cat(&[images, augmented], 0);
            labels = Tensor::cat(&[labels, answers], 0);
            substitute = train_substitute(&images, &labels, classifier.classes(), options)?;
        }
        self.substitute = Some(Arc::new(Mutex::new(substitute)));
        Ok(())
    }

    fn queries_per_iteration(&self) -> u32 {
        1
    }

    fn cap(&self, _elements: usize) -> u32 {
        1
    }

    fn wants_gradients(&self) -> bool {
        false
    }

    fn bounds(&self) -> Bounds {
        Bounds::Linf(self.epsilon)
    }

    fn start(&self, _newcomers: &Newcomers<'_>) {}

    fn advance(&self, iterate: &Iterate<'_>, (): &mut ()) -> Tensor {
        let images = iterate.images();
        let Some(substitute) = &self.substitute else { return images };
        // One worker at a time; whatever happened to another, weights do not change.
        let substitute = substitute.lock().unwrap_or_else(PoisonError::into_inner);
        match slopes_away(&substitute, &images, iterate.goals()) {
            Ok(slopes) => (images + slopes.sign() * self.epsilon).clamp(0.0, 1.0),
            Err(fault) => {
                iterate.fail(fault);
                images
            }
        }
    }
}

/// The labels that the classifier gives to images, or to augmentations of so many, in portions of the
/// window.
fn labels(classifier: &Classifier, images: &Tensor, count: i64, window: usize) -> Result<Tensor> {
    let mut labels = vec![];
    let mut done = 0;
    for portion in images.split(window as i64, 0) {
        let logits = tch::no_grad(|| classifier.logits(&portion))?;
        // Every round of augmentation keeps the order of the images.
        classifier.check_logits(&elements(&logits), |place| (done + place) % count as usize)?;
        done += portion.size()[0] as usize;
        labels.push(logits.argmax(-1, false));
    }
    Ok(Tensor::cat(&labels, 0))
}

/// New images, a step from the old ones in the direction in which the substitute's answer changes most.
fn augmented(
    substitute: &Classifier,
    images: &Tensor,
    labels: &Tensor,
    lambda: f64,
) -> Result<Tensor> {
    let labels = Vec::<i64>::try_from(labels).unwrap_or_default();
    let goals: Vec<Goal> = labels.into_iter().map(|label| Goal { label, target: None }).collect();
    Ok((images - slopes_away(substitute, images, &goals)?.sign() * lambda).clamp(0.0, 1.0))
}

/// The gradients that lead the substitute away from the labels of these goals.
fn slopes_away(
    substitute: &Classifier,
    images: &Tensor,
    goals: &[Goal],
) -> a2d_model::Result<Tensor> {
    tch::with_grad(|| {
        let leaf = images.detach().set_requires_grad(true);
        let logits = substitute.logits(&leaf)?;
        let values = elements(&logits.detach());
        let rows = values.chunks_exact(substitute.classes());
        let margins: Vec<f64> =
            goals.iter().zip(rows).map(|(goal, row)| goal.margin(row)).collect();
        let loss = loss::towards_goals(&logits, goals, &margins).sum(Kind::Float);
        substitute.gradient(&loss, &leaf, false)
    })
}
