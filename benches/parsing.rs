//! How fast files of images are read: the 2,000 test digits of the sample in each format.

use std::hint::black_box;

use a2d_data::{idx, npy};
use criterion::{Criterion, Throughput};

use crate::digits;

pub(crate) fn benches(criterion: &mut Criterion) {
    let images = digits::sample();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (gzipped, plain, array) = (path("images.idx.gz"), path("images.idx"), path("images.npy"));
    idx::write_images(&gzipped, &images).unwrap();
    idx::write_images(&plain, &images).unwrap();
    npy::write_images(&array, &images).unwrap();

    let mut group = criterion.benchmark_group("parsing");
    group.throughput(Throughput::Elements(images.len() as u64));
    group.sample_size(20);
    group.bench_function("IDX, gzipped", |bencher| {
        bencher.iter(|| idx::read_images(black_box(&gzipped)).unwrap());
    });
    group.bench_function("IDX", |bencher| {
        bencher.iter(|| idx::read_images(black_box(&plain)).unwrap());
    });
    group.bench_function("npy", |bencher| {
        bencher.iter(|| npy::read_images(black_box(&array)).unwrap());
    });
    group.finish();
}
