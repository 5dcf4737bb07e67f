//! Iterates stay within the bounds of their attack, and records are true to them.

use a2d_attacks::{
    Aim, Attack, Crafting, Defense, Error, Finished, Iterate, Kept, Limits, Newcomers, Pass,
    Preference, Query, RowState, Standing, Target, Visitor, run,
};
use a2d_cost::Budget;
use tch::Tensor;

use crate::all::{Ball, IMAGES, classifier, craftings, defenses, images, label};

/// An attack whose every image is looked at.
struct Watched<'a, A> {
    attack: &'a A,
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

impl<A: Attack> Attack for Watched<'_, A> {
    type Rows = WatchedRows<A::Rows>;

    fn check(&self, classes: usize) -> a2d_attacks::Result<()> {
        self.attack.check(classes)
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
}

struct Contract {
    name: &'static str,
    ball: Ball,
}

impl Contract {
    fn outcomes<A: Attack>(
        attack: &A,
        aim: Aim,
        limits: Limits,
        order: [usize; IMAGES as usize],
        budget: Option<Budget>,
    ) -> Vec<Finished> {
        let images = images();
        let queries = order
            .into_iter()
            .map(|row| Ok(Query { budget, ..Query::new(row, images.get(row as i64)) }));
        let mut outcomes: Vec<Finished> = vec![];
        run(&classifier(), attack, aim, limits, queries, &mut |done| {
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
        let strides = name.ends_with("-turbo");
        let each = cost.forward_queries > cost.iterations;
        let in_vain = !cost.flipped && !cost.censored;
        assert!(strides || each || cost.censored || in_vain, "{name}: {cost:?}");
        assert!(!in_vain || cost.iterations == cap, "{name}: {cost:?} of {cap}");
        assert_eq!(done.no_cost, None, "{name}");
        assert_eq!(done.goal.label, label(&images().get(done.row as i64)), "{name}");
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

impl Visitor for Contract {
    type Output = ();

    fn visit<A: Attack>(self, attack: &A) {
        let name = self.name;
        let watched = Watched { attack, ball: self.ball };
        let cap = attack.cap(28 * 28);
        for aim in [Aim::Cost, Aim::Flip, Aim::Result] {
            let limits = |window| Limits { window, seed: 5 };
            let alone = Self::outcomes(&watched, aim, limits(1), [0, 1, 2, 3], None);
            for done in &alone {
                self.check_outcome(done, aim, cap);
            }
            for (window, order) in [(3, [0, 1, 2, 3]), (64, [2, 0, 3, 1])] {
                let others = Self::outcomes(&watched, aim, limits(window), order, None);
                for (done, alone) in others.iter().zip(&alone) {
                    self.check_outcome(done, aim, cap);
                    let (ours, theirs) = (done.cost.iterations, alone.cost.iterations);
                    assert!(ours.abs_diff(theirs) <= 1, "{name} {aim:?}: {ours} and {theirs}");
                    assert_eq!(done.cost.flipped, alone.cost.flipped, "{name} {aim:?}");
                }
            }
            let budget = Some(Budget::new(2).unwrap());
            for (done, full) in
                Self::outcomes(&watched, aim, limits(64), [0, 1, 2, 3], budget).iter().zip(&alone)
            {
                assert!(done.cost.iterations <= 2, "{name} {aim:?}: {:?}", done.cost);
                let within = full.cost.iterations <= 2;
                assert!(within || done.cost.censored || done.cost.flipped, "{name} {aim:?}");
                self.check_outcome(done, aim, cap);
            }
        }
    }
}

#[test]
fn every_defense_attack_keeps_the_contract() {
    tch::set_num_threads(1);
    let all = defenses();
    assert_eq!(all.iter().map(|(attack, _)| attack.name()).collect::<Vec<_>>(), Defense::NAMES);
    for (attack, ball) in all {
        attack.visit(Contract { name: attack.name(), ball });
    }
}

#[test]
fn every_crafting_attack_keeps_the_contract() {
    tch::set_num_threads(1);
    let all = craftings();
    let names: Vec<_> = all.iter().map(|(attack, _)| attack.name()).chain(["bb"]).collect();
    assert_eq!(names, Crafting::NAMES);
    for (attack, ball) in all {
        attack.visit(Contract { name: attack.name(), ball });
    }
}
