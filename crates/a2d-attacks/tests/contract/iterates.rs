//! Iterates stay within the bounds of their attack, and records are true to them.

use std::sync::Arc;

use a2d_attacks::{
    Aim, Attack, Bim, Bim2, Boundary, CRAFTING, CarliniWagner, CwSquashed, DEFENSES, DeepFool,
    Error, Fgsm, FgsmL2, FgsmLogit, Finished, Iterate, Jsma, JsmaGradient, JsmaPairs, JsmaSingle,
    Kept, Lbfgs, Limits, Linear, LocalSearch, Loss, NamedAttack, Newcomers, Pass, Pgd, Preference,
    Query, RowState, Standing, Target, Turbo, begin,
};
use a2d_cost::Budget;
use serde::de::DeserializeOwned;
use tch::Tensor;

use crate::all::{Ball, IMAGES, classifier, craftings, defenses, images, label};

/// An attack whose every image is looked at.
struct Watched<A> {
    attack: A,
    ball: Ball,
}

struct WatchedRows<R> {
    rows: R,
    origins: Tensor,
}

impl<R: RowState> RowState for WatchedRows<R> {
    fn append(&mut self, newcomers: Self) {
        self.rows.append(newcomers.rows);
        self.origins.append(newcomers.origins);
    }

    fn retain(&mut self, kept: &Kept) {
        self.rows.retain(kept);
        self.origins.retain(kept);
    }
}

impl<A: Attack> Attack for Watched<A> {
    type Rows = WatchedRows<A::Rows>;

    fn check(&self) -> a2d_attacks::Result<()> {
        self.attack.check()
    }

    fn queries_per_iteration(&self) -> u32 {
        self.attack.queries_per_iteration()
    }

    fn loss(&self) -> &dyn Loss {
        self.attack.loss()
    }

    fn cap(&self, elements: usize) -> u32 {
        self.attack.cap(elements)
    }

    fn wants_gradients(&self) -> bool {
        self.attack.wants_gradients()
    }

    fn target(&self) -> Target {
        self.attack.target()
    }

    fn confidence(&self) -> f64 {
        self.attack.confidence()
    }

    fn result(&self) -> Preference {
        self.attack.result()
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Self::Rows {
        WatchedRows { rows: self.attack.start(newcomers), origins: newcomers.images.copy() }
    }

    fn judge(&self, pass: &Pass<'_>, watched: &mut Self::Rows) -> Vec<Standing> {
        self.attack.judge(pass, &mut watched.rows)
    }

    fn advance(&self, iterate: &Iterate<'_>, watched: &mut Self::Rows) -> Tensor {
        let next = self.attack.advance(iterate, &mut watched.rows);
        assert_eq!(next.size(), watched.origins.size());
        let (low, high) = (next.min().double_value(&[]), next.max().double_value(&[]));
        assert!(low >= 0.0 && high <= 1.0, "pixels from {low} to {high}");
        assert!(self.ball.contains(&(&next - &watched.origins)), "out of {:?}", self.ball);
        next
    }

    fn foretold(&self, watched: &Self::Rows) -> Vec<Option<Standing>> {
        self.attack.foretold(&watched.rows)
    }
}

struct Contract<'a> {
    name: &'a str,
    ball: Ball,
}

impl Contract<'_> {
    fn outcomes<A: Attack + 'static>(
        attack: &Arc<A>,
        aim: Aim,
        limits: Limits,
        order: [usize; IMAGES as usize],
        budget: Option<Budget>,
    ) -> Vec<Finished> {
        let (images, classifier) = (images(), classifier());
        let queries = order
            .into_iter()
            .map(|row| Ok(Query { budget, ..Query::new(row, images.get(row as i64)) }));
        let mut outcomes: Vec<Finished> = vec![];
        let begin = &mut || begin(attack.clone(), &classifier, aim, limits);
        classifier
            .work(begin, queries, &mut |done| {
                outcomes.push(done);
                Ok::<(), Error>(())
            })
            .unwrap();
        outcomes.sort_by_key(|done| done.row);
        assert_eq!(images, self::images(), "the input was touched");
        outcomes
    }

    fn check_outcome(&self, done: &Finished, aim: Aim, cap: u32) {
        let name = self.name;
        let cost = &done.cost;
        assert!((1..=cap).contains(&cost.iterations), "{name}: {cost:?}");
        let strides = name.ends_with("-turbo") || name.ends_with("-linear");
        let each = cost.forward_queries > cost.iterations;
        let in_vain = !cost.flipped && !cost.censored;
        assert!(strides || each || cost.censored || in_vain, "{name}: {cost:?}");
        assert!(!in_vain || cost.iterations == cap, "{name}: {cost:?} of {cap}");
        assert_eq!(done.no_cost, None, "{name}");
        assert_eq!(done.goal.label, label(&images().get(done.row as i64)), "{name}");
        assert_eq!(done.prediction.class as i64, done.goal.label, "{name}");
        if aim != Aim::Cost {
            if cost.flipped {
                assert_eq!(done.predicted, label(&done.image), "{name}: the model says otherwise");
                assert!(done.goal.is_reached_by(done.predicted), "{name}: {done:?}");
            }
            let perturbation = (&done.image - images().get(done.row as i64)).unsqueeze(0);
            assert!(self.ball.contains(&perturbation), "{name}: out of {:?}", self.ball);
        }
    }
}

/// Checks an attack of this type.
fn check<A: Attack + DeserializeOwned + 'static>((named, ball): &(NamedAttack, Ball)) {
    let (name, ball) = (named.name(), *ball);
    let attack: A = serde_json::from_value(named.parameters().clone().into()).unwrap();
    let cap = attack.cap(28 * 28);
    Contract { name, ball }.check(&Arc::new(Watched { attack, ball }), cap);
}

impl Contract<'_> {
    fn check<A: Attack + 'static>(&self, watched: &Arc<Watched<A>>, cap: u32) {
        let name = self.name;
        for aim in [Aim::Cost, Aim::Flip, Aim::Result] {
            let limits = |window| Limits { window, seed: 5 };
            let alone = Self::outcomes(watched, aim, limits(1), [0, 1, 2, 3], None);
            for done in &alone {
                self.check_outcome(done, aim, cap);
            }
            for (window, order) in [(3, [0, 1, 2, 3]), (64, [2, 0, 3, 1])] {
                let others = Self::outcomes(watched, aim, limits(window), order, None);
                for (done, alone) in others.iter().zip(&alone) {
                    self.check_outcome(done, aim, cap);
                    let (ours, theirs) = (done.cost.iterations, alone.cost.iterations);
                    assert!(ours.abs_diff(theirs) <= 1, "{name} {aim:?}: {ours} and {theirs}");
                    assert_eq!(done.cost.flipped, alone.cost.flipped, "{name} {aim:?}");
                }
            }
            let budget = Some(Budget::new(2).unwrap());
            for (done, full) in
                Self::outcomes(watched, aim, limits(64), [0, 1, 2, 3], budget).iter().zip(&alone)
            {
                // A first-order distance whose image does not flip has its cap, whatever the budget.
                let in_vain =
                    name.ends_with("-linear") && !done.cost.flipped && !done.cost.censored;
                assert!(done.cost.iterations <= 2 || in_vain, "{name} {aim:?}: {:?}", done.cost);
                let within = full.cost.iterations <= 2;
                let is_short = done.cost.censored || done.cost.flipped;
                assert!(within || is_short || in_vain, "{name} {aim:?}");
                self.check_outcome(done, aim, cap);
            }
        }
    }
}

type Check = fn(&(NamedAttack, Ball));

#[test]
fn every_defense_attack_keeps_the_contract() {
    let checks: [(&str, Check); 14] = [
        ("fgsm", check::<Fgsm>),
        ("bim", check::<Bim>),
        ("bim2", check::<Bim2>),
        ("jsma", check::<Jsma>),
        ("cw", check::<CarliniWagner>),
        ("lbfgs", check::<Lbfgs>),
        ("lsa", check::<LocalSearch>),
        ("dba", check::<Boundary>),
        ("bim-turbo", check::<Turbo<Bim>>),
        ("bim2-turbo", check::<Turbo<Bim2>>),
        ("jsma-turbo", check::<Turbo<Jsma>>),
        ("bim-linear", check::<Linear<Bim>>),
        ("bim2-linear", check::<Linear<Bim2>>),
        ("jsma-linear", check::<Linear<Jsma>>),
    ];
    let all = defenses();
    assert!(all.iter().map(|(attack, _)| attack.name()).eq(DEFENSES.names()));
    assert!(checks.iter().map(|(name, _)| *name).eq(DEFENSES.names()));
    checks.iter().zip(&all).for_each(|((_, check), attack)| check(attack));
}

#[test]
fn every_crafting_attack_keeps_the_contract() {
    let checks: [(&str, Check); 16] = [
        ("fgsm", check::<Fgsm>),
        ("fgsm-l2", check::<FgsmL2>),
        ("fgsm-logit", check::<FgsmLogit>),
        ("bim-a", check::<Bim>),
        ("bim-b", check::<Bim>),
        ("bim2", check::<Bim2>),
        ("pgd", check::<Pgd>),
        ("jsma", check::<JsmaPairs>),
        ("jsma-single", check::<JsmaSingle>),
        ("jsma-gradient", check::<JsmaGradient>),
        ("cw", check::<CarliniWagner>),
        ("cw-squashed", check::<CwSquashed>),
        ("deepfool", check::<DeepFool>),
        ("lbfgs", check::<Lbfgs>),
        ("lsa", check::<LocalSearch>),
        ("dba", check::<Boundary>),
    ];
    let all = craftings();
    assert!(all.iter().map(|(attack, _)| attack.name()).chain(["bb"]).eq(CRAFTING.names()));
    assert!(checks.iter().map(|(name, _)| *name).chain(["bb"]).eq(CRAFTING.names()));
    checks.iter().zip(&all).for_each(|((_, check), attack)| check(attack));
}
