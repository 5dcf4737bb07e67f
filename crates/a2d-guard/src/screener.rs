//! Images on their way through the attacks to their verdicts.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use a2d_attacks::{Aim, AttackSession, Finished, Query};
use a2d_cost::Budget;
use a2d_detect::ndarray::Array2;
use a2d_detect::{Detect as _, Foresee as _};
use a2d_model::{Classifier, Predicting, Prediction, Session};

use crate::guard::Setup;
use crate::knowledge::Knowledge;
use crate::plan::{Need, Planner};
use crate::{Error, Result, Screening};

/// Images under way for each place of the window: with this many, the window of every attack is full most of
/// the time, and memory stays bounded.
const WINDOWS: usize = 4;

/// A screening of images as they come: a row of attacks through which each walks as far as its verdict is
/// open, and leaves as soon as it has one.
pub struct Screener {
    setup: Arc<Setup>,
    caps: Vec<f64>,
    planner: Planner,
    /// A session for each attack, in the detector's order.
    attacks: Vec<Box<AttackSession>>,
    /// The images that wait for each, with the budget that they need.
    queues: Vec<VecDeque<(usize, Option<Budget>)>>,
    /// Images whose verdict needs no attack are to be classified all the same.
    unattacked: Predicting,
    underway: HashMap<usize, Underway>,
    /// The numbers of images with enough known for their verdict.
    settled: Vec<usize>,
}

/// An image on its way.
struct Underway {
    query: Query,
    prediction: Option<Prediction>,
    known: Knowledge,
    /// Its costs are measured to their end, whatever its verdict needs.
    full: bool,
    /// The next attack in the order.
    next: usize,
}

impl std::fmt::Debug for Screener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Screener {{ {} images under way }}", self.underway.len())
    }
}

impl Screener {
    pub(crate) fn begin(setup: Arc<Setup>, classifier: &Classifier) -> Result<Self> {
        let begin = |defense: &a2d_attacks::NamedAttack| {
            defense.session(classifier, Aim::Cost, setup.limits)
        };
        let attacks = setup.defenses.iter().map(begin).collect::<Result<Vec<_>, _>>()?;
        let elements = classifier.input_shape().iter().product();
        Ok(Self {
            caps: setup.caps(elements),
            planner: Planner::new(setup.detector.clone()),
            queues: attacks.iter().map(|_| VecDeque::new()).collect(),
            attacks,
            unattacked: Predicting::of(setup.limits.window),
            underway: HashMap::new(),
            settled: vec![],
            setup,
        })
    }

    /// The most images under way.
    fn most(&self) -> usize {
        self.setup.limits.window.saturating_mul(WINDOWS)
    }

    /// Takes an image as [`push`](Session::push) does, and measures its costs to their end, for its score and an
    /// explanation; the verdict is the same.
    ///
    /// # Errors
    /// As [`push`](Session::push).
    pub fn push_in_full(&mut self, query: Query) -> Result<()> {
        self.take_in(query, true)
    }

    fn take_in(&mut self, query: Query, full: bool) -> Result<()> {
        let row = query.row;
        if self.underway.contains_key(&row) {
            return Err(Error::Row { row });
        }
        if self.free() == 0 {
            return Err(Error::Full { row, most: self.most() });
        }
        let known = Knowledge::none(&self.caps);
        self.underway.insert(row, Underway { query, prediction: None, known, full, next: 0 });
        self.send_on(row).inspect_err(|_| {
            self.underway.remove(&row);
        })
    }

    /// Sends an image on to the next attack that its verdict needs, if there is one.
    fn send_on(&mut self, row: usize) -> Result<()> {
        let Some(image) = self.underway.get_mut(&row) else { return Ok(()) };
        while let Some(&attack) = self.setup.order.get(image.next) {
            image.next += 1;
            let need =
                if image.full { Need::All } else { self.planner.need(attack, &image.known)? };
            let budget = match need {
                Need::Nothing => continue,
                Need::UpTo(budget) => Some(budget),
                Need::All => None,
            };
            self.queues[attack].push_back((row, budget));
            return Ok(());
        }
        match image.prediction {
            Some(_) => self.settled.push(row),
            None => self.unattacked.push((row, image.query.image.shallow_clone()))?,
        }
        Ok(())
    }

    /// A step of an attack, after waiting images have joined it.
    fn attack(&mut self, attack: usize, classifier: &Classifier) -> Result<()> {
        while self.attacks[attack].free() > 0
            && let Some((row, budget)) = self.queues[attack].pop_front()
        {
            if let Some(Underway { query, .. }) = self.underway.get(&row) {
                let (image, label, stream) =
                    (query.image.shallow_clone(), query.label, query.stream);
                self.attacks[attack].push(Query { row, stream, image, label, budget })?;
            }
        }
        if self.attacks[attack].is_idle() {
            return Ok(());
        }
        let done = self.attacks[attack].step(classifier)?.into_iter();
        // All of them, whatever is wrong with one.
        let outcomes =
            done.map(|done| self.learn(attack, &done).and_then(|()| self.send_on(done.row)));
        outcomes.fold(Ok(()), Result::and)
    }

    /// Takes in what came of an attack.
    fn learn(&mut self, attack: usize, done: &Finished) -> Result<()> {
        let measured = done.measured()?;
        if let Some(image) = self.underway.get_mut(&done.row) {
            image.prediction.get_or_insert(done.prediction);
            match measured {
                Ok(cost) => image.known.learn(attack, cost, self.setup.detector.unit),
                Err(reason) => image.known.learn_nothing(attack, reason),
            }
        }
        Ok(())
    }

    /// Steps of all attacks that have images.
    fn attack_all(&mut self, classifier: &Classifier) -> Result<()> {
        for place in 0..self.setup.order.len() {
            self.attack(self.setup.order[place], classifier)?;
        }
        if !self.unattacked.is_idle() {
            for (row, prediction) in self.unattacked.step(classifier)? {
                if let Some(image) = self.underway.get_mut(&row) {
                    image.prediction = Some(prediction);
                    self.settled.push(row);
                }
            }
        }
        Ok(())
    }

    /// The verdicts on the images that are settled, which leave.
    fn judge(&mut self) -> Result<Vec<Screening>> {
        let settled = std::mem::take(&mut self.settled);
        let settled: Vec<Underway> =
            settled.iter().filter_map(|row| self.underway.remove(row)).collect();
        if settled.is_empty() {
            return Ok(vec![]);
        }
        let detector = &self.setup.detector.detector;
        // What is known is enough for the verdict, so any costs within it have the same; but for attacks that tell
        // nothing, and for those in vain, whose cost is left open in favour of the image.
        let least = Array2::from_shape_fn((settled.len(), self.attacks.len()), |(row, attack)| {
            settled[row].known.least(attack)
        });
        let verdicts = detector.verdicts(least.view())?;
        let judged = settled.into_iter().zip(verdicts).filter_map(|(image, verdict)| {
            image.prediction.map(|prediction| (image.query.row, image.known, prediction, verdict))
        });
        let screenings = judged.map(|(row, known, prediction, verdict)| {
            let adversarial = if !known.nothing.is_empty() {
                detector.certain(known.ranges())?
            } else if known.in_vain() {
                Some(detector.verdict_within(known.ranges())?.adversarial)
            } else {
                Some(verdict.adversarial)
            };
            let name = |attack: usize| self.setup.defenses[attack].name().to_owned();
            let unscored = known.nothing.into_iter().map(|(attack, why)| (name(attack), why));
            let unscored = unscored.collect();
            Ok(Screening { row, prediction, adversarial, costs: known.costs, unscored })
        });
        screenings.collect()
    }
}

impl Session for Screener {
    type Query = Query;
    type Outcome = Screening;
    type Error = Error;

    fn free(&self) -> usize {
        self.most().saturating_sub(self.underway.len())
    }

    fn is_idle(&self) -> bool {
        self.underway.is_empty()
    }

    fn push(&mut self, query: Query) -> Result<()> {
        self.take_in(query, self.setup.full)
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Screening>> {
        if let Err(fault) = self.attack_all(classifier) {
            if let Some(row) = fault.row() {
                self.underway.remove(&row);
            }
            return Err(fault);
        }
        self.judge()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use a2d_attacks::{DEFENSES, Limits, NamedAttack, Preset};
    use a2d_detect::{DatasetBase, Fit as _, SavedDetector, Unit, ZScore};
    use a2d_model::Architecture;
    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::Guard;

    /// A guard by BIM that flags costs below about 90.
    fn guard() -> Guard {
        let benign = Array2::from_shape_fn((40, 1), |(row, _)| (100 + row) as f64);
        let detector = ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap().into();
        let (attacks, unit, provenance) = (vec!["bim".into()], Unit::Iterations, None);
        let saved = SavedDetector { attacks, unit, provenance, detector };
        let bim: NamedAttack = DEFENSES.named("bim", Preset::MNIST).unwrap();
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let guard = Guard::with_defenses(classifier, vec![bim], saved).unwrap();
        guard.with_limits(Limits { window: 2, seed: 0 })
    }

    fn grey(value: f64) -> Tensor {
        Tensor::full([1, 28, 28], value, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn images_come_and_go_as_they_please() {
        let guard = guard();
        let mut session = guard.session().unwrap();
        assert!(session.is_idle() && session.free() == 8);
        let (mut rows, mut left) = (0, vec![]);
        while left.len() < 20 {
            // Two new images every third step.
            if rows < 20 && session.free() > 1 {
                for row in [rows, rows + 1] {
                    session.push(Query::new(row, grey(row as f64 / 25.0))).unwrap();
                }
                rows += 2;
            }
            left.extend(session.step(guard.classifier()).unwrap());
        }
        assert!(session.is_idle());
        let mut together = vec![];
        let queries = (0..20).map(|row| Ok(Query::new(row, grey(row as f64 / 25.0))));
        let sink = &mut |screening| {
            together.push(screening);
            Ok::<(), Error>(())
        };
        guard.screen(queries, sink).unwrap();
        for screenings in [&mut left, &mut together] {
            screenings.sort_by_key(|screening| screening.row);
        }
        for (one, other) in left.iter().zip(&together) {
            assert_eq!((one.row, one.adversarial), (other.row, other.adversarial));
            let label =
                guard.classifier().logits(&grey(one.row as f64 / 25.0).unsqueeze(0)).unwrap();
            assert_eq!(one.prediction.class as i64, label.argmax(-1, false).int64_value(&[0]));
        }
    }

    /// The class comes from the first pass of an attack: nothing else asks the network.
    #[test]
    fn no_image_goes_through_the_network_but_for_the_attacks() {
        let counted = Arc::new(AtomicU64::new(0));
        let seen = counted.clone();
        let logits = move |images: &Tensor| {
            seen.fetch_add(images.size()[0] as u64, Ordering::Relaxed);
            let pixels = images.flatten(1, -1);
            let brightness = pixels.mean_dim([1i64].as_slice(), true, Kind::Float);
            Tensor::cat(&[&brightness - 0.5, 0.5 - &brightness], 1)
        };
        let variables = tch::nn::VarStore::new(Device::Cpu);
        let classifier = Classifier::of_module("bright", logits, variables, [1, 28, 28], 2, "");
        let setup = guard().setup().clone();
        let mut session = Screener::begin(setup, &classifier).unwrap();
        for row in 0..5 {
            session.push(Query::new(row, grey(row as f64 / 5.0))).unwrap();
        }
        let mut forward = 0;
        while !session.is_idle() {
            for screening in session.step(&classifier).unwrap() {
                let costs = screening.costs.iter().flatten();
                forward += costs.map(|cost| u64::from(cost.forward_queries)).sum::<u64>();
            }
        }
        assert_eq!(counted.load(Ordering::Relaxed), forward);
    }

    #[test]
    fn an_image_at_fault_leaves_and_the_others_go_on() {
        let guard = guard();
        let mut session = guard.session().unwrap();
        session.push(Query::new(3, grey(0.5))).unwrap();
        session.push(Query::new(4, grey(1.5))).unwrap();
        let error = session.step(guard.classifier()).unwrap_err();
        assert!(error.row() == Some(4) && error.to_string().contains("pixels from 0 to 1"));
        assert!(session.push(Query::new(3, grey(0.5))).unwrap_err().is_bad_input());
        let mut left = vec![];
        while !session.is_idle() {
            left.extend(session.step(guard.classifier()).unwrap());
        }
        assert_eq!(left.iter().map(|screening| screening.row).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_guard_and_its_sessions_may_change_threads() {
        fn is_send<T: Send>(_: &T) {}
        let guard = guard();
        is_send(&guard.session().unwrap());
        is_send(&guard);
    }
}
