//! The paper's detectors, fitted on some images and scored on others.

use super::{BENIGN, BRIEF, DETECTORS, ENSEMBLE, Plan};
use crate::experiment::neighbours;
use crate::experiment::sample::Sample;
use crate::plan::work::with_card;
use std::path::PathBuf;

impl Plan<'_> {
    /// Fits and scores k-NN and z-score detectors on each defense attack and on all, and tunes the latter.
    pub(crate) fn detectors(&mut self) {
        let defenses = self.defenses();
        let all = defenses.join(",");
        let settings = &self.experiment.detectors;
        let votes = settings.votes;
        for (name, attacks, votes) in defenses
            .iter()
            .map(|defense| (defense.as_str(), defense.as_str(), 1))
            .chain([(ENSEMBLE, all.as_str(), votes)])
        {
            let sample = self.samples.of(name).clone();
            self.both(&sample, &DETECTORS.map(|kind| format!("{kind}-{name}")), attacks, votes);
        }
        let sample = self.samples.of(ENSEMBLE).clone();
        for member in defenses {
            if !self.samples.see_the_same(member, ENSEMBLE) {
                let names = DETECTORS.map(|kind| self.beside_ensemble(kind, member));
                self.both(&sample, &names, member, 1);
            }
        }
        for paper_k in &settings.tuning_k {
            let name = format!("knn-k-{paper_k}");
            self.knn(&sample, &name, &all, *paper_k, "1");
            self.eval(&sample, &name, &name, "");
        }
        for ratio in &settings.tuning_ratio {
            let name = format!("knn-ratio-{ratio}");
            self.knn(&sample, &name, &all, settings.k, ratio);
            self.eval(&sample, &name, &name, "");
        }
        for votes in 1..=defenses.len() {
            let name = format!("zscore-votes-{votes}");
            self.z_score(&sample, &name, &all, votes);
            self.eval(&sample, &name, &name, "");
        }
        for h in &settings.tuning_h {
            let detector = format!("zscore-{ENSEMBLE}");
            self.eval(&sample, &format!("zscore-h{h}"), &detector, &format!("--threshold {h}"));
        }
    }

    /// The name of a member's detector that is fitted and scored on the inputs of the ensemble.
    pub(crate) fn beside_ensemble(&self, kind: &str, member: &str) -> String {
        let name = format!("{kind}-{member}");
        if self.samples.see_the_same(member, ENSEMBLE) {
            name
        } else {
            self.samples.of(ENSEMBLE).named(&name)
        }
    }

    /// Fits and scores a detector of each kind.
    fn both(&mut self, sample: &Sample, names: &[String; 2], defenses: &str, votes: usize) {
        let [knn, z_score] = names;
        self.knn(sample, knn, defenses, self.experiment.detectors.k, "1");
        self.z_score(sample, z_score, defenses, votes);
        for name in names {
            self.eval(sample, name, name, "");
        }
    }

    /// `k` is that of the paper.
    fn knn(&mut self, sample: &Sample, name: &str, defenses: &str, k: usize, ratio: &str) {
        let attacks = self.experiment.attacks.iter().map(|attack| attack.name.as_str());
        let benign = self.fitted(sample, &[BENIGN]);
        let adversarial = self.fitted(sample, &attacks.collect::<Vec<_>>());
        let k = neighbours(k, sample.fit);
        let command = format!(
            "fit --detector knn --k {k} --ratio {ratio} --defense {defenses} --benign {} --adversarial {}",
            words(&benign),
            words(&adversarial)
        );
        self.fit(name, &command, &[benign, adversarial].concat());
    }

    fn z_score(&mut self, sample: &Sample, name: &str, defenses: &str, votes: usize) {
        let benign = self.fitted(sample, &[BENIGN]);
        let command = format!(
            "fit --detector z-score --votes {votes} --defense {defenses} --benign {}",
            words(&benign)
        );
        self.fit(name, &command, &benign);
    }

    fn fit(&mut self, name: &str, command: &str, costs: &[PathBuf]) {
        let out = self.work.detector(name);
        let command = format!("{command} --out {}", out.display());
        let inputs = costs.iter().flat_map(|costs| with_card(costs));
        self.push(&format!("fit-{name}"), &command, inputs.collect(), vec![out], BRIEF);
    }

    fn eval(&mut self, sample: &Sample, name: &str, detector: &str, options: &str) {
        let detector = self.work.detector(detector);
        let (scored, mut inputs) = self.scored(sample);
        let command = format!("eval --detector {} {options} {scored}", detector.display());
        inputs.push(detector);
        self.push(&format!("eval-{name}"), &command, inputs, vec![], BRIEF);
    }

    /// The costs to fit on of these kinds.
    fn fitted(&self, sample: &Sample, kinds: &[&str]) -> Vec<PathBuf> {
        let costs = |kind| self.work.costs(&sample.named(&format!("fit-{kind}")));
        kinds.iter().map(costs).collect()
    }
}

fn words(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ")
}
