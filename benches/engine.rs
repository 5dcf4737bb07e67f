//! How fast the engine attacks: BIM_d on LeNet-5, in row-iterations a second, against a loop that
//! attacks one image after the other.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::path::Path;

use a2d_attacks::{Aim, Bim, Error, Limits, Target, queries, run};
use a2d_data::npy;
use a2d_model::{Architecture, Classifier};
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use tch::{Device, Tensor};

/// BIM_d with the parameters for MNIST, but so few iterations that no benign row flips before: the
/// work is the same however it is done.
const BIM: Bim = Bim { epsilon: 0.3, step: 0.0006, iterations: 30, target: Target::Untargeted };

fn classifier() -> Classifier {
    let weights = fixtures().join("lenet5.safetensors");
    Classifier::load(&weights, Some(Architecture::LeNet5), Device::Cpu).unwrap()
}

/// 64 benign images.
fn images(classifier: &Classifier) -> Tensor {
    classifier.tensor(&npy::read_images(&fixtures().join("benign.npy")).unwrap()).unwrap()
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/oracle"))
}

/// The sum of all iterations.
fn in_window(classifier: &Classifier, images: &Tensor, window: usize) -> u64 {
    let limits = Limits { window, ..Limits::default() };
    let mut iterations = 0;
    run(classifier, &BIM, Aim::Cost, limits, queries(images), &mut |done| {
        iterations += u64::from(done.cost.iterations);
        Ok::<(), Error>(())
    })
    .unwrap();
    iterations
}

/// The same steps as attack libraries take them for a single input: a pass forward and back for the
/// gradient, then another one forward to see whether the label has flipped. The sum of all
/// iterations.
fn one_by_one(classifier: &Classifier, images: &Tensor) -> u64 {
    let predict = |image: &Tensor| tch::no_grad(|| classifier.logits(image).argmax(-1, false));
    let mut iterations = 0;
    for origin in images.split(1, 0) {
        let label = predict(&origin);
        let mut image = origin.copy();
        for _ in 0..BIM.iterations {
            let leaf = image.detach().set_requires_grad(true);
            let loss = classifier.logits(&leaf).cross_entropy_for_logits(&label);
            let gradient = Tensor::run_backward(&[loss], &[leaf], false, false).remove(0);
            let moved = image + gradient.sign() * BIM.step;
            let perturbation = (moved - &origin).clamp(-BIM.epsilon, BIM.epsilon);
            image = (&origin + perturbation).clamp(0.0, 1.0);
            iterations += 1;
            if predict(&image) != label {
                break;
            }
        }
    }
    iterations
}

fn engine(criterion: &mut Criterion) {
    let classifier = classifier();
    let images = images(&classifier);
    let iterations = one_by_one(&classifier, &images);
    assert_eq!(iterations, in_window(&classifier, &images, 64), "both do the same work");

    let mut group = criterion.benchmark_group("bim_d on lenet5");
    group.throughput(Throughput::Elements(iterations));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("one by one", |bencher| {
        bencher.iter(|| one_by_one(&classifier, black_box(&images)));
    });
    for window in [1, 16, 64] {
        group.bench_function(BenchmarkId::new("window", window), |bencher| {
            bencher.iter(|| in_window(&classifier, black_box(&images), window));
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
