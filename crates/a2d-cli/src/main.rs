//! The binary `a2d`.

use std::process::ExitCode;

fn main() -> ExitCode {
    a2d_cli::main()
}
