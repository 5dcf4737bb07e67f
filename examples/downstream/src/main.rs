//! The program: a2d, and what this crate adds to it.

use std::process::ExitCode;

fn main() -> ExitCode {
    match downstream::extensions() {
        Ok(extensions) => a2d_cli::run_with(extensions),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
