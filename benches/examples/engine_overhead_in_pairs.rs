//! The engine's own share of the time, on a machine whose speed changes from minute to minute: engine and bare
//! passes take turns, and each pair gives a ratio.
//!
//! `cargo run --release --package a2d-benches --example engine_overhead_in_pairs [PAIRS] [THREADS]` prints, for each
//! network, the median ratio with its 95 % interval (order statistics) and the fastest run of either.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use std::time::Instant;

use a2d_model::Classifier;
use tch::{Tensor, no_grad};

#[path = "../digits.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod digits;
#[path = "../engine_overhead.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod engine_overhead;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use engine_overhead::{WINDOW, bare, in_engine};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse::<usize>().unwrap());
    let pairs = arguments.next().unwrap_or(40);
    if let Some(threads) = arguments.next() {
        tch::set_num_threads(threads as i32);
    }
    for network in ["lenet5", "mnist-cnn"] {
        let classifier = digits::network(network);
        let images = digits::first(&classifier, WINDOW);
        report(network, &classifier, &images, pairs);
    }
}

fn report(network: &str, classifier: &Classifier, images: &Tensor, pairs: usize) {
    let labels = no_grad(|| classifier.logits(images).unwrap().argmax(-1, false));
    let engine = || {
        in_engine(classifier, images, WINDOW);
    };
    let passes = || bare(classifier, images, &labels);
    engine();
    passes();
    let mut fastest = [f64::INFINITY; 2];
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|pair| {
            // Who goes first changes, so that neither gains from its place.
            let [engine, passes] = if pair % 2 == 0 {
                [seconds(engine), seconds(passes)]
            } else {
                let passes = seconds(passes);
                [seconds(engine), passes]
            };
            fastest = [fastest[0].min(engine), fastest[1].min(passes)];
            engine / passes
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let reach = (1.96 * (pairs as f64).sqrt() / 2.0).ceil() as usize;
    let at = |rank: usize| ratios[rank.min(pairs - 1)];
    println!(
        "{network}: engine / bare {:.3} ({:.3} to {:.3}), fastest {:.1} / {:.1} ms",
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
