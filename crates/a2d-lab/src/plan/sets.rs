//! Sets of images, what attacking them costs, and what is compared of them.

use super::words::Words;
use super::{BENIGN, Plan};
use crate::experiment::sample::Sample;
use crate::experiment::{Attack, Evidence};
use crate::plan::step::Effort;
use crate::plan::work::with_card;
use std::path::{Path, PathBuf};

/// A part of the work that has sets of its own.
struct Part<'a> {
    name: String,
    skip: usize,
    benign: usize,
    adversarial: usize,
    /// Whether they are scored, and examples are among them that nothing is fitted on.
    extra: bool,
    /// The defense attacks that are measured.
    defenses: &'a [String],
}

impl<'a> Plan<'a> {
    /// Crafts, measures and compares the sets of all parts.
    pub(super) fn sets(&mut self) {
        let skip = self.experiment.skip(self.profile);
        let samples: Vec<_> = self.samples.iter().cloned().collect();
        for sample in &samples {
            self.part(&Part {
                name: sample.named("fit"),
                skip: skip.fit,
                benign: sample.fit,
                adversarial: sample.fit / self.experiment.compared().count(),
                extra: false,
                defenses: &sample.defenses,
            });
            self.part(&Part {
                name: sample.named("score"),
                skip: skip.score,
                benign: sample.score,
                adversarial: sample.adversarial,
                extra: true,
                defenses: &sample.defenses,
            });
            self.separation(sample);
            self.costs(sample);
        }
        self.baselines();
        self.few();
    }

    fn part(&mut self, part: &Part<'_>) {
        self.benign(part);
        for attack in &self.experiment.attacks {
            if part.extra || !attack.extra {
                self.adversarial(part, attack);
            }
        }
    }

    fn benign(&mut self, part: &Part<'_>) {
        let set = format!("{}-{BENIGN}", part.name);
        let out = self.work.images(&set);
        let words = self.with_model("data export");
        let words = words.and(["--split", "test"]).with("--skip", part.skip);
        let words = words.with("--count", part.benign).file("--out", &out);
        let (words, outputs) = self.pictured(part, BENIGN, words, with_card(&out));
        let inputs = self.model_and(vec![self.test_data()]);
        self.push(&format!("images-{set}"), words, inputs, outputs, Effort::of("export"));
        self.cost(&set, part.defenses, part.benign, "benign");
    }

    fn adversarial(&mut self, part: &Part<'_>, attack: &Attack) {
        let Attack { name, craft, .. } = attack;
        let set = format!("{}-{name}", part.name);
        let most = self.profile.at_most.get(name).filter(|_| part.extra);
        let count = most.map_or(part.adversarial, |most| part.adversarial.min(*most));
        let out = self.work.images(&set);
        let options = self.options(attack);
        let effort = Effort {
            kind: format!("{}: craft {craft} {}", self.weights.display(), options.join(" ")),
            items: count,
        };
        let words = self.with_model("craft").with("--attack", craft);
        let words = words.with("--dataset", &self.experiment.dataset).and(["--split", "test"]);
        let words = words.with("--skip", part.skip).with("--count", count);
        let words = words.with("--seed", self.experiment.seed).and(options).file("--out", &out);
        let (words, outputs) = self.pictured(part, name, words, with_card(&out));
        let inputs = self.model_and(vec![self.test_data()]);
        self.push(&format!("images-{set}"), words, inputs, outputs, effort);
        self.cost(&set, part.defenses, count, "adversarial");
    }

    /// The options of a crafting attack that deviate from those of the data set.
    pub(crate) fn options<'b>(&'b self, attack: &'b Attack) -> &'b [String] {
        self.profile.craft.get(&attack.name).unwrap_or(&attack.options)
    }

    /// Has the images that detectors are scored on written as pictures, too, where the profile wants that.
    fn pictured(
        &self,
        part: &Part<'_>,
        kind: &str,
        words: Words,
        mut outputs: Vec<PathBuf>,
    ) -> (Words, Vec<PathBuf>) {
        match &self.profile.pictures {
            Some(pictures) if part.name == "score" => {
                let folder = pictures.join(kind);
                let words = words.file("--png-dir", &folder);
                outputs.push(folder);
                (words, outputs)
            }
            _ => (words, outputs),
        }
    }

    /// `nature` tells those that take longer.
    fn cost(&mut self, set: &str, defenses: &[String], count: usize, nature: &str) {
        if defenses.is_empty() {
            return;
        }
        let (images, out) = (self.work.images(set), self.work.costs(set));
        let defenses = defenses.join(",");
        let kind = format!("{}: cost {defenses} {nature}", self.weights.display());
        let mut inputs = vec![images.clone()];
        let words = self.costing(&images, &defenses, &mut inputs).file("--out", &out);
        let effort = Effort { kind, items: count };
        let (inputs, outputs) = (self.model_and(inputs), with_card(&out));
        self.push(&format!("cost-{set}"), words, inputs, outputs, effort);
    }

    /// What measures the costs of images, and the files that this takes beside them.
    pub(super) fn costing(
        &self,
        images: &Path,
        defenses: &str,
        inputs: &mut Vec<PathBuf>,
    ) -> Words {
        let mut words = self.with_model("cost").file("--input", images);
        words = words.with("--defense", defenses).with("--dataset", &self.experiment.dataset);
        if let Some(spec) = &self.profile.spec {
            words = words.file("--spec", spec);
            inputs.push(spec.clone());
        }
        words.and(&self.profile.cost).with("--seed", self.experiment.seed)
    }

    /// What the costs of each defense attack tell, without a detector.
    fn separation(&mut self, sample: &Sample) {
        let (scored, inputs) = scored(sample, self.attacks(), |set| self.work.costs(set));
        let name = sample.named("separation");
        let figures = self.work.figures(&name);
        let words = Words::of("eval").and(scored).file("--figures", &figures);
        self.push(&name, words, inputs, vec![figures], Effort::of("figures"));
    }

    /// Costs of scored inputs by the attacks whose costs the detectors see.
    fn costs(&mut self, sample: &Sample) {
        let (mut words, mut inputs) = (Words::of("evidence"), vec![]);
        for kind in self.kinds() {
            let costs = self.work.costs(&sample.named(&format!("score-{kind}")));
            words = words.named("--costs", &kind, &costs);
            inputs.extend(with_card(&costs));
        }
        self.push(&sample.named("costs"), words, inputs, vec![], Effort::of("evidence"));
    }

    /// Few inputs of each kind: costs of many attacks, and CLEVER scores.
    fn few(&mut self) {
        let profile = self.profile;
        if let Some(Evidence { inputs, timed }) = &profile.evidence {
            self.few_images("evidence", *inputs, timed);
        }
        let beside = self.profile.clever.iter().find(|clever| clever.inputs.is_none());
        for clever in &profile.clever {
            let (part, count) = match (clever.inputs, &profile.evidence) {
                (Some(inputs), _) => {
                    let part = format!("clever-{}", clever.name);
                    self.few_images(&part, inputs, &[]);
                    (part, inputs)
                }
                (None, Some(evidence)) => ("evidence".to_owned(), evidence.inputs),
                (None, None) => continue, // no experiment is read that has such a one
            };
            for kind in self.kinds() {
                self.clever(clever, &kind, &part, count);
            }
            if beside.is_none_or(|beside| beside.name != clever.name) {
                self.evidence(&format!("clever-{}", clever.name), Some(&clever.name), false);
            }
        }
        if profile.evidence.is_some() {
            self.evidence("evidence", beside.map(|clever| clever.name.as_str()), true);
        }
    }

    fn few_images(&mut self, part: &str, inputs: usize, defenses: &[String]) {
        self.part(&Part {
            name: part.to_owned(),
            skip: self.experiment.skip(self.profile).evidence,
            benign: inputs,
            adversarial: inputs,
            extra: false,
            defenses,
        });
    }

    fn clever(&mut self, clever: &crate::experiment::Clever, kind: &str, part: &str, count: usize) {
        let set = format!("{}-{kind}", clever.name);
        let (images, out) = (self.work.images(&format!("{part}-{kind}")), self.work.scores(&set));
        let words = self.with_model("clever").file("--input", &images).and(&clever.options);
        let words = words.with("--seed", self.experiment.seed).file("--out", &out);
        let options = clever.options.join(" ");
        let effort =
            Effort { kind: format!("{}: clever {options}", self.weights.display()), items: count };
        let (inputs, outputs) = (self.model_and(vec![images]), with_card(&out));
        self.push(&format!("clever-{set}"), words, inputs, outputs, effort);
    }

    /// Scores by a way to estimate them, beside the costs of many attacks if these are wanted.
    fn evidence(&mut self, name: &str, clever: Option<&str>, costs: bool) {
        let (mut words, mut inputs) = (Words::of("evidence"), vec![]);
        for kind in self.kinds() {
            if let Some(clever) = clever {
                let scores = self.work.scores(&format!("{clever}-{kind}"));
                words = words.named("--clever", &kind, &scores);
                inputs.extend(with_card(&scores));
            }
            if costs {
                let costs = self.work.costs(&format!("evidence-{kind}"));
                words = words.named("--costs", &kind, &costs);
                inputs.extend(with_card(&costs));
            }
        }
        let figures = self.work.figures(name);
        let words = words.file("--figures", &figures);
        self.push(name, words, inputs, vec![figures], Effort::of("figures"));
    }

    /// The benign kind, then the adversarial ones that published numbers are of.
    fn kinds(&self) -> Vec<String> {
        let attacks = self.experiment.compared().map(|attack| attack.name.clone());
        std::iter::once(BENIGN.to_owned()).chain(attacks).collect()
    }

    /// All adversarial kinds.
    pub(super) fn attacks(&self) -> Vec<&'a str> {
        self.experiment.attacks.iter().map(|attack| attack.name.as_str()).collect()
    }
}

/// Sets to score on, as options of `a2d eval` and as files: those that `file` gives for them.
pub(super) fn scored(
    sample: &Sample,
    kinds: Vec<&str>,
    file: impl Fn(&str) -> PathBuf,
) -> (Vec<String>, Vec<PathBuf>) {
    let file = |kind: &str| file(&sample.named(&format!("score-{kind}")));
    let benign = file(BENIGN);
    let mut words = Words::default().file("--benign", &benign);
    let mut files = with_card(&benign);
    for kind in kinds {
        let adversarial = file(kind);
        words = words.named("--adversarial", kind, &adversarial);
        files.extend(with_card(&adversarial));
    }
    (words.into_arguments(), files)
}
