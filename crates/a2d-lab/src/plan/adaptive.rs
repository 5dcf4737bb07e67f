//! Attackers who know detectors.

use super::words::Words;
use super::{BENIGN, Plan};
use crate::experiment::Adaptive;
use crate::experiment::sample::Sample;
use crate::plan::step::Effort;
use crate::plan::work::with_card;
use crate::{Error, Result};

impl<'a> Plan<'a> {
    /// The studies of the profile, with the options that it gives each.
    pub(crate) fn studies(&self) -> impl Iterator<Item = (&'a Adaptive, &'a [String])> + use<'a> {
        let options = &self.profile.adaptive;
        let all = self.experiment.adaptive.iter();
        all.filter_map(|study| Some((study, options.get(&study.name)?.as_slice())))
    }

    /// Sets attackers on the detectors that studies name.
    ///
    /// # Errors
    /// If a detector or baseline is none of the plan.
    pub(super) fn adaptive(&mut self) -> Result<()> {
        for (study, options) in self.studies() {
            let place = format!("adaptive {}", study.name);
            let mut words = self.with_model("adaptive");
            let mut inputs = self.model_and(vec![self.test_data()]);
            for name in &study.detectors {
                self.fitted_by(&place, &format!("fit-{name}"))?;
                let detector = self.work.detector(name);
                words = words.named("--detector", name, &detector);
                inputs.push(detector);
            }
            for name in &study.baselines {
                self.fitted_by(&place, &format!("baseline-{name}"))?;
                let baseline = self.work.baseline(name);
                words = words.named("--baseline", name, &baseline);
                inputs.extend(with_card(&baseline));
            }
            words =
                study.together.iter().fold(words, |words, names| words.with("--together", names));
            let sample = self.sample_of_study(study);
            let benign = self.work.images(&sample.named(&format!("score-{BENIGN}")));
            words = words.file("--benign", &benign).and(["--split", "test"]);
            inputs.extend(with_card(&benign));
            let out = self.work.study(&study.name);
            let words: Words = words.and(&study.options).and(options);
            let figures = self.work.figures(&step(study));
            let words = words.with("--seed", self.experiment.seed).file("--out", &out);
            let words = words.file("--figures", &figures);
            let effort = Effort::of(&format!("{}: {place}", self.weights.display()));
            self.push(&step(study), words, inputs, vec![out, figures], effort);
        }
        Ok(())
    }

    /// The inputs that all detectors of a study can bear: one on the costs of slow attacks sees fewer.
    fn sample_of_study(&self, study: &Adaptive) -> &Sample {
        let costs = study.detectors.iter().filter_map(|name| Some(name.split_once('-')?.1));
        let samples = costs.map(|costs| self.samples.of(costs));
        samples.min_by_key(|sample| sample.score).unwrap_or_else(|| self.samples.largest())
    }

    /// Refuses a detector that nothing fits.
    fn fitted_by(&self, place: &str, step: &str) -> Result<()> {
        match self.step(step) {
            Some(_) => Ok(()),
            None => Err(Error::experiment(
                place,
                "detectors that are fitted",
                format!("no step {step}"),
            )),
        }
    }
}

/// The step of a study.
pub(crate) fn step(study: &Adaptive) -> String {
    format!("adaptive-{}", study.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;
    use std::path::Path;

    #[test]
    fn attackers_know_the_detectors_and_see_benign_images_that_nothing_was_fitted_on() {
        let experiment = experiment("env1-mnist");
        let plan = Plan::new(&experiment, "cpu", Path::new("data")).unwrap();
        let steps: Vec<_> = plan.studies().map(|(study, _)| step(study)).collect();
        let expected = ["l2-8.4", "l2-8.4-magnet"].map(|name| format!("adaptive-{name}"));
        assert_eq!(steps, expected);
        let step = plan.step(&steps[1]).unwrap();
        let words = step.arguments.join(" ");
        for expected in [
            "--detector zscore-bim=target/reproduce/cpu/env1-mnist/detectors/zscore-bim.json",
            "--baseline magnet=target/reproduce/cpu/env1-mnist/baselines/magnet.safetensors",
            "--together zscore-bim+magnet",
            "--benign target/reproduce/cpu/env1-mnist/images/score-benign.npy",
            "--norm l2 --cap 8.4",
            "--skip 8000 --count 30 --adversary ",
            " --seed 0",
        ] {
            assert!(words.contains(expected), "{words}");
        }
        let read: Vec<_> = step.inputs.iter().map(|input| input.display().to_string()).collect();
        assert!(read.iter().any(|input| input.ends_with("zscore-bim.json")), "{read:?}");
    }

    #[test]
    fn a_study_of_slow_attacks_sees_fewer_benign_images() {
        let experiment = experiment("env1-mnist");
        let plan = Plan::new(&experiment, "smoke", Path::new("data")).unwrap();
        let benign = |study| {
            let step = plan.step(study).unwrap();
            let place = step.arguments.iter().position(|word| word == "--benign").unwrap();
            step.arguments[place + 1].rsplit('/').next().unwrap().to_owned()
        };
        assert_eq!(benign("adaptive-l2-8.4"), "score-benign.npy");
        assert_eq!(benign("adaptive-l2-8.4-end"), "slow-score-benign.npy");
    }

    #[test]
    fn a_study_of_a_detector_that_nothing_fits_is_refused() {
        let mut experiment = experiment("env1-mnist");
        experiment.adaptive[0].detectors.push("zscore-fgsm".into());
        let error = Plan::new(&experiment, "cpu", Path::new("data")).err().unwrap().to_string();
        let expected = "expected detectors that are fitted, got no step fit-zscore-fgsm";
        assert!(error.contains("adaptive l2-8.4") && error.contains(expected), "{error}");
    }
}
