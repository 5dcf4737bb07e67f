//! A cost does not depend on the number of threads, which is a setting of the whole process: this
//! test has one of its own.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod bound;
mod measured;
mod oracle;

use bound::Bound;
use measured::{costs, outcomes};

/// Threads may sum in another order, which may move a cost by an iteration. Measured on x86-64: 384
/// of 384 the same.
#[test]
fn threads_leave_costs_as_they_are() {
    let images = oracle::images();
    for defense in ["bim", "bim2"] {
        let [one, two] = [1, 2].map(|threads| {
            tch::set_num_threads(threads);
            assert_eq!(tch::get_num_threads(), threads);
            outcomes(&costs(&oracle::classifier(), defense, &images, 64))
        });
        Bound { same: 99, apart: 1 }.check(&format!("{defense}, 2 threads"), &two, &one);
    }
}
