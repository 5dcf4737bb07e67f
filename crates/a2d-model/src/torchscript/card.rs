//! The card beside a TorchScript file.

use a2d_file::Card;
use serde::{Deserialize, Serialize};

use crate::{Classes, Description, Normalisation, PixelRange, Result};

/// The card beside a TorchScript file: `net.ts.card.json` says what `net.ts` does not. All of it may be left out:
///
/// ```json
/// {"format": "a2d-torchscript", "version": 1, "input_shape": [3, 32, 32], "classes": ["cat", "dog"],
///  "range": [0, 255], "normalisation": {"mean": [125, 123, 114], "std": [63, 62, 67]}}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TorchScriptCard {
    /// Channels, height and width of the images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_shape: Option<[usize; 3]>,
    /// The classes, or how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Classes>,
    /// The values of black and white.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// What is done to images in that range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<Normalisation>,
}

impl TorchScriptCard {
    /// What a user says, and the card where the user does not.
    ///
    /// Range and normalisation go together: the card's count only where the user says neither.
    ///
    /// # Errors
    /// [`Error::Blueprint`](crate::Error::Blueprint) if the card's range is none.
    pub(super) fn completing(self, said: &Description) -> Result<Description> {
        let (mut range, mut normalisation) = (said.range, said.normalisation.clone());
        if said.preprocessing().is_none() {
            range = self.range.map(PixelRange::try_from).transpose()?;
            normalisation = self.normalisation;
        }
        Ok(Description {
            input_shape: said.input_shape.or(self.input_shape),
            classes: said.classes.clone().or(self.classes),
            range,
            normalisation,
            ..said.clone()
        })
    }
}

impl Card for TorchScriptCard {
    const FORMAT: &'static str = "a2d-torchscript";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a card of a TorchScript network";
}
