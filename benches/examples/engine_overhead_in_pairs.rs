//! The engine's own share of the time, on a machine whose speed changes from minute to minute: engine and bare
//! passes take turns, and each pair gives a ratio.
//!
//! `cargo run --release --package a2d-benches --example engine_overhead_in_pairs [PAIRS [THREADS [DEVICE WINDOW...]]]`
//! prints, for each network and window, the median ratio with its 95 % interval (order statistics) and the fastest run
//! of either.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use a2d_model::parse_device;
use tch::{Device, no_grad};

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
    let mut arguments = std::env::args().skip(1);
    let pairs = arguments.next().map_or(40, |pairs| pairs.parse().unwrap());
    if let Some(threads) = arguments.next() {
        tch::set_num_threads(threads.parse().unwrap());
    }
    let device = arguments.next().map_or(Device::Cpu, |device| parse_device(&device).unwrap());
    let mut windows: Vec<usize> = arguments.map(|window| window.parse().unwrap()).collect();
    if windows.is_empty() {
        windows.push(WINDOW);
    }
    for network in ["lenet5", "mnist-cnn"] {
        let classifier = digits::network_on(network, device);
        for window in &windows {
            let images = digits::first(&classifier, *window);
            let labels = no_grad(|| classifier.logits(&images).unwrap().argmax(-1, false));
            let engine = || {
                in_engine(&classifier, &images, *window);
            };
            let passes = || bare(&classifier, &images, &labels);
            let what = format!("{network}, window {window}: engine / bare");
            pairs::report(&what, pairs, engine, passes);
        }
    }
}
