//! The steps of an experiment, each after those whose files it reads.

mod detectors;
mod sets;
pub(crate) mod step;
pub(crate) mod work;

use crate::experiment::sample::Samples;
use crate::experiment::{Experiment, Profile};
use crate::plan::step::Step;
use crate::plan::work::{Work, with_card};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The kind of inputs that are not adversarial.
pub(crate) const BENIGN: &str = "benign";

/// Seconds that a step without attacks takes.
const BRIEF: f64 = 1.0;

/// The kinds of detectors.
pub(crate) const DETECTORS: [&str; 2] = ["knn", "zscore"];

/// The name of the detectors on the costs of all defense attacks.
pub(crate) const ENSEMBLE: &str = "end";

/// Steps under construction.
pub(crate) struct Plan<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) profile: &'a Profile,
    pub(crate) samples: Samples,
    pub(crate) work: Work,
    pub(crate) steps: Vec<Step>,
    pub(crate) weights: PathBuf,
    data: PathBuf,
}

impl<'a> Plan<'a> {
    /// Plans all of an experiment, with data sets in the folder `data`.
    pub(crate) fn new(experiment: &'a Experiment, profile: &str, data: &Path) -> Result<Self> {
        let work = Work::new(profile, &experiment.id);
        let profile = experiment.profile(profile)?;
        let weights = profile.weights.as_ref().unwrap_or(&experiment.model.weights);
        let mut plan = Self {
            experiment,
            profile,
            samples: Samples::new(experiment, profile),
            work,
            steps: vec![],
            weights: weights.clone(),
            data: data.join(&experiment.dataset),
        };
        plan.model();
        plan.sets();
        plan.detectors();
        Ok(plan)
    }

    /// The attacks whose costs the detectors see.
    pub(crate) fn defenses(&self) -> &'a [String] {
        self.experiment.defenses(self.profile)
    }

    /// What the detectors of a kind are called: by the members of the ensemble, then the ensemble itself.
    pub(crate) fn members_and_ensemble(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.defenses().iter().map(String::as_str).chain([ENSEMBLE])
    }

    /// The steps that lead to these files.
    pub(crate) fn leading_to(&self, files: &[PathBuf]) -> Vec<Step> {
        let mut wanted = files.to_vec();
        let mut steps = vec![];
        for step in self.steps.iter().rev() {
            if step.outputs.iter().any(|output| wanted.contains(output)) {
                wanted.extend(step.inputs.iter().cloned());
                steps.push(step.clone());
            }
        }
        steps.reverse();
        steps
    }

    /// Trains the model if it is not there, and measures its accuracy.
    fn model(&mut self) {
        let Experiment { model, seed, .. } = self.experiment;
        if !self.weights.exists() {
            self.weights = self.work.weights();
            let (train, out) = (model.train.join(" "), self.weights.display());
            let command = format!("train {train} --seed {seed} --out {out}");
            let outputs = with_card(&self.weights);
            let hour = 3600.0; // by far the longest step; only so much is known of it
            self.push("train", &command, vec![self.data.clone()], outputs, hour);
        }
        let command = format!("data accuracy --model {} --split test", self.weights.display());
        let inputs = self.model_and(vec![self.test_data()]);
        self.push("accuracy", &command, inputs, vec![], BRIEF);
    }

    /// Adds a step that prints JSON.
    fn push(
        &mut self,
        name: &str,
        command: &str,
        inputs: Vec<PathBuf>,
        mut outputs: Vec<PathBuf>,
        seconds: f64,
    ) {
        let printed = self.work.printed(name);
        outputs.push(printed.clone());
        let words = command.split_whitespace().chain(["--format", "json"]);
        self.steps.push(Step {
            name: name.to_owned(),
            arguments: words.map(str::to_owned).collect(),
            inputs,
            outputs,
            printed,
            seconds,
        });
    }

    /// Files that a step reads beside the model.
    fn model_and(&self, mut inputs: Vec<PathBuf>) -> Vec<PathBuf> {
        inputs.extend(with_card(&self.weights));
        inputs
    }

    /// The images that nothing is trained on.
    fn test_data(&self) -> PathBuf {
        let folder = self.data.join("test");
        if folder.is_dir() { folder } else { self.data.clone() }
    }

    /// The benign kind, then the adversarial ones.
    fn kinds(&self) -> Vec<String> {
        let attacks = self.experiment.attacks.iter().map(|attack| attack.name.clone());
        std::iter::once(BENIGN.to_owned()).chain(attacks).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;

    fn names(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.name.as_str()).collect()
    }

    #[test]
    fn what_a_step_reads_was_written_before_or_is_committed() {
        for (id, profile) in
            [("env1-mnist", "smoke"), ("env1-mnist", "cpu"), ("env1-cifar10", "cpu")]
        {
            let experiment = experiment(id);
            let plan = Plan::new(&experiment, profile, Path::new("data")).unwrap();
            let mut written: Vec<PathBuf> = vec![];
            for step in &plan.steps {
                for input in step.inputs.iter().filter(|input| input.starts_with("target")) {
                    assert!(written.contains(input), "{}: {input:?}", step.name);
                }
                for output in &step.outputs {
                    assert!(!written.contains(output), "{}: {output:?}", step.name);
                    written.push(output.clone());
                }
            }
        }
    }

    #[test]
    fn a_part_of_the_plan_leads_to_a_file() {
        let mut experiment = experiment("env1-mnist");
        let weights = "../../data/models/lenet5.safetensors"; // from where the tests run
        experiment.profile.get_mut("smoke").unwrap().weights = Some(weights.into());
        let plan = Plan::new(&experiment, "smoke", Path::new("data/sample")).unwrap();
        let accuracy = plan.leading_to(&[plan.work.printed("accuracy")]);
        assert_eq!(names(&accuracy), ["accuracy"]);
        let separation = plan.leading_to(&[plan.work.printed("separation")]);
        let names = names(&separation);
        assert!(names.contains(&"cost-score-cw") && names.contains(&"images-score-cw"));
        assert!(!names.iter().any(|name| name.contains("fit") || name.contains("evidence")));
    }

    #[test]
    fn detectors_are_not_scored_on_what_they_are_fitted_on() {
        let experiment = experiment("env1-mnist");
        let plan = Plan::new(&experiment, "cpu", Path::new("data")).unwrap();
        for step in &plan.steps {
            let reads = |part| {
                let prefixes = ["", "slow-"].map(|sample| format!("costs/{sample}{part}-"));
                let mut inputs = step.inputs.iter().map(|input| input.display().to_string());
                inputs.any(|input| prefixes.iter().any(|prefix| input.contains(prefix)))
            };
            match step.arguments[0].as_str() {
                "fit" => assert!(reads("fit") && !reads("score")),
                "eval" => assert!(reads("score") && !reads("fit")),
                _ => (),
            }
        }
    }
}
