//! All adversaries against LeNet-5 behind BIM and a z-score on its costs.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use a2d_attacks::{DEFENSES, Limits, NamedAttack, Preset, costs};
use a2d_cost::{Column, Sign};
use a2d_data::Labelled as _;
use a2d_data::mnist::{self, Split};
use a2d_detect::ndarray::Array2;
use a2d_detect::{Calibration, DatasetBase, Fit as _, SavedDetector, Unit, ZScore};
use a2d_eval::scoring::{self, BatchScores, Score};
use a2d_model::Classifier;
use serde_json::{Map, Value, json};
use tch::{Device, Kind, Tensor, with_grad};

use crate::look::numbers;
use crate::study::Target;
use crate::{
    ADVERSARIES, Attackers, Benign, Cap, Defender, Error, Evidence, Found, Judge, JudgedCandidate,
    Norm, Study, Victim, kind,
};

/// Digits on which nothing was fitted begin here.
const HELD_OUT: i64 = 40;

/// How much neighbours in a row differ, as a detector of noise.
#[derive(Debug)]
struct Roughness;

impl Roughness {
    fn of(images: &Tensor) -> Tensor {
        let width = images.size()[3];
        let differences = images.narrow(3, 1, width - 1) - images.narrow(3, 0, width - 1);
        differences.square().flatten(1, -1).mean_dim([1i64].as_slice(), false, Kind::Float)
    }
}

impl Score for Roughness {
    fn name(&self) -> &'static str {
        "roughness"
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new(self.name(), Sign::Larger)]
    }

    fn scores(&self, _: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        Ok(BatchScores::of_column(numbers(&Self::of(images)), scoring::Queries::default()))
    }

    fn slopes(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        _: usize,
    ) -> scoring::Result<Option<Tensor>> {
        let leaf = images.copy().set_requires_grad(true);
        let sum = with_grad(|| Self::of(&leaf).sum(Kind::Float));
        Ok(Some(classifier.gradient(&sum, &leaf, false)?))
    }
}

pub(crate) struct Trial {
    pub(crate) classifier: Classifier,
    defenses: Vec<NamedAttack>,
    digits: Tensor,
    labels: Vec<u32>,
}

impl Trial {
    pub(crate) fn new() -> Self {
        let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
        let weights = data.join("models/lenet5.safetensors");
        let classifier = Classifier::load(&weights, None, Device::Cpu).unwrap();
        let digits = mnist::load(&data.join("sample/mnist"), Split::Test).unwrap();
        let digits = digits.range(0..100).unwrap();
        let shorter = json!({"step": 0.005, "iterations": 60});
        let bim = DEFENSES.named("bim", Preset::MNIST).unwrap();
        let defenses = vec![bim.with(shorter.as_object().unwrap()).unwrap()];
        let labels = digits.labels().to_vec();
        let digits = classifier.tensor(digits.images()).unwrap();
        Self { classifier, defenses, digits, labels }
    }

    pub(crate) fn victim(&self, window: usize) -> Victim<'_> {
        let (classifier, defenses) = (&self.classifier, &self.defenses[..]);
        Victim { classifier, defenses, limits: Limits { window, seed: 3 } }
    }

    /// A z-score on costs of the first digits.
    fn defender(&self) -> Defender {
        let costs = costs(&self.classifier, &self.defenses[0], &self.digits.narrow(0, 0, HELD_OUT));
        let costs: Vec<f64> =
            costs.unwrap().into_iter().map(|cost| f64::from(cost.unwrap().iterations)).collect();
        let costs = Array2::from_shape_vec((costs.len(), 1), costs).unwrap();
        let z_score = ZScore::params(1).fit(&DatasetBase::from(costs)).unwrap();
        let (attacks, unit) = (vec!["bim".to_owned()], Unit::Iterations);
        let detector = SavedDetector { attacks, unit, provenance: None, detector: z_score.into() };
        Defender { name: "z-score".into(), evidence: Evidence::Costs(Box::new(detector)) }
    }

    /// A detector that looks at something else.
    fn partner() -> Defender {
        let evidence = Evidence::Score { score: Arc::new(Roughness), column: 0 };
        Defender { name: "roughness".into(), evidence }
    }

    /// What an adversary finds for the first digits.
    pub(crate) fn found(
        &self,
        victim: Victim<'_>,
        cap: Cap,
        attackers: Attacking<'_>,
        count: i64,
    ) -> Vec<Found> {
        let judge = Judge::new(&victim, vec![self.defender(), Self::partner()]).unwrap();
        let benign = self.digits.narrow(0, HELD_OUT, 60);
        let benign = Benign::judge(&judge, &victim, &benign).unwrap();
        let attackers = attackers(&victim, &benign);
        let study = Study { victim, judge: &judge, benign: &benign, cap };
        let targets = (0..count).map(|row| {
            let (number, label) = (row as usize, self.labels[row as usize] as usize);
            Ok::<_, Error>(Target { number, image: self.digits.get(row), label })
        });
        let mut all = vec![];
        let sink = &mut |found| {
            all.push(found);
            Ok(())
        };
        study.run(&*attackers, targets, sink).unwrap();
        all.sort_by_key(|found: &Found| found.row);
        all
    }
}

/// How attackers are prepared.
pub(crate) type Attacking<'a> = &'a dyn Fn(&Victim<'_>, &Benign) -> Box<dyn Attackers>;

/// Fewer steps than usual.
fn short(name: &str) -> Map<String, Value> {
    let few = match name {
        "cw" => {
            json!({"confidences": [0.0, 4.0, 8.0], "searches": 2, "iterations": 60, "learning_rate": 0.05})
        }
        "walk" => json!({"proposals": 30}),
        "selective" | "orthogonal" => json!({"steps": 30}),
        "margin" => json!({"steps": 60, "step": 0.02}),
        "joint" => json!({"steps": 80, "step": 0.02}),
        _ => json!({"steps": 60, "step": 0.04}),
    };
    few.as_object().cloned().unwrap()
}

pub(crate) fn cap(radius: f64) -> Cap {
    Cap::new(Norm::L2, radius).unwrap()
}

#[test]
fn every_adversary_raises_the_cost_of_what_it_offers_within_the_cap() {
    let trial = Trial::new();
    for adversary in ADVERSARIES {
        let name = adversary.name;
        let threshold = Cell::new(f64::NAN);
        let prepare = |victim: &Victim<'_>, benign: &Benign| {
            let benign_scores =
                Calibration::new(benign.scores(0).into_iter().flatten().collect()).unwrap();
            threshold.set(benign_scores.threshold(0.05).unwrap());
            adversary.prepare(&short(name), victim, benign).unwrap()
        };
        let cap = cap(if name == "walk" { 12.0 } else { 6.0 });
        let found = trial.found(trial.victim(16), cap, &prepare, 8);
        assert!(found.iter().map(|found| found.row).eq(0..8));
        let (mut firsts, mut lasts, mut successes) = (0, 0, 0);
        for found in found.iter().filter(|found| !found.candidates.is_empty()) {
            for candidate in &found.candidates {
                assert_ne!(candidate.predicted, found.label, "{name}");
                assert!(cap.holds(&candidate.distances), "{name} {candidate:?}");
                assert!(candidate.spent.forward > 0, "{name}");
            }
            let cost = |place: usize| found.candidates[place].costs[0].unwrap();
            firsts += cost(0);
            lasts += cost(found.candidates.len() - 1);
            successes += 1;
        }
        assert!(successes >= 6, "{name}: {successes}");
        if name == "walk" {
            // It offers one image, which the detector passes.
            let passed = |one: &JudgedCandidate| one.scores[0].unwrap() <= threshold.get();
            assert!(found.iter().flat_map(|found| &found.candidates).all(passed), "{found:?}");
        } else {
            assert!(lasts > firsts * 2, "{name}: from {firsts} to {lasts} in {successes} images");
        }
    }
}

#[test]
fn who_knows_the_partner_offers_nothing_that_it_flags() {
    let trial = Trial::new();
    let level = Cell::new(f64::NAN);
    let flagged = |name: &str| {
        let prepare = |victim: &Victim<'_>, benign: &Benign| {
            let mut scores: Vec<f64> = benign.scores(1).into_iter().flatten().collect();
            scores.sort_by(f64::total_cmp);
            level.set(scores[scores.len() * 9 / 10 - 1]);
            kind(name).unwrap().prepare(&short(name), victim, benign).unwrap()
        };
        let found = trial.found(trial.victim(16), cap(6.0), &prepare, 8);
        let candidates: Vec<_> = found.iter().flat_map(|found| &found.candidates).collect();
        let flagged = candidates.iter().filter(|one| one.scores[1].unwrap() > level.get());
        (flagged.count(), candidates.len())
    };
    let (of_selective, _) = flagged("selective");
    let (of_joint, offered) = flagged("joint");
    assert!(of_selective > 0, "the partner is in the way");
    assert!(of_joint == 0 && offered > 0, "{of_joint} of {offered}");
    // Without a partner there is nothing to know.
    let victim = trial.victim(16);
    let judge = Judge::new(&victim, vec![trial.defender()]).unwrap();
    let benign = Benign::judge(&judge, &victim, &trial.digits.narrow(0, HELD_OUT, 60)).unwrap();
    let attackers = kind("joint").unwrap().prepare(&short("joint"), &victim, &benign).unwrap();
    let study = Study { victim, judge: &judge, benign: &benign, cap: cap(6.0) };
    let (image, label) = (trial.digits.get(0), trial.labels[0] as usize);
    let targets = std::iter::once(Ok::<_, Error>(Target { number: 0, image, label }));
    let error = study.run(&*attackers, targets, &mut |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("a detector on another score beside"), "{error}");
}

#[test]
fn what_is_found_depends_on_the_seed_alone() {
    let trial = Trial::new();
    let wide = Trial { classifier: Trial::new().classifier.with_workers(2), ..Trial::new() };
    for (name, parameters) in [
        ("margin", json!({"steps": 20, "step": 0.05, "starts": 2})),
        ("walk", json!({"proposals": 8})),
    ] {
        let parameters = parameters.as_object().cloned().unwrap();
        let prepare = |victim: &Victim<'_>, benign: &Benign| {
            kind(name).unwrap().prepare(&parameters, victim, benign).unwrap()
        };
        let cap = cap(8.0);
        let distances = |found: Vec<Found>| -> Vec<Vec<(usize, f64)>> {
            let of = |found: &Found| {
                let rounded = |l2: f64| (l2 * 1e3).round();
                found
                    .candidates
                    .iter()
                    .map(|one| (one.predicted, rounded(one.distances.l2)))
                    .collect()
            };
            found.iter().map(of).collect()
        };
        let once = distances(trial.found(trial.victim(16), cap, &prepare, 5));
        assert!(once.iter().any(|candidates| !candidates.is_empty()), "{name}");
        assert_eq!(distances(trial.found(trial.victim(2), cap, &prepare, 5)), once, "{name}");
        assert_eq!(distances(wide.found(wide.victim(16), cap, &prepare, 5)), once, "{name}");
    }
}

#[test]
fn an_image_that_the_network_does_not_know_is_not_attacked() {
    let mut trial = Trial::new();
    trial.labels[1] = (trial.labels[1] + 1) % 10;
    let prepare = |victim: &Victim<'_>, benign: &Benign| {
        kind("margin").unwrap().prepare(&short("margin"), victim, benign).unwrap()
    };
    let found = trial.found(trial.victim(16), cap(6.0), &prepare, 3);
    let misclassified: Vec<_> = found.iter().map(|found| found.misclassified).collect();
    assert_eq!(misclassified, [false, true, false]);
    assert!(found[1].candidates.is_empty());
}

#[test]
fn bad_input_is_refused() {
    let trial = Trial::new();
    let victim = trial.victim(16);
    let refused =
        |defenders: Vec<Defender>| Judge::new(&victim, defenders).unwrap_err().to_string();
    assert!(refused(vec![]).contains("at least one, got none"));
    assert!(refused(vec![trial.defender(), trial.defender()]).contains("got it twice"));
    let other = |attack: &str| {
        let defender = trial.defender();
        let Evidence::Costs(detector) = defender.evidence else { unreachable!() };
        let detector = SavedDetector { attacks: vec![attack.into()], ..*detector };
        Defender { evidence: Evidence::Costs(Box::new(detector)), ..defender }
    };
    assert!(refused(vec![other("jsma")]).contains("attacks among bim, got jsma"));
    let judge = Judge::new(&victim, vec![trial.defender()]).unwrap();
    let one_class = trial.digits.narrow(0, 0, 1);
    let error = Benign::judge(&judge, &victim, &one_class).unwrap_err();
    assert!(error.is_bad_input() && error.to_string().contains("several classes"), "{error}");
    let benign = Benign::judge(&judge, &victim, &trial.digits.narrow(0, HELD_OUT, 30)).unwrap();
    for (name, parameters, finding) in [
        ("margin", json!({"steps": 0}), "at least one step"),
        ("margin", json!({"step": 0.0}), "a step above 0"),
        ("margin", json!({"stride": 1}), "unknown field `stride`"),
        ("cw", json!({"confidences": [-1.0]}), "confidence of at least 0, got -1"),
        ("cw", json!({"confidences": [2.0, 1.0]}), "ascending order"),
        ("walk", json!({"rate": 0.0}), "0"),
        ("walk", json!({"proposals": 0}), "at least one proposal"),
    ] {
        let parameters = parameters.as_object().cloned().unwrap();
        let error = kind(name).unwrap().prepare(&parameters, &victim, &benign).unwrap_err();
        assert!(error.is_bad_input() && error.to_string().contains(finding), "{name}: {error}");
    }
    assert!(kind("oracle").unwrap_err().to_string().contains("cw, margin, selective"));
}
