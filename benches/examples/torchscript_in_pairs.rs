//! What a network costs as TorchScript beside the same network of our own, with the same weights: BIM_d by turns.
//!
//! `cargo run --release --package a2d-benches --example torchscript_in_pairs [PAIRS]` prints the median ratio with its
//! 95 % interval, on one thread.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use std::path::Path;

use a2d_model::{Architecture, Classifier, Description};
use tch::Device;

#[path = "../digits.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod digits;
#[path = "../engine_overhead.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod engine_overhead;
#[path = "../pairs.rs"]
mod pairs;

use engine_overhead::{WINDOW, in_engine};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let pairs = std::env::args().nth(1).map_or(40, |number| number.parse().unwrap());
    tch::set_num_threads(1);
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/oracle");
    let open = |name: &str, said: Description| {
        Classifier::open(&oracle.join(name), &said, Device::Cpu).unwrap().classifier
    };
    let architecture = Some(Architecture::LENET5);
    let own = open("lenet5.safetensors", Description { architecture, ..Description::default() });
    let input_shape = Some([1, 28, 28]);
    let script = open("lenet5-traced.pt", Description { input_shape, ..Description::default() });
    let images = digits::first(&own, WINDOW);
    let bim = |classifier: &Classifier| {
        in_engine(classifier, &images, WINDOW);
    };
    pairs::report("lenet5: TorchScript / own", pairs, || bim(&script), || bim(&own));
}
