//! What benchmarks ran on.

use std::process::Command;
use std::{env, fs, thread};

/// The machine, as far as it says.
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    /// Threads of libtorch.
    pub(super) threads: String,
}

impl Machine {
    /// The one that this runs on.
    pub(super) fn this() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            processor: processor().unwrap_or_else(|| env::consts::ARCH.to_owned()),
            cores,
            threads: env::var("OMP_NUM_THREADS").unwrap_or_else(|_| "1".to_owned()),
        }
    }
}

/// The processor's name, on Linux or macOS.
fn processor() -> Option<String> {
    if let Ok(text) = fs::read_to_string("/proc/cpuinfo") {
        return model_name(&text);
    }
    let output = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !name.trim().is_empty()).then(|| name.trim().to_owned())
}

/// The name of the first processor in `/proc/cpuinfo`, which some architectures leave out.
fn model_name(text: &str) -> Option<String> {
    let named = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    };
    text.lines().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_gives_the_name() {
        let text =
            "processor\t: 0\nmodel\t\t: 85\nmodel name\t: A CPU @ 2 GHz\n\nmodel name\t: B\n";
        assert_eq!(model_name(text).as_deref(), Some("A CPU @ 2 GHz"));
        assert_eq!(model_name("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }
}
