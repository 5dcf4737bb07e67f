//! Detectors, fitted on some images and scored on others.

use super::sets::scored;
use super::words::Words;
use super::{BENIGN, ENSEMBLE, Plan};
use crate::experiment::sample::Sample;
use crate::experiment::{Detector, Tuned, Tuning, neighbours};
use crate::plan::step::Effort;
use crate::plan::work::with_card;
use std::path::PathBuf;

/// The costs that a detector is fitted on.
struct Costs<'a> {
    sample: &'a Sample,
    /// The defense attacks, as an option has them.
    defenses: &'a str,
    /// The kinds of adversarial inputs.
    kinds: &'a [&'a str],
}

/// The name of a detector on the costs of a defense attack, of examples by one attack and for these.
pub(crate) fn single(detector: &str, member: &str, attack: &str) -> String {
    format!("{detector}-{member}-of-{attack}")
}

impl<'a> Plan<'a> {
    /// Fits and scores detectors of each kind on each defense attack and on all, and tunes the latter.
    pub(super) fn detectors(&mut self) {
        let defenses = self.defenses();
        for detector in &self.experiment.detectors {
            for member in defenses {
                let sample = self.samples.of(member).clone();
                let name = format!("{}-{member}", detector.name);
                self.fit_member(&sample, detector, &name, member);
                self.eval(&sample, &name, &name, &[]);
                if detector.single {
                    self.singles(&sample, detector, member);
                }
            }
            let sample = self.samples.of(ENSEMBLE).clone();
            let name = format!("{}-{ENSEMBLE}", detector.name);
            let (options, all) = (detector.ensemble.clone(), self.compared());
            let defense = self.all();
            let costs = Costs { sample: &sample, defenses: &defense, kinds: &all };
            self.fit(&costs, detector, &name, options, detector.neighbours);
            self.score_ensemble(&sample, detector, &name);
            for member in defenses {
                if !self.samples.see_the_same(member, ENSEMBLE) {
                    let name = self.beside_ensemble(&detector.name, member);
                    self.fit_member(&sample, detector, &name, member);
                    self.eval(&sample, &name, &name, &[]);
                }
            }
        }
        for tuned in self.tuned() {
            self.tune(&tuned);
        }
    }

    /// The values that the parameters of the ensembles are tried with.
    pub(crate) fn tuned(&self) -> Vec<Tuned<'a>> {
        let members = self.defenses().len();
        let all = self.experiment.tuning.iter().flat_map(Tuning::all);
        all.filter(|tuned| tuned.suits(members)).collect()
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

    /// All defense attacks, as an option has them.
    fn all(&self) -> String {
        self.defenses().join(",")
    }

    fn tune(&mut self, tuned: &Tuned<'_>) {
        let kinds = &self.experiment.detectors;
        let Some(detector) = kinds.iter().find(|kind| kind.name == tuned.tuning.detector) else {
            return; // no experiment is read that has such a one
        };
        let sample = self.samples.of(ENSEMBLE).clone();
        let name = tuned.name();
        if let Some(options) = &tuned.tuning.eval {
            let ensemble = format!("{}-{ENSEMBLE}", detector.name);
            self.eval(&sample, &name, &ensemble, &tuned.filled(options));
            return;
        }
        let options = tuned.tuning.fit.as_ref().unwrap_or(&detector.ensemble);
        let k = tuned.neighbours().or(detector.neighbours);
        let (defenses, all) = (self.all(), self.compared());
        let costs = Costs { sample: &sample, defenses: &defenses, kinds: &all };
        self.fit(&costs, detector, &name, tuned.filled(options), k);
        self.eval(&sample, &name, &name, &[]);
    }

    fn fit_member(&mut self, sample: &Sample, detector: &Detector, name: &str, member: &str) {
        let costs = Costs { sample, defenses: member, kinds: &self.compared() };
        self.fit(&costs, detector, name, detector.member.clone(), detector.neighbours);
    }

    /// Detectors on the costs of one defense attack, each of examples by one attack and for these.
    fn singles(&mut self, sample: &Sample, detector: &Detector, member: &str) {
        for kind in self.compared() {
            let name = single(&detector.name, member, kind);
            let costs = Costs { sample, defenses: member, kinds: &[kind] };
            self.fit(&costs, detector, &name, detector.member.clone(), detector.neighbours);
            self.judge(sample, ["eval", &name, &name], &[], vec![kind], None);
        }
    }

    /// `k` is that of the paper.
    fn fit(
        &mut self,
        costs: &Costs<'_>,
        detector: &Detector,
        name: &str,
        options: Vec<String>,
        k: Option<usize>,
    ) {
        let &Costs { sample, defenses, kinds } = costs;
        let benign = self.fitted(sample, BENIGN);
        let mut inputs = with_card(&benign);
        let mut words = Words::of("fit").and(&detector.fit).and(options);
        if let Some(k) = k {
            let fit = sample.fit / self.compared().len() * kinds.len();
            words = words.with("--k", neighbours(k, fit));
        }
        words = words.with("--defense", defenses).file("--benign", &benign);
        if detector.adversarial {
            words = words.and(["--adversarial"]);
            for kind in kinds {
                let costs = self.fitted(sample, kind);
                words = words.and([costs.display()]);
                inputs.extend(with_card(&costs));
            }
        }
        let out = self.work.detector(name);
        let words = words.file("--out", &out);
        self.push(&format!("fit-{name}"), words, inputs, vec![out], Effort::of("fit"));
    }

    /// What the ensemble says, of the examples that are scored by the side as well.
    fn score_ensemble(&mut self, sample: &Sample, detector: &Detector, name: &str) {
        let first = self.experiment.detectors.first().map(|first| &first.name);
        let report = self.profile.report.as_ref().filter(|_| first == Some(&detector.name));
        let options =
            report.iter().flat_map(|file| ["--report".into(), file.display().to_string()]);
        let (options, report) = (options.collect::<Vec<_>>(), report.cloned());
        self.judge(sample, ["eval", name, name], &options, self.compared(), report);
        let extra: Vec<_> = self.experiment.extra().map(|attack| attack.name.as_str()).collect();
        if !extra.is_empty() {
            self.judge(sample, ["extra", name, name], &[], extra, None);
        }
    }

    /// What a detector says of the inputs that published numbers are of.
    fn eval(&mut self, sample: &Sample, name: &str, detector: &str, options: &[String]) {
        self.judge(sample, ["eval", name, detector], options, self.compared(), None);
    }

    fn compared(&self) -> Vec<&'a str> {
        self.experiment.compared().map(|attack| attack.name.as_str()).collect()
    }

    fn judge(
        &mut self,
        sample: &Sample,
        [task, name, detector]: [&str; 3],
        options: &[String],
        kinds: Vec<&str>,
        report: Option<PathBuf>,
    ) {
        let detector = self.work.detector(detector);
        let (scored, mut inputs) = scored(sample, kinds, |set| self.work.costs(set));
        let words = Words::of("eval").file("--detector", &detector).and(options).and(scored);
        inputs.push(detector);
        let outputs = report.into_iter().collect();
        self.push(&format!("{task}-{name}"), words, inputs, outputs, Effort::of("eval"));
    }

    /// The costs to fit on of a kind.
    fn fitted(&self, sample: &Sample, kind: &str) -> PathBuf {
        self.work.costs(&sample.named(&format!("fit-{kind}")))
    }
}
