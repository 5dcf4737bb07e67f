//! A cost depends on the input, not on its neighbours.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod measured;
mod oracle;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

/// Costs of other windows and of a shuffled order against those of every input alone. libtorch sums
/// in another order when a batch has another size, which may move a cost by an iteration. Measured
/// on x86-64: 1,532 of 1,536 the same.
#[test]
fn windows_and_order_leave_costs_as_they_are() {
    tch::set_num_threads(1); // threads gain nothing on images this small, and wait for each other
    let images = oracle::images();
    let mut order: Vec<i64> = (0..images.size()[0]).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    let shuffled = images.index_select(0, &Tensor::from_slice(&order));

    let (mut same, mut of) = (0, 0);
    for defense in ["bim", "bim2", "jsma"] {
        let alone = measured::costs(defense, &images, 1);
        for window in [7, 64, 192] {
            same += measured::same(&measured::costs(defense, &images, window), &alone);
            of += alone.len();
        }
        let expected: Vec<_> = order.iter().map(|row| alone[*row as usize]).collect();
        same += measured::same(&measured::costs(defense, &shuffled, 64), &expected);
        of += alone.len();
    }
    println!("{same} of {of} costs are the same in other windows and another order");
    assert!(1000 * same >= 995 * of, "{same} of {of}");
}
