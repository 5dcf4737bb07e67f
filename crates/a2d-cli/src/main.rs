//! The binary `a2d`.

use std::process::ExitCode;

/// Serves libtorch too: it keeps the memory of a pass for the next one, where the system's allocator gives
/// large buffers back and has the kernel clear them anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    a2d_cli::main()
}
