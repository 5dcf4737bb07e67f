//! Photographs of 224 x 224 pixels: the engine beside bare passes, and numbers beside numbers, by turns.
//!
//! `cargo run --release --package a2d-benches --example photographs_in_pairs WEIGHTS [PAIRS]` prints, for windows of 1, 4 and 16
//! rows, the median ratio of the time of BIM_d in the engine to that of as many bare passes, and that of bfloat16 to float32,
//! with their 95 % intervals (order statistics) and the fastest run of either. `WEIGHTS` is a file with a card, such as that of
//! `a2d model fetch efficientnet-lite0`.

#![allow(clippy::unwrap_used, reason = "it fails as a program of measurements may")]

use std::path::PathBuf;

use a2d_model::{Classifier, Precision};
use tch::{Device, Kind, Tensor, no_grad};

#[path = "../digits.rs"]
#[allow(dead_code, reason = "the benchmarks use it")]
mod digits;
#[path = "../engine_overhead.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod engine_overhead;
#[path = "../pairs.rs"]
mod pairs;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use engine_overhead::{BIM, bare, in_engine};

/// Of one size with photographs, and as smooth as those; of four times as many the ones that the network is surest of.
fn images(classifier: &Classifier, count: i64) -> Tensor {
    let [channels, height, width] = classifier.input_shape().map(|side| side as i64);
    tch::manual_seed(0);
    let coarse = Tensor::rand([4 * count, channels, 7, 7], (Kind::Float, Device::Cpu));
    let images = coarse.upsample_bilinear2d([height, width], false, None, None);
    let (best, _) = no_grad(|| classifier.logits(&images).unwrap()).topk(2, -1, true, true);
    let leads = best.select(1, 0) - best.select(1, 1);
    images.index_select(0, &leads.topk(count, 0, true, true).1)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let weights = PathBuf::from(arguments.next().unwrap());
    let pairs = arguments.next().map_or(10, |number| number.parse().unwrap());
    tch::set_num_threads(1);
    let load = || Classifier::load(&weights, None, Device::Cpu).unwrap();
    let (classifier, rounded) = (load(), load().with_precision(Precision::Bfloat16).unwrap());
    for window in [1, 4, 16] {
        let images = images(&classifier, window);
        let labels = no_grad(|| classifier.logits(&images).unwrap().argmax(-1, false));
        let what = format!("window {window}: engine / bare");
        let gradients = window as u64 * u64::from(BIM.iterations);
        let engine = || {
            let queried = in_engine(&classifier, &images, window as usize);
            assert_eq!(queried, gradients, "a row left before the others");
        };
        let passes = || bare(&classifier, &images, &labels);
        pairs::report(&what, pairs, engine, passes);
        let what = format!("window {window}: bfloat16 / float32");
        pairs::report(&what, pairs, || bare(&rounded, &images, &labels), passes);
    }
}
