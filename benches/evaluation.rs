//! How fast scores are evaluated.

use std::hint::black_box;

use a2d_eval::{Auroc, Scores};
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::costs::costs;

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluation");
    group.sample_size(20);
    for scores in [2_000, 20_000, 200_000] {
        let [benign, adversarial] = [(4, 100.0), (5, 50.0)]
            .map(|(seed, scale)| costs(seed, scores / 2, 1, scale).into_raw_vec_and_offset().0);
        group.throughput(Throughput::Elements(scores as u64));
        group.bench_function(BenchmarkId::new("AUROC", scores), |bencher| {
            bencher.iter(|| {
                let scores = Scores::from_costs(black_box(&benign), black_box(&adversarial));
                Auroc::new(&scores.unwrap())
            });
        });
    }
    group.finish();
}
