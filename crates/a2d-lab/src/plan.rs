//! The steps of an experiment, each after those whose files it reads.

pub(crate) mod adaptive;
pub(crate) mod baselines;
pub(crate) mod detectors;
mod sets;
pub(crate) mod step;
mod words;
pub(crate) mod work;

use crate::experiment::sample::Samples;
use crate::experiment::{Experiment, Profile};
use crate::plan::step::{Effort, Step};
use crate::plan::words::Words;
use crate::plan::work::{Work, with_card};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// The kind of inputs that are not adversarial.
pub(crate) const BENIGN: &str = "benign";

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
    /// Plans all of an experiment, with data sets in the folder `data`, and the files of its steps below `folder`,
    /// which is that of the profile.
    pub(crate) fn within(
        folder: &Path,
        experiment: &'a Experiment,
        profile: &str,
        data: &Path,
    ) -> Result<Self> {
        let work = Work::new(folder, &experiment.id);
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
        plan.model()?;
        plan.sets();
        plan.detectors();
        plan.adaptive()?;
        Ok(plan)
    }

    /// The attacks whose costs the detectors see.
    pub(crate) fn defenses(&self) -> &'a [String] {
        self.experiment.defenses(self.profile)
    }

    /// The attacks that are measured on few inputs.
    pub(crate) fn timed(&self) -> &'a [String] {
        self.profile.evidence.as_ref().map_or(&[], |evidence| &evidence.timed)
    }

    /// What the detectors of a kind are called: by the members of the ensemble, then the ensemble itself.
    pub(crate) fn members_and_ensemble(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.defenses().iter().map(String::as_str).chain([ENSEMBLE])
    }

    /// The names of the kinds of detectors.
    pub(crate) fn detector_kinds(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.experiment.detectors.iter().map(|detector| detector.name.as_str())
    }

    /// The steps that lead to these, by name.
    ///
    /// # Errors
    /// If there is no step of a name.
    pub(crate) fn leading_to(&self, names: &[String]) -> Result<Vec<Step>> {
        let mut wanted = vec![];
        for name in names {
            wanted.push(self.named(name)?.printed.clone());
        }
        let mut steps = vec![];
        for step in self.steps.iter().rev() {
            if step.outputs.iter().any(|output| wanted.contains(output)) {
                wanted.extend(step.inputs.iter().cloned());
                steps.push(step.clone());
            }
        }
        steps.reverse();
        Ok(steps)
    }

    /// The step of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn named(&self, name: &str) -> Result<&Step> {
        let id = &self.experiment.id;
        self.step(name).ok_or_else(|| Error::experiment(id, "the name of a step", name))
    }

    /// The step of this name, if there is one.
    pub(crate) fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Refuses a plan whose first steps would find that what is to be there already is not.
    pub(crate) fn check_sources(&self) -> Result<()> {
        let (id, dataset) = (&self.experiment.id, &self.experiment.dataset);
        if !self.data.is_dir() {
            let (data, hint) = (self.data.display(), format!("a2d data fetch {dataset}"));
            let found = format!("no such folder; those of the paper come by {hint}");
            return Err(Error::experiment(
                id,
                format_args!("the data set {dataset} in {data}"),
                found,
            ));
        }
        match &self.profile.spec {
            Some(spec) if !spec.is_file() => {
                Err(Error::experiment(id, format_args!("the file {}", spec.display()), "none"))
            }
            _ => Ok(()),
        }
    }

    /// Fetches or trains the model if it is not there, and measures its accuracy.
    fn model(&mut self) -> Result<()> {
        let Experiment { id, model, seed, .. } = self.experiment;
        match (&model.fetch, &model.train) {
            _ if self.weights.exists() => (),
            // Of the experiment's network, not of one that the profile has in its place.
            (Some(name), _) if self.profile.weights.is_none() => {
                let folder = self.work.models();
                self.weights = folder.join(format!("{name}.safetensors"));
                let words = Words::of("model fetch").and([name]).file("--dir", &folder);
                let outputs = with_card(&self.weights);
                self.push("fetch", words, vec![], outputs, Effort::of(&format!("fetch {name}")));
            }
            (_, Some(train)) => {
                self.weights = self.work.weights();
                let words = Words::of("train").and(train).with("--seed", seed);
                let words = words.file("--out", &self.weights);
                let outputs = with_card(&self.weights);
                let effort = Effort::of(&format!("{id}: train {}", train.join(" ")));
                self.push("train", words, vec![self.data.clone()], outputs, effort);
            }
            (_, None) => {
                let missing = self.weights.display();
                let expected = format!("the weights {missing}, or how to fetch or train them");
                return Err(Error::experiment(id, expected, "neither"));
            }
        }
        let words = self.with_model("data accuracy").and(["--split", "test"]);
        let inputs = self.model_and(vec![self.test_data()]);
        self.push("accuracy", words, inputs, vec![], Effort::of(&format!("{id}: accuracy")));
        Ok(())
    }

    /// The words of a command that takes the model.
    fn with_model(&self, command: &str) -> Words {
        Words::of(command).file("--model", &self.weights).and(&self.experiment.model.options)
    }

    /// Adds a step that prints JSON.
    fn push(
        &mut self,
        name: &str,
        words: Words,
        inputs: Vec<PathBuf>,
        mut outputs: Vec<PathBuf>,
        effort: Effort,
    ) {
        let printed = self.work.printed(name);
        outputs.push(printed.clone());
        let arguments = words.with("--format", "json").into_arguments();
        self.steps.push(Step {
            name: name.to_owned(),
            arguments,
            inputs,
            outputs,
            printed,
            effort,
        });
    }

    /// Files that a step reads beside the model. Weights of other programs may have no card.
    fn model_and(&self, mut inputs: Vec<PathBuf>) -> Vec<PathBuf> {
        let is_made = ["fetch", "train"].iter().any(|name| self.step(name).is_some());
        let there = |file: &PathBuf| is_made || *file == self.weights || file.exists();
        inputs.extend(with_card(&self.weights).into_iter().filter(there));
        inputs
    }

    /// The images that nothing is trained on.
    fn test_data(&self) -> PathBuf {
        let folder = self.data.join("test");
        if folder.is_dir() { folder } else { self.data.clone() }
    }
}

#[cfg(test)]
impl<'a> Plan<'a> {
    /// In the folder that is the default.
    pub(crate) fn new(experiment: &'a Experiment, profile: &str, data: &Path) -> Result<Self> {
        Self::within(&Path::new("target/reproduce").join(profile), experiment, profile, data)
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
    fn of_attacks_that_take_long_there_may_be_fewer_examples() {
        let mut experiment = experiment("env1-mnist");
        let profile = experiment.profile.get_mut("cpu").unwrap();
        profile.at_most = [("jsma".to_owned(), 100), ("cw".to_owned(), 1000)].into();
        let plan = Plan::new(&experiment, "cpu", Path::new("data")).unwrap();
        for (step, count) in [
            ("images-score-jsma", "--count 100 "),
            ("images-score-cw", "--count 250 "),
            ("images-slow-score-jsma", "--count 50 "),
            ("images-fit-jsma", "--count 250 "),
        ] {
            let words = plan.step(step).unwrap().arguments.join(" ");
            assert!(words.contains(count), "{words}");
        }
    }

    #[test]
    fn a_part_of_the_plan_leads_to_a_file() {
        let mut experiment = experiment("env1-mnist");
        let weights = "../../data/models/lenet5.safetensors"; // from where the tests run
        experiment.profile.get_mut("smoke").unwrap().weights = Some(weights.into());
        let plan = Plan::new(&experiment, "smoke", Path::new("data/sample")).unwrap();
        let accuracy = plan.leading_to(&["accuracy".to_owned()]).unwrap();
        assert_eq!(names(&accuracy), ["accuracy"]);
        let separation = plan.leading_to(&["separation".to_owned()]).unwrap();
        let names = names(&separation);
        assert!(names.contains(&"cost-score-cw") && names.contains(&"images-score-cw"));
        assert!(!names.iter().any(|name| name.contains("fit") || name.contains("evidence")));
    }

    #[test]
    fn detectors_are_not_scored_on_what_they_are_fitted_on() {
        let experiment = experiment("env1-mnist");
        let plan = Plan::new(&experiment, "cpu", Path::new("data")).unwrap();
        for step in &plan.steps {
            let reads = |part: &str| {
                let files = step.inputs.iter().filter_map(|input| input.file_name());
                let mut files = files.map(|name| name.to_string_lossy());
                let of = |name: &str| name.split(['-', '.']).any(|word| word == part);
                files.any(|name| of(&name))
            };
            let published = ["baseline", "fit", "published"];
            let words: Vec<_> = step.arguments.iter().map(String::as_str).collect();
            let is_published = published.iter().all(|word| words.contains(word));
            match words[..2] {
                ["baseline", "fit"] | ["eval", _] if is_published || words[0] == "eval" => {
                    assert!(reads("score") && !reads("fit"));
                }
                ["fit", _] | ["baseline", "fit"] => assert!(reads("fit") && !reads("score")),
                _ => (),
            }
        }
    }
}
