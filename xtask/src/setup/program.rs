//! Running the programs that download: curl and pip. They bring their own HTTP, proxies and progress bars,
//! which keeps all that out of this package.

use anyhow::{Result, bail};
use std::io;
use std::process::{Command, Output};

/// The interpreter that torch-sys asks, too.
pub(crate) const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// Runs `command`. When it fails, the error is the last line of the stream that `complaint` chooses.
pub(crate) fn run(command: &mut Command, complaint: fn(&Output) -> &[u8]) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = match command.spawn().and_then(std::process::Child::wait_with_output) {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("{program} is not installed")
        }
        Err(error) => bail!("cannot run {program}: {error}"),
    };
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(complaint(&output));
    match said.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => bail!("{program}: {}", line.trim().trim_start_matches("ERROR: ")),
        None => bail!("{program}: {}", output.status),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Stdio;

    fn shell(script: &str) -> Result<Output> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stderr(Stdio::piped());
        run(&mut command, |output| &output.stderr)
    }

    #[test]
    fn the_last_line_of_a_failed_program_is_the_error() {
        let outcome = shell("printf 'retrying\nERROR: no such package\n\n' >&2; exit 1");
        assert_eq!(outcome.unwrap_err().to_string(), "sh: no such package");
    }

    #[test]
    fn a_silent_failure_gives_its_status() {
        let outcome = shell("exit 3");
        assert_eq!(outcome.unwrap_err().to_string(), "sh: exit status: 3");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program"), |output| &output.stderr);
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "no-such-program is not installed");
    }
}
