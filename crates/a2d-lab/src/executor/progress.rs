//! How far a run is, on standard error.

use crate::executor::pace::{Pace, time};
use crate::plan::step::Step;
use crate::say::say;

/// Steps done and to do.
pub(crate) struct Progress<'a> {
    cores: usize,
    all: usize,
    left: Vec<&'a Step>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(steps: &'a [Step], cores: usize) -> Self {
        Self { cores, all: steps.len(), left: steps.iter().collect() }
    }

    /// Says that a step begins.
    pub(crate) fn begin(&self, step: &Step) {
        say(format_args!("[{}/{}] {}", self.done(), self.all, step.name));
    }

    /// Counts a step that is done; it took no seconds if it did not have to run.
    pub(crate) fn end(&mut self, step: &Step, seconds: Option<f64>, pace: &Pace) {
        self.left.retain(|other| other.name != step.name);
        if let Some(seconds) = seconds {
            let left = pace.estimate(self.left.iter().copied()).time(self.cores);
            let (done, all, name) = (self.done(), self.all, &step.name);
            say(format_args!("[{done}/{all}] {name} took {}; {left} left", time(seconds)));
        }
    }

    fn done(&self) -> usize {
        self.all - self.left.len()
    }
}
