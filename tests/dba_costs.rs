//! The boundary attack draws at random: its costs compare with the reference's by their distribution.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod measured;
mod oracle;

use std::collections::BTreeMap;
use std::fs::File;

use a2d_eval::WelchTest;
use measured::{costs, outcomes};

/// Rows of each set that the reference was run on.
const ROWS: usize = 32;

/// The reference counts from 0. Measured on x86-64: means 222.7, 125.6 and 75.2, where the reference has
/// 242.9, 128.5 and 52.2.
#[test]
fn boundary_costs_are_distributed_as_those_of_the_reference() {
    let file = File::open(oracle::fixture("costs.json")).unwrap();
    let sets: BTreeMap<String, BTreeMap<String, Vec<u32>>> = serde_json::from_reader(file).unwrap();
    let costs = outcomes(&costs(&oracle::classifier(), "dba", &oracle::images(), 64));
    let per_set = costs.len() / oracle::SETS.len();
    let mut means = vec![];
    for (set, ours) in oracle::SETS.iter().zip(costs.chunks(per_set)) {
        assert!(ours.iter().all(|(_, flipped)| *flipped), "{set}");
        let ours: Vec<f64> = ours[..ROWS].iter().map(|(cost, _)| f64::from(*cost)).collect();
        let theirs: Vec<f64> =
            sets[*set]["DBA_first32"].iter().map(|cost| f64::from(*cost) + 1.0).collect();
        let mean = |costs: &[f64]| costs.iter().sum::<f64>() / costs.len() as f64;
        let test = WelchTest::new(&ours, &theirs).unwrap();
        println!(
            "{set}: mean {:.1}, reference {:.1}, p {:.3}",
            mean(&ours),
            mean(&theirs),
            test.p.value
        );
        assert!(test.p.value > 0.001, "{set}: {ours:?} {theirs:?}");
        means.push(mean(&ours));
    }
    assert!(means[0] > 1.5 * means[1] && means[1] > 1.5 * means[2], "{means:?}");
}
