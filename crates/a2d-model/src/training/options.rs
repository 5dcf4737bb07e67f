use serde::{Deserialize, Serialize};

use crate::{Architecture, Error, Result};

/// How a classifier is trained: with the same data, these decide the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingOptions {
    /// What is trained.
    pub architecture: Architecture,
    /// Passes over the training images, at least 1.
    pub epochs: u32,
    /// Images per step, from 1 to [`MAX_BATCH`](Self::MAX_BATCH).
    pub batch: usize,
    /// Adam's step size in the first epoch, above 0 and at most 1.
    pub learning_rate: f64,
    /// Whether training images are flipped left to right and shifted by up to 4 pixels, at random.
    #[serde(default)]
    pub augment: bool,
    /// Seed of initial weights, order, augmentation and dropout.
    pub seed: u64,
}

impl TrainingOptions {
    /// The largest batch.
    pub const MAX_BATCH: usize = 1 << 20;

    /// Twelve epochs in batches of 128, at a learning rate of 0.001, without augmentation.
    pub fn new(architecture: Architecture) -> Self {
        Self { architecture, epochs: 12, batch: 128, learning_rate: 1e-3, augment: false, seed: 0 }
    }

    /// The command that trains with these options.
    pub fn command(&self) -> String {
        let Self { architecture, epochs, batch, learning_rate, augment, seed } = self;
        let augment = if *augment { " --augment" } else { "" };
        format!(
            "a2d train --arch {architecture} --epochs {epochs} --batch {batch} \
             --learning-rate {learning_rate}{augment} --seed {seed}"
        )
    }

    /// The learning rate of an epoch, counted from 1: half a cosine from the first to zero.
    pub(super) fn learning_rate_of(&self, epoch: u32) -> f64 {
        let progress = f64::from(epoch - 1) / f64::from(self.epochs);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
    }

    pub(super) fn check(&self) -> Result<()> {
        let option = |option, expected, got| Err(Error::Option { option, expected, got });
        if self.epochs == 0 {
            return option("epochs", "of at least 1", "0".into());
        }
        if !(1..=Self::MAX_BATCH).contains(&self.batch) {
            return option("batch", "from 1 to 1048576", self.batch.to_string());
        }
        if !(1e-18..=1.0).contains(&self.learning_rate) {
            return option("learning rate", "from 1e-18 to 1", format!("{:e}", self.learning_rate));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused() {
        let options = TrainingOptions::new(Architecture::LeNet5);
        assert!(options.check().is_ok());
        for (bad, finding) in [
            (TrainingOptions { epochs: 0, ..options.clone() }, "epochs of at least 1, got 0"),
            (TrainingOptions { batch: 0, ..options.clone() }, "batch from 1 to 1048576, got 0"),
            (TrainingOptions { batch: usize::MAX, ..options.clone() }, "got 18446744073709551615"),
            (TrainingOptions { learning_rate: f64::NAN, ..options.clone() }, "1e-18 to 1, got NaN"),
            (TrainingOptions { learning_rate: 1e300, ..options.clone() }, "got 1e300"),
            (TrainingOptions { learning_rate: 0.0, ..options.clone() }, "got 0e0"),
        ] {
            let message = bad.check().unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
        }
    }

    #[test]
    fn a_card_that_does_not_speak_of_augmentation_means_none() {
        let card = r#"{"architecture": "lenet5", "epochs": 12, "batch": 128,
            "learning_rate": 0.001, "seed": 0}"#;
        let options: TrainingOptions = serde_json::from_str(card).unwrap();
        assert_eq!(options, TrainingOptions::new(Architecture::LeNet5));
        let command =
            "a2d train --arch lenet5 --epochs 12 --batch 128 --learning-rate 0.001 --seed 0";
        assert_eq!(options.command(), command);
    }

    #[test]
    fn the_learning_rate_falls_from_its_first_value_towards_zero() {
        let options = TrainingOptions { epochs: 4, ..TrainingOptions::new(Architecture::LeNet5) };
        let rates: Vec<_> = (1..=4).map(|epoch| options.learning_rate_of(epoch)).collect();
        assert!((rates[0] - 1e-3).abs() < 1e-12 && rates[3] > 0.0);
        assert!(rates.is_sorted_by(|earlier, later| earlier > later));
    }
}
