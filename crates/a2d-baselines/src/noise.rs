//! Benign inputs with as much noise as an attack makes of change.

use argmin::core::{CostFunction, Executor, State as _};
use argmin::solver::brent::BrentRoot;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use tch::Tensor;

use crate::{Error, Material, Result, stream};

/// An attack that changes less than this share of the elements is one that changes few.
const FEW: f64 = 0.25;

/// Elements below this are what is set to 1.
const BRIGHT: f32 = 0.99;

/// The largest deviation that is tried: at ten, hardly an element is strictly between 0 and 1.
const LARGEST: f64 = 10.0;

/// The originals of the examples of kind number `kind`, those that are known, with noise, \[M, C, H, W\] (R. Feinman et al., "Detecting Adversarial Samples
/// from Artifacts", 2017, section 5; X. Ma et al., "Characterizing Adversarial Subspaces Using Local Intrinsic
/// Dimensionality", ICLR 2018, section 5).
///
/// Where the attack changes less than a quarter of the elements on average, as JSMA does, as many elements as it
/// changed of an image, chosen with replacement among those below 0.99, are set to 1. Otherwise the noise is
/// Gaussian, clipped to \[0, 1\], with one deviation at which the mean L2 distance is that of the examples; the papers
/// have a table of deviations that do so for their attacks. An image draws from its own stream.
///
/// # Errors
/// [`Error::Material`] if no original is among the benign inputs, or no noise is as far from them as the examples.
pub(crate) fn of(baseline: &'static str, material: &Material<'_>, kind: usize) -> Result<Tensor> {
    let examples = &material.adversarial[kind];
    let refused = |expected: String, got: String| Error::Material { baseline, expected, got };
    let clean: Vec<&[f32]> = material.benign.images().rows().collect();
    let rows: Vec<(usize, usize)> = (0..)
        .zip(&examples.originals)
        .filter_map(|(row, original)| Some((row, (*original)?)))
        .collect();
    if let Some((row, original)) = rows.iter().find(|(_, original)| *original >= clean.len()) {
        let expected = format!("originals among {} benign images", clean.len());
        return Err(refused(
            expected,
            format!("row {original} for image {row} of {}", examples.kind),
        ));
    }
    let Some((distance, changed)) = examples.distance(material)? else {
        let expected = format!("the originals of {} images among the benign ones", examples.kind);
        return Err(refused(expected, "none".into()));
    };
    let originals: Vec<usize> = rows.iter().map(|(_, original)| *original).collect();
    let clean: Vec<&[f32]> = originals.iter().map(|original| clean[*original]).collect();
    let tensor = material.tensor(material.benign.images())?;
    // Another stream for each kind, or all would have the same noise of different strengths.
    let seed = material.seed.wrapping_add(kind as u64);
    let stream = |original: &usize| stream::of_image(seed, &tensor.get(*original as i64));
    let mut streams = originals.iter().map(stream).collect::<Result<Vec<_>>>()?;
    let elements: usize = material.benign.images().shape().iter().product();
    let noisy: Vec<Vec<f32>> = if changed < FEW * elements as f64 {
        let examples: Vec<&[f32]> = examples.images.rows().collect();
        let counts = rows.iter().zip(&clean).map(|((row, _), clean)| {
            examples[*row]
                .iter()
                .zip(*clean)
                .filter(|(new, old)| (**new - **old).abs() > 0.0)
                .count()
        });
        let images = clean.iter().zip(counts).zip(&mut streams);
        images.map(|((clean, count), stream)| brightened(clean, count, stream)).collect()
    } else {
        let draws = streams
            .iter_mut()
            .map(|stream| StandardNormal.sample_iter(stream).take(elements).collect::<Vec<f32>>());
        let gaussian = Gaussian { clean: &clean, draws: draws.collect(), distance };
        let sd = gaussian.deviation().ok_or_else(|| {
            let expected = format!("noise as far from benign images as {} images", examples.kind);
            refused(expected, format!("none at an L2 distance of {distance:.3}"))
        })?;
        (0..clean.len()).map(|row| gaussian.noisy(row, sd).collect()).collect()
    };
    let [channels, height, width] = material.benign.images().shape().map(|side| side as i64);
    let images = Tensor::from_slice(&noisy.concat()).view([-1, channels, height, width]);
    Ok(images.to_device(material.classifier.device()))
}

/// The image with as many elements set to 1.
fn brightened(clean: &[f32], count: usize, stream: &mut ChaCha8Rng) -> Vec<f32> {
    let dark: Vec<usize> = (0..clean.len()).filter(|place| clean[*place] < BRIGHT).collect();
    let mut noisy = clean.to_vec();
    if !dark.is_empty() {
        (0..count).for_each(|_| noisy[dark[stream.random_range(0..dark.len())]] = 1.0);
    }
    noisy
}

/// Images, and what is to be added to them, times a deviation.
struct Gaussian<'a> {
    clean: &'a [&'a [f32]],
    draws: Vec<Vec<f32>>,
    /// The mean L2 distance that is wanted.
    distance: f64,
}

impl Gaussian<'_> {
    fn noisy(&self, row: usize, sd: f64) -> impl Iterator<Item = f32> {
        let elements = self.clean[row].iter().zip(&self.draws[row]);
        elements.map(move |(pixel, draw)| (pixel + draw * sd as f32).clamp(0.0, 1.0))
    }

    /// By how much the mean L2 distance at a deviation is more than what is wanted. It grows with the deviation.
    fn excess(&self, sd: f64) -> f64 {
        let norm = |row: usize| {
            let changes = self.noisy(row, sd).zip(self.clean[row]);
            changes.map(|(new, old)| f64::from(new - old).powi(2)).sum::<f64>().sqrt()
        };
        let norms = (0..self.clean.len()).map(norm).sum::<f64>();
        norms / self.clean.len() as f64 - self.distance
    }

    /// The deviation at which the mean L2 distance is what is wanted, if there is one.
    fn deviation(&self) -> Option<f64> {
        let search = BrentRoot::new(0.0, LARGEST, 1e-6);
        let configured =
            Executor::new(self, search).configure(|state| state.param(0.0).max_iters(100));
        configured.run().ok()?.state().get_best_param().copied()
    }
}

impl CostFunction for &Gaussian<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, sd: &f64) -> Result<f64, argmin::core::Error> {
        Ok(self.excess(*sd))
    }
}

#[cfg(test)]
mod tests {
    use a2d_data::Dataset;
    use tch::{Device, Kind};

    use super::*;
    use crate::trial::{Trial, images};
    use crate::{Examples, Protocol};

    fn changes(material: &Material<'_>, kind: usize) -> Tensor {
        let noisy = of("lid", material, kind).unwrap();
        assert!(noisy.min().double_value(&[]) >= 0.0 && noisy.max().double_value(&[]) <= 1.0);
        (noisy - material.tensor(material.benign.images()).unwrap()).flatten(1, -1)
    }

    fn mean_norm(changes: &Tensor) -> f64 {
        let norms = changes.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
        norms.sqrt().mean(Kind::Double).double_value(&[])
    }

    #[test]
    fn where_much_changes_the_noise_is_as_long_as_the_change() {
        let trial = Trial::of("lenet5", 20);
        let mut material = trial.material(Protocol::Fair, 0..20);
        material.adversarial.push(material.adversarial[0].clone());
        let (distance, changed) = material.adversarial[0].distance(&material).unwrap().unwrap();
        assert!(changed > FEW * 784.0, "{changed}");
        let [noise, other] = [0, 1].map(|kind| changes(&material, kind));
        assert!((mean_norm(&noise) - distance).abs() < 1e-4, "{distance}");
        assert!((&noise - other).abs().max().double_value(&[]) > 0.5, "kinds share their noise");
        let alone = changes(&trial.material(Protocol::Fair, 3..4), 0);
        // The same draws, at another deviation.
        assert!((alone.sign() * noise.get(3).sign()).min().double_value(&[]) >= 0.0);
    }

    #[test]
    fn where_little_changes_as_many_elements_are_set_to_1() {
        let trial = Trial::of("lenet5", 20);
        let mut material = trial.material(Protocol::Fair, 0..20);
        // As many elements as the number of the image.
        let benign = material.tensor(material.benign.images()).unwrap();
        let bright = benign.copy();
        for row in 0..20 {
            let mut first = bright.get(row).view(-1).narrow(0, 0, row);
            let _ = first.fill_(0.5);
        }
        material.adversarial[0].images = images(&bright);
        let changes = changes(&material, 0);
        let counts = changes.gt(0.0).sum_dim_intlist([1i64].as_slice(), false, Kind::Int64);
        let counts = Vec::<i64>::try_from(counts).unwrap();
        // With replacement, so that some count twice.
        assert!(counts.iter().zip(0..).all(|(count, row)| *count <= row), "{counts:?}");
        assert!(counts.iter().sum::<i64>() > 170, "{counts:?}");
        let set = (&changes + benign.flatten(1, -1)).masked_select(&changes.abs().gt(0.0));
        assert!((set - 1.0).abs().max().double_value(&[]) < 1e-6);
    }

    #[test]
    fn noise_that_cannot_be_as_far_is_refused() {
        let trial = Trial::of("lenet5", 4);
        let grey = images(&Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu)));
        let away = images(&Tensor::ones([4, 1, 28, 28], (Kind::Float, Device::Cpu)));
        let mut material = trial.material(Protocol::Fair, 0..4);
        material.benign = Dataset::new(grey.clone(), vec![0; 4]).unwrap();
        let kind = "away".to_owned();
        material.adversarial = vec![Examples { kind, images: away, originals: vec![Some(0); 4] }];
        let message = of("lid", &material, 0).unwrap_err().to_string();
        let expected = "fit lid: expected noise as far from benign images as away images, got none \
                        at an L2 distance of 14.000";
        assert_eq!(message, expected);
    }
}
