//! A cost depends on the input, not on its neighbours: exactly in float64, and as far as float32 lets it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod bound;
mod measured;
mod oracle;

use a2d_attacks::DEFENSES;
use a2d_cost::AttackCost;
use a2d_model::Precision;
use bound::Bound;
use measured::{costs, costs_in_order, outcomes};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

/// Of every attack, the images that are attacked, one in so many of all 192, and how far its costs in
/// float32 were from those of other windows and another order. Attacks that search make much of little:
/// C&W asks every hundred steps whether its loss has fallen by a ten-thousandth.
const MEASURED: [(&str, i64, Bound); 14] = [
    ("fgsm", 3, Bound { same: 100, apart: 0 }),
    ("bim", 4, Bound { same: 99, apart: 1 }),
    ("bim2", 4, Bound { same: 99, apart: 1 }),
    ("jsma", 4, Bound { same: 99, apart: 1 }),
    ("cw", 24, Bound { same: 87, apart: 600 }),
    ("lbfgs", 8, Bound { same: 90, apart: 10 }),
    ("lsa", 16, Bound { same: 91, apart: 5 }),
    ("dba", 16, Bound { same: 99, apart: 1 }),
    ("bim-turbo", 3, Bound { same: 99, apart: 2 }),
    ("bim2-turbo", 3, Bound { same: 99, apart: 2 }),
    ("jsma-turbo", 3, Bound { same: 99, apart: 2 }),
    ("bim-linear", 1, Bound { same: 99, apart: 1 }),
    ("bim2-linear", 1, Bound { same: 99, apart: 1 }),
    ("jsma-linear", 1, Bound { same: 99, apart: 1 }),
];

/// The images that a small share stands for.
fn every(step: i64) -> Tensor {
    let images = oracle::images();
    images.slice(0, 0, images.size()[0], step)
}

/// So many rows in another order.
fn shuffled(rows: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    order
}

#[test]
fn windows_and_order_leave_costs_in_float32_as_they_are_for_the_most_part() {
    assert!(MEASURED.iter().map(|(name, _, _)| *name).eq(DEFENSES.names()));
    let network = oracle::classifier();
    for (name, step, bound) in MEASURED {
        let images = every(step);
        let costs = |order: &[usize], window| {
            outcomes(&costs_in_order(&network, name, &images, order, window))
        };
        let rows: Vec<usize> = (0..images.size()[0] as usize).collect();
        let alone = costs(&rows, 1);
        for window in [7, 64] {
            bound.check(&format!("{name}, window {window}"), &costs(&rows, window), &alone);
        }
        let shuffled = costs(&shuffled(rows.len()), 64);
        bound.check(&format!("{name}, shuffled"), &shuffled, &alone);
    }
}

/// Queries are a row's own, too: a stride's gradient is charged to the row that asked for it.
#[test]
fn windows_leave_costs_and_queries_in_float64_exactly_as_they_are() {
    let counts = |costs: Vec<AttackCost>| -> Vec<_> {
        let count = |cost: AttackCost| {
            (cost.iterations, cost.flipped, cost.gradient_queries, cost.forward_queries)
        };
        costs.into_iter().map(count).collect()
    };
    let network = oracle::classifier().with_precision(Precision::Float64).unwrap();
    for name in DEFENSES.names() {
        let images = every(if name == "cw" { 96 } else { 24 });
        let [alone, others] = [1, 64].map(|window| counts(costs(&network, name, &images, window)));
        assert_eq!(others, alone, "{name}");
    }
}
