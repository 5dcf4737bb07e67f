//! The three criteria.

use a2d_eval::scoring::Queries;
use a2d_model::Classifier;
use rand::RngExt as _;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, no_grad};

use super::walk::{Goal, Walk};
use crate::{Error, Result, logits, stream};

/// How many criteria there are.
pub(super) const COUNT: usize = 3;

/// What the criteria are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Criteria {
    /// The deviation of the noise, in pixels of \[0, 1\].
    pub(super) noise: f64,
    pub(super) targeted: Walk,
    pub(super) untargeted: Walk,
    pub(super) seed: u64,
}

/// Images, what the network says of them, and what is drawn for them.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) images: Tensor,
    /// \[N, classes\].
    probabilities: Tensor,
    pub(super) labels: Tensor,
    /// A class other than the label for each image, \[N\].
    pub(super) targets: Tensor,
    /// Standard normal numbers of the size of the images.
    normal: Tensor,
}

impl Drawn {
    /// Draws for images, \[N, C, H, W\], for each from a stream of its own.
    ///
    /// # Errors
    /// [`Error::Model`] if the classifier fails or its logits are not finite.
    pub(super) fn of(classifier: &Classifier, images: &Tensor, seed: u64) -> Result<Self> {
        let found = no_grad(|| classifier.logits(images))?;
        logits::check(classifier, &found)?;
        let labels = found.argmax(1, false);
        let own = Vec::<i64>::try_from(labels.to_device(Device::Cpu));
        let own = own.map_err(Error::tensor("read labels"))?;
        let (mut targets, mut normal) = (vec![], vec![]);
        let size = images.size();
        let pixels = size[1..].iter().product::<i64>() as usize;
        for (label, mut random) in own.into_iter().zip(stream::of_images(seed, images)?) {
            let other = random.random_range(0..classifier.classes() as i64 - 1);
            targets.push(if other < label { other } else { other + 1 });
            normal.extend(StandardNormal.sample_iter(&mut random).take(pixels).map(|n: f32| n));
        }
        let device = images.device();
        Ok(Self {
            images: images.shallow_clone(),
            probabilities: found.softmax(1, Kind::Double),
            labels,
            targets: Tensor::from_slice(&targets).to_device(device),
            normal: Tensor::from_slice(&normal).view(size.as_slice()).to_device(device),
        })
    }

    /// For each image how far noise of this deviation moves the probabilities: the L1 distance, from 0 to 2.
    pub(super) fn shifts(&self, classifier: &Classifier, noise: f64) -> Result<Vec<f64>> {
        let noisy = no_grad(|| classifier.logits(&(&self.images + &self.normal * noise)))?;
        logits::check(classifier, &noisy)?;
        let change = (noisy.softmax(1, Kind::Double) - &self.probabilities).abs();
        let shifts = change.sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
        Vec::<f64>::try_from(shifts.to_device(Device::Cpu)).map_err(Error::tensor("read distances"))
    }

    /// For each image the steps to another class, or away from its own.
    pub(super) fn steps(
        &self,
        classifier: &Classifier,
        walk: &Walk,
        targeted: bool,
    ) -> Result<Vec<u64>> {
        let goal = if targeted { Goal::To(&self.targets) } else { Goal::Away };
        walk.steps(classifier, &self.images, &self.labels, goal)
    }
}

impl Criteria {
    /// The values of images, \[N, C, H, W\], and what each took.
    ///
    /// # Errors
    /// As [`Drawn::of`] and [`Walk::steps`].
    pub(super) fn values(
        &self,
        classifier: &Classifier,
        images: &Tensor,
    ) -> Result<Vec<([f64; COUNT], Queries)>> {
        let drawn = Drawn::of(classifier, images, self.seed)?;
        let shifts = drawn.shifts(classifier, self.noise)?;
        let targeted = drawn.steps(classifier, &self.targeted, true)?;
        let untargeted = drawn.steps(classifier, &self.untargeted, false)?;
        let rows = shifts.into_iter().zip(targeted.into_iter().zip(untargeted));
        let row = |(shift, (targeted, untargeted)): (f64, (u64, u64))| {
            // The pass that finds another label goes forward alone.
            let last = u64::from(targeted < self.targeted.cap)
                + u64::from(untargeted < self.untargeted.cap);
            let queries =
                Queries { forward: 2 + last, gradient: targeted + untargeted, mutated: 0 };
            ([shift, targeted as f64, untargeted as f64], queries)
        };
        Ok(rows.map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use tch::nn;

    use super::*;

    /// Two classes of images of one pixel x: the logits are 5 x and 5 (1 - x).
    fn linear() -> Classifier {
        let logits = |images: &Tensor| {
            let x = images.flatten(1, -1);
            Tensor::cat(&[&x * 5.0, 5.0 - &x * 5.0], 1)
        };
        let variables = nn::VarStore::new(Device::Cpu);
        Classifier::of_module("linear", logits, variables, [1, 1, 1], 2, "")
    }

    fn images(pixels: &[f32]) -> Tensor {
        Tensor::from_slice(pixels).view([-1, 1, 1, 1])
    }

    /// Of x = 0.8 the second class has the probability p = 1 / (1 + e^3) = 0.0474, and with the gradient
    /// 10 (1 - p), in steps of 0.01, x becomes 0.7047, 0.6162, 0.5400, 0.4801: four steps. Away from the first class
    /// the gradient is 10 p, and in steps of 0.1, x becomes 0.7526, 0.6785, 0.5347, 0.1205.
    #[test]
    fn steps_on_a_linear_network_are_those_by_hand() {
        let walk = |rate, radius, cap| Walk { rate, radius, cap };
        let drawn = Drawn::of(&linear(), &images(&[0.8, 0.2]), 3).unwrap();
        assert_eq!(Vec::<i64>::try_from(&drawn.targets).unwrap(), [1, 0]);
        for (rate, radius, cap, targeted, expected) in [
            (0.01, 0.5, 200, true, 4),
            (0.1, 0.5, 200, false, 4),
            // The boundary is 0.3 away.
            (0.01, 0.29, 20, true, 20),
            (0.1, 0.29, 20, false, 20),
            (0.01, 0.5, 3, true, 3),
            // A first step of 9.5, cut at the edge of the ball.
            (1.0, 0.31, 200, true, 1),
        ] {
            let found = drawn.steps(&linear(), &walk(rate, radius, cap), targeted).unwrap();
            assert_eq!(found, [expected; 2], "{rate} {radius} {cap} {targeted}");
        }
    }

    #[test]
    fn rows_leave_when_their_label_changes() {
        let walk = Walk { rate: 0.01, radius: 0.5, cap: 200 };
        let steps = |pixels: &[f32]| {
            let drawn = Drawn::of(&linear(), &images(pixels), 3).unwrap();
            drawn.steps(&linear(), &walk, true).unwrap()
        };
        let pixels = [0.95, 0.52, 0.8, 0.1];
        let alone = pixels.map(|pixel| steps(&[pixel])[0]);
        assert_eq!(steps(&pixels), alone);
        assert_eq!(alone[1], 1);
        assert!(alone[0] > alone[2] && alone[2] > alone[1], "{alone:?}");
    }

    #[test]
    fn noise_moves_the_probabilities_as_far_as_it_is_drawn() {
        let images = images(&[0.8]);
        let mut random = stream::of_image(3, &images.get(0)).unwrap();
        let _target: i64 = random.random_range(0..1);
        let normal: f32 = StandardNormal.sample(&mut random);
        let second = |x: f64| 1.0 / (1.0 + (10.0 * x - 5.0).exp());
        let drawn = Drawn::of(&linear(), &images, 3).unwrap();
        for noise in [0.0, 0.1, 2.0] {
            // Both probabilities move, and no clipping holds them.
            let expected = 2.0 * (second(0.8 + noise * f64::from(normal)) - second(0.8)).abs();
            let found = drawn.shifts(&linear(), noise).unwrap()[0];
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn queries_are_counted_as_they_are_asked() {
        let walk = |rate, cap| Walk { rate, radius: 0.5, cap };
        let criteria =
            Criteria { noise: 0.1, targeted: walk(0.01, 200), untargeted: walk(1e-9, 7), seed: 3 };
        let found = criteria.values(&linear(), &images(&[0.8])).unwrap();
        let ([_, targeted, untargeted], queries) = found[0];
        assert_eq!((targeted, untargeted), (4.0, 7.0));
        assert_eq!(queries, Queries { forward: 3, gradient: 11, mutated: 0 });
    }
}
