//! Finds the window with the least time per image on this machine.

use std::time::{Duration, Instant};

use a2d_model::{Classifier, Result};
use tch::{Device, Kind, Tensor};

/// The least window that is tried.
const LEAST: usize = 8;

/// The largest window that is tried: a CUDA device has work for all of itself only in large ones.
fn largest(device: Device) -> usize {
    if device.is_cuda() { 4096 } else { 512 }
}

/// A window twice as large has to save at least this share of the time per image.
const GAIN: f64 = 0.03;

/// Passes of each window, of which the fastest counts: others may have been disturbed.
const PASSES: u32 = 4;

/// The number of rows at which a gradient of this classifier takes about the least time per image, on this
/// machine, now.
///
/// Windows of 8 rows and more are timed, each twice as large as the one before, as long as the larger one
/// saves 3 %, up to 512, or 4,096 on a CUDA device. Costs do not depend on the window, but for the float order of large batches.
///
/// # Errors
/// Those of the network's passes.
pub fn fastest_window(classifier: &Classifier) -> Result<usize> {
    tch::with_grad(|| {
        let (mut window, largest) = (LEAST, largest(classifier.device()));
        let mut fastest = time_per_image(classifier, window)?;
        while window < largest {
            let time = time_per_image(classifier, 2 * window)?;
            if time > fastest.mul_f64(1.0 - GAIN) {
                break;
            }
            (window, fastest) = (2 * window, time);
        }
        Ok(window)
    })
}

/// The time that a pass forward and back takes, for each of so many images.
fn time_per_image(classifier: &Classifier, window: usize) -> Result<Duration> {
    let [channels, height, width] = classifier.input_shape().map(|side| side as i64);
    let shape = [window as i64, channels, height, width];
    let images = Tensor::full(shape, 0.5, (Kind::Float, classifier.device()));
    let pass = |_| {
        let start = Instant::now();
        let leaf = images.detach().set_requires_grad(true);
        let loss = classifier.logits(&leaf)?.square().sum(Kind::Float);
        // Reading a number waits for the device.
        if loss.requires_grad() {
            let gradient = classifier.gradient(&loss, &leaf, false)?;
            let _ = gradient.sum(Kind::Float).double_value(&[]);
        }
        Ok(start.elapsed())
    };
    let times = (0..PASSES).map(pass).collect::<Result<Vec<_>>>()?;
    Ok(times.into_iter().min().unwrap_or_default() / window as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::classifier;

    #[test]
    fn the_window_is_one_of_those_tried() {
        let window = fastest_window(&classifier()).unwrap();
        assert!(window.is_power_of_two() && (8..=512).contains(&window), "{window}");
    }

    #[test]
    fn a_caller_without_gradients_gets_one_too() {
        assert!(tch::no_grad(|| fastest_window(&classifier())).unwrap() >= 8);
    }
}
