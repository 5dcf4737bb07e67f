//! The program a2d.

use crate::executor::digests::Digests;
use crate::plan::step::Step;
use crate::{Error, Result};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::thread;

/// Has a2d end with whoever holds the other end of its standard input.
pub(crate) const LEASH: &str = "A2D_END_WITH_INPUT";

/// The program that steps are runs of.
#[derive(Clone)]
pub(crate) struct Binary {
    path: PathBuf,
    /// Of its content: another build under the same version may find something else.
    digest: String,
}

impl Binary {
    /// The program at `path`.
    pub(crate) fn new(path: &Path, digests: &mut Digests) -> Result<Self> {
        Ok(Self { path: path.to_owned(), digest: digests.of(path)? })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says its version is.
    pub(crate) fn version(&self) -> Result<String> {
        let output = Command::new(&self.path).arg("--version").stdin(Stdio::null()).output();
        let output = output.map_err(self.failed())?;
        if !output.status.success() {
            return Err(Error::program(&self.path, format_args!("--version: {}", output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Refuses steps whose arguments a2d does not understand, before any of them runs.
    pub(crate) fn check(&self, steps: &[Step]) -> Result<()> {
        let lines = steps.iter().map(|step| serde_json::to_string(&step.arguments));
        let lines =
            lines.collect::<serde_json::Result<Vec<_>>>().map_err(self.failed())?.join("\n") + "\n";
        let mut a2d = Command::new(&self.path);
        a2d.arg("understand").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = a2d.spawn().map_err(self.failed())?;
        let input = child.stdin.take();
        // Beside reading the answers, which would not fit into the pipe.
        let writing =
            thread::spawn(move || input.map(|mut input| input.write_all(lines.as_bytes())));
        let output = child.wait_with_output().map_err(self.failed())?;
        let _ = writing.join(); // a program that did not read to the end says so itself
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(Error::program(&self.path, said.trim()));
        }
        let answers = String::from_utf8_lossy(&output.stdout);
        let answers = answers.lines().map(serde_json::from_str::<Option<String>>);
        let answers = answers.collect::<serde_json::Result<Vec<_>>>().map_err(self.failed())?;
        if answers.len() != steps.len() {
            return Err(Error::program(&self.path, "it did not answer of every step"));
        }
        match steps.iter().zip(answers).find_map(|(step, answer)| Some((step, answer?))) {
            Some((step, answer)) => {
                Err(Error::experiment(&step.name, "what a2d understands", answer))
            }
            None => Ok(()),
        }
    }

    /// What makes an error of one that kept the program from running.
    pub(crate) fn failed<E: Into<std::io::Error>>(&self) -> impl Fn(E) -> Error {
        Error::system(format!("run {}", self.path.display()))
    }

    /// The program with arguments. It ends when this process does, however that comes.
    pub(crate) fn command(&self, arguments: &[String]) -> Command {
        let mut a2d = Command::new(&self.path);
        a2d.args(arguments).env(LEASH, "1").stdin(Stdio::piped());
        a2d
    }
}

/// Runs a command that has a leash, and waits for its end.
pub(crate) fn output(command: &mut Command) -> std::io::Result<Output> {
    let mut child: Child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let leash: Option<ChildStdin> = child.stdin.take(); // closed only when it has ended
    let output = child.wait_with_output();
    drop(leash);
    output
}
