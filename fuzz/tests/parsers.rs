//! A short run over every parser, the same on every machine.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_fuzz::{Budget, Report, Target, feed, targets};
use peak_alloc::PeakAlloc;
use std::path::Path;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

// One test, because the allocator counts for the whole process.
#[test]
fn no_damage_makes_a_parser_panic_or_take_much() {
    let folder = tempfile::tempdir().unwrap();
    for target in targets::all().unwrap() {
        let folder = folder.path().join(target.name);
        let files = 300.max(target.seeds.len() as u64);
        let report = feed(&target, 7, Budget::Files(files), &folder, &MEMORY).unwrap();
        assert_eq!(report.failures, [], "{}", target.name);
        assert_eq!(report.files, files);
        let whole = target.seeds.len() as u64;
        assert!(report.accepted >= whole, "{}: {report:?}", target.name);
    }
    faults_are_found();
}

fn faults_are_found() {
    let faulty: fn(&Path) -> bool = |path| {
        let content = std::fs::read(path).unwrap();
        assert!(content.starts_with(b"count: 1"), "the first number is another");
        drop(vec![0_u8; if content.len() > 10 { 300 << 20 } else { 0 }]);
        true
    };
    let seeds = vec![b"count: 1 2".to_vec()];
    let target = Target { name: "faulty", seeds, parse: faulty, dress: |bytes| bytes };
    let folder = tempfile::tempdir().unwrap();
    let report = feed(&target, 7, Budget::Files(100), folder.path(), &MEMORY).unwrap();
    let Report { failures, .. } = report;
    for kind in ["panicked: the first number is another", "took 300 MiB"] {
        let (_, kept) = failures.iter().find(|(failure, _)| failure.contains(kind)).unwrap();
        assert!(kept.exists());
    }
}
