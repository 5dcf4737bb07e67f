//! The program a2d.

use crate::executor::digests::Digests;
use crate::plan::step::Step;
use anyhow::{Context, Result, bail, ensure};
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
    /// What it says its version is.
    version: String,
    /// Of its content: another build under the same version may find something else.
    digest: String,
}

impl Binary {
    /// Asks the program at `path` who it is.
    pub(crate) fn new(path: &Path, digests: &mut Digests) -> Result<Self> {
        let output = Command::new(path).arg("--version").stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("cannot run {}", path.display()))?;
        ensure!(output.status.success(), "{} --version failed: {}", path.display(), output.status);
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let digest = digests.of(path)?;
        Ok(Self { path: path.to_owned(), version, digest })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Refuses steps whose arguments a2d does not understand, before any of them runs.
    pub(crate) fn check(&self, steps: &[Step]) -> Result<()> {
        let lines = steps.iter().map(|step| serde_json::to_string(&step.arguments));
        let lines = lines.collect::<Result<Vec<_>, _>>()?.join("\n") + "\n";
        let mut a2d = Command::new(&self.path);
        a2d.arg("understand").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = || format!("cannot run {} understand", self.path.display());
        let mut child = a2d.spawn().with_context(run)?;
        let input = child.stdin.take();
        // Beside reading the answers, which would not fit into the pipe.
        let writing =
            thread::spawn(move || input.map(|mut input| input.write_all(lines.as_bytes())));
        let output = child.wait_with_output().with_context(run)?;
        let _ = writing.join(); // a program that did not read to the end says so itself
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}", run(), said.trim());
        let answers = String::from_utf8_lossy(&output.stdout);
        let answers = answers.lines().map(serde_json::from_str::<Option<String>>);
        let answers = answers.collect::<Result<Vec<_>, _>>().with_context(run)?;
        ensure!(answers.len() == steps.len(), "{}: it did not answer of every step", run());
        for (step, answer) in steps.iter().zip(answers) {
            if let Some(answer) = answer {
                bail!("{}: {answer}", step.name);
            }
        }
        Ok(())
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
