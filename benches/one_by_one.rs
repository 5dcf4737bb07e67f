//! How much a window gains: BIM_d in the engine, and as attack libraries run it on one image after the other.

use std::hint::black_box;

use a2d_model::Classifier;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tch::{Tensor, no_grad};

use crate::digits;
use crate::engine_overhead::{BIM, in_engine};

const IMAGES: usize = 64;

pub(crate) fn benches(criterion: &mut Criterion) {
    let classifier = digits::network("lenet5");
    let images = digits::first(&classifier, IMAGES);
    let steps = IMAGES as u64 * u64::from(BIM.iterations);
    let mut group = criterion.benchmark_group("one_by_one");
    group.throughput(Throughput::Elements(steps));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("loop", |bencher| {
        bencher.iter(|| assert_eq!(one_by_one(&classifier, black_box(&images)), steps));
    });
    for window in [1, 16, 64] {
        group.bench_function(BenchmarkId::new("engine", window), |bencher| {
            bencher.iter(|| assert_eq!(in_engine(&classifier, black_box(&images), window), steps));
        });
    }
    group.finish();
}

/// For each step a pass forward and back for the gradient, then another one forward to see whether the
/// label has flipped. The sum of all steps.
fn one_by_one(classifier: &Classifier, images: &Tensor) -> u64 {
    let predict = |image: &Tensor| no_grad(|| classifier.logits(image).unwrap().argmax(-1, false));
    let mut steps = 0;
    for origin in images.split(1, 0) {
        let label = predict(&origin);
        let mut image = origin.copy();
        for _ in 0..BIM.iterations {
            let leaf = image.detach().set_requires_grad(true);
            let loss = classifier.logits(&leaf).unwrap().cross_entropy_for_logits(&label);
            let gradient = Tensor::run_backward(&[loss], &[leaf], false, false).remove(0);
            let moved = image + gradient.sign() * BIM.step;
            let perturbation = (moved - &origin).clamp(-BIM.epsilon, BIM.epsilon);
            image = (&origin + perturbation).clamp(0.0, 1.0);
            steps += 1;
            if predict(&image) != label {
                break;
            }
        }
    }
    steps
}
