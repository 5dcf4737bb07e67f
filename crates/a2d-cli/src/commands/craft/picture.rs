//! Where an attack moves, and what becomes of the images that it ends with.

use a2d_model::{Classifier, Normalisation, PixelRange};
use clap::Args;

use crate::examples::Picture;
use crate::exit::Usage;

/// Where the attack moves, and what becomes of the images that it ends with: as some published examples were made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Examples of normalised images, without clipping")]
pub(super) struct PictureArguments {
    /// Attack normalised images without clipping: 0 and 1 of the attack stand for these values of them, so far
    /// from both ends that it comes near none, and its parameters are shares of that range (0.35/32 with -16,16).
    /// What it finds is clipped to [0, 1] at last unless --stretched, and kept if its label is still lost
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, conflicts_with = "integer")]
    unclipped: Option<PixelRange>,
    /// Mean of the channels, subtracted from images in [0, 1] to normalise them for --unclipped [default: the model's]
    #[arg(
        long,
        value_name = "MEANS",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires_all = ["unclipped", "unclipped_std"]
    )]
    unclipped_mean: Vec<f64>,
    /// Deviations of the channels, by which they are divided then
    #[arg(long, value_name = "DEVIATIONS", value_delimiter = ',', requires = "unclipped_mean")]
    unclipped_std: Vec<f64>,
    /// Keep examples as 8-bit images of stretched contrast: the least value that the attack left in an image
    /// becomes 0, the largest 255. Those whose label is no longer lost are dropped; others may have another class
    #[arg(long, conflicts_with = "integer")]
    stretched: bool,
}

impl PictureArguments {
    /// What was chosen, if anything was.
    pub(super) fn picture(&self, classifier: &Classifier) -> anyhow::Result<Option<Picture>> {
        let Self { unclipped, unclipped_mean: mean, unclipped_std: std, stretched } = self;
        let Some(range) = unclipped else {
            return Ok(stretched.then_some(Picture {
                unclipped: None,
                normalisation: None,
                stretched: true,
            }));
        };
        let said =
            (!mean.is_empty()).then(|| Normalisation { mean: mean.clone(), std: std.clone() });
        let normalisation = said.or_else(|| classifier.normalisation().cloned()).ok_or_else(|| {
            let text = format!(
                "set up --unclipped: expected a model that normalises images, or --unclipped-mean and --unclipped-std, \
                 got {}, which takes them in [0, 1]",
                classifier.name()
            );
            Usage::new(text)
        })?;
        Ok(Some(Picture {
            unclipped: Some([range.black, range.white]),
            normalisation: Some(normalisation),
            stretched: *stretched,
        }))
    }
}
