//! Screening: classifier, attacks and detector in one object.

mod setup;

use std::collections::HashMap;

use a2d_attacks::{Defense, Limits, Query, measure};
use a2d_detect::ndarray::Array2;
use a2d_detect::{Detect as _, Foresee as _, SavedDetector};
use a2d_model::Classifier;

use crate::knowledge::Knowledge;
use crate::plan::{Need, Planner};
use crate::{Error, Result, Screening};

/// Images are screened in portions of so many windows. An attack's window runs dry at the end of each
/// portion; with this many, it is full most of the time, and memory stays bounded.
pub const WINDOWS: usize = 4;

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
    defenses: Vec<Defense>,
    detector: SavedDetector,
    order: Vec<usize>,
    limits: Limits,
    full: bool,
}

impl Guard {
    /// The guarded classifier.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// The detector that judges.
    pub fn detector(&self) -> &SavedDetector {
        &self.detector
    }

    /// The names of the attacks, in the order in which they run.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(|&attack| self.defenses[attack].name())
    }

    /// Screens images and hands the verdicts to `sink`, in the order of the images. Images are drawn in
    /// portions of [`WINDOWS`] windows, and no more are in memory.
    ///
    /// Budgets of the queries are replaced by those that the verdicts need. Attacks that are not needed do
    /// not look at their images, nor find fault with them.
    ///
    /// # Errors
    /// As [`measure`], as the sink's error type; [`Error::Detect`] if a cost is none that the detector takes;
    /// else what a query or the sink says.
    pub fn screen<E: From<Error>>(
        &self,
        mut queries: impl Iterator<Item = Result<Query, E>>,
        sink: &mut dyn FnMut(Screening) -> Result<(), E>,
    ) -> Result<(), E> {
        self.limits.check().map_err(Error::Attack)?;
        let size = self.limits.window.saturating_mul(WINDOWS);
        loop {
            let portion = queries.by_ref().take(size).collect::<Result<Vec<_>, E>>()?;
            if portion.is_empty() {
                return Ok(());
            }
            self.judge(&portion)?.into_iter().try_for_each(&mut *sink)?;
        }
    }

    /// The verdicts on the images of a portion.
    fn judge(&self, portion: &[Query]) -> Result<Vec<Screening>> {
        let places = places(portion)?;
        let mut known = vec![Knowledge::none(&self.caps()); portion.len()];
        let mut planner = Planner::new(&self.detector.detector, self.detector.unit);
        for &attack in &self.order {
            let mut queries = vec![];
            for (query, known) in portion.iter().zip(&known) {
                let need = if self.full { Need::All } else { planner.need(attack, known)? };
                let budget = match need {
                    Need::Nothing => continue,
                    Need::UpTo(budget) => Some(budget),
                    Need::All => None,
                };
                let image = query.image.shallow_clone();
                queries.push(Ok(Query { row: query.row, image, label: query.label, budget }));
            }
            let queries = queries.into_iter();
            let (defense, unit) = (&self.defenses[attack], self.detector.unit);
            measure(&self.classifier, defense, queries, self.limits, &mut |row, cost| {
                let known = &mut known[places[&row]];
                match cost {
                    Ok(cost) => known.learn(attack, cost, unit),
                    Err(reason) => known.learn_nothing(attack, reason),
                }
                Ok::<(), Error>(())
            })?;
        }
        // What is known is enough for the verdict, so any costs within it have the same; but for attacks that tell
        // nothing, and for those in vain, whose cost is left open in favour of the image.
        let least = Array2::from_shape_fn((portion.len(), self.defenses.len()), |(row, attack)| {
            known[row].least(attack)
        });
        let verdicts = self.detector.detector.verdicts(least.view())?;
        let rows = portion.iter().zip(known).zip(verdicts);
        rows.map(|((query, known), verdict)| {
            let detector = &self.detector.detector;
            let adversarial = if !known.nothing.is_empty() {
                detector.certain(known.ranges())?
            } else if known.in_vain() {
                Some(detector.verdict_within(known.ranges())?.adversarial)
            } else {
                Some(verdict.adversarial)
            };
            let name = |attack: usize| self.defenses[attack].name().to_owned();
            let unscored = known.nothing.into_iter().map(|(attack, why)| (name(attack), why));
            let unscored = unscored.collect();
            Ok(Screening { row: query.row, adversarial, costs: known.costs, unscored })
        })
        .collect()
    }
}

/// Where the image of each number is.
fn places(portion: &[Query]) -> Result<HashMap<usize, usize>> {
    let mut places = HashMap::with_capacity(portion.len());
    for (place, query) in portion.iter().enumerate() {
        if places.insert(query.row, place).is_some() {
            return Err(Error::Row { row: query.row });
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use a2d_attacks::{Preset, queries};
    use a2d_cost::{NoCost, Provenance};
    use a2d_detect::{
        Conformal, DatasetBase, Detector, Fit as _, Knn, Tails, Unit, ZScore, labelled,
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
            let defense = Defense::named(name, Preset::Mnist).unwrap();
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
        let named = |name: &str| Defense::named(name, Preset::Mnist).unwrap();
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
            names.map(|name| Defense::named(name, Preset::Mnist).unwrap()).to_vec()
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
