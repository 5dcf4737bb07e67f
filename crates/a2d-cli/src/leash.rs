//! Ends with whoever started this process, where that one wants it.

use std::io;
use std::thread;

/// Set by programs that run a2d as a part of their own work.
const VARIABLE: &str = "A2D_END_WITH_INPUT";

/// Where `A2D_END_WITH_INPUT` is set, the process ends with its standard input: with a pipe whose other end another
/// process holds, it ends as that one does, killed or not. What is done of its work is kept, as whenever it is killed.
pub(crate) fn hold() {
    if std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()) {
        thread::spawn(|| {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            end();
        });
    }
}

/// At once: libtorch's threads may be at work, which an orderly end would wait for.
#[cfg(unix)]
fn end() {
    use rustix::process::{Signal, getpid, kill_process};
    if kill_process(getpid(), Signal::KILL).is_err() {
        std::process::abort();
    }
}

#[cfg(not(unix))]
fn end() {
    std::process::abort();
}
