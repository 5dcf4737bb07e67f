//! Feeds damaged files and numbers to every parser, and tells what none may do: panic, take much memory for a
//! small file, or take long.
//!
//! The damage is drawn from a seed, so that a failure can be had again; the file at fault is kept. It needs
//! neither nightly Rust nor instrumentation: what it lacks in guidance it has in right checksums, numbers at the
//! ends of their types, and a corpus with one file of each kind.

mod damage;
mod target;
pub mod targets;

use std::any::Any;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
pub use target::{Dress, Parser, Target};

/// The most memory that a file of at most 64 KiB may take: what the largest image takes that such a PNG file can
/// hold is beyond any that damage draws.
const MEMORY: usize = 256 << 20;

/// The longest that a file may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a target is fed.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// So many files.
    Files(u64),
    /// So long.
    Time(Duration),
}

/// What came of feeding a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were fed.
    pub files: u64,
    /// Those that were accepted.
    pub accepted: u64,
    /// What went wrong, with the file that is kept.
    pub failures: Vec<(String, PathBuf)>,
}

/// Feeds `target` with its seeds, then with damaged ones; `folder` takes the files, and keeps those at fault. One
/// that ends the whole process is left there as `class/input`.
///
/// # Errors
/// If the folder cannot be used, or there is no seed.
pub fn feed(
    target: &Target,
    seed: u64,
    budget: Budget,
    folder: &Path,
    memory: &PeakAlloc,
) -> io::Result<Report> {
    // One level down, as images of a folder of classes lie.
    let class = folder.join("class");
    fs::create_dir_all(&class)?;
    let input = class.join("input");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut report = Report::default();
    let start = Instant::now();
    let seeds = &target.seeds;
    if seeds.is_empty() {
        return Err(io::Error::other(format!("the corpus has no file for {}", target.name)));
    }
    loop {
        let is_over = match budget {
            Budget::Files(files) => report.files >= files,
            Budget::Time(time) => start.elapsed() >= time,
        };
        if is_over || report.failures.len() >= 20 {
            return Ok(report);
        }
        let content = if let Some(whole) = seeds.get(report.files as usize) {
            whole.clone()
        } else {
            let [one, other] = [0; 2].map(|_| &seeds[random.random_range(0..seeds.len())]);
            let damaged = damage::damaged(one, other, &mut random);
            if random.random() { (target.dress)(damaged) } else { damaged }
        };
        fs::write(&input, &content)?;
        report.files += 1;
        memory.reset_peak_usage();
        let (before, began) = (memory.current_usage(), Instant::now());
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.parse)(&input)));
        let (taken, time) = (memory.peak_usage().saturating_sub(before), began.elapsed());
        let failure = match outcome {
            Err(panic) => Some(format!("panicked: {}", message(&*panic))),
            Ok(_) if taken > MEMORY => Some(format!("took {} MiB", taken >> 20)),
            Ok(_) if time > PATIENCE => Some(format!("took {:.0} s", time.as_secs_f64())),
            Ok(accepted) => {
                report.accepted += u64::from(accepted);
                None
            }
        };
        if let Some(failure) = failure {
            let kept = folder.join(format!("failure-{}", report.files));
            fs::write(&kept, &content)?;
            report.failures.push((failure, kept));
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message").to_owned()
}
