//! The costs are those that the reference implementation of the paper counts.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod oracle;

use std::collections::BTreeMap;
use std::fs::File;

/// The cap of the attacks; the reference gives it to inputs whose label does not flip.
const CAP: u32 = 500;

/// A column of `costs.json`, the sets one after the other as in [`oracle::images`].
fn reference(column: &str) -> Vec<u32> {
    let file = File::open(oracle::fixture("costs.json")).unwrap();
    let sets: BTreeMap<String, BTreeMap<String, Vec<u32>>> = serde_json::from_reader(file).unwrap();
    oracle::SETS.iter().flat_map(|set| sets[*set][column].clone()).collect()
}

/// Our cost of what the reference counts from 0.
fn expected(reference: u32) -> (u32, bool) {
    if reference == CAP { (CAP, false) } else { (reference + 1, true) }
}

#[test]
fn predicted_labels_are_those_of_the_reference() {
    let classes = oracle::classifier().logits(&oracle::images()).argmax(-1, false);
    let classes: Vec<i64> = classes.try_into().unwrap();
    let expected = reference("predicted_label").into_iter().map(i64::from);
    assert_eq!(classes, expected.collect::<Vec<_>>());
}

/// Float summation order may move a cost by an iteration. Measured on x86-64: 1,150 of
/// 1,152 exact.
#[test]
fn costs_are_those_of_the_reference_in_any_window() {
    tch::set_num_threads(1); // threads gain nothing on images this small, and wait for each other
    let images = oracle::images();
    for (defense, column) in [("bim", "BIM"), ("bim2", "BIM2")] {
        let expected: Vec<_> = reference(column).into_iter().map(expected).collect();
        for window in [1, 7, 64] {
            let exact = oracle::same(&oracle::costs(defense, &images, window), &expected);
            let of = expected.len();
            println!("{defense}, window {window}: {exact} of {of} costs are the reference's");
            assert!(100 * exact >= 99 * of, "{defense}, window {window}: {exact} of {of}");
        }
    }
}
