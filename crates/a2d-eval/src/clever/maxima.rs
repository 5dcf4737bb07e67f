//! The largest gradient norms of batches of samples.

use a2d_model::Classifier;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, TchError, Tensor};

use super::ball::Ball;
use super::outputs::Margins;
use super::rival::{Rival, drop_far};
use super::{Error, Outputs, Result};

/// Elements of the samples that go through the network together: 41 digits, 10 images of CIFAR-10, or one
/// of ImageNet. More were slower, since activations leave the caches.
const AT_ONCE_ON_CPU: usize = 1 << 15;

/// As many on a GPU, which has more to do at once; bounded, as activations take its memory.
const AT_ONCE_ON_GPU: usize = 1 << 20;

/// A class is dropped after one batch in so many, at least one.
const PILOT: u32 = 10;

/// The samples of one image, and the label whose margins are differentiated there.
pub(crate) struct Samples<'a> {
    pub(crate) classifier: &'a Classifier,
    /// The number of the image.
    pub(crate) number: u64,
    /// \[C, H, W\].
    pub(crate) image: Tensor,
    pub(crate) ball: Ball,
    /// Whether samples are clipped to \[0, 1\].
    pub(crate) clip: bool,
    pub(crate) stream: ChaCha8Rng,
    pub(crate) outputs: Outputs,
    pub(crate) label: usize,
}

impl Samples<'_> {
    /// Finds the largest gradient norm of the margin over each rival in each of `batches` batches of
    /// `samples` samples. Far rivals are dropped after the pilot, unless `all` are wanted.
    pub(crate) fn measure(
        mut self,
        rivals: &mut Vec<Rival>,
        batches: u32,
        samples: u32,
        all: bool,
    ) -> Result<()> {
        let elements = match self.image.device() {
            Device::Cpu => AT_ONCE_ON_CPU,
            _ => AT_ONCE_ON_GPU,
        };
        let at_once = (elements / self.image.numel()).max(1);
        let pilot = if all { batches } else { batches.div_ceil(PILOT) };
        // The caller may have turned gradients off.
        tch::with_grad(|| {
            self.batches(rivals, pilot, samples, at_once)?;
            if !all {
                drop_far(rivals);
            }
            self.batches(rivals, batches - pilot, samples, at_once)
        })
    }

    /// Batches are counted, not computed together, so that memory and speed do not depend on their size.
    fn batches(
        &mut self,
        rivals: &mut [Rival],
        batches: u32,
        samples: u32,
        at_once: usize,
    ) -> Result<()> {
        let samples = samples as usize;
        let total = batches as usize * samples;
        // As few passes as there must be, of the same size.
        let at_once = total.div_ceil(total.div_ceil(at_once).max(1)).max(1);
        for first in (0..total).step_by(at_once) {
            let norms = self.gradient_norms(rivals, at_once.min(total - first))?;
            for (Rival { maxima, .. }, norms) in rivals.iter_mut().zip(norms) {
                for (place, norm) in (first..).zip(norms) {
                    match maxima.last_mut() {
                        Some(maximum) if place % samples > 0 => *maximum = norm.max(*maximum),
                        _ => maxima.push(norm),
                    }
                }
            }
        }
        Ok(())
    }

    /// For each rival, the norms of the gradients at the next `count` samples. All come from one forward
    /// pass.
    fn gradient_norms(&mut self, rivals: &[Rival], count: usize) -> Result<Vec<Vec<f64>>> {
        let samples = self.draw(count).to_kind(self.classifier.precision().kind());
        let samples = samples.set_requires_grad(true);
        let logits = self.classifier.logits(&samples)?;
        if !logits.requires_grad() {
            return Ok(vec![vec![0.0; count]; rivals.len()]); // the network ignores its input
        }
        let mut norms = Vec::with_capacity(rivals.len());
        for (place, rival) in (1..).zip(rivals) {
            let Margins { leads, scales } = self.outputs.margins(&logits, self.label, rival.class);
            let keep_graph = place < rivals.len();
            let norm = Tensor::f_run_backward(&[leads], &[&samples], keep_graph, false)
                .and_then(|gradients| self.row_norms(&gradients[0]))
                .map_err(Error::network(self.number))?;
            norms.push(match scales {
                Some(scales) => norm * scales,
                None => norm,
            });
        }
        norms.iter().map(|norms| self.finite(norms)).collect()
    }

    /// The next `count` samples, \[count, C, H, W\].
    fn draw(&mut self, count: usize) -> Tensor {
        let elements = self.image.numel();
        let mut perturbations = vec![0.0; count * elements];
        for perturbation in perturbations.chunks_exact_mut(elements) {
            self.ball.draw(&mut self.stream, perturbation);
        }
        let mut shape = self.image.size();
        shape.insert(0, count as i64);
        let perturbations = Tensor::from_slice(&perturbations).view(shape.as_slice());
        let samples = perturbations.to_device(self.image.device()) + &self.image;
        if self.clip { samples.clamp(0.0, 1.0) } else { samples }
    }

    /// \[N\], float64.
    fn row_norms(&self, gradients: &Tensor) -> std::result::Result<Tensor, TchError> {
        let exponent = self.ball.norm.dual_exponent();
        let rows = gradients.f_flatten(1, -1)?;
        rows.f_norm_scalaropt_dim_dtype(exponent, 1, false, Kind::Double)
    }

    fn finite(&self, norms: &Tensor) -> Result<Vec<f64>> {
        let norms: Vec<f64> = norms.try_into().map_err(Error::network(self.number))?;
        match norms.iter().find(|norm| !norm.is_finite()) {
            Some(&got) => Err(Error::NotFinite { number: self.number, what: "gradients", got }),
            None => Ok(norms),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::clever::tests::{curved, image};
    use crate::clever::{Norm, Radial};

    fn samples(classifier: &Classifier, norm: Norm) -> Samples<'_> {
        Samples {
            classifier,
            number: 0,
            image: image(),
            ball: Ball { norm, radius: 0.5, radial: Radial::Ball },
            clip: true,
            stream: ChaCha8Rng::seed_from_u64(3),
            outputs: Outputs::Logits,
            label: 2,
        }
    }

    /// Rivals at a distance of `margins` times their largest gradient norm.
    fn rivals(margins: [f64; 2]) -> Vec<Rival> {
        let rival = |(class, margin)| Rival { class, margin, named: false, maxima: vec![] };
        [0, 3].into_iter().zip(margins).map(rival).collect()
    }

    fn maxima(rivals: &[Rival]) -> Vec<Vec<f64>> {
        rivals.iter().map(|rival| rival.maxima.clone()).collect()
    }

    #[test]
    fn maxima_do_not_depend_on_how_many_samples_go_through_the_network_together() {
        for norm in [Norm::L1, Norm::L2, Norm::Linf] {
            let maxima = |at_once| {
                let (classifier, mut rivals) = (curved(), rivals([1.0; 2]));
                samples(&classifier, norm).batches(&mut rivals, 5, 7, at_once).unwrap();
                maxima(&rivals)
            };
            let whole = maxima(100);
            assert_eq!(whole.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5]);
            for at_once in [1, 3, 7, 35] {
                for (whole, parts) in whole.iter().flatten().zip(maxima(at_once).iter().flatten()) {
                    assert!((whole / parts - 1.0).abs() < 1e-6, "{norm:?} {at_once}");
                }
            }
        }
    }

    #[test]
    fn a_maximum_is_the_largest_of_its_batch() {
        let measured = |batches, size| {
            let (classifier, mut rivals) = (curved(), rivals([1.0; 2]));
            samples(&classifier, Norm::L2).measure(&mut rivals, batches, size, true).unwrap();
            maxima(&rivals)
        };
        for (single, batches) in measured(35, 1).iter().zip(measured(5, 7)) {
            let largest = single.chunks(7).map(|batch| batch.iter().copied().fold(0.0, f64::max));
            assert_eq!(largest.collect::<Vec<_>>(), batches);
        }
    }

    #[test]
    fn a_dropped_rival_changes_nothing_for_the_others() {
        let measured = |all| {
            let (classifier, mut rivals) = (curved(), rivals([1.0, 100.0]));
            samples(&classifier, Norm::L2).measure(&mut rivals, 20, 7, all).unwrap();
            maxima(&rivals)
        };
        let (whole, parts) = (measured(true), measured(false));
        assert_eq!((whole.len(), parts.len()), (2, 1));
        assert_eq!(whole[0], parts[0]);
    }

    #[test]
    fn samples_are_images() {
        let classifier = curved();
        let drawn = samples(&classifier, Norm::Linf).draw(50);
        assert_eq!(drawn.size(), [50, 3, 2, 2]);
        assert_eq!((drawn.min().double_value(&[]), drawn.max().double_value(&[])), (0.0, 1.0));
        let change = (drawn - image()).abs().max().double_value(&[]);
        assert!((0.45..=0.5).contains(&change), "{change}");

        let unclipped = Samples { clip: false, ..samples(&classifier, Norm::Linf) }.draw(50);
        assert!(unclipped.min().double_value(&[]) < -0.2, "the darkest pixel is 0");
        let change = (unclipped - image()).abs().max().double_value(&[]);
        assert!((0.45..=0.5).contains(&change), "{change}");
    }
}
