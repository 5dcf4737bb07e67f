//! What steps took, so that it can be said what others will take.

use crate::plan::step::{Effort, Step};
use crate::whole_file;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Seconds of one core that an item takes, by the kind of step, as the last steps of each kind took them on this
/// machine.
#[derive(Default)]
pub(crate) struct Pace {
    seconds: BTreeMap<String, f64>,
    file: Option<PathBuf>,
}

/// What steps are expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Estimate {
    /// Seconds of one core, of those steps that something is known of.
    pub(crate) seconds: f64,
    /// How many steps nothing is known of.
    pub(crate) unknown: usize,
}

impl Pace {
    /// What earlier runs kept in a file.
    pub(crate) fn kept_in(file: &Path) -> Self {
        let kept = a2d_file::read(file, a2d_file::MAX_TEXT)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        Self { seconds: kept.unwrap_or_default(), file: Some(file.to_owned()) }
    }

    /// What these steps are expected to take.
    pub(crate) fn estimate<'a>(&self, steps: impl IntoIterator<Item = &'a Step>) -> Estimate {
        let mut estimate = Estimate::default();
        for Step { effort: Effort { kind, items }, .. } in steps {
            match self.seconds.get(kind) {
                Some(seconds) => estimate.seconds += seconds * *items as f64,
                None => estimate.unknown += 1,
            }
        }
        estimate
    }

    /// Notes what a step took on so many threads.
    pub(crate) fn learn(&mut self, effort: &Effort, seconds: f64, threads: usize) {
        let each = seconds * threads as f64 / effort.items.max(1) as f64;
        self.seconds.insert(effort.kind.clone(), each);
        if let (Some(file), Ok(text)) = (&self.file, serde_json::to_string_pretty(&self.seconds)) {
            let _ = whole_file::write(file, &text); // an estimate is nothing to fail for
        }
    }
}

impl Estimate {
    /// How long it takes on so many cores, for people.
    pub(crate) fn time(self, cores: usize) -> String {
        let time = time(self.seconds / cores.max(1) as f64);
        match self.unknown {
            0 => format!("about {time}"),
            _ if self.seconds > 0.0 => format!("more than {time}"),
            _ => "unknown time".to_owned(),
        }
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
    use crate::plan::step::tests::step;

    #[test]
    fn a_step_is_expected_to_take_what_the_last_of_its_kind_took() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seconds.json");
        let of = |kind: &str, items| {
            let mut step = step("cost", &[], Path::new("a"), Path::new("b"));
            step.effort = Effort { kind: kind.into(), items };
            step
        };
        let steps = [of("dba", 10), of("dba", 20), of("bim", 5)];
        let mut pace = Pace::kept_in(&file);
        assert_eq!(pace.estimate(&steps), Estimate { seconds: 0.0, unknown: 3 });
        assert_eq!(pace.estimate(&steps).time(2), "unknown time");
        pace.learn(&steps[0].effort, 15.0, 2);
        let estimate = Pace::kept_in(&file).estimate(&steps);
        assert_eq!(estimate, Estimate { seconds: 90.0, unknown: 1 });
        assert_eq!(estimate.time(2), "more than 45 s");
        assert_eq!(Estimate { unknown: 0, ..estimate }.time(1), "about 90 s");
    }

    #[test]
    fn times_are_in_units_for_people() {
        let times = [0.4, 99.0, 150.0, 9000.0].map(time);
        assert_eq!(times, ["0 s", "99 s", "2 min", "2.5 h"]);
    }
}
