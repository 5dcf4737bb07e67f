//! How often a classifier is right.

use serde::{Deserialize, Serialize};

use crate::{Proportion, Result};

/// The share of images that a classifier gets right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// How many images there are.
    pub images: usize,
    /// The share of them that is classified correctly, from 0 to 1.
    pub accuracy: f64,
    /// Lower end of its 95 % confidence interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The share of them whose class is among the five likeliest, where this is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_5: Option<Proportion>,
}

impl Classification {
    /// Of so many images, of which so many are classified correctly; with the interval of
    /// [`Proportion::wilson`].
    ///
    /// # Errors
    /// If there are no images, or fewer than right ones.
    pub fn new(right: usize, images: usize) -> Result<Self> {
        let Proportion { share, low, high } = Proportion::wilson(right, images)?;
        Ok(Self { images, accuracy: share, low, high, top_5: None })
    }

    /// With so many images whose class is among the five likeliest.
    ///
    /// # Errors
    /// If there are fewer images.
    pub fn with_top_5(self, right: usize) -> Result<Self> {
        Ok(Self { top_5: Some(Proportion::wilson(right, self.images)?), ..self })
    }
}
