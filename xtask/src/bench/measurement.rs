//! What criterion measured, from the files that it leaves.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What was measured of a benchmark.
#[derive(Debug)]
pub(super) struct Measurement {
    pub(super) group: String,
    /// Its name within the group.
    pub(super) name: String,
    /// Its parameter, such as a number of rows.
    pub(super) parameter: Option<String>,
    /// The median time of a run, in nanoseconds.
    pub(super) nanoseconds: f64,
    /// The 95 % interval of the median.
    pub(super) interval: (f64, f64),
    /// What a run gets through.
    pub(super) elements: Option<u64>,
    pub(super) taken: SystemTime,
}

/// `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
}

/// Our benchmarks count nothing else.
#[derive(Deserialize)]
enum Throughput {
    Elements(u64),
}

/// `estimates.json`, where times are in nanoseconds.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// The last measurement of every benchmark in criterion's folder, if taken since then, by group and name;
/// parameters that are numbers are in their order.
pub(super) fn read(folder: &Path, since: SystemTime) -> Result<Vec<Measurement>> {
    let mut found = vec![];
    collect(folder, &mut found)?;
    found.retain(|measurement| measurement.taken >= since);
    found.sort_by_cached_key(|Measurement { group, name, parameter, .. }| {
        let number = parameter.as_ref().and_then(|parameter| parameter.parse::<u64>().ok());
        (group.clone(), name.clone(), number, parameter.clone())
    });
    Ok(found)
}

/// Looks for folders named `new`: beside them are earlier measurements and comparisons with them.
fn collect(folder: &Path, found: &mut Vec<Measurement>) -> Result<()> {
    let list = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(list)? {
        let path = entry.with_context(list)?.path();
        if path.ends_with("new") && path.join("benchmark.json").is_file() {
            found.push(Measurement::read(&path)?);
        } else if path.is_dir() {
            collect(&path, found)?;
        }
    }
    Ok(())
}

impl Measurement {
    fn read(folder: &Path) -> Result<Self> {
        let file = folder.join("estimates.json");
        let Estimates { median } = json(&file)?;
        let Benchmark { group_id, function_id, value_str, throughput } =
            json(&folder.join("benchmark.json"))?;
        let taken = fs::metadata(&file).and_then(|metadata| metadata.modified());
        Ok(Self {
            group: group_id,
            name: function_id.unwrap_or_default(),
            parameter: value_str,
            nanoseconds: median.point_estimate,
            interval: (
                median.confidence_interval.lower_bound,
                median.confidence_interval.upper_bound,
            ),
            elements: throughput.map(|Throughput::Elements(elements)| elements),
            taken: taken.with_context(|| format!("cannot tell the time of {}", file.display()))?,
        })
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let read =
        || -> Result<T> { Ok(serde_json::from_slice(&a2d_file::read(path, a2d_file::MAX_TEXT)?)?) };
    read().with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::time::Duration;

    /// Leaves what criterion does of a benchmark, as of so many seconds after 1970.
    fn leave(folder: &Path, benchmark: &Value, seconds: u64) {
        for run in ["new", "base", "change"] {
            let run = folder.join(run);
            fs::create_dir_all(&run).unwrap();
            let estimate = |point| {
                let interval =
                    json!({"confidence_level": 0.95, "lower_bound": 1.5, "upper_bound": 2.5});
                let error = json!(0.1);
                json!({"confidence_interval": interval, "point_estimate": point, "standard_error": error})
            };
            let estimates = json!({"mean": estimate(9.0), "median": estimate(2.0), "slope": null});
            fs::write(run.join("benchmark.json"), benchmark.to_string()).unwrap();
            fs::write(run.join("estimates.json"), estimates.to_string()).unwrap();
            let file = fs::File::options().append(true).open(run.join("estimates.json")).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
    }

    /// A folder with a benchmark at two parameters, and one of another group.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for (rows, seconds) in [("20000", 30), ("2000", 10)] {
            let benchmark = json!({"group_id": "knn", "function_id": "fit", "value_str": rows,
                "throughput": {"Elements": 7}, "full_id": "", "directory_name": "", "title": ""});
            leave(&path.join("knn/fit").join(rows), &benchmark, seconds);
        }
        let benchmark = json!({"group_id": "AUROC", "function_id": null, "value_str": null,
            "throughput": null});
        leave(&path.join("AUROC"), &benchmark, 20);
        folder
    }

    #[test]
    fn last_measurements_are_read_in_order() {
        let folder = folder();
        let found = read(folder.path(), SystemTime::UNIX_EPOCH).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|found| (&*found.group, &*found.name, found.parameter.as_deref()))
            .collect();
        let expected =
            [("AUROC", "", None), ("knn", "fit", Some("2000")), ("knn", "fit", Some("20000"))];
        assert_eq!(names, expected);
        assert_eq!((found[1].nanoseconds, found[1].interval), (2.0, (1.5, 2.5)));
        assert_eq!(
            found.iter().map(|found| found.elements).collect::<Vec<_>>(),
            [None, Some(7), Some(7)]
        );
    }

    #[test]
    fn earlier_measurements_are_left_out_if_asked_to() {
        let folder = folder();
        let since = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let count = |seconds| read(folder.path(), since(seconds)).unwrap().len();
        assert_eq!([10, 11, 30, 31].map(count), [3, 2, 1, 0]);
    }

    #[test]
    fn a_file_that_is_not_criterions_is_named() {
        let folder = folder();
        let broken = folder.path().join("AUROC/new/estimates.json");
        for text in ["{}", "", r#"{"median": {"point_estimate": "2"}}"#] {
            fs::write(&broken, text).unwrap();
            let error = format!("{:#}", read(folder.path(), SystemTime::UNIX_EPOCH).unwrap_err());
            assert!(error.starts_with(&format!("cannot read {}: ", broken.display())), "{error}");
        }
        let missing = folder.path().join("none");
        let error = format!("{:#}", read(&missing, SystemTime::UNIX_EPOCH).unwrap_err());
        assert!(error.contains("cannot list"), "{error}");
    }
}
