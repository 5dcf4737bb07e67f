//! Two works by turns, on a machine whose speed changes from minute to minute: each pair gives a ratio.

use std::time::Instant;

/// Prints the median ratio of the times of two works with its 95 % interval (order statistics), and the fastest
/// run of either.
pub(crate) fn report(what: &str, pairs: usize, first: impl Fn(), second: impl Fn()) {
    first();
    second();
    let mut fastest = [f64::INFINITY; 2];
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|pair| {
            // Who goes first changes, so that neither gains from its place.
            let [one, two] = if pair % 2 == 0 {
                [seconds(&first), seconds(&second)]
            } else {
                let two = seconds(&second);
                [seconds(&first), two]
            };
            fastest = [fastest[0].min(one), fastest[1].min(two)];
            one / two
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let reach = (1.96 * (pairs as f64).sqrt() / 2.0).ceil() as usize;
    let at = |rank: usize| ratios[rank.min(pairs - 1)];
    println!(
        "{what} {:.3} ({:.3} to {:.3}), fastest {:.1} / {:.1} ms",
        at(pairs / 2),
        at((pairs / 2).saturating_sub(reach)),
        at(pairs / 2 + reach),
        1e3 * fastest[0],
        1e3 * fastest[1],
    );
}

fn seconds(work: impl Fn()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
