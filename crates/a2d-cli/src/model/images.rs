//! What images a model takes, where no card says it.

use a2d_model::{Classes, Description, Normalisation, PixelRange};
use clap::Args;
use clap::builder::PossibleValuesParser;

/// What images a model takes. Attacks see them in [0, 1], whatever the model sees.
#[derive(Debug, Args)]
#[command(next_help_heading = "What images the model takes, where no card beside it says so")]
pub(super) struct ImagesOfModel {
    /// Channels, height and width [default: those of the images]
    #[arg(long, value_name = "C,H,W", value_parser = shape)]
    shape: Option<[usize; 3]>,
    /// Names of the classes, in the order of the logits
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    class_names: Vec<String>,
    /// Values of black and white, such as 0,255 or -1,1 [default: 0,1]
    #[arg(long, value_name = "BLACK,WHITE", allow_hyphen_values = true)]
    range: Option<PixelRange>,
    /// Mean of the channels in that range, subtracted before the first layer
    #[arg(
        long,
        value_name = "MEANS",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires = "std"
    )]
    mean: Vec<f64>,
    /// Deviations of the channels, by which they are divided then
    #[arg(long, value_name = "DEVIATIONS", value_delimiter = ',', requires = "mean")]
    std: Vec<f64>,
    /// Mean and deviations of a data set, for images in [0, 1]
    #[arg(long, conflicts_with_all = ["range", "mean", "std"], value_parser = PossibleValuesParser::new(Normalisation::KNOWN.map(|(name, ..)| name)))]
    normalize: Option<String>,
}

impl ImagesOfModel {
    /// What is said.
    pub(super) fn description(&self) -> anyhow::Result<Description> {
        let normalisation = match &self.normalize {
            Some(name) => Some(Normalisation::of_data_set(name)?),
            None => (!self.mean.is_empty())
                .then(|| Normalisation { mean: self.mean.clone(), std: self.std.clone() }),
        };
        Ok(Description {
            input_shape: self.shape,
            classes: (!self.class_names.is_empty())
                .then(|| Classes::Names(self.class_names.clone())),
            range: self.range,
            normalisation,
            ..Description::default()
        })
    }
}

fn shape(text: &str) -> Result<[usize; 3], &'static str> {
    let sides: Option<Vec<usize>> = text.split(',').map(|side| side.trim().parse().ok()).collect();
    let sides = sides.and_then(|sides| <[usize; 3]>::try_from(sides).ok());
    sides
        .filter(|sides| sides.iter().all(|side| (1..=4096).contains(side)))
        .ok_or("expected channels, height and width, such as 3,224,224, up to 4096")
}
