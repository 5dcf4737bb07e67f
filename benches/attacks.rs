//! How fast each defense attack is on LeNet-5, in images a second, by the size of the window.
//!
//! Attacks stop at a budget, so compare windows with each other, not attacks.

use std::hint::black_box;
use std::time::Duration;

use a2d_attacks::{DEFENSES, Error, Limits, NamedAttack, Preset, Query, measure, queries};
use a2d_cost::Budget;
use a2d_model::Classifier;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tch::Tensor;

use crate::digits;

/// Small windows get this many images all the same, so that places are filled again.
const FEWEST_IMAGES: usize = 8;

pub(crate) fn benches(criterion: &mut Criterion) {
    let classifier = digits::network("lenet5");
    let images = digits::first(&classifier, 128);
    let mut group = criterion.benchmark_group("attacks");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    for name in DEFENSES.names() {
        let attack = DEFENSES.named(name, Preset::MNIST).unwrap();
        for window in [1, 16, 64, 128] {
            let count = window.max(FEWEST_IMAGES);
            let images = images.narrow(0, 0, count as i64);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::new(name, window), |bencher| {
                bencher.iter(|| attack_all(&classifier, &attack, black_box(&images), window));
            });
        }
    }
    group.finish();
}

/// The most iterations of an image, so that the slow attacks end. Those with many queries in an iteration
/// get few.
fn budget(attack: &NamedAttack) -> Budget {
    let is_slow = attack.queries(1.0) > 10.0;
    Budget::new(if is_slow { 2 } else { 20 }).unwrap()
}

fn attack_all(classifier: &Classifier, attack: &NamedAttack, images: &Tensor, window: usize) {
    let limits = Limits { window, ..Limits::default() };
    let budget = Some(budget(attack));
    let queries = queries(images).map(|query| query.map(|query| Query { budget, ..query }));
    measure(classifier, attack, queries, limits, &mut |_, cost| {
        let _ = black_box(cost);
        Ok::<(), Error>(())
    })
    .unwrap();
}
