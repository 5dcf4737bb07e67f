//! Benchmarks of what spans crates; one file a subject.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

mod attacks;
mod clever;
mod costs;
mod detectors;
mod digits;
mod engine_overhead;
mod evaluation;
mod one_by_one;
mod parsing;
mod workers;

use criterion::{criterion_group, criterion_main};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(
    all,
    engine_overhead::benches,
    one_by_one::benches,
    attacks::benches,
    clever::benches,
    detectors::benches,
    evaluation::benches,
    parsing::benches,
    workers::benches
);
criterion_main!(all);
