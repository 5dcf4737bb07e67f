//! The costs are those that the reference implementation of the paper counts.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod bound;
mod measured;
mod oracle;

use std::collections::BTreeMap;
use std::fs::File;

use a2d_model::Instructions;
use bound::Bound;
use measured::{costs, outcomes};

/// The cap of the attacks; the reference gives it to inputs whose label does not flip.
const CAP: u32 = 500;

/// The cap of JSMA.
const JSMA_CAP: u32 = 2000;

/// A column of `costs.json`, the sets one after the other as in [`oracle::images`].
fn reference(column: &str) -> Vec<u32> {
    let file = File::open(oracle::fixture("costs.json")).unwrap();
    let sets: BTreeMap<String, BTreeMap<String, Vec<u32>>> = serde_json::from_reader(file).unwrap();
    oracle::SETS.iter().flat_map(|set| sets[*set][column].clone()).collect()
}

/// Our cost of what the reference counts from 0.
fn counted_from_0(reference: u32) -> (u32, bool) {
    if reference == CAP { (CAP, false) } else { (reference + 1, true) }
}

/// Our cost of what it counts as we do, and gives up at a cap of its own.
fn counted_from_1(reference: u32) -> (u32, bool) {
    (reference, reference < JSMA_CAP)
}

#[test]
fn predicted_labels_are_those_of_the_reference() {
    let classes = oracle::classifier().logits(&oracle::images()).unwrap().argmax(-1, false);
    let classes: Vec<i64> = classes.try_into().unwrap();
    let expected = reference("predicted_label").into_iter().map(i64::from);
    assert_eq!(classes, expected.collect::<Vec<_>>());
}

/// The reference was run on a processor with AVX-512, in float32. Another order of summation moves a cost now
/// and then: `docs/reproducible.md` says how often.
#[test]
fn costs_are_those_of_the_reference_in_any_window() {
    let images = oracle::images();
    let bound = match Instructions::in_use() {
        Instructions::Avx512 => Bound { same: 99, apart: 1 },
        Instructions::Avx2 => Bound { same: 90, apart: 10 },
        Instructions::Default => Bound { same: 80, apart: 15 },
    };
    for (defense, column, expected) in [
        ("bim", "BIM", counted_from_0 as fn(u32) -> (u32, bool)),
        ("bim2", "BIM2", counted_from_0),
        ("jsma", "JSMA", counted_from_1),
    ] {
        let expected: Vec<_> = reference(column).into_iter().map(expected).collect();
        for window in [1, 7, 64] {
            let costs = costs(&oracle::classifier(), defense, &images, window);
            let what = format!("{defense}, window {window}");
            let shift = bound.check(&what, &outcomes(&costs), &expected);
            assert!(shift.abs() <= 0.5, "{what}: the mean moved by {shift} %");
        }
    }
}
