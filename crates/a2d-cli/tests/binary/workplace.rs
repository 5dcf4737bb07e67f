use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::Value;

/// A folder for the files of one test.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `a2d` with these arguments, split at spaces, in this folder.
    pub(crate) fn a2d(&self, arguments: &str) -> Command {
        let mut command = cargo_bin_cmd!("a2d");
        command.current_dir(self.folder.path()).args(arguments.split(' ')).env_remove("A2D_DATA");
        command.env("OMP_NUM_THREADS", "1"); // tests run side by side
        command
    }

    /// Runs `a2d` with these arguments and returns its standard output.
    pub(crate) fn run(&self, arguments: &str) -> String {
        let output = self.a2d(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    /// Runs `a2d` with these arguments and returns the JSON that it prints.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{arguments} --format json"))).unwrap()
    }
}

/// A path below the committed data.
pub(crate) fn data(path: &str) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path);
    data.canonicalize().expect("the path is committed").display().to_string()
}

/// The committed LeNet-5.
pub(crate) fn lenet5() -> String {
    data("models/lenet5.safetensors")
}
