//! The arguments that say how CLEVER scores are estimated.

use a2d_eval::clever::{Clever, CleverParams, Norm, Outputs, Radial, Result, Setting};
use clap::{Args, ValueEnum};

use crate::number::number;

/// What `--like` sets, and so contradicts.
const OF_SETTINGS: [&str; 6] = ["outputs", "norm", "radius", "radial", "clip", "no_clip"];

/// How scores are estimated.
#[derive(Debug, Args)]
pub(super) struct EstimatorArguments {
    /// Outputs whose margins are measured: the logits, as CLEVER is defined, or their softmax, whose scores are
    /// the radius where a class has nearly all the probability
    #[arg(long, value_enum, default_value = "logits")]
    outputs: OutputsArgument,
    /// Norm that distances are measured by
    #[arg(long, value_enum, default_value = "l2")]
    norm: NormArgument,
    /// Radius of the ball that is sampled: the largest score [default: 5 in l2, 30 in l1, 0.1 in linf]
    #[arg(long, value_parser = radius)]
    radius: Option<f64>,
    /// How far from the image samples are: uniform in the ball, so nearly all close to its surface, or at uniform
    /// distances, as the program of CLEVER's authors has it
    #[arg(long, value_enum, default_value = "ball")]
    radial: RadialArgument,
    /// Clip samples to the range of pixels, which is the default
    #[arg(long)]
    clip: bool,
    /// Let samples leave the range of pixels
    #[arg(long, conflicts_with = "clip")]
    no_clip: bool,
    /// Outputs, norm, radius and clipping that published scores of "Attack as Defense" agree with: those of its
    /// slides (softmax, l2, 5, clip), or, as a guess, those of its extended paper (softmax, linf, 1, clip)
    #[arg(long, value_enum, conflicts_with_all = OF_SETTINGS)]
    like: Option<SettingArgument>,
    /// How many samples are drawn: 50 batches of 64 (cpu) or 500 of 1024 (paper)
    #[arg(long, value_enum, default_value = "cpu")]
    profile: Profile,
    /// Batches, instead of the profile's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MANY))]
    batches: Option<u32>,
    /// Samples in a batch, instead of the profile's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MANY))]
    samples: Option<u32>,
    /// Look at every class to the end for untargeted scores, instead of dropping those that seem more than
    /// one and a half times as far as the nearest after a tenth of the batches; scores of softmax outputs always do
    #[arg(long)]
    all_classes: bool,
    /// Seed of every random stream; recorded with the results
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// The most batches, and samples in a batch.
const MANY: i64 = 1 << 16;

fn radius(text: &str) -> std::result::Result<f64, &'static str> {
    number(text)
        .filter(|radius| (1e-18..=1e18).contains(radius))
        .ok_or("expected a number from 1e-18 to 1e18")
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutputsArgument {
    Logits,
    Softmax,
}

impl From<OutputsArgument> for Outputs {
    fn from(outputs: OutputsArgument) -> Self {
        match outputs {
            OutputsArgument::Logits => Self::Logits,
            OutputsArgument::Softmax => Self::Softmax,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NormArgument {
    L1,
    L2,
    Linf,
}

impl From<NormArgument> for Norm {
    fn from(norm: NormArgument) -> Self {
        match norm {
            NormArgument::L1 => Self::L1,
            NormArgument::L2 => Self::L2,
            NormArgument::Linf => Self::Linf,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RadialArgument {
    Ball,
    Uniform,
}

impl From<RadialArgument> for Radial {
    fn from(radial: RadialArgument) -> Self {
        match radial {
            RadialArgument::Ball => Self::Ball,
            RadialArgument::Uniform => Self::Uniform,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SettingArgument {
    Slides,
    Extended,
}

impl From<SettingArgument> for Setting {
    fn from(setting: SettingArgument) -> Self {
        match setting {
            SettingArgument::Slides => Self::Slides,
            SettingArgument::Extended => Self::Extended,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    Cpu,
    Paper,
}

impl Profile {
    fn params(self, norm: Norm) -> CleverParams {
        match self {
            Self::Cpu => Clever::cpu(norm),
            Self::Paper => Clever::paper(norm),
        }
    }
}

impl EstimatorArguments {
    /// The estimator.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub(super) fn estimator(&self) -> Result<Clever> {
        let mut params = self
            .profile
            .params(self.norm.into())
            .outputs(self.outputs.into())
            .radial(self.radial.into())
            .clip(self.clip || !self.no_clip)
            .all_classes(self.all_classes)
            .seed(self.seed);
        if let Some(radius) = self.radius {
            params = params.radius(radius);
        }
        if let Some(setting) = self.like {
            params = params.like(setting.into());
        }
        if let Some(batches) = self.batches {
            params = params.batches(batches);
        }
        if let Some(samples) = self.samples {
            params = params.samples(samples);
        }
        params.check()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        estimator: EstimatorArguments,
    }

    fn parsed(arguments: &str) -> std::result::Result<CleverParams, String> {
        let command = Command::try_parse_from(format!("clever {arguments}").split_whitespace());
        let command = command.map_err(|error| error.to_string())?;
        command.estimator.estimator().map(|found| found.params()).map_err(|error| error.to_string())
    }

    fn checked(params: CleverParams) -> std::result::Result<CleverParams, String> {
        params.check().map(|found| found.params()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_setting_is_the_options_that_it_stands_for() {
        let slides = parsed("--like slides --batches 20").unwrap();
        assert_eq!(parsed("--outputs softmax --radius 5 --clip --batches 20").unwrap(), slides);
        assert_eq!(parsed("").unwrap(), checked(Clever::cpu(Norm::L2)).unwrap());
        let extended = parsed("--like extended --profile paper --seed 3").unwrap();
        let params = Clever::paper(Norm::Linf).radius(1.0).outputs(Outputs::Softmax).seed(3);
        assert_eq!(extended, checked(params).unwrap());
        let weng = parsed("--radial uniform --no-clip").unwrap();
        assert_eq!(
            weng,
            checked(Clever::cpu(Norm::L2).radial(Radial::Uniform).clip(false)).unwrap()
        );
    }

    #[test]
    fn a_setting_that_an_option_contradicts_is_refused() {
        for option in
            ["--norm linf", "--radius 1", "--outputs logits", "--no-clip", "--radial ball"]
        {
            let message = parsed(&format!("--like slides {option}")).unwrap_err();
            let name = option.split(' ').next().unwrap();
            assert!(message.contains("--like") && message.contains(name), "{message}");
        }
        assert!(parsed("--clip --no-clip").is_err());
    }
}
