//! FGSM on a substitute that the attacker trains.

use std::sync::{Arc, Mutex, PoisonError};

use a2d_model::training::{SubstituteKind, SubstituteOptions, train_substitute};
use a2d_model::{Classifier, Normalisation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::rowwise::elements;
use crate::engine::wanted::Wanted;
use crate::engine::{loss, pass};
use crate::{Attack, Bounds, Goal, Iterate, Limits, Newcomers, Result, range};

/// The substitute attack (Papernot et al. 2017, "Practical black-box attacks against machine learning",
/// algorithm 1): FGSM on a network of the attacker's own, which it trains on the labels that the
/// attacked model gives. Examples are those that transfer.
///
/// The attacker starts from some of the images it attacks. Each round trains the substitute, and doubles
/// its training set by steps of `lambda` along the sign of the substitute's Jacobian at each image,
/// whose labels it asks for.
///
/// A [convolutional](SubstituteKind::Convolutional) substitute is used as the second environment of "Attack as
/// defense" has it: all slopes are those of the label's logit alone, and images are left as they are unless the substitute is
/// right about them and fooled by the example.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// What the substitute is.
    #[schemars(with = "String")]
    pub substitute: SubstituteKind,
    /// The value that the substitute sees for 0.
    pub black: f64,
    /// The value that the substitute sees for 1.
    pub white: f64,
    /// The substitute, once it is trained.
    #[serde(skip)]
    pub(crate) trained: Option<Arc<Mutex<Classifier>>>,
}

impl Default for BlackBox {
    /// The parameters of the paper's section 5.1 for MNIST, and its epsilon in the second environment of
    /// "Attack as defense".
    fn default() -> Self {
        let (images, rounds, lambda, epochs) = (150, 6, 0.1, 10);
        let (substitute, black, white) = (SubstituteKind::Dense, 0.0, 1.0);
        let epsilon = 0.35;
        Self { epsilon, images, rounds, lambda, epochs, substitute, black, white, trained: None }
    }
}

impl Attack for BlackBox {
    type Rows = ();

    fn check(&self) -> Result<()> {
        range::positive("bb", "epsilon", self.epsilon)?;
        range::at_least_one("bb", "images", self.images)?;
        range::check("bb", "rounds", self.rounds, "from 0 to 10", self.rounds <= 10)?;
        range::positive("bb", "lambda", self.lambda)?;
        range::at_least_one("bb", "epochs", self.epochs)?;
        let (black, white) = (range::Short(self.black), self.white);
        let rises = self.black < white && (white - self.black).is_finite();
        range::check("bb", "white", range::Short(white), &format!("above black, {black}"), rises)
    }

    fn lessons(&self) -> usize {
        if self.trained.is_some() { 0 } else { self.images as usize }
    }

    /// Trains a substitute on the labels that `classifier` gives to these images and their augmentations.
    fn learn(&mut self, classifier: &Classifier, images: &Tensor, limits: Limits) -> Result<()> {
        self.check()?;
        let count = images.size()[0].min(self.images.into());
        let mut images = images.narrow(0, 0, count).to_device(classifier.device());
        let mut labels = labels(classifier, &images, count, limits.window)?;
        let options = SubstituteOptions {
            kind: self.substitute,
            normalisation: Some(self.normalisation()),
            epochs: self.epochs,
            seed: limits.seed,
        };
        let mut substitute = train_substitute(&images, &labels, classifier.classes(), &options)?;
        for _ in 0..self.rounds {
            let augmented = self.augmented(&substitute, &images, &labels)?;
            let answers = self::labels(classifier, &augmented, count, limits.window)?;
            images = Tensor::cat(&[images, augmented], 0);
            labels = Tensor::cat(&[labels, answers], 0);
            substitute = train_substitute(&images, &labels, classifier.classes(), &options)?;
        }
        self.trained = Some(Arc::new(Mutex::new(substitute)));
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
        let Some(substitute) = &self.trained else { return images };
        // One worker at a time; whatever happened to another, weights do not change.
        let substitute = substitute.lock().unwrap_or_else(PoisonError::into_inner);
        let examples = self.slopes_away(&substitute, &images, iterate.goals()).and_then(|slopes| {
            let examples = (&images + slopes.sign() * self.epsilon).clamp(0.0, 1.0);
            match self.substitute {
                SubstituteKind::Dense => Ok(examples),
                SubstituteKind::Convolutional => {
                    let fooled = fooled(&substitute, &images, &examples, iterate.goals())?;
                    Ok(examples.where_self(&fooled, &images))
                }
            }
        });
        examples.unwrap_or_else(|fault| {
            iterate.fail(fault);
            images
        })
    }
}

impl BlackBox {
    /// What is done to the substitute's images.
    fn normalisation(&self) -> Normalisation {
        let width = self.white - self.black;
        Normalisation { mean: vec![-self.black / width], std: vec![1.0 / width] }
    }

    /// New images, a step from the old ones in the direction in which the substitute's answer changes most.
    fn augmented(
        &self,
        substitute: &Classifier,
        images: &Tensor,
        labels: &Tensor,
    ) -> Result<Tensor> {
        let labels = Vec::<i64>::try_from(labels).unwrap_or_default();
        let goals: Vec<Goal> =
            labels.into_iter().map(|label| Goal { label, target: None }).collect();
        let slopes = self.slopes_away(substitute, images, &goals)?;
        Ok((images - slopes.sign() * self.lambda).clamp(0.0, 1.0))
    }

    /// The gradients that lead the substitute away from the labels of these goals.
    fn slopes_away(
        &self,
        substitute: &Classifier,
        images: &Tensor,
        goals: &[Goal],
    ) -> a2d_model::Result<Tensor> {
        tch::with_grad(|| {
            let leaf = images.detach().set_requires_grad(true);
            let logits = substitute.logits(&leaf)?;
            let losses = match self.substitute {
                SubstituteKind::Dense => {
                    let values = elements(&logits.detach());
                    let rows = values.chunks_exact(substitute.classes());
                    let margins: Vec<f64> =
                        goals.iter().zip(rows).map(|(goal, row)| goal.margin(row)).collect();
                    loss::towards_goals(&logits, &Wanted::of(goals.to_vec(), &logits), &margins)
                }
                SubstituteKind::Convolutional => {
                    let labels = pass::classes(goals, |goal| goal.label, &logits).unsqueeze(1);
                    -logits.gather(1, &labels, false)
                }
            };
            substitute.gradient(&losses.sum(Kind::Float), &leaf, false)
        })
    }
}

/// Whether the substitute is right about each image, and not about its example, \[N, 1, 1, 1\].
fn fooled(
    substitute: &Classifier,
    images: &Tensor,
    examples: &Tensor,
    goals: &[Goal],
) -> a2d_model::Result<Tensor> {
    let labels = pass::classes(goals, |goal| goal.label, images);
    let is_right = |images: &Tensor| -> a2d_model::Result<Tensor> {
        let logits = tch::no_grad(|| substitute.logits(images))?;
        Ok(logits.argmax(-1, false).eq_tensor(&labels))
    };
    let fooled = is_right(images)?.logical_and(&is_right(examples)?.logical_not());
    Ok(fooled.view([-1, 1, 1, 1]))
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
