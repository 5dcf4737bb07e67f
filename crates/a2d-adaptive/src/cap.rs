//! How far an attacker may go from an image.

use std::fmt;

use a2d_attacks::{Ball as _, Distances, Linf, Rms};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{Error, Result};

/// What a float32 may make of a distance on its way through a projection.
const ROUNDING: f64 = 1e-5;

/// How a distance is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// The Euclidean norm of the change.
    L2,
    /// The largest change of an element.
    Linf,
}

/// How far an attacker may go from an image, in units of \[0, 1\].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cap {
    norm: Norm,
    radius: f64,
}

impl Cap {
    /// So far by this norm.
    ///
    /// ```
    /// use a2d_adaptive::{Cap, Norm};
    ///
    /// assert_eq!(Cap::new(Norm::L2, 8.4)?.to_string(), "L2 8.4");
    /// assert!(Cap::new(Norm::Linf, 0.0).is_err());
    /// # Ok::<(), a2d_adaptive::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Cap`] unless the radius is a number above 0.
    pub fn new(norm: Norm, radius: f64) -> Result<Self> {
        if radius > 0.0 && radius.is_finite() {
            return Ok(Self { norm, radius });
        }
        Err(Error::Cap(radius))
    }

    /// How distances are measured.
    pub fn norm(self) -> Norm {
        self.norm
    }

    /// The largest distance.
    pub fn radius(self) -> f64 {
        self.radius
    }

    /// A distance by this norm.
    pub fn of(self, distances: &Distances) -> f64 {
        match self.norm {
            Norm::L2 => distances.l2,
            Norm::Linf => distances.linf,
        }
    }

    /// Whether an image so far away is near enough.
    pub fn holds(self, distances: &Distances) -> bool {
        self.of(distances) <= self.radius * (1.0 + ROUNDING)
    }

    /// The images, \[N, C, H, W\], after a step of this length along `ascent`, back within reach of `origins`.
    pub(crate) fn step(
        self,
        images: &Tensor,
        ascent: &Tensor,
        origins: &Tensor,
        length: f64,
    ) -> Tensor {
        match self.norm {
            Norm::Linf => Linf::step_along(images, ascent, origins, self.radius, length),
            Norm::L2 => {
                // The root of the mean square is the Euclidean norm over that of the number of elements.
                let elements = images.size().iter().skip(1).product::<i64>() as f64;
                let [radius, length] = [self.radius, length].map(|length| length / elements.sqrt());
                Rms::step_along(images, ascent, origins, radius, length)
            }
        }
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let norm = match self.norm {
            Norm::L2 => "L2",
            Norm::Linf => "Linf",
        };
        write!(formatter, "{norm} {}", self.radius)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn steps_stay_within_reach() {
        let origins = Tensor::full([2, 1, 2, 2], 0.5, (Kind::Float, Device::Cpu));
        let ascent = Tensor::from_slice(&[1.0f32, -2.0, 0.5, 0.0, 3.0, 3.0, 3.0, 3.0]);
        let ascent = ascent.view([2, 1, 2, 2]);
        for (norm, radius) in [(Norm::L2, 0.2), (Norm::Linf, 0.1)] {
            let cap = Cap::new(norm, radius).unwrap();
            let once = cap.step(&origins, &ascent, &origins, radius / 2.0);
            let far = (0..9)
                .fold(once.copy(), |images, _| cap.step(&images, &ascent, &origins, radius / 2.0));
            for row in 0..2 {
                let moved = |images: &Tensor| {
                    cap.of(&Distances::between(&images.get(row), &origins.get(row)))
                };
                assert!((moved(&once) - radius / 2.0).abs() < 1e-6, "{cap}");
                assert!((moved(&far) - radius).abs() < 1e-6, "{cap}");
                assert!(cap.holds(&Distances::between(&far.get(row), &origins.get(row))));
            }
        }
    }

    #[test]
    fn caps_that_are_none_are_refused() {
        for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Cap::new(Norm::L2, radius).unwrap_err();
            assert!(error.is_bad_input() && error.to_string().contains("above 0"), "{error}");
        }
    }
}
