//! Screening: classifier, attacks and detector in one object.

mod setup;

use std::sync::Arc;

use a2d_attacks::{Limits, NamedAttack, Query};
use a2d_detect::SavedDetector;
use a2d_model::Classifier;

use crate::{Error, Result, Screener, Screening};

/// A classifier, the attacks on its inputs, and the detector that judges their costs.
///
/// Every image goes through the attacks in order, as far as its verdict is open. The verdicts are those of
/// the full costs: a stopped attack costs what it would have cost up to where it stopped.
///
/// An attack may tell nothing of an image ([`NoCost`](a2d_cost::NoCost)). The image then has a verdict only
/// if the other attacks make it certain, whatever this one could have cost.
#[derive(Debug)]
pub struct Guard {
    classifier: Classifier,
    setup: Arc<Setup>,
}

/// All of a guard but its classifier.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) defenses: Vec<NamedAttack>,
    pub(crate) detector: Arc<SavedDetector>,
    /// The places of the attacks in the order in which they run.
    pub(crate) order: Vec<usize>,
    pub(crate) limits: Limits,
    pub(crate) full: bool,
}

impl Guard {
    /// The guarded classifier.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// The detector that judges.
    pub fn detector(&self) -> &SavedDetector {
        &self.setup.detector
    }

    /// The same guard for another thread, on the same weights.
    ///
    /// # Errors
    /// As [`Classifier::handle`].
    pub fn handle(&self) -> Result<Self> {
        Ok(Self { classifier: self.classifier.handle()?, setup: self.setup.clone() })
    }

    /// All but the classifier.
    #[cfg(test)]
    pub(crate) fn setup(&self) -> &Arc<Setup> {
        &self.setup
    }

    /// The names of the attacks, in the order in which they run.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        self.setup.order.iter().map(|&attack| self.setup.defenses[attack].name())
    }

    /// Begins a screening of images as they come.
    ///
    /// # Errors
    /// As [`begin`](a2d_attacks::begin).
    pub fn session(&self) -> Result<Screener> {
        Screener::begin(self.setup.clone(), &self.classifier)
    }

    /// Screens images, by as many workers as the classifier [has](Classifier::with_workers), and hands the
    /// verdicts to `sink` as they are known. Images are drawn as there is room for them, four windows for each
    /// worker, and no more are in memory.
    ///
    /// Budgets of the queries are replaced by those that the verdicts need. Attacks that are not needed do
    /// not look at their images, nor find fault with them.
    ///
    /// # Errors
    /// As [`measure`](a2d_attacks::measure), as the sink's error type; [`Error::Detect`] if a cost is none that
    /// the detector takes; else what a query or the sink says.
    pub fn screen<E: From<Error>>(
        &self,
        queries: impl Iterator<Item = Result<Query, E>>,
        sink: &mut dyn FnMut(Screening) -> Result<(), E>,
    ) -> Result<(), E> {
        self.classifier.work(&mut || self.session(), queries, sink)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use a2d_attacks::{DEFENSES, Preset, queries};
    use a2d_cost::{NoCost, Provenance, Sign};
    use a2d_detect::ndarray::Array2;
    use a2d_detect::{
        Conformal, DatasetBase, Detect as _, Detector, Fit as _, Knn, Numbers, Tails, Unit, ZScore,
        labelled,
    };
    use a2d_model::Architecture;
    use tch::{Device, Kind, Tensor};

    use super::*;

    const NAMES: [&str; 2] = ["bim", "fgsm"];

    fn classifier() -> Classifier {
        Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
    }

    /// Images of stripes, each of another width and brightness.
    fn images(count: i64) -> Tensor {
        let grid = |count| Tensor::arange(count, (Kind::Float, Device::Cpu));
        let (rows, pixels) = (grid(count).view([-1, 1, 1, 1]), grid(28).view([1, 1, 1, 28]));
        let stripes = (pixels * (&rows + 2.0) * 0.4).sin() * (rows * 0.7).cos() * 0.5 + 0.5;
        stripes.expand([count, 1, 28, 28], false).contiguous()
    }

    fn saved(detector: Detector, names: &[&str]) -> SavedDetector {
        let attacks = names.iter().map(ToString::to_string).collect();
        SavedDetector { attacks, unit: Unit::Iterations, provenance: None, detector }
    }

    fn guard(detector: &Detector) -> Guard {
        // Few steps, so that this is quick; some reach their cap.
        let capped = |name: &str, iterations: u32| {
            let cap = serde_json::json!({ "iterations": iterations });
            let defense = DEFENSES.named(name, Preset::MNIST).unwrap();
            defense.with(cap.as_object().unwrap()).unwrap()
        };
        let (bim, jsma) = (capped("bim", 60), capped("jsma", 20));
        let names = &["bim", "jsma"][..detector.columns()];
        let defenses = vec![bim, jsma].into_iter().take(names.len()).collect();
        Guard::with_defenses(classifier(), defenses, saved(detector.clone(), names))
            .unwrap()
            .with_limits(Limits { window: 2, seed: 0 })
    }

    fn screenings(guard: &Guard, images: &Tensor) -> Vec<Screening> {
        let mut screenings = vec![];
        let sink = &mut |screening| {
            screenings.push(screening);
            Ok::<(), Error>(())
        };
        guard.screen(queries(images), sink).unwrap();
        screenings.sort_by_key(|screening| screening.row);
        screenings
    }

    #[test]
    fn verdicts_are_those_of_full_attacks_and_take_fewer_queries() {
        let images = images(11);
        let any = ZScore::params(1)
            .fit(&DatasetBase::from(Array2::from_shape_fn((20, 2), |(row, _)| row as f64)))
            .unwrap();
        let full = screenings(&guard(&any.into()).in_full(), &images);
        let costs: Vec<_> =
            full.iter().map(|full| full.complete_costs(Unit::Iterations).unwrap()).collect();
        let costs = Array2::from_shape_fn((11, 2), |(row, attack)| costs[row][attack]);
        // Benign: these costs, and the same plus 1. Adversarial: half of them.
        let fitted = Array2::from_shape_fn((22, 2), |(row, attack)| {
            costs[[row % 11, attack]] + (row / 11) as f64
        });
        let (mut fewer, mut verdicts) = (0, [0, 0]);
        for attacks in 1..=2 {
            let first = |costs: &Array2<f64>| {
                Array2::from_shape_fn((costs.nrows(), attacks), |cell| costs[cell])
            };
            let (benign, adversarial) = (first(&fitted), first(&costs) / 2.0);
            let z_score = |votes, tails| {
                ZScore::params(votes).tails(tails).fit(&DatasetBase::from(benign.view())).unwrap()
            };
            let samples = labelled(benign.view(), adversarial.view()).unwrap();
            let knn = Knn::params().k(3).fit(&samples).unwrap();
            let conformal = Conformal::params(z_score(1, Tails::Lower)).alpha(0.3);
            let conformal = conformal.fit(&DatasetBase::from(benign.view())).unwrap();
            let detectors: [Detector; 5] = [
                z_score(1, Tails::Lower).into(),
                z_score(attacks, Tails::Lower).into(),
                z_score(attacks, Tails::Both).into(),
                knn.into(),
                conformal.into(),
            ];
            for detector in detectors {
                let screenings = screenings(&guard(&detector), &images);
                let expected = detector.verdicts(first(&costs).view()).unwrap();
                assert_eq!(screenings.len(), 11);
                for ((screening, full), expected) in screenings.iter().zip(&full).zip(&expected) {
                    assert_eq!(screening.row, full.row);
                    assert_eq!(screening.adversarial, Some(expected.adversarial), "{detector:?}");
                    let queries =
                        Screening { costs: full.costs[..attacks].to_vec(), ..full.clone() };
                    assert!(screening.queries() <= queries.queries());
                    fewer += usize::from(screening.queries() < queries.queries());
                    verdicts[usize::from(expected.adversarial)] += 1;
                }
            }
        }
        assert!(fewer > 20 && verdicts[0] > 20 && verdicts[1] > 5, "{fewer} {verdicts:?}");
    }

    /// A network that knows two classes by one pixel, and looks at it only where another is 0.75.
    fn half_blind() -> Classifier {
        let logits = |images: &Tensor| {
            let pixel = |y, x| images.select(1, 0).select(1, y).select(1, x);
            let sees = pixel(0, 0).detach().eq(0.75).to_kind(Kind::Float);
            let score = (pixel(9, 9) - 0.55) * sees + 0.1;
            Tensor::stack(&[&score, &score.zeros_like()], 1)
        };
        let variables = tch::nn::VarStore::new(Device::Cpu);
        Classifier::of_module("half-blind", logits, variables, [1, 28, 28], 2, "")
    }

    #[test]
    fn an_image_that_an_attack_tells_nothing_of_is_neither_benign_nor_adversarial() {
        // Half of the images have a gradient of 0; BIM flips the others in 84 steps. The boundary attack
        // finds no noise that flips a label, which is a cost: its cap, far above what is flagged.
        let images = Tensor::full([6, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
        let seen = Tensor::from_slice(&[0.75f32, 0.2, 0.75, 0.2, 0.2, 0.75]);
        images.select(1, 0).select(1, 0).select(1, 0).copy_(&seen);
        let named = |name: &str| DEFENSES.named(name, Preset::MNIST).unwrap();
        let benign = |attacks| Array2::from_shape_fn((40, attacks), |(row, _)| (150 + row) as f64);
        for (names, votes) in [(&["bim"][..], 1), (&["bim", "dba"], 1), (&["bim", "dba"], 2)] {
            let detector = ZScore::params(votes).fit(&DatasetBase::from(benign(names.len())));
            let detector = saved(detector.unwrap().into(), names);
            let guard = || {
                let defenses = names.iter().map(|name| named(name)).collect();
                Guard::with_defenses(half_blind(), defenses, detector.clone()).unwrap()
            };
            for guard in [guard(), guard().in_full()] {
                let screenings = screenings(&guard, &images);
                for (screening, seen) in screenings.iter().zip(Vec::<f32>::try_from(&seen).unwrap())
                {
                    let (expected, unscored) = match (seen > 0.5, votes) {
                        (true, 1) => (Some(true), vec![]),
                        (true, _) => (Some(false), vec![]),
                        (false, 1) => (None, vec![("bim".to_owned(), NoCost::ZeroGradient)]),
                        // Whatever the other attack could have cost, there are not two votes.
                        (false, _) => (Some(false), vec![("bim".to_owned(), NoCost::ZeroGradient)]),
                    };
                    assert_eq!(screening.adversarial, expected, "{screening:?}");
                    assert_eq!(screening.unscored, unscored, "{screening:?}");
                    let complete = screening.complete_costs(Unit::Iterations);
                    assert!(unscored.is_empty() || complete.is_none(), "{screening:?}");
                }
            }
        }
    }

    fn two_attacks() -> Detector {
        let benign = Array2::from_shape_fn((40, 2), |(row, _)| (90 + row) as f64);
        ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap().into()
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let named = |names: [&str; 2]| {
            names.map(|name| DEFENSES.named(name, Preset::MNIST).unwrap()).to_vec()
        };
        let detector = saved(two_attacks(), &NAMES);
        let message = |result: Result<Guard>| {
            let error = result.unwrap_err();
            assert!(error.is_bad_input());
            error.to_string()
        };
        let guard =
            |names| Guard::with_defenses(classifier(), named(names), saved(two_attacks(), &NAMES));
        assert!(message(guard(["fgsm", "bim"])).contains("bim, fgsm, got fgsm, bim"));
        assert!(message(Guard::new(classifier(), detector.clone())).contains("provenance"));
        let provenance = |model: &str| Provenance {
            model: model.into(),
            defenses: BTreeMap::from([("bim".into(), serde_json::json!({}))]),
            inputs: vec![],
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
        };
        let fitted =
            |model| SavedDetector { provenance: Some(provenance(model)), ..detector.clone() };
        let other = Guard::with_defenses(classifier(), named(NAMES), fitted("other"));
        assert!(message(other).contains("expected the model that the detector was fitted for"));
        let incomplete = Guard::new(classifier(), fitted(classifier().fingerprint()));
        assert!(message(incomplete).contains("set up bim: expected its parameters"));
        let scores = Array2::from_shape_fn((40, 2), |(row, _)| row as f64 - 20.0);
        let numbers = Numbers::Scores(vec![Sign::Smaller; 2]);
        let on_scores = ZScore::params(1).numbers(numbers).fit(&DatasetBase::from(scores));
        let on_scores = saved(on_scores.unwrap().into(), &NAMES);
        let refused = Guard::with_defenses(classifier(), named(NAMES), on_scores);
        assert!(matches!(refused, Err(Error::Detect(a2d_detect::Error::NotCosts))));
        for order in [&["bim"][..], &["bim", "bim"], &["bim", "dba"]] {
            assert!(message(guard(NAMES).unwrap().in_order(order)).contains("each of bim, fgsm"));
        }
        let turned = guard(NAMES).unwrap().in_order(&["fgsm", "bim"]).unwrap();
        assert!(turned.order().eq(["fgsm", "bim"]));
    }

    #[test]
    fn images_of_one_number_and_empty_windows_are_refused() {
        let guard = guard(&two_attacks());
        let sink = &mut |_| Ok::<(), Error>(());
        let twice = [7, 7].map(|row| Ok(Query::new(row, images(1).get(0))));
        let error = guard.screen(twice.into_iter(), sink).unwrap_err();
        assert_eq!(error.to_string(), "screen images: expected each number once, got 7 twice");
        let guard = guard.with_limits(Limits { window: 0, seed: 0 });
        assert!(guard.screen(queries(&images(1)), sink).unwrap_err().is_bad_input());
    }
}
