//! A cost does not depend on the number of threads, which is a setting of the whole process: this
//! test has one of its own.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod measured;
mod oracle;

/// Threads may sum in another order, which may move a cost by an iteration. Measured on x86-64: 384
/// of 384 the same.
#[test]
fn threads_leave_costs_as_they_are() {
    let images = oracle::images();
    for defense in ["bim", "bim2"] {
        let [one, two] = [1, 2].map(|threads| {
            tch::set_num_threads(threads);
            assert_eq!(tch::get_num_threads(), threads);
            measured::costs(defense, &images, 64)
        });
        let (same, of) = (measured::same(&one, &two), one.len());
        println!("{defense}: {same} of {of} costs are the same with 1 and 2 threads");
        assert!(1000 * same >= 995 * of, "{defense}: {same} of {of}");
    }
}
