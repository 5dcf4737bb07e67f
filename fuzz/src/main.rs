//! Feeds every parser for so many minutes in all: `a2d-fuzz MINUTES FOLDER [SEED]`.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use a2d_fuzz::{Budget, feed, targets};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing went wrong.
fn run() -> io::Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = || io::Error::other("expected MINUTES FOLDER [SEED]");
    let (minutes, folder) = arguments.first().zip(arguments.get(1)).ok_or_else(usage)?;
    let minutes: f64 = minutes.parse().map_err(|_| usage())?;
    let seed = arguments.get(2).map_or(Ok(0), |seed| seed.parse()).map_err(|_| usage())?;
    let all = targets::all()?;
    let time =
        Duration::try_from_secs_f64(60.0 * minutes / all.len() as f64).map_err(|_| usage())?;
    let mut is_well = true;
    for target in &all {
        let folder = Path::new(folder).join(target.name);
        let report = feed(target, seed, Budget::Time(time), &folder, &MEMORY)?;
        let (files, accepted, failed) = (report.files, report.accepted, report.failures.len());
        writeln!(
            io::stdout(),
            "{:10} {files:9} files, {accepted:8} accepted, {failed} failures",
            target.name
        )?;
        for (failure, kept) in &report.failures {
            writeln!(io::stdout(), "  {failure}: {}", kept.display())?;
        }
        is_well &= report.failures.is_empty();
    }
    Ok(is_well)
}
