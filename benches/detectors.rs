//! How fast detectors are fitted and judge.

use std::hint::black_box;
use std::time::Duration;

use a2d_detect::ndarray::{Array2, Axis, concatenate};
use a2d_detect::{DatasetBase, Detect, Fit, Knn, ZScore, labelled};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};

use crate::costs::costs;

/// Inputs to judge, half of them adversarial.
const QUERIES: usize = 1000;

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("knn");
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    for attacks in [1, 4] {
        for rows in [2_000, 20_000, 200_000] {
            knn(&mut group, attacks, rows);
        }
    }
    for attacks in [1, 4] {
        tied(&mut group, attacks);
    }
    group.finish();
    z_score(criterion);
}

/// Many queries on samples that all cost one of a few numbers, so that thousands tie at the k-th place.
fn tied(group: &mut BenchmarkGroup<'_, WallTime>, attacks: usize) {
    let (samples, queries, costs) = (20_000, 40_000, 3);
    let table = |rows| {
        Array2::from_shape_fn((rows, attacks), |(row, attack)| ((row + attack) % costs) as f64)
    };
    let half = table(samples / 2);
    let fitted = Knn::params().fit(&labelled(half.view(), half.view()).unwrap()).unwrap();
    let queries = table(queries);
    group.throughput(Throughput::Elements(queries.nrows() as u64));
    group.bench_function(
        BenchmarkId::new(format!("verdicts on ties, {attacks}-d"), samples),
        |bencher| {
            bencher.iter(|| fitted.verdicts(black_box(queries.view())).unwrap());
        },
    );
}

/// Half of the rows are benign.
fn knn(group: &mut BenchmarkGroup<'_, WallTime>, attacks: usize, rows: usize) {
    let [benign, adversarial] =
        [(0, 100.0), (1, 50.0)].map(|(seed, scale)| costs(seed, rows / 2, attacks, scale));
    let samples = labelled(benign.view(), adversarial.view()).unwrap();
    let params = Knn::params();
    group.throughput(Throughput::Elements(rows as u64));
    group.bench_function(BenchmarkId::new(format!("fit, {attacks}-d"), rows), |bencher| {
        bencher.iter(|| params.fit(black_box(&samples)).unwrap());
    });
    let (fitted, queries) = (params.fit(&samples).unwrap(), queries(attacks));
    group.throughput(Throughput::Elements(QUERIES as u64));
    group.bench_function(BenchmarkId::new(format!("verdicts, {attacks}-d"), rows), |bencher| {
        bencher.iter(|| fitted.verdicts(black_box(queries.view())).unwrap());
    });
}

/// On as many samples and attacks as in the paper.
fn z_score(criterion: &mut Criterion) {
    let (samples, attacks) = (1000, 4);
    let benign = DatasetBase::from(costs(0, samples, attacks, 100.0));
    let (params, queries) = (ZScore::params(2), queries(attacks));
    let mut group = criterion.benchmark_group("z_score");
    group.throughput(Throughput::Elements(samples as u64));
    group.bench_function("fit", |bencher| {
        bencher.iter(|| params.fit(black_box(&benign)).unwrap());
    });
    let fitted = params.fit(&benign).unwrap();
    group.throughput(Throughput::Elements(QUERIES as u64));
    group.bench_function("verdicts", |bencher| {
        bencher.iter(|| fitted.verdicts(black_box(queries.view())).unwrap());
    });
    group.finish();
}

fn queries(attacks: usize) -> Array2<f64> {
    let [benign, adversarial] =
        [(2, 100.0), (3, 50.0)].map(|(seed, scale)| costs(seed, QUERIES / 2, attacks, scale));
    concatenate![Axis(0), benign, adversarial]
}
