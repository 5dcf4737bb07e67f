//! A cost depends on the input, not on its neighbours: exactly in float64, and as far as float32 lets it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod bound;
mod measured;
mod oracle;

use a2d_attacks::Defense;
use a2d_cost::AttackCost;
use a2d_model::Precision;
use bound::Bound;
use measured::{costs, outcomes};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

/// Of every attack, the images that are attacked, one in so many of all 192, and how far its costs in
/// float32 were from those of other windows and another order. Attacks that search make much of little:
/// C&W asks every hundred steps whether its loss has fallen by a ten-thousandth.
const MEASURED: [(&str, i64, Bound); 11] = [
    ("fgsm", 1, Bound { same: 100, apart: 0 }),
    ("bim", 1, Bound { same: 99, apart: 1 }),
    ("bim2", 1, Bound { same: 99, apart: 1 }),
    ("jsma", 1, Bound { same: 99, apart: 1 }),
    ("cw", 16, Bound { same: 75, apart: 600 }),
    ("lbfgs", 4, Bound { same: 85, apart: 15 }),
    ("lsa", 8, Bound { same: 95, apart: 5 }),
    ("dba", 8, Bound { same: 99, apart: 1 }),
    ("bim-turbo", 1, Bound { same: 99, apart: 2 }),
    ("bim2-turbo", 1, Bound { same: 99, apart: 2 }),
    ("jsma-turbo", 1, Bound { same: 99, apart: 2 }),
];

/// The images that a small share stands for.
fn every(step: i64) -> Tensor {
    let images = oracle::images();
    images.slice(0, 0, images.size()[0], step)
}

fn shuffled(images: &Tensor) -> (Vec<usize>, Tensor) {
    let mut order: Vec<usize> = (0..images.size()[0] as usize).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    let rows: Vec<i64> = order.iter().map(|row| *row as i64).collect();
    (order, images.index_select(0, &Tensor::from_slice(&rows)))
}

#[test]
fn windows_and_order_leave_costs_in_float32_as_they_are_for_the_most_part() {
    tch::set_num_threads(1); // threads gain nothing on images this small, and wait for each other
    assert_eq!(MEASURED.map(|(name, _, _)| name), Defense::NAMES);
    let network = oracle::classifier();
    for (name, step, bound) in MEASURED {
        let images = every(step);
        let costs = |images: &Tensor, window| outcomes(&costs(&network, name, images, window));
        let alone = costs(&images, 1);
        for window in [7, 64] {
            let others = costs(&images, window);
            bound.check(&format!("{name}, window {window}"), &others, &alone);
        }
        let (order, shuffled) = shuffled(&images);
        let expected: Vec<_> = order.iter().map(|row| alone[*row]).collect();
        bound.check(&format!("{name}, shuffled"), &costs(&shuffled, 64), &expected);
    }
}

/// Queries are a row's own, too: a stride's gradient is charged to the row that asked for it.
#[test]
fn windows_leave_costs_and_queries_in_float64_exactly_as_they_are() {
    tch::set_num_threads(1);
    let counts = |costs: Vec<AttackCost>| -> Vec<_> {
        let count = |cost: AttackCost| {
            (cost.iterations, cost.flipped, cost.gradient_queries, cost.forward_queries)
        };
        costs.into_iter().map(count).collect()
    };
    let network = oracle::classifier().with_precision(Precision::Float64);
    for name in Defense::NAMES {
        let images = every(if name == "cw" { 48 } else { 12 });
        let [alone, others] = [1, 64].map(|window| counts(costs(&network, name, &images, window)));
        assert_eq!(others, alone, "{name}");
    }
}
