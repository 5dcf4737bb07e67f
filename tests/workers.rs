//! A cost does not depend on how many workers share the images, and a run is the same each time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod bound;
mod measured;
mod oracle;

use a2d_model::Precision;
use bound::Bound;
use measured::{costs, outcomes};

/// More workers share other batches, which may move a cost in float32 by an iteration. Measured on x86-64: 768
/// of 768 the same.
#[test]
fn workers_leave_costs_as_they_are() {
    let images = oracle::images();
    for defense in ["bim", "bim2-turbo"] {
        let of = |workers| {
            let classifier = oracle::classifier().with_workers(workers);
            outcomes(&costs(&classifier, defense, &images, 64))
        };
        let (one, two, three) = (of(1), of(2), of(3));
        for (workers, costs) in [(2, &two), (3, &three)] {
            Bound { same: 99, apart: 1 }.check(
                &format!("{defense}, {workers} workers"),
                costs,
                &one,
            );
        }
        assert_eq!(of(2), two, "{defense}: another run has other costs");
    }
}

#[test]
fn workers_leave_costs_in_float64_exactly_as_they_are() {
    let images = oracle::images().narrow(0, 60, 12);
    for defense in ["bim", "jsma", "dba"] {
        let of = |workers| {
            let classifier = oracle::classifier().with_precision(Precision::Float64).unwrap();
            outcomes(&costs(&classifier.with_workers(workers), defense, &images, 4))
        };
        assert_eq!(of(2), of(1), "{defense}");
    }
}
