//! How far a run is, on standard error: a bar on a terminal, lines elsewhere.

use crate::executor::pace::{Pace, time};
use crate::plan::step::Step;
use crate::say::say;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Steps done and to do.
pub(crate) struct Progress<'a> {
    cores: usize,
    all: usize,
    left: Vec<&'a Step>,
    /// Those that run.
    running: Vec<&'a str>,
    /// Shows nothing where standard error is no terminal.
    bar: ProgressBar,
}

impl<'a> Progress<'a> {
    /// Of steps of which these are to do.
    pub(crate) fn new(all: usize, left: Vec<&'a Step>, cores: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {prefix} {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(all as u64).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { cores, all, left, running: vec![], bar }
    }

    /// Says that a step begins.
    pub(crate) fn begin(&mut self, step: &'a Step) {
        self.running.push(&step.name);
        if self.bar.is_hidden() {
            say(format_args!("[{}/{}] {}", self.done(), self.all, step.name));
        }
        self.bar.set_message(self.running.join(", "));
    }

    /// Counts a step that is done; it took no seconds if it did not have to run.
    pub(crate) fn end(&mut self, step: &Step, seconds: Option<f64>, pace: &Pace) {
        self.left.retain(|other| other.name != step.name);
        self.running.retain(|name| *name != step.name);
        self.bar.set_position(self.done() as u64);
        if let Some(seconds) = seconds {
            let left = pace.estimate(self.left.iter().copied()).time(self.cores);
            let (done, all, name) = (self.done(), self.all, &step.name);
            if self.bar.is_hidden() {
                say(format_args!("[{done}/{all}] {name} took {}; {left} left", time(seconds)));
            }
            self.bar.set_prefix(format!("{left} left:"));
            self.bar.set_message(self.running.join(", "));
        }
    }

    fn done(&self) -> usize {
        self.all - self.left.len()
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
