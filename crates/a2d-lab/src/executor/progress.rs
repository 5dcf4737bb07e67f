//! How far a run is, on standard error.

use crate::plan::step::Step;
use crate::say::say;

/// Seconds of steps from which the pace is not taken for more than the estimate.
const TRUST: f64 = 60.0;

/// Steps done and to do, in seconds of one core.
pub(crate) struct Progress {
    steps: usize,
    done: usize,
    jobs: f64,
    /// What the steps to do were estimated to take.
    left: f64,
    /// What the steps that were run had been estimated to take, and took.
    estimated: f64,
    taken: f64,
}

impl Progress {
    pub(crate) fn new(steps: &[Step], jobs: usize) -> Self {
        let left = steps.iter().map(|step| step.seconds).sum();
        Self { steps: steps.len(), done: 0, jobs: jobs as f64, left, estimated: 0.0, taken: 0.0 }
    }

    /// Says that a step begins.
    pub(crate) fn begin(&self, step: &Step) {
        say(format_args!("[{}/{}] {}", self.done, self.steps, step.name));
    }

    /// Counts a step that is done; it took no seconds if it did not have to run.
    pub(crate) fn end(&mut self, step: &Step, seconds: Option<f64>) {
        self.done += 1;
        self.left -= step.seconds;
        if let Some(seconds) = seconds {
            self.estimated += step.seconds;
            self.taken += seconds;
            let (done, steps, name) = (self.done, self.steps, &step.name);
            say(format_args!(
                "[{done}/{steps}] {name} took {}; {} left",
                time(seconds),
                time(self.left())
            ));
        }
    }

    /// What the rest takes if it deviates from the estimate as what was run did. The first steps are short
    /// and say little.
    fn left(&self) -> f64 {
        let pace = (self.taken + TRUST) / (self.estimated + TRUST);
        pace * self.left.max(0.0) / self.jobs
    }
}

/// Seconds for people.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 100.0 {
        format!("{seconds:.0} s")
    } else if seconds < 6000.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_goes_at_the_pace_of_what_was_run() {
        let step = |seconds| Step {
            name: "cost".into(),
            arguments: vec![],
            inputs: vec![],
            outputs: vec![],
            printed: "a.json".into(),
            seconds,
        };
        let steps = [step(10.0), step(20.0), step(40.0)];
        let mut progress = Progress::new(&steps, 2);
        assert_eq!(progress.left().to_bits(), 35_f64.to_bits());
        progress.end(&steps[0], None);
        progress.end(&steps[1], Some(100.0));
        assert_eq!(progress.left().to_bits(), 40_f64.to_bits()); // twice as slow
    }

    #[test]
    fn times_are_in_units_for_people() {
        let times = [0.4, 99.0, 150.0, 9000.0].map(time);
        assert_eq!(times, ["0 s", "99 s", "2 min", "2.5 h"]);
    }
}
