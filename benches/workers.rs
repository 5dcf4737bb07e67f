//! What workers gain: BIM_d on the same images by one worker, by two, and by one with two threads of libtorch.

use std::hint::black_box;

use a2d_attacks::{Bim, Error, Limits, NamedAttack, Target, measure, queries};
use a2d_model::Classifier;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tch::Tensor;

use crate::digits;

/// Two windows for each of two workers.
pub(crate) const IMAGES: usize = 256;

/// BIM_d in so few steps, and so short ones, that hardly a row flips: it is the sharing that is timed.
const BIM: Bim = Bim { epsilon: 0.3, step: 6e-6, iterations: 20, target: Target::Untargeted };

/// Who works: the name, the workers and libtorch's threads of each.
pub(crate) const HANDS: [(&str, usize, i32); 3] =
    [("one worker", 1, 1), ("two workers", 2, 1), ("two libtorch threads", 1, 2)];

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("workers");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Elements(IMAGES as u64 * u64::from(BIM.iterations)));
    for name in ["lenet5", "mnist-cnn", "cifar10-cnn"] {
        let mut network = digits::network(name);
        let images = images(&network);
        for (hands, workers, threads) in HANDS {
            network = network.with_workers(workers);
            tch::set_num_threads(threads);
            group.bench_function(BenchmarkId::new(hands, name), |bencher| {
                bencher.iter(|| attack_all(&network, black_box(&images)));
            });
        }
    }
    tch::set_num_threads(1);
    group.finish();
}

/// Digits, with a black frame and in three equal channels where the network wants colours.
pub(crate) fn images(network: &Classifier) -> Tensor {
    let digits = Tensor::from_slice(digits::sample().as_slice()).view([-1, 1, 28, 28]);
    let digits = digits.narrow(0, 0, IMAGES as i64);
    match network.input_shape() {
        [3, 32, 32] => digits.zero_pad2d(2, 2, 2, 2).repeat([1, 3, 1, 1]),
        _ => digits,
    }
}

pub(crate) fn attack_all(network: &Classifier, images: &Tensor) {
    let bim = NamedAttack::new("bim", BIM).unwrap();
    measure(network, &bim, queries(images), Limits::default(), &mut |_, cost| {
        let _ = black_box(cost);
        Ok::<(), Error>(())
    })
    .unwrap();
}
