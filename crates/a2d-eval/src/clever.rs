//! CLEVER: an estimate, not a bound, of how far an image is from being misclassified.
//!
//! Weng et al., "Evaluating the robustness of neural networks: an extreme value theory approach", ICLR
//! 2018. The margin g = f_c - f_j is the lead of the predicted class c over class j. In a ball around the
//! image it changes by at most L, its Lipschitz constant there, per unit of distance, so class j is at least
//! min(radius, g / L) away. L is not known: it is the location of the reverse Weibull distribution of the
//! largest gradient norms in batches of samples from the ball.
//!
//! ```
//! use a2d_eval::clever::{Basis, Clever, Norm, Query, Target};
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
//! let image = Tensor::full([1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
//!
//! let clever = Clever::cpu(Norm::L2).batches(10).seed(7).check()?;
//! let query = Query::new(0, image);
//! let nearest = clever.score(&classifier, &query, Target::Untargeted)?;
//! assert!(nearest.score <= clever.radius());
//! if nearest.lipschitz.basis == Basis::LargestSample {
//!     println!("no distribution fits the gradients of image 0");
//! }
//!
//! let targets = [Target::Untargeted, Target::Rank(2), Target::LeastLikely];
//! let scores = clever.scores(&classifier, &query, &targets)?; // from one set of samples
//! assert!(scores[0].score <= scores[1].score && scores[0].score <= scores[2].score);
//! # Ok::<(), a2d_eval::clever::Error>(())
//! ```
//!
//! Where the paper leaves a choice, this follows it before its program, and both before other tools:
//!
//! * The margin is one of logits, unless it is to be one of probabilities ([`Outputs`]).
//! * Samples are uniform in the ball of the norm that is asked for, as algorithm 1 has it. The program
//!   samples the L2 ball for every norm, and draws the distance from the image uniformly on top: [`Radial`].
//! * Samples are clipped to \[0, 1\], as the program does, unless [`CleverParams::clip`] says otherwise.
//! * No score is larger than the radius. The program's may be.
//! * The program takes 0.01 shape² off the log-likelihood, and so does this. Without, the fit to the many
//!   maxima that look like a Gumbel distribution puts the location at infinity and the score at 0.
//! * Where Kolmogorov and Smirnov's test of the fit gives a p-value below 0.001, the largest sample takes
//!   the place of the location, as in the program.
//!
//! The Adversarial Robustness Toolbox starts its search at shape 1, from where it most often ends at the pole
//! of the likelihood in the largest sample; its scores then are g / [`Lipschitz::largest`], and larger.
//!
//! Classes that seem far after a tenth of the batches are left out of untargeted scores from then on: a
//! rule of thumb, see [`Clever::scores`].
//!
//! **Gradient masking inflates the score.** A network whose gradients vanish at the samples, such as one
//! with a saturated or a quantising layer, looks robust and need not be.

mod ball;
mod error;
mod kolmogorov;
mod lipschitz;
mod maxima;
mod norm;
mod outputs;
mod params;
mod query;
mod rival;
mod scoring;
mod setting;
mod target;
mod weibull;

pub use ball::Radial;
pub use error::{Error, Result};
pub use lipschitz::{Basis, Fit, Lipschitz};
pub use norm::Norm;
pub use outputs::Outputs;
pub use params::CleverParams;
pub use query::Query;
pub use scoring::Scoring;
pub use setting::Setting;
pub use target::Target;
pub use weibull::ReverseWeibull;

use a2d_model::Classifier;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tch::{Kind, Tensor};

use ball::Ball;
use maxima::Samples;
use rival::Rival;

/// The estimator, with parameters that are within their ranges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clever(CleverParams);

/// How far an image is from being misclassified, as CLEVER estimates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CleverScore {
    /// The distance, from 0 to the radius. It is 0 where the margin is, else the radius where the boundary is
    /// farther than that, and where no sample has a gradient.
    pub score: f64,
    /// The predicted class.
    pub label: usize,
    /// The target class, of several the nearest.
    pub target: usize,
    /// The lead of the label's output over the target's.
    pub margin: f64,
    /// How fast that lead changes.
    pub lipschitz: Lipschitz,
}

impl Clever {
    /// The parameters of the paper: 500 batches of 1024 samples.
    pub fn paper(norm: Norm) -> CleverParams {
        CleverParams::new(norm, 500, 1024)
    }

    /// Parameters for a machine without GPU: 50 batches of 64 samples.
    pub fn cpu(norm: Norm) -> CleverParams {
        CleverParams::new(norm, 50, 64)
    }

    /// The parameters.
    pub fn params(&self) -> CleverParams {
        self.0
    }

    /// The radius of the ball that is sampled: the largest score.
    pub fn radius(&self) -> f64 {
        self.0.radius
    }

    /// The seed of all random streams.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// The CLEVER score of an image for one target: [`Self::scores`].
    ///
    /// # Errors
    /// Those of [`Self::scores`].
    pub fn score(
        &self,
        classifier: &Classifier,
        query: &Query,
        target: Target,
    ) -> Result<CleverScore> {
        Ok(self.scores(classifier, query, &[target])?[0])
    }

    /// The CLEVER score of an image for each of the targets: that of a class (algorithm 1), or of several
    /// classes the least (algorithm 2).
    ///
    /// It takes a forward pass for every sample and a backward pass for every sample and class, whatever
    /// the number of targets. Memory does not grow with batches or samples. The samples depend on the seed
    /// and the number of the image only.
    ///
    /// After a tenth of the batches, a class is dropped if only the untargeted score is about it and its
    /// distance, by the largest gradient so far, is more than one and a half times the least. The untargeted score stays
    /// the same unless the dropped class is the nearest by all batches, or for a poor fit.
    /// [`CleverParams::all_classes`] turns this off. On 16 benign digits, 16 BIM and 16 FGSM examples (LeNet-5, 50
    /// batches of 64) all scores were the same, and on as many others the nearest class seemed at most 1.11 times as
    /// far as the least. It can fail where the pilot's gradients say little of later ones: few samples, or masked
    /// gradients. Those of softmax outputs differ by orders of magnitude, so no class is dropped for them.
    ///
    /// # Errors
    /// [`Error::Query`] if the classifier does not take the image, predicts another class than the label,
    /// or has no such target; [`Error::NotFinite`] or [`Error::Network`] if the network has no finite logits
    /// or gradients.
    pub fn scores(
        &self,
        classifier: &Classifier,
        query: &Query,
        targets: &[Target],
    ) -> Result<Vec<CleverScore>> {
        let CleverParams { outputs, radius, clip, batches, samples, all_classes, .. } = self.0;
        query.check(classifier)?;
        let image = query.image.to_device(classifier.device());
        let logits = logits(classifier, query.number, &image)?;
        let ranked = ranked(&logits);
        let label = ranked[0];
        let classes = targets.iter().map(|target| target.classes(query.number, &ranked));
        let classes = classes.collect::<Result<Vec<_>>>()?;
        query.check_label(label)?;

        let is_named = |class: &usize| {
            let mut classes = targets.iter().zip(&classes);
            classes.any(|(target, of)| *target != Target::Untargeted && of.contains(class))
        };
        let wanted = ranked.iter().filter(|class| classes.iter().any(|of| of.contains(class)));
        let rival = |class: &usize| Rival {
            class: *class,
            margin: outputs.margin(&logits, label, *class),
            named: is_named(class),
            maxima: vec![],
        };
        let mut rivals = wanted.map(rival).collect();
        let mut stream = ChaCha8Rng::seed_from_u64(self.0.seed);
        stream.set_stream(query.number);
        let ball = Ball { norm: self.0.norm, radius, radial: self.0.radial };
        let number = query.number;
        Samples { classifier, number, image, ball, clip, stream, outputs, label }.measure(
            &mut rivals,
            batches,
            samples,
            all_classes,
        )?;

        let scores = rivals.into_iter().map(|rival| rival.score(label, radius));
        let scores = scores.collect::<Result<Vec<_>>>()?;
        Ok(classes.iter().map(|classes| nearest(&scores, classes)).collect())
    }
}

/// The least score of these classes; of equal ones the first. At least one of the classes has a score.
fn nearest(scores: &[CleverScore], classes: &[usize]) -> CleverScore {
    let scores: Vec<_> = scores.iter().filter(|found| classes.contains(&found.target)).collect();
    let nearer = |a: usize, b: usize| if scores[b].score < scores[a].score { b } else { a };
    *scores[(0..scores.len()).fold(0, nearer)]
}

/// The logits of an image, \[C, H, W\].
fn logits(classifier: &Classifier, number: u64, image: &Tensor) -> Result<Vec<f64>> {
    let logits = tch::no_grad(|| classifier.logits(&image.unsqueeze(0)))?;
    let logits: Vec<f64> =
        (logits.squeeze_dim(0).to_kind(Kind::Double).try_into()).map_err(Error::network(number))?;
    match logits.iter().find(|logit| !logit.is_finite()) {
        Some(&got) => Err(Error::NotFinite { number, what: "logits", got }),
        None => Ok(logits),
    }
}

/// The classes by falling logit; of equal logits the lower class comes first, as in argmax.
fn ranked(logits: &[f64]) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..logits.len()).collect();
    classes.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    classes
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, no_grad};

    use super::*;

    const NORMS: [Norm; 3] = [Norm::L1, Norm::L2, Norm::Linf];

    /// Four classes of images of 3 x 2 x 2.
    fn classifier(logits: impl Fn(&Tensor) -> Tensor + Send + 'static) -> Classifier {
        Classifier::of_module("test", logits, VarStore::new(Device::Cpu), [3, 2, 2], 4, "")
    }

    /// Weights, \[classes, elements\], all different.
    fn weights() -> Tensor {
        let places = Tensor::arange(48, (Kind::Float, Device::Cpu));
        (places * 1.7).sin().view([4, 12])
    }

    /// A linear classifier with these [`weights`].
    pub(crate) fn linear() -> Classifier {
        classifier(|images| images.flatten(1, -1).matmul(&weights().tr()))
    }

    /// A classifier whose gradients differ from place to place.
    pub(crate) fn curved() -> Classifier {
        classifier(|images| images.flatten(1, -1).square().matmul(&weights().tr()))
    }

    pub(crate) fn image() -> Tensor {
        (Tensor::arange(12, (Kind::Float, Device::Cpu)) / 12.0).view([3, 2, 2])
    }

    fn few(norm: Norm) -> CleverParams {
        Clever::cpu(norm).batches(10).samples(8)
    }

    fn score(params: CleverParams, classifier: &Classifier, target: Target) -> CleverScore {
        params.check().unwrap().score(classifier, &Query::new(0, image()), target).unwrap()
    }

    /// The norm of a gradient that bounds how much a step of length 1 in `norm` gains.
    fn dual(norm: Norm, gradient: &Tensor) -> f64 {
        let sizes = gradient.abs();
        let dual = match norm {
            Norm::L1 => sizes.max(),
            Norm::L2 => sizes.square().sum(Kind::Double).sqrt(),
            Norm::Linf => sizes.sum(Kind::Double),
        };
        dual.double_value(&[])
    }

    #[test]
    fn score_of_a_linear_classifier_is_the_distance_to_its_boundary() {
        let logits: Vec<f64> = weights().matmul(&image().view(12)).try_into().unwrap();
        let ranked = ranked(&logits);
        for norm in NORMS {
            let wide = few(norm).radius(100.0);
            let mut distances = vec![];
            for &class in &ranked[1..] {
                let normal = weights().get(ranked[0] as i64) - weights().get(class as i64);
                let distance = (logits[ranked[0]] - logits[class]) / dual(norm, &normal);
                let found = score(wide, &linear(), Target::Class(class));
                assert_eq!((found.label, found.target), (ranked[0], class));
                assert!((found.score / distance - 1.0).abs() < 1e-5, "{distance} {found:?}");
                distances.push(distance);
            }
            let nearest = distances.into_iter().fold(f64::INFINITY, f64::min);
            let found = score(wide, &linear(), Target::Untargeted);
            assert!((found.score / nearest - 1.0).abs() < 1e-5, "{nearest} {found:?}");
            let capped = score(few(norm).radius(nearest / 2.0), &linear(), Target::Untargeted);
            assert_eq!(capped.score, nearest / 2.0);
        }
    }

    #[test]
    fn untargeted_score_is_the_least_of_all_classes() {
        let nearest = score(few(Norm::L2), &curved(), Target::Untargeted);
        let others = (0..4).filter(|class| *class != nearest.label).map(Target::Class);
        let scores: Vec<_> = others.map(|other| score(few(Norm::L2), &curved(), other)).collect();
        assert!(scores.iter().all(|other| nearest.score <= other.score));
        assert!(scores.contains(&nearest));
    }

    #[test]
    fn scores_of_several_targets_are_those_of_each() {
        let targets = [Target::Rank(3), Target::Untargeted, Target::LeastLikely, Target::Rank(3)];
        let clever = few(Norm::L2).check().unwrap();
        let found = clever.scores(&curved(), &Query::new(0, image()), &targets).unwrap();
        let each = targets.map(|target| score(few(Norm::L2), &curved(), target));
        assert_eq!(found, each);
        assert!(clever.scores(&curved(), &Query::new(0, image()), &[]).unwrap().is_empty());
    }

    #[test]
    fn scores_of_linear_classifiers_do_not_need_all_classes() {
        for norm in NORMS {
            let params = few(norm).radius(100.0);
            let early = score(params, &linear(), Target::Untargeted);
            assert_eq!(score(params.all_classes(true), &linear(), Target::Untargeted), early);
        }
    }

    #[test]
    fn targets_are_chosen_by_the_logits_of_the_image() {
        let logits: Vec<f64> = weights().matmul(&image().view(12).square()).try_into().unwrap();
        let ranked = ranked(&logits);
        for (target, rank) in [(Target::Rank(2), 1), (Target::Rank(3), 2), (Target::LeastLikely, 3)]
        {
            let found = score(few(Norm::L2), &curved(), target);
            assert_eq!((found.label, found.target), (ranked[0], ranked[rank]));
            let margin = logits[ranked[0]] - logits[ranked[rank]];
            assert!((found.margin - margin).abs() < 1e-5, "{margin} {found:?}");
        }
    }

    #[test]
    fn a_constant_classifier_has_no_margin_and_so_no_score() {
        let without_graph =
            classifier(|images| Tensor::ones([images.size()[0], 4], (Kind::Float, Device::Cpu)));
        let with_graph = classifier(|images| images.flatten(1, -1).narrow(1, 0, 4) * 0.0);
        for constant in [without_graph, with_graph] {
            let found = score(few(Norm::L2), &constant, Target::Untargeted);
            let Lipschitz { constant, basis, fit, .. } = found.lipschitz;
            assert_eq!((found.score, constant, fit), (0.0, 0.0, None));
            assert_eq!(basis, Basis::LargestSample);
        }
    }

    #[test]
    fn probabilities_that_say_what_logits_do_score_alike() {
        // Logits so close that the softmax is nearly linear.
        let even = classifier(|images| images.flatten(1, -1).matmul(&weights().tr()) * 1e-3);
        for norm in NORMS {
            let params = few(norm).radius(100.0);
            let by_logits = score(params, &even, Target::Untargeted);
            let found = score(params.outputs(Outputs::Softmax), &even, Target::Untargeted);
            assert_eq!((found.label, found.target), (by_logits.label, by_logits.target));
            assert!((found.score / by_logits.score - 1.0).abs() < 0.01, "{found:?} {by_logits:?}");
        }
    }

    #[test]
    fn saturated_probabilities_score_the_radius_and_ties_0() {
        let steep =
            |by: f64| classifier(move |images| images.flatten(1, -1).matmul(&weights().tr()) * by);
        for by in [1e2, 1e3, 1e6] {
            for norm in NORMS {
                // So small a ball that the label stays ahead.
                let params = few(norm).radius(1e-3).outputs(Outputs::Softmax);
                let found = score(params, &steep(by), Target::Untargeted);
                assert_eq!(found.score, 1e-3, "{by} {norm:?}");
                assert!(found.margin > 0.999, "{found:?}");
                assert!(found.lipschitz.constant.is_finite(), "{found:?}");
            }
        }
        let tied = classifier(|images| {
            let logits = images.flatten(1, -1).matmul(&weights().tr()) * 1e3;
            Tensor::cat(&[&logits.narrow(1, 0, 2), &logits.narrow(1, 0, 2)], 1)
        });
        let params = few(Norm::L2).radius(1e-3).outputs(Outputs::Softmax);
        assert_eq!(score(params, &tied, Target::Untargeted).score, 0.0);
    }

    #[test]
    fn score_depends_on_seed_and_number_and_not_on_what_came_before() {
        let clever = |seed| few(Norm::L2).seed(seed).check().unwrap();
        let score = |clever: Clever, number| {
            let query = Query::new(number, image());
            clever.score(&curved(), &query, Target::Untargeted).unwrap().score
        };
        let first = clever(1);
        let scores = [0, 1, 2].map(|number| score(first, number));
        assert_eq!([2, 1, 0].map(|number| score(first, number)), [scores[2], scores[1], scores[0]]);
        let drawn = [scores[0], scores[1], score(clever(2), 0)];
        assert!(drawn[0] != drawn[1] && drawn[0] != drawn[2], "{drawn:?}");
        assert_eq!(no_grad(|| score(first, 0)), scores[0], "whatever the caller's mode");
    }

    #[test]
    fn networks_without_finite_gradients_are_refused() {
        let weight = Tensor::ones([12, 4], (Kind::Float, Device::Cpu));
        let trained = weight.copy().set_requires_grad(true);
        for (classifier, finding) in [
            (
                classifier(|images| images.flatten(1, -1).narrow(1, 0, 4).log()),
                "finite logits, got -inf",
            ),
            // The derivative of the root at 0, where clipping puts samples.
            (
                classifier(|images| images.flatten(1, -1).narrow(1, 0, 4).sqrt()),
                "finite gradients, got",
            ),
            (
                classifier(|images| images.flatten(1, -1).view([-1, 3, 4])),
                "differentiable logits, got",
            ),
            (classifier(move |_| trained.narrow(0, 0, 1) * 1.0), "differentiable logits, got"),
        ] {
            let query = Query::new(3, image());
            let clever = few(Norm::L2).check().unwrap();
            let error = clever.score(&classifier, &query, Target::Untargeted).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("measure CLEVER of image 3: expected "), "{message}");
            assert!(message.contains(finding) && error.is_bad_input(), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
}
