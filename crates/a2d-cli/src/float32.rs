//! Float32 that is float32 on a CUDA device, too: what says so there has to be said before the process starts.

use std::process::Command;
use std::{env, io};

use a2d_model::{NO_TF32, Precision};
use anyhow::Context as _;
use tch::Device;

/// Begins the process again, with the environment in which CUDA's libraries compute float32 as float32, if this precision
/// on this device takes that and it is not so yet.
pub(crate) fn ensure(precision: Precision, device: Device) -> anyhow::Result<()> {
    let (variable, _) = NO_TF32;
    // Whoever has set the variable to something else is told what it should be.
    let is_said = env::var_os(variable).is_some();
    if precision == Precision::Float32 && device.is_cuda() && !is_said {
        let again = again().context("find the program that runs")?;
        begin(again).context("begin again without TF32")?;
    }
    Ok(())
}

/// The same program with the same arguments, in an environment without TF32.
fn again() -> io::Result<Command> {
    let (variable, off) = NO_TF32;
    let mut again = Command::new(env::current_exe()?);
    again.args(env::args_os().skip(1)).env(variable, off);
    Ok(again)
}

/// The process goes on as this one.
#[cfg(unix)]
fn begin(mut again: Command) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;

    Err(again.exec())
}

/// The process ends as this one does.
#[cfg(not(unix))]
fn begin(mut again: Command) -> io::Result<()> {
    let status = again.status()?;
    std::process::exit(status.code().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn the_process_begins_again_with_all_it_was_told() {
        let again = again().unwrap();
        assert_eq!(again.get_program(), env::current_exe().unwrap());
        let arguments: Vec<_> = env::args_os().skip(1).collect();
        assert_eq!(again.get_args().collect::<Vec<_>>(), arguments);
        let variables: Vec<_> = again.get_envs().collect();
        assert_eq!(variables, [(OsStr::new("NVIDIA_TF32_OVERRIDE"), Some(OsStr::new("0")))]);
    }

    #[test]
    fn a_processor_needs_none_of_that() {
        for precision in Precision::ALL {
            ensure(precision, Device::Cpu).unwrap();
        }
        ensure(Precision::Tf32, Device::Cuda(0)).unwrap();
    }
}
