//! What the engine takes beyond the network's own passes: the time for a gradient query under BIM_d, beside
//! that of a bare pass forward and back of the same window.

use std::hint::black_box;

use a2d_attacks::{Bim, Error, Limits, NamedAttack, Target, measure, queries};
use a2d_model::Classifier;
use a2d_model::transfer::to_host;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tch::{Tensor, no_grad};

use crate::digits;

/// Rows under attack at a time; as many images, so that the window is always full.
pub(crate) const WINDOW: usize = 64;

/// BIM_d in so few steps, and so short ones, that no row flips: the work is the same however it is done.
pub(crate) const BIM: Bim =
    Bim { epsilon: 0.3, step: 2e-7, iterations: 30, target: Target::Untargeted };

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine_overhead");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for network in ["lenet5", "mnist-cnn"] {
        let classifier = digits::network(network);
        let images = digits::first(&classifier, WINDOW);
        let labels = no_grad(|| classifier.logits(&images).unwrap().argmax(-1, false));
        let gradients = WINDOW as u64 * u64::from(BIM.iterations);
        group.throughput(Throughput::Elements(gradients));
        group.bench_function(BenchmarkId::new("bare", network), |bencher| {
            bencher.iter(|| bare(&classifier, black_box(&images), &labels));
        });
        group.bench_function(BenchmarkId::new("engine", network), |bencher| {
            bencher.iter(|| {
                let queried = in_engine(&classifier, black_box(&images), WINDOW);
                assert_eq!(queried, gradients, "a row left before the others");
            });
        });
    }
    group.finish();
}

/// As many passes of all images, forward and back, as the engine needs for its gradients.
pub(crate) fn bare(classifier: &Classifier, images: &Tensor, labels: &Tensor) {
    for _ in 0..BIM.iterations {
        let leaf = images.detach().set_requires_grad(true);
        let logits = classifier.logits(&leaf).unwrap();
        let loss = logits.cross_entropy_for_logits(labels);
        black_box(Tensor::run_backward(&[loss], &[leaf], false, false));
        // Whatever attacks looks at the logits of every pass, for which a device is waited for.
        let _ = to_host(&logits);
    }
}

/// BIM_d in windows of this size; the number of gradient queries.
pub(crate) fn in_engine(classifier: &Classifier, images: &Tensor, window: usize) -> u64 {
    let limits = Limits { window, ..Limits::default() };
    let mut gradients = 0;
    let bim = NamedAttack::new("bim", BIM).unwrap();
    measure(classifier, &bim, queries(images), limits, &mut |_, cost| {
        gradients += u64::from(cost.unwrap().gradient_queries);
        Ok::<(), Error>(())
    })
    .unwrap();
    gradients
}
