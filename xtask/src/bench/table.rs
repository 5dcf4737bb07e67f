//! Measurements as Markdown.

use super::machine::Machine;
use super::measurement::Measurement;
use std::time::SystemTime;
use time::{Date, OffsetDateTime};

/// Units of time in nanoseconds, and of counts; the largest first.
const TIMES: [(&str, f64); 4] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0)];
const COUNTS: [(&str, f64); 4] = [("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0)];

/// A page with all measurements, and what they were made with.
pub(super) fn page(
    machine: &Machine,
    start: SystemTime,
    command: &str,
    rows: &[Measurement],
) -> String {
    let Machine { processor, cores, threads } = machine;
    let (date, version) = (date(start), env!("CARGO_PKG_VERSION"));
    let rows: String = rows.iter().map(row).collect();
    format!(
        "# Measured times\n\n\
         * Processor: {processor}, {cores} cores\n\
         * Threads of libtorch: {threads}\n\
         * Date: {date}\n\
         * Command: `{command}`\n\
         * Version: a2d {version}\n\n\
         Times are medians of a run, with their 95 % intervals. [README.md](README.md) says what a run is and \
         which elements it gets through. A row with an earlier date is of an earlier command.\n\n\
         | group | benchmark | time | 95 % interval | elements a second | date |\n\
         |---|---|---:|---:|---:|---|\n\
         {rows}"
    )
}

fn row(measurement: &Measurement) -> String {
    let Measurement { group, name, parameter, nanoseconds, interval: (low, high), .. } =
        measurement;
    let name = match parameter {
        Some(parameter) if name.is_empty() => parameter.clone(),
        Some(parameter) => format!("{name}/{parameter}"),
        None => name.clone(),
    };
    let per_second = |elements| scaled(elements as f64 * 1e9 / nanoseconds, COUNTS);
    let throughput = measurement.elements.map_or(String::new(), per_second);
    let [median, low, high] = [*nanoseconds, *low, *high].map(|time| scaled(time, TIMES));
    let date = date(measurement.taken);
    format!("| {group} | {name} | {median} | {low} to {high} | {throughput} | {date} |\n")
}

/// The day, in UTC.
fn date(time: SystemTime) -> Date {
    OffsetDateTime::from(time).date()
}

/// Four digits in the largest unit of which it is at least one.
fn scaled(number: f64, units: [(&str, f64); 4]) -> String {
    let is_reached = |(_, size): &&(&str, f64)| number >= *size;
    let (unit, size) = units.iter().find(is_reached).unwrap_or(&units[3]);
    let number = number / size;
    let decimals = if number < 10.0 { 3 } else { 1 + usize::from(number < 100.0) };
    format!("{number:.decimals$} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_the_unit_that_suits() {
        let time = |nanoseconds| scaled(nanoseconds, TIMES);
        assert_eq!([0.5, 12.346].map(time), ["0.500 ns", "12.35 ns"]);
        assert_eq!([1e3, 123_456.0].map(time), ["1.000 µs", "123.5 µs"]);
        assert_eq!([2.5e6, 1.5e10].map(time), ["2.500 ms", "15.00 s"]);
        assert_eq!([7.0, 64_000.0].map(|count| scaled(count, COUNTS)), ["7.000", "64.00 k"]);
    }

    #[test]
    fn a_row_names_benchmark_times_throughput_and_day() {
        let rows = [(Some("64"), Some(128)), (None, None)].map(|(parameter, elements)| {
            let parameter = parameter.map(str::to_owned);
            Measurement {
                group: "attacks".into(),
                name: "bim".into(),
                parameter,
                nanoseconds: 2e6,
                interval: (1.9e6, 2.1e6),
                elements,
                taken: SystemTime::UNIX_EPOCH,
            }
        });
        let machine = Machine { processor: "A CPU".into(), cores: 2, threads: "1".into() };
        let page = page(&machine, SystemTime::UNIX_EPOCH, "cargo xtask bench", &rows);
        assert!(page.contains("* Processor: A CPU, 2 cores\n* Threads of libtorch: 1\n"), "{page}");
        assert!(page.contains("* Date: 1970-01-01\n* Command: `cargo xtask bench`\n"), "{page}");
        let expected = "|---|---|---:|---:|---:|---|\n\
            | attacks | bim/64 | 2.000 ms | 1.900 ms to 2.100 ms | 64.00 k | 1970-01-01 |\n\
            | attacks | bim | 2.000 ms | 1.900 ms to 2.100 ms |  | 1970-01-01 |\n";
        assert!(page.ends_with(expected), "{page}");
    }
}
