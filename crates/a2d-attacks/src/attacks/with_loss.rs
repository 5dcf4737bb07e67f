//! An attack that ascends another loss than its own.

use tch::Tensor;

use a2d_model::Classifier;

use crate::{
    Attack, Bounds, Iterate, Limits, Loss, Newcomers, Pass, Preference, Result, Standing, Target,
};

/// An attack that ascends this loss in place of its own, wherever it takes steps along
/// [`Iterate::ascent`]: FGSM, BIM, BIM2, PGD, JSMA, and these in strides.
///
/// ```
/// use std::sync::Arc;
///
/// use a2d_attacks::{Aim, Bim, Iterate, Limits, Loss, Target, WithLoss, begin};
/// use a2d_model::{Architecture, Classifier};
/// use tch::{Device, Tensor};
///
/// #[derive(Debug)]
/// struct Margins;
///
/// impl Loss for Margins {
///     fn of(&self, iterate: &Iterate<'_>) -> Tensor {
///         iterate.margins()
///     }
/// }
///
/// let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 50, target: Target::Untargeted };
/// let attack = Arc::new(WithLoss { attack: bim, loss: Margins });
/// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
/// let session = begin(attack, &classifier, Aim::Cost, Limits::default())?;
/// # Ok::<(), a2d_attacks::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WithLoss<A, L> {
    /// How it steps.
    pub attack: A,
    /// What it ascends.
    pub loss: L,
}

impl<A: Attack, L: Loss> Attack for WithLoss<A, L> {
    type Rows = A::Rows;

    fn check(&self) -> Result<()> {
        self.attack.check()
    }

    fn cap(&self, elements: usize) -> u32 {
        self.attack.cap(elements)
    }

    fn queries_per_iteration(&self) -> u32 {
        self.attack.queries_per_iteration()
    }

    fn queries(&self, iterations: f64) -> f64 {
        self.attack.queries(iterations)
    }

    fn wants_gradients(&self) -> bool {
        self.attack.wants_gradients()
    }

    fn loss(&self) -> &dyn Loss {
        &self.loss
    }

    fn lessons(&self) -> usize {
        self.attack.lessons()
    }

    fn learn(&mut self, classifier: &Classifier, images: &Tensor, limits: Limits) -> Result<()> {
        self.attack.learn(classifier, images, limits)
    }

    fn target(&self) -> Target {
        self.attack.target()
    }

    fn confidence(&self) -> f64 {
        self.attack.confidence()
    }

    fn bounds(&self) -> Bounds {
        self.attack.bounds()
    }

    fn result(&self) -> Preference {
        self.attack.result()
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> A::Rows {
        self.attack.start(newcomers)
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut A::Rows) -> Vec<Standing> {
        self.attack.judge(pass, rows)
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut A::Rows) -> Tensor {
        self.attack.advance(iterate, rows)
    }

    fn foretold(&self, rows: &A::Rows) -> Vec<Option<Standing>> {
        self.attack.foretold(rows)
    }
}
