//! The engine's own share of the time, on a machine whose speed changes from minute to minute: engine and bare
//! passes take turns, and each pair gives a ratio.
//!
//! `cargo run --release --package a2d-benches --example engine_overhead_in_pairs [PAIRS] [THREADS]` prints, for each
//! network, the median ratio with its 95 % interval (order statistics) and the fastest run of either.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use tch::no_grad;

#[path = "../digits.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod digits;
#[path = "../engine_overhead.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod engine_overhead;
#[path = "../pairs.rs"]
mod pairs;

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
        let labels = no_grad(|| classifier.logits(&images).unwrap().argmax(-1, false));
        let engine = || {
            in_engine(&classifier, &images, WINDOW);
        };
        let passes = || bare(&classifier, &images, &labels);
        pairs::report(&format!("{network}: engine / bare"), pairs, engine, passes);
    }
}
