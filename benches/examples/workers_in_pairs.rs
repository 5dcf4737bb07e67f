//! What workers gain on an idle machine, and beside a process that keeps one core busy: one worker, two, and one
//! with two threads of libtorch take turns, and each round gives ratios.
//!
//! `cargo run --release --package a2d-benches --example workers_in_pairs [ROUNDS]` prints, for each network, the
//! median seconds of each, and the medians of the times of one worker over those of the others in the same round.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use std::process::{Child, Command};
use std::time::Instant;

use a2d_model::Classifier;

#[path = "../digits.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod digits;
#[path = "../workers.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod workers;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use workers::{HANDS, attack_all, images};

/// The argument that makes this program keep a core busy.
const SPIN: &str = "spin";

fn main() {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some(SPIN) {
        loop {
            std::hint::spin_loop();
        }
    }
    let rounds = argument.map_or(5, |rounds| rounds.parse::<usize>().unwrap());
    for is_busy in [false, true] {
        let mut other = is_busy.then(spin);
        println!("{}", if is_busy { "beside a busy process" } else { "alone" });
        for name in ["lenet5", "mnist-cnn", "cifar10-cnn"] {
            report(name, rounds);
        }
        if let Some(other) = &mut other {
            other.kill().unwrap();
            other.wait().unwrap();
        }
    }
}

fn spin() -> Child {
    Command::new(std::env::current_exe().unwrap()).arg(SPIN).spawn().unwrap()
}

fn report(name: &str, rounds: usize) {
    let mut network = digits::network(name);
    let images = images(&network);
    let mut seconds = vec![];
    for round in 0..=rounds {
        let mut all = [0.0; HANDS.len()];
        for turn in 0..HANDS.len() {
            // Who goes first changes, so that none gains from its place.
            let place = (round + turn) % HANDS.len();
            let (_, workers, threads) = HANDS[place];
            network = network.with_workers(workers);
            tch::set_num_threads(threads);
            all[place] = time(&network, &images);
        }
        // The first round warms up.
        if round > 0 {
            seconds.push(all);
        }
    }
    for (place, (hands, ..)) in HANDS.iter().enumerate() {
        let own = median(seconds.iter().map(|all| all[place]));
        let gain = median(seconds.iter().map(|all| all[0] / all[place]));
        println!("  {name}, {hands}: {own:.2} s, one worker takes {gain:.2} times as long");
    }
}

fn time(network: &Classifier, images: &tch::Tensor) -> f64 {
    let start = Instant::now();
    attack_all(network, images);
    start.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
