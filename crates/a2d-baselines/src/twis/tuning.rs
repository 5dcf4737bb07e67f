//! Noise and rates at which benign inputs are in the middle of what a criterion can be.

use a2d_model::Classifier;

use super::NAME;
use super::criteria::Drawn;
use super::walk::Walk;
use crate::{Error, Result};

/// The decades that rates are looked for in, from the highest: where steps are large, few tell. The gradient of a network
/// that is sure of its label is tiny.
const RATES: std::ops::RangeInclusive<i32> = -9..=15;

/// The decades that the deviation of noise is looked for in.
const NOISE: [f64; 2] = [1e-4, 1e2];

/// How often a decade of rates is halved: what is found is a third above the least one, at most.
const HALVINGS: u32 = 3;

/// How often the range of the deviation of noise is halved.
const NOISE_HALVINGS: u32 = 16;

/// The noise at which the probabilities of half of the images move at least as far as half of what they can.
///
/// # Errors
/// [`Error::Material`] if there is none; what the classifier says.
pub(super) fn noise(classifier: &Classifier, drawn: &Drawn) -> Result<f64> {
    let reaches = |noise: f64| {
        let shifts = drawn.shifts(classifier, noise)?;
        let far = shifts.iter().filter(|shift| **shift >= 1.0).count();
        Ok::<_, Error>(2 * far >= shifts.len())
    };
    let [mut low, mut high] = NOISE;
    if !reaches(high)? {
        return Err(untunable("noise", "that moves the probabilities of half of the inputs by 1"));
    }
    for _ in 0..NOISE_HALVINGS {
        let middle = (low * high).sqrt();
        *(if reaches(middle)? { &mut high } else { &mut low }) = middle;
    }
    Ok(high)
}

/// The walk with the least rate at which half of the images change their labels within half of the cap.
///
/// # Errors
/// [`Error::Material`] if there is none; what the classifier says.
pub(super) fn walk(
    classifier: &Classifier,
    drawn: &Drawn,
    walk: Walk,
    targeted: bool,
) -> Result<Walk> {
    let cap = walk.cap.div_ceil(2);
    let reaches = |rate: f64| {
        let counts = drawn.steps(classifier, &Walk { rate, cap, ..walk }, targeted)?;
        let soon = counts.iter().filter(|count| **count < cap).count();
        Ok::<_, Error>(2 * soon >= counts.len())
    };
    let mut high = None;
    let mut low = None;
    for decade in RATES.rev() {
        let rate = 10_f64.powi(decade);
        match (reaches(rate)?, high) {
            (true, _) => high = Some(rate),
            (false, None) => {}
            (false, Some(_)) => {
                low = Some(rate);
                break;
            }
        }
    }
    let name = if targeted { "targeted_rate" } else { "untargeted_rate" };
    let missing =
        || untunable(name, "at which half of the inputs change their label within half of the cap");
    let mut high = high.ok_or_else(missing)?;
    let mut low = low.ok_or_else(missing)?;
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        *(if reaches(middle)? { &mut high } else { &mut low }) = middle;
    }
    Ok(Walk { rate: high, ..walk })
}

fn untunable(parameter: &str, condition: &str) -> Error {
    Error::Material {
        baseline: NAME,
        expected: format!("benign inputs to tune {parameter} on, or its value"),
        got: format!("none {condition}"),
    }
}
