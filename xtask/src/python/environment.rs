//! The Python that packages are built and tested with: one in the user's cache for all checkouts.

use crate::say::say;
use crate::setup::{Cache, PYTHON, STAGED, run_program};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::env::{self, consts};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};
use tempfile::TempDir;

/// What is installed, each in one version.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Written last: an environment that has it is whole.
const MARK: &str = "a2d-requirements.txt";

/// Prints the version by which wheels are named, and fails where it is too old.
const VERSION: &str = "
import sys
assert sys.version_info >= (3, 10), 'Python 3.10 or newer is needed'
print('%d.%d' % sys.version_info[:2])";

/// A virtual environment with all requirements.
pub(super) struct Environment {
    folder: PathBuf,
    /// Where torch is installed.
    torch: PathBuf,
}

impl Environment {
    /// The environment in the cache, made if need be.
    pub(super) fn ready() -> Result<Self> {
        let folder = cached("python", REQUIREMENTS)?;
        let locate =
            "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])";
        let torch = said(Command::new(interpreter(&folder)).args(["-c", locate]))?;
        Ok(Self { torch: torch.into(), folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its torch.
    pub(super) fn torch(&self) -> &Path {
        &self.torch
    }

    pub(super) fn interpreter(&self) -> PathBuf {
        interpreter(&self.folder)
    }

    /// Its interpreter, called in the root of the workspace.
    pub(super) fn python(&self) -> Command {
        let mut python = Command::new(self.interpreter());
        python.current_dir(workspace::root());
        self.enter(&mut python);
        python
    }

    /// Makes the environment that of a command, as its activation does.
    pub(super) fn enter(&self, command: &mut Command) {
        let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
        command.env("VIRTUAL_ENV", &self.folder);
        command.env("PATH", before("PATH", &self.folder.join(scripts)));
        // Among torch's libraries is that of its Python side, which no libtorch has.
        command.env("LIBRARY_PATH", before("LIBRARY_PATH", &self.torch.join("lib")));
        // Python's torch has a libtorch of its own, and two do not go together.
        command.env("LD_LIBRARY_PATH", without_libtorch());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_")
                || name.to_string_lossy().starts_with("CARGO_MANIFEST_")
            {
                command.env_remove(name);
            }
        }
    }
}

/// The interpreter of an environment with these packages, made if need be.
pub(crate) fn with_packages(name: &str, requirements: &str) -> Result<PathBuf> {
    Ok(interpreter(&cached(name, requirements)?))
}

/// The folder of an environment with these packages, made if need be.
fn cached(name: &str, requirements: &str) -> Result<PathBuf> {
    let version = said(Command::new(PYTHON).args(["-c", VERSION]))?;
    let described = format!("{} {} {version}\n{requirements}", consts::OS, consts::ARCH);
    let name = format!("{name}-{}", &hex::encode(Sha256::digest(&described))[..16]);
    let cache = Cache::of_user()?;
    cache.home(&name, &|home| check(home, &described), &|| {
        make(cache.staging()?, requirements, &described)
    })
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn check(home: &Path, described: &str) -> Result<()> {
    let found = fs::read_to_string(home.join(MARK))?;
    ensure!(found == described, "{} is another environment", home.display());
    Ok(())
}

/// Makes the environment in the staging folder. It is moved afterwards, so its scripts, which know their place, are not
/// used, but the modules that they call.
fn make(staging: TempDir, requirements: &str, described: &str) -> Result<TempDir> {
    say("installing Python packages, once for all checkouts");
    let home = staging.path().join(STAGED);
    let file = staging.path().join("requirements.txt");
    fs::write(&file, requirements)?;
    let mut venv = Command::new(PYTHON);
    run_program(venv.args(["-m", "venv"]).arg(&home).stderr(Stdio::piped()), |output| {
        &output.stderr
    })?;
    let mut pip = Command::new(interpreter(&home));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--only-binary=:all:", "--requirement"]).arg(file);
    run_program(pip.stdout(io::stderr()).stderr(Stdio::piped()), |output| &output.stderr)
        .context("cannot install the requirements")?;
    fs::write(home.join(MARK), described)?;
    Ok(staging)
}

fn said(command: &mut Command) -> Result<String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = run_program(command, |output| &output.stderr)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The paths of a variable with one before them.
fn before(variable: &str, path: &Path) -> OsString {
    let known = env::var_os(variable).unwrap_or_default();
    let all = std::iter::once(path.to_owned()).chain(env::split_paths(&known));
    env::join_paths(all.filter(|path| !path.as_os_str().is_empty()))
        .unwrap_or_else(|_| path.as_os_str().to_owned())
}

/// The loader's path without the libtorch that this task itself was run with.
fn without_libtorch() -> OsString {
    let known = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let link = OsStr::new(".libtorch");
    let others = env::split_paths(&known)
        .filter(|path| !path.iter().any(|part| part == link) && !path.as_os_str().is_empty());
    env::join_paths(others).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_whole_only_with_its_mark() {
        let home = tempfile::tempdir().unwrap();
        assert!(check(home.path(), "linux 3.11").is_err());
        fs::write(home.path().join(MARK), "linux 3.11").unwrap();
        check(home.path(), "linux 3.11").unwrap();
        let error = check(home.path(), "linux 3.12").unwrap_err().to_string();
        assert!(error.ends_with("is another environment"), "{error}");
    }

    #[test]
    fn every_requirement_is_pinned_and_torch_is_the_one_of_libtorch() {
        assert!(REQUIREMENTS.lines().all(|line| line.split_once("==").is_some()));
        assert!(REQUIREMENTS.lines().any(|line| line == "torch==2.13.0"));
    }

    #[test]
    fn a_path_comes_before_those_known() {
        let path = before("A2D_NO_SUCH_VARIABLE", Path::new("/torch/lib"));
        assert_eq!(path, "/torch/lib");
    }
}
