//! Baselines: fitted on some images, and what they score others.

use super::sets::scored;
use super::words::Words;
use super::{BENIGN, ENSEMBLE, Plan};
use crate::experiment::Baseline;
use crate::experiment::sample::Sample;
use crate::plan::step::Effort;
use crate::plan::work::with_card;

impl Plan<'_> {
    /// Scores of the scored inputs by other papers' detectors, and what they tell.
    pub(super) fn baselines(&mut self) {
        for baseline in self.experiment.baselines(self.profile) {
            self.fit_baseline(baseline);
            for kind in std::iter::once(BENIGN).chain(self.attacks()) {
                self.score_by(baseline, kind);
            }
            let sample = self.sample_of(baseline).clone();
            let file = |set: &str| self.work.baseline_scores(&baseline.name, set);
            let (scored, inputs) = scored(&sample, self.attacks(), file);
            let words = Words::of("eval").and(scored);
            self.push(&separation(baseline), words, inputs, vec![], Effort::of("eval"));
        }
    }

    /// The inputs that a baseline sees.
    pub(crate) fn sample_of(&self, baseline: &Baseline) -> &Sample {
        if baseline.slow { self.samples.of(ENSEMBLE) } else { self.samples.largest() }
    }

    fn fit_baseline(&mut self, baseline: &Baseline) {
        let Some(fit) = &baseline.fit else { return };
        let part = if baseline.published { "score" } else { "fit" };
        let sample = self.sample_of(baseline).clone();
        let images = |kind: &str| self.work.images(&sample.named(&format!("{part}-{kind}")));
        let benign = images(BENIGN);
        let more = self.profile.baseline.get(&baseline.name);
        let mut words = self.with_model("baseline fit").and(fit).and(more.into_iter().flatten());
        let mut inputs = self.model_and(vec![self.data.clone()]);
        if baseline.published {
            words = words.with("--protocol", "published");
        }
        words = words.file("--benign", &benign);
        inputs.extend(with_card(&benign));
        if baseline.adversarial {
            for attack in self.experiment.compared() {
                let examples = images(&attack.name);
                words = words.named("--adversarial", &attack.name, &examples);
                inputs.extend(with_card(&examples));
            }
        }
        let out = self.work.baseline(&baseline.name);
        let words = words.with("--seed", self.experiment.seed).file("--out", &out);
        let kind = format!("{}: baseline fit {}", self.weights.display(), fit.join(" "));
        let effort = Effort { kind, items: sample.fit };
        self.push(&format!("baseline-{}", baseline.name), words, inputs, with_card(&out), effort);
    }

    fn score_by(&mut self, baseline: &Baseline, kind: &str) {
        let sample = self.sample_of(baseline).clone();
        let set = sample.named(&format!("score-{kind}"));
        let images = self.work.images(&set);
        let out = self.work.baseline_scores(&baseline.name, &set);
        let mut inputs = vec![images.clone()];
        let words = if baseline.is_costs() {
            let attacks: Vec<_> = baseline.columns().map(|(_, attack)| attack).collect();
            self.costing(&images, &attacks.join(","), &mut inputs)
        } else if baseline.fit.is_some() {
            let fitted = self.work.baseline(&baseline.name);
            inputs.extend(with_card(&fitted));
            self.with_model("baseline score").file("--baseline", &fitted).file("--input", &images)
        } else {
            self.with_model("score").with("--score", &baseline.name).file("--input", &images)
        };
        let (words, inputs) = (words.file("--out", &out), self.model_and(inputs));
        let items = if kind == BENIGN { sample.score } else { sample.adversarial };
        let effort = Effort {
            kind: format!("{}: score by {}", self.weights.display(), baseline.name),
            items,
        };
        self.push(&scores(baseline, &set), words, inputs, with_card(&out), effort);
    }
}

/// The step that says what the scores of a baseline tell.
pub(crate) fn separation(baseline: &Baseline) -> String {
    format!("separation-{}", baseline.name)
}

/// The step that scores a set.
pub(crate) fn scores(baseline: &Baseline, set: &str) -> String {
    format!("{}-{set}", baseline.name)
}
