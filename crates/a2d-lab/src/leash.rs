//! Ends with whoever started this process.

use crate::executor::binary::LEASH;
use crate::{Error, Result};
use clap::Args;
use std::ffi::OsString;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, io, thread};

/// How often it is looked whether a program has ended.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does `end` when standard input ends, where another process holds its other end and says so.
pub(crate) fn hold(end: impl FnOnce() + Send + 'static) {
    if env::var_os(LEASH).is_some_and(|value| !value.is_empty()) {
        watch(end);
    }
}

fn watch(end: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        end();
    });
}

/// Run a program that does not look at its standard input, and kill it when that ends
#[derive(Debug, Args)]
pub struct Hold {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Hold {
    /// Runs the program to its end.
    ///
    /// # Errors
    /// If it cannot be run, or fails.
    pub fn run(&self) -> Result<()> {
        let [program, arguments @ ..] = self.command.as_slice() else { return Ok(()) };
        let child = Command::new(program).args(arguments).spawn();
        let child = child.map_err(Error::system(format!("run {}", program.display())))?;
        let child = Arc::new(Mutex::new(child));
        let held = Arc::clone(&child);
        watch(move || {
            let _ = lock(&held).kill(); // unless it has ended by itself
        });
        loop {
            let ended = lock(&child).try_wait().map_err(Error::system("wait for a program"))?;
            if let Some(status) = ended {
                let failed = || Error::program(program.as_ref(), status);
                return if status.success() { Ok(()) } else { Err(failed()) };
            }
            thread::sleep(PATIENCE);
        }
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}
