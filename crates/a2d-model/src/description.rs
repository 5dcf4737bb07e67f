//! What is said of a model, beside the file that it is in.

use std::str::FromStr;

use crate::{Architecture, Classes, Error, Normalisation, Result};

/// What a user says of a model file. Nothing of it need be said; what is not is taken from the card beside the file,
/// or found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// What the weights are of. A file that brings its network needs none.
    pub architecture: Option<Architecture>,
    /// Channels, height and width of the images.
    pub input_shape: Option<[usize; 3]>,
    /// The classes.
    pub classes: Option<Classes>,
    /// The values that the model takes for black and white, before its normalisation.
    pub range: Option<PixelRange>,
    /// What is done to images in that range.
    pub normalisation: Option<Normalisation>,
    /// Hex SHA-256 of the file, which is refused if it has another.
    pub sha256: Option<String>,
}

impl Description {
    /// Range and normalisation in one.
    pub(crate) fn preprocessing(&self) -> Option<Normalisation> {
        match (self.range, &self.normalisation) {
            (Some(range), normalisation) => Some(range.then(normalisation.as_ref())),
            (None, normalisation) => normalisation.clone(),
        }
    }

    /// Whether anything is said that a card of weights says.
    pub(crate) fn describes_images(&self) -> bool {
        self.input_shape.is_some() || self.classes.is_some() || self.preprocessing().is_some()
    }
}

/// The values that a model takes for black and for white, such as 0 and 255, or -1 and 1. Attacks live in \[0, 1\]
/// whatever they are.
///
/// ```
/// use a2d_model::PixelRange;
///
/// let range: PixelRange = "-1,1".parse()?;
/// assert_eq!((range.black, range.white), (-1.0, 1.0));
/// # Ok::<(), a2d_model::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelRange {
    /// The value of black, below that of white.
    pub black: f64,
    /// The value of white.
    pub white: f64,
}

impl PixelRange {
    /// Scales images in \[0, 1\] to this range, and then does this to them.
    fn then(self, normalisation: Option<&Normalisation>) -> Normalisation {
        let width = self.white - self.black;
        let into = |values: &[f64], offset: f64| {
            values.iter().map(|value| (value - offset) / width).collect()
        };
        match normalisation {
            Some(Normalisation { mean, std }) => {
                Normalisation { mean: into(mean, self.black), std: into(std, 0.0) }
            }
            None => Normalisation { mean: into(&[0.0], self.black), std: into(&[1.0], 0.0) },
        }
    }
}

impl FromStr for PixelRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers: Vec<f64> =
            text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        match numbers[..] {
            [black, white]
                if text.split(',').count() == 2 && black < white && (white - black).is_finite() =>
            {
                Ok(Self { black, white })
            }
            _ => Err(Error::Blueprint {
                part: "range",
                expected: "the values of black and white, such as 0,255".into(),
                got: format!("{text:?}"),
            }),
        }
    }
}

impl TryFrom<[f64; 2]> for PixelRange {
    type Error = Error;

    fn try_from([black, white]: [f64; 2]) -> Result<Self> {
        format!("{black},{white}").parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalisation::Normaliser;
    use tch::{Device, Tensor};

    #[test]
    fn a_range_comes_before_the_normalisation() {
        let pixels = Tensor::from_slice(&[0.0f32, 0.5, 1.0]).view([1, 1, 1, 3]);
        let of = |range: &str, normalisation: Option<Normalisation>| {
            let range = Some(range.parse().unwrap());
            let said = Description { range, normalisation, ..Description::default() };
            let normaliser = Normaliser::new(&said.preprocessing().unwrap(), Device::Cpu);
            normaliser.apply(&pixels).view(-1)
        };
        let bytes = Normalisation { mean: vec![127.5], std: vec![51.0] };
        for (found, expected) in [
            (of("0,255", None), [0.0f32, 127.5, 255.0]),
            (of("-1, 1", None), [-1.0, 0.0, 1.0]),
            (of("0,255", Some(bytes.clone())), [-2.5, 0.0, 2.5]),
        ] {
            assert!(found.allclose(&Tensor::from_slice(&expected), 1e-6, 1e-6, false), "{found:?}");
        }
        let said = Description { normalisation: Some(bytes.clone()), ..Description::default() };
        assert_eq!(said.preprocessing(), Some(bytes));
        assert_eq!(Description::default().preprocessing(), None);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "1", "0,0", "1,0", "0,inf", "0,255,1", "a,b", "0,255,a", "nan,1"] {
            let message = text.parse::<PixelRange>().unwrap_err().to_string();
            assert!(message.contains("black and white"), "{message}");
        }
        assert!(PixelRange::try_from([1.0, f64::NAN]).is_err());
    }
}
