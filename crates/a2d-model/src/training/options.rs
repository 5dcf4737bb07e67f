//! How a classifier is trained.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{Blueprint, Error, Normalisation, Result};

/// How a classifier is trained: with the same data, these decide the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingOptions {
    /// What is trained.
    #[serde(flatten)]
    pub model: Blueprint,
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
    pub fn new(model: impl Into<Blueprint>) -> Self {
        let (model, learning_rate) = (model.into(), 1e-3);
        Self { model, epochs: 12, batch: 128, learning_rate, augment: false, seed: 0 }
    }

    /// The command that trains with these options.
    pub fn command(&self) -> String {
        let Self { model, epochs, batch, learning_rate, augment, seed } = self;
        let (architecture, mut unusual) = (model.architecture(), String::new());
        let listed =
            |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
        if model.input_shape() != architecture.input_shape() {
            let [channels, height, width] = model.input_shape();
            let _ = write!(unusual, " --input-shape {channels}x{height}x{width}");
        }
        if model.classes().number() != architecture.classes() {
            let _ = write!(unusual, " --classes {}", model.classes().number());
        }
        if let Some(Normalisation { mean, std }) = model.normalisation() {
            let _ = write!(unusual, " --mean {} --std {}", listed(mean), listed(std));
        }
        let augment = if *augment { " --augment" } else { "" };
        format!(
            "a2d train --arch {architecture}{unusual} --epochs {epochs} --batch {batch} \
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
    use crate::Architecture;

    #[test]
    fn options_out_of_range_are_refused() {
        let options = TrainingOptions::new(Architecture::LENET5);
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
        assert_eq!(options, TrainingOptions::new(Architecture::LENET5));
        let command =
            "a2d train --arch lenet5 --epochs 12 --batch 128 --learning-rate 0.001 --seed 0";
        assert_eq!(options.command(), command);
    }

    #[test]
    fn the_command_says_what_is_unusual_about_the_model() {
        let normalisation = Normalisation { mean: vec![0.5; 3], std: vec![0.25, 0.2, 1.0] };
        let model = Blueprint::from(Architecture::RESNET18)
            .with_input_shape([3, 32, 32])
            .and_then(|model| model.with_classes(10))
            .and_then(|model| model.with_normalisation(normalisation));
        let command = TrainingOptions::new(model.unwrap()).command();
        let unusual = "--input-shape 3x32x32 --classes 10 --mean 0.5,0.5,0.5 --std 0.25,0.2,1 ";
        assert!(command.contains(unusual), "{command}");
    }

    #[test]
    fn the_learning_rate_falls_from_its_first_value_towards_zero() {
        let options = TrainingOptions { epochs: 4, ..TrainingOptions::new(Architecture::LENET5) };
        let rates: Vec<_> = (1..=4).map(|epoch| options.learning_rate_of(epoch)).collect();
        assert!((rates[0] - 1e-3).abs() < 1e-12 && rates[3] > 0.0);
        assert!(rates.is_sorted_by(|earlier, later| earlier > later));
    }
}
