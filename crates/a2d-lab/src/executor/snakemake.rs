//! Has Snakemake run the steps: on this machine, or wherever its executors run jobs.
//!
//! The Snakefile has a rule for each step and for each share of a long one. What a rule does is `a2d-lab step`, so that
//! keys, journals and what was printed are those of any run: Snakemake only says where and when.

use crate::executor::binary::LEASH;
use crate::executor::shares::{self, Share};
use crate::plan::step::{Step, quoted};
use crate::plan::work;
use crate::whole_file;
use crate::{Error, Result};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

/// The steps of an experiment, and the beginning of the command that does one of them.
pub(crate) struct Part<'a> {
    pub(crate) id: &'a str,
    pub(crate) steps: &'a [Step],
    /// The words of `a2d-lab step` but for the name of the step.
    pub(crate) command: Vec<String>,
}

/// How Snakemake is run.
pub(crate) struct Snakemake {
    pub(crate) program: PathBuf,
    /// Further arguments. With them it may run jobs on other machines, which do not end with this process.
    pub(crate) arguments: Vec<OsString>,
    pub(crate) jobs: usize,
    /// Threads of each step.
    pub(crate) threads: usize,
    /// The most rows of a share.
    pub(crate) rows: usize,
}

impl Snakemake {
    /// Writes the Snakefile of a profile into its folder, and returns where it is.
    pub(crate) fn write(&self, folder: &Path, parts: &[Part<'_>]) -> Result<PathBuf> {
        let file = folder.join("Snakefile");
        let here = env::current_dir().map_err(Error::system("tell the current folder"))?;
        whole_file::write(&file, &self.snakefile(folder, &here, parts)?)?;
        Ok(file)
    }

    /// Runs a Snakefile that was written into a folder.
    pub(crate) fn run(&self, folder: &Path) -> Result<()> {
        let itself = env::current_exe().map_err(Error::system("tell where this program is"))?;
        let mut hold = Command::new(itself);
        hold.arg("hold").arg(&self.program).args(["--snakefile", "Snakefile", "--directory", "."]);
        // The laboratory has a lock of its own, and keys to tell what is to be run.
        hold.args(["--nolock", "--rerun-incomplete", "--rerun-triggers", "software-env"]);
        hold.args(["--cores", &(self.jobs * self.threads).to_string()]);
        if self.arguments.is_empty() {
            hold.args(["--quiet", "rules"]).env(LEASH, "1");
        } else {
            hold.args(["--jobs", &self.jobs.to_string()]).args(&self.arguments);
        }
        let mut child = hold
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(io::stderr())
            .spawn()
            .map_err(Error::system(format!("run {}", self.program.display())))?;
        let leash = child.stdin.take();
        let status = child.wait().map_err(Error::system("wait for Snakemake"))?;
        drop(leash);
        if status.success() { Ok(()) } else { Err(Error::program(&self.program, status)) }
    }

    /// Paths of files are relative to the folder of the profile, where Snakemake runs; commands run `here`.
    fn snakefile(&self, folder: &Path, here: &Path, parts: &[Part<'_>]) -> Result<String> {
        let mut text =
            "# Written by a2d-lab: steps of experiments and shares of long ones.\n".to_owned();
        let all = parts.iter().flat_map(|part| part.steps).map(|step| &step.printed);
        let all = all.map(|file| literal(folder, file)).collect::<Result<Vec<_>>>()?;
        let _ = writeln!(text, "rule all:\n    input:\n        {}", all.join(",\n        "));
        for part in parts {
            for step in part.steps {
                let of = shares::count(step, self.rows);
                if of == 1 {
                    self.rule(&mut text, folder, here, part, step, &[])?;
                    continue;
                }
                for index in 1..=of {
                    let share = shares::share(step, Share { index, of });
                    let option = ["--share".to_owned(), format!("{index}/{of}")];
                    self.rule(&mut text, folder, here, part, &share, &option)?;
                }
                let option = ["--merge".to_owned(), of.to_string()];
                self.rule(&mut text, folder, here, part, &shares::merged(step, of), &option)?;
            }
        }
        Ok(text)
    }

    fn rule(
        &self,
        text: &mut String,
        folder: &Path,
        here: &Path,
        part: &Part<'_>,
        step: &Step,
        options: &[String],
    ) -> Result<()> {
        let is_plain = |c: char| c.is_ascii_alphanumeric();
        let name = format!("{}_{}", part.id, step.name).replace(|c| !is_plain(c), "_");
        let place = text.matches("\nrule ").count();
        let files = |files: &[PathBuf]| -> Result<String> {
            let inside = files.iter().filter(|file| file.starts_with(folder));
            let literals = inside.map(|file| literal(folder, file)).collect::<Result<Vec<_>>>()?;
            Ok(literals.join(",\n        "))
        };
        let of_step = step.name.split("-share-").next().unwrap_or(&step.name);
        let words = part.command.iter().chain(options).map(|word| quoted(word));
        let command = words.chain([quoted(of_step)]).collect::<Vec<_>>().join(" ");
        let command = format!("cd {} && exec {command}", quoted(&here.display().to_string()));
        // Snakemake takes what is in braces for its own.
        let command = python(&command.replace('{', "{{").replace('}', "}}"))?;
        let threads = self.threads;
        let (inputs, outputs) = (files(&step.inputs)?, files(&step.outputs)?);
        let _ = write!(
            text,
            "\nrule r{place}_{name}:\n    input:\n        {inputs}\n    output:\n        {outputs}\n    \
             threads: {threads}\n    shell:\n        {command}\n"
        );
        Ok(())
    }
}

/// A file of the folder, or a folder in it, as Python has it.
fn literal(folder: &Path, file: &Path) -> Result<String> {
    let name = file.strip_prefix(folder).unwrap_or(file);
    let text = python(&name.display().to_string())?;
    let is_folder = file.parent().is_some_and(|parent| parent.ends_with(work::FIGURES));
    Ok(if is_folder { format!("directory({text})") } else { text })
}

/// Text as Python has it, which takes what JSON is.
fn python(text: &str) -> Result<String> {
    serde_json::to_string(text).map_err(Error::system("write a Snakefile"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::step::tests::step;

    #[test]
    fn every_step_and_share_has_a_rule() {
        let folder = Path::new("target/reproduce/smoke");
        let at = |name: &str| folder.join("env1").join(name);
        let export = step("images-a", &["data", "export"], Path::new("data"), &at("images/a.npy"));
        let mut cost = step("cost-a", &["cost"], &at("images/a.npy"), &at("costs/a.csv"));
        cost.effort.items = 10;
        let mut eval = step("separation", &["eval"], &at("costs/a.csv"), &at("figures/separation"));
        eval.printed = at("printed/separation.json");
        eval.outputs[1] = eval.printed.clone();
        let command = ["/opt/a lab", "step", "--experiment", "my {env}.toml"].map(str::to_owned);
        let steps = [export, cost, eval];
        let parts = [Part { id: "env1", steps: &steps, command: command.to_vec() }];
        let snakemake = Snakemake {
            program: "snakemake".into(),
            arguments: vec![],
            jobs: 2,
            threads: 3,
            rows: 4,
        };
        let text = snakemake.snakefile(folder, Path::new("/home/me/a b"), &parts).unwrap();
        assert_eq!(text.matches("\nrule r").count(), 6, "{text}");
        for line in [
            r#"        "env1/images/a.npy.json",
        "env1/costs/a.csv.json",
        "env1/printed/separation.json"
"#,
            r#"    shell:
        "cd '/home/me/a b' && exec '/opt/a lab' step --experiment 'my {{env}}.toml' --share 2/3 cost-a"
"#,
            "--merge 3 cost-a\"",
            "    threads: 3\n",
            "directory(\"env1/figures/separation\")",
            "\"env1/costs/a.share-3-of-3.csv\"",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("\"data\""), "{text}");
    }
}
