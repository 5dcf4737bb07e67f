//! How fast CLEVER scores an image, in samples a second.

use std::hint::black_box;

use a2d_eval::clever::{Clever, Norm, Query, Target};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};

use crate::digits;

const BATCHES: u32 = 10;
const SAMPLES: u32 = 64;

pub(crate) fn benches(criterion: &mut Criterion) {
    let classifier = digits::network("lenet5");
    let query = Query::new(0, digits::first(&classifier, 1).get(0));
    let mut group = criterion.benchmark_group("clever");
    group.throughput(Throughput::Elements(u64::from(BATCHES * SAMPLES)));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for (name, norm) in [("L2", Norm::L2), ("Linf", Norm::Linf)] {
        let clever = Clever::cpu(norm).batches(BATCHES).samples(SAMPLES).check().unwrap();
        group.bench_function(BenchmarkId::new("untargeted", name), |bencher| {
            bencher
                .iter(|| clever.score(&classifier, black_box(&query), Target::Untargeted).unwrap());
        });
    }
    group.finish();
}
