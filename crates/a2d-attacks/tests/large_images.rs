//! Attacks on photographs of 224 x 224 x 3 hold little more than the window.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_attacks::{DEFENSES, Error, Limits, Preset, Query, measure};
use a2d_cost::Budget;
use a2d_model::Classifier;
use tch::{Device, Kind, Tensor, nn};

const SIDE: i64 = 224;
const WINDOW: usize = 16;

/// An image. The window is 9.2 MiB; a Jacobian of ten classes would take 92 MiB more, 25 copies of the
/// window 230 MiB. Measured: 12 to 14 images a row for JSMA, and
/// 2 more for DBA after it.
const IMAGE_MIB: f64 = (3 * SIDE * SIDE * 4) as f64 / (1 << 20) as f64;

/// The largest memory that the process has held, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Ten classes, linear in the means of patches: next to nothing beside the images.
fn classifier() -> Classifier {
    let patches = 3 * (SIDE / 32) * (SIDE / 32);
    let weights = (Tensor::arange(patches * 10, (Kind::Float, Device::Cpu)) * 0.7).sin();
    let weights = weights.view([patches, 10]);
    let logits = move |images: &Tensor| {
        images
            .avg_pool2d([32, 32], [32, 32], [0, 0], false, true, None::<i64>)
            .flatten(1, -1)
            .matmul(&weights)
    };
    Classifier::of_module("patches", logits, nn::VarStore::new(Device::Cpu), [3, 224, 224], 10, "")
}

fn queries(budget: Option<Budget>) -> impl Iterator<Item = Result<Query, Error>> {
    (0..WINDOW + 4).map(move |row| {
        let waves = Tensor::arange(3 * SIDE * SIDE, (Kind::Float, Device::Cpu)) * (row + 1) as f64;
        let image = ((waves * 1e-4).sin() * 0.5 + 0.5).view([3, SIDE, SIDE]);
        Ok(Query { budget, ..Query::new(row, image) })
    })
}

#[test]
fn jsma_and_dba_hold_little_more_than_the_window() {
    let budget = Some(Budget::new(11).unwrap());
    let limits = Limits { window: WINDOW, seed: 0 };
    for (name, images_per_row) in [("jsma", 16.0), ("dba", 8.0)] {
        let defense = DEFENSES.named(name, Preset::CIFAR10).unwrap();
        let before = peak();
        let mut costs = 0;
        measure(&classifier(), &defense, queries(budget), limits, &mut |_, _| {
            costs += 1;
            Ok::<(), Error>(())
        })
        .unwrap();
        let grown = peak() - before;
        println!("{name}: {grown:.0} MiB, {:.1} images a row", grown / IMAGE_MIB / WINDOW as f64);
        assert_eq!(costs, WINDOW + 4);
        assert!(grown < images_per_row * IMAGE_MIB * WINDOW as f64, "{name}: {grown} MiB");
    }
}
