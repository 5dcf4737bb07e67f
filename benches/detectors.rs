//! How fast detectors are fitted and judge, and how fast their scores are evaluated.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use a2d_detect::ndarray::{Array2, Axis, concatenate};
use a2d_detect::{DatasetBase, Detect, Fit, Knn, ZScore, labelled};
use a2d_eval::{Auroc, Scores};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Samples of each class, and attacks, as in the paper.
const SAMPLES: usize = 1000;
const ATTACKS: usize = 4;

/// Whole costs of `samples` x `attacks`, bell-shaped around 2 x `scale`.
fn costs(seed: u64, samples: usize, attacks: usize, scale: f64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((samples, attacks), || {
        (0..4).map(|_| random.random_range(0.0..scale)).sum::<f64>().ceil()
    })
}

fn detectors(criterion: &mut Criterion) {
    let benign = costs(0, SAMPLES, ATTACKS, 100.0);
    let adversarial = costs(1, SAMPLES, ATTACKS, 50.0);
    let queries =
        concatenate![Axis(0), costs(2, SAMPLES, ATTACKS, 100.0), costs(3, SAMPLES, ATTACKS, 50.0)];

    let mut group = criterion.benchmark_group("detectors");
    group.throughput(Throughput::Elements(2 * SAMPLES as u64));
    let samples = labelled(benign.view(), adversarial.view()).unwrap();
    let knn = Knn::params();
    group.bench_function("k-NN fit", |bencher| {
        bencher.iter(|| knn.fit(black_box(&samples)).unwrap());
    });
    let fitted = knn.fit(&samples).unwrap();
    group.bench_function("k-NN verdicts", |bencher| {
        bencher.iter(|| fitted.verdicts(black_box(queries.view())).unwrap());
    });

    let fitted = ZScore::params(2).fit(&DatasetBase::from(benign.view())).unwrap();
    group.bench_function("z-score verdicts", |bencher| {
        bencher.iter(|| fitted.verdicts(black_box(queries.view())).unwrap());
    });
    group.throughput(Throughput::Elements(SAMPLES as u64));
    let (z_score, samples) = (ZScore::params(2), DatasetBase::from(benign));
    group.bench_function("z-score fit", |bencher| {
        bencher.iter(|| z_score.fit(black_box(&samples)).unwrap());
    });
    group.finish();
}

fn evaluation(criterion: &mut Criterion) {
    let [benign, adversarial] = [(4, 100.0), (5, 50.0)]
        .map(|(seed, scale)| costs(seed, 5000, 1, scale).into_raw_vec_and_offset().0);
    let mut group = criterion.benchmark_group("evaluation");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("AUROC", |bencher| {
        bencher.iter(|| {
            Auroc::new(&Scores::from_costs(black_box(&benign), black_box(&adversarial)).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, detectors, evaluation);
criterion_main!(benches);
