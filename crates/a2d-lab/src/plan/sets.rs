//! Sets of images, what attacking them costs, and what is compared of them.

use super::{BENIGN, BRIEF, Plan};
use crate::experiment::Attack;
use crate::experiment::sample::Sample;
use crate::plan::work::with_card;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Scores of so many targets are estimated, of which one is for all classes.
const CLASSES: f64 = 9.0;

/// A part of the work that has sets of its own.
struct Part<'a> {
    name: String,
    skip: usize,
    benign: usize,
    adversarial: usize,
    /// The defense attacks that are measured.
    defenses: &'a [String],
}

impl Plan<'_> {
    /// Crafts, measures and compares the sets of all parts.
    pub(crate) fn sets(&mut self) {
        let (experiment, profile) = (self.experiment, self.profile);
        let skip = experiment.skip(profile);
        let samples: Vec<_> = self.samples.iter().cloned().collect();
        for sample in &samples {
            self.part(&Part {
                name: sample.named("fit"),
                skip: skip.fit,
                benign: sample.fit,
                adversarial: sample.fit / experiment.attacks.len(),
                defenses: &sample.defenses,
            });
            self.part(&Part {
                name: sample.named("score"),
                skip: skip.score,
                benign: sample.score,
                adversarial: sample.adversarial,
                defenses: &sample.defenses,
            });
            self.separation(sample);
            self.costs(sample);
        }
        self.part(&Part {
            name: "evidence".into(),
            skip: skip.evidence,
            benign: profile.evidence,
            adversarial: profile.evidence,
            defenses: &profile.timed,
        });
        for kind in self.kinds() {
            self.clever(&kind);
        }
        self.evidence();
    }

    fn part(&mut self, part: &Part<'_>) {
        self.benign(part);
        for attack in &self.experiment.attacks {
            self.adversarial(part, attack);
        }
    }

    fn benign(&mut self, part: &Part<'_>) {
        let set = format!("{}-{BENIGN}", part.name);
        let (skip, count) = (part.skip, part.benign);
        let (model, out) = (self.weights.display(), self.work.images(&set));
        let command = format!(
            "data export --model {model} --split test --skip {skip} --count {count} --out {}",
            out.display()
        );
        let (inputs, outputs) = (self.model_and(vec![self.test_data()]), with_card(&out));
        self.push(&format!("images-{set}"), &command, inputs, outputs, BRIEF);
        self.cost(&set, part.defenses, count as f64);
    }

    fn adversarial(&mut self, part: &Part<'_>, attack: &Attack) {
        let Attack { name, craft, .. } = attack;
        let set = format!("{}-{name}", part.name);
        let (skip, count) = (part.skip, part.adversarial);
        let (model, out) = (self.weights.display(), self.work.images(&set));
        let (dataset, seed) = (&self.experiment.dataset, self.experiment.seed);
        let options = self.options(attack).join(" ");
        let command = format!(
            "craft --attack {craft} --model {model} --dataset {dataset} --split test --skip {skip} \
             --count {count} --seed {seed} {options} --out {}",
            out.display()
        );
        let (inputs, outputs) = (self.model_and(vec![self.test_data()]), with_card(&out));
        let rates = &self.experiment.seconds;
        let seconds = rates.craft.get(craft).unwrap_or(&0.0) * count as f64;
        self.push(&format!("images-{set}"), &command, inputs, outputs, BRIEF + seconds);
        self.cost(&set, part.defenses, rates.adversarial * count as f64);
    }

    /// The options of a crafting attack that deviate from those of the data set.
    pub(crate) fn options<'b>(&'b self, attack: &'b Attack) -> &'b [String] {
        self.profile.craft.get(&attack.name).unwrap_or(&attack.options)
    }

    /// `count` is that of benign inputs which cost as much.
    fn cost(&mut self, set: &str, defenses: &[String], count: f64) {
        let (images, out) = (self.work.images(set), self.work.costs(set));
        let (dataset, seed) = (&self.experiment.dataset, self.experiment.seed);
        let command = format!(
            "cost --model {} --input {} --defense {} --dataset {dataset} --seed {seed} --out {}",
            self.weights.display(),
            images.display(),
            defenses.join(","),
            out.display()
        );
        let rates = &self.experiment.seconds.cost;
        let rate: f64 = defenses.iter().filter_map(|defense| rates.get(defense)).sum();
        let (inputs, outputs) = (self.model_and(vec![images]), with_card(&out));
        self.push(&format!("cost-{set}"), &command, inputs, outputs, BRIEF + rate * count);
    }

    fn clever(&mut self, kind: &str) {
        let (images, out) = (self.work.images(&format!("evidence-{kind}")), self.work.scores(kind));
        let (batches, samples) = (self.profile.clever.batches, self.profile.clever.samples);
        let command = format!(
            "clever --model {} --input {} --batches {batches} --samples {samples} --seed {} --out {}",
            self.weights.display(),
            images.display(),
            self.experiment.seed,
            out.display()
        );
        let gradients = (batches * samples * self.profile.evidence) as f64 * CLASSES;
        let (inputs, outputs) = (self.model_and(vec![images]), with_card(&out));
        let seconds = gradients * self.experiment.seconds.clever;
        self.push(&format!("clever-{kind}"), &command, inputs, outputs, BRIEF + seconds);
    }

    /// What the costs of each defense attack tell, without a detector.
    fn separation(&mut self, sample: &Sample) {
        let (scored, inputs) = self.scored(sample);
        let name = sample.named("separation");
        let figures = self.work.figures(&name);
        let command = format!("eval {scored} --figures {}", figures.display());
        self.push(&name, &command, inputs, vec![figures], BRIEF);
    }

    /// Scores and costs of few inputs by many attacks.
    fn evidence(&mut self) {
        let (mut command, mut inputs) = ("evidence".to_owned(), vec![]);
        for kind in self.kinds() {
            let (scores, costs) =
                (self.work.scores(&kind), self.work.costs(&format!("evidence-{kind}")));
            let _ = write!(command, " --clever {kind}={}", scores.display());
            let _ = write!(command, " --costs {kind}={}", costs.display());
            inputs.extend(with_card(&scores));
            inputs.extend(with_card(&costs));
        }
        let figures = self.work.figures("evidence");
        let _ = write!(command, " --figures {}", figures.display());
        self.push("evidence", &command, inputs, vec![figures], BRIEF);
    }

    /// Costs of scored inputs by the attacks whose costs the detectors see.
    fn costs(&mut self, sample: &Sample) {
        let (mut command, mut inputs) = ("evidence".to_owned(), vec![]);
        for kind in self.kinds() {
            let costs = self.work.costs(&sample.named(&format!("score-{kind}")));
            let _ = write!(command, " --costs {kind}={}", costs.display());
            inputs.extend(with_card(&costs));
        }
        self.push(&sample.named("costs"), &command, inputs, vec![], BRIEF);
    }

    /// The sets to score on, as options of `a2d eval` and as files.
    pub(crate) fn scored(&self, sample: &Sample) -> (String, Vec<PathBuf>) {
        let costs = |kind: &str| self.work.costs(&sample.named(&format!("score-{kind}")));
        let benign = costs(BENIGN);
        let (mut options, mut files) =
            (format!("--benign {}", benign.display()), with_card(&benign));
        for attack in &self.experiment.attacks {
            let costs = costs(&attack.name);
            let _ = write!(options, " --adversarial {}={}", attack.name, costs.display());
            files.extend(with_card(&costs));
        }
        (options, files)
    }
}
