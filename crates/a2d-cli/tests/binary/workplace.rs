//! A folder of files and commands for each test.

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

    /// Writes what an interrupted work on `output` keeps: these rows, and this after them.
    pub(crate) fn journal(
        &self,
        output: &str,
        work: &Value,
        rows: impl IntoIterator<Item = Value>,
        rest: &str,
    ) {
        let output = self.path(output);
        let (mut journal, _) = a2d_file::Journal::open(&output, work).unwrap();
        for row in rows {
            journal.record(&row).unwrap();
        }
        let path = format!("{}.partial", output.display());
        let mut file = std::fs::File::options().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, rest.as_bytes()).unwrap();
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Every file with what is in it, links by what they lead to.
    pub(crate) fn content(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.path("")];
        let mut files = vec![];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = std::fs::read(&path).unwrap_or_default();
                    files.push((path, content));
                }
            }
        }
        files.sort();
        files
    }

    /// `a2d` with these arguments, split at spaces, in this folder.
    pub(crate) fn a2d(&self, arguments: &str) -> Command {
        let mut command = cargo_bin_cmd!("a2d");
        command.current_dir(self.folder.path()).args(arguments.split(' ')).env_remove("A2D_DATA");
        command.env("A2D_THREADS", "1"); // tests run side by side
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

    /// Runs `a2d detect` with these arguments and returns its verdicts, which it says in lines of JSON, too.
    pub(crate) fn verdicts(&self, arguments: &str) -> Vec<Value> {
        let document = self.json(arguments);
        assert_eq!(
            (&document["format"], &document["version"]),
            (&"a2d-verdicts".into(), &1.into())
        );
        let verdicts = document["verdicts"].as_array().unwrap().clone();
        let lines = self.run(&format!("{arguments} --format jsonl"));
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        assert_eq!(lines.collect::<Vec<Value>>(), verdicts);
        verdicts
    }
}

/// A path below the committed data.
pub(crate) fn data(path: &str) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(path);
    data.canonicalize().expect("the path is committed").display().to_string()
}

/// The weights of the committed LeNet-5, each changed by its name and place.
pub(crate) fn changed_lenet5(change: impl Fn(&str, usize, f32) -> f32) -> Vec<u8> {
    let mut file = std::fs::read(lenet5()).unwrap();
    let header_end = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..header_end]).unwrap();
    for (name, tensor) in header.as_object().unwrap() {
        let Some(ends) = tensor["data_offsets"].as_array() else { continue };
        let [start, end] = [0, 1].map(|end| header_end + ends[end].as_u64().unwrap() as usize);
        for (place, bytes) in file[start..end].chunks_exact_mut(4).enumerate() {
            let weight = f32::from_le_bytes(bytes.try_into().unwrap());
            bytes.copy_from_slice(&change(name, place, weight).to_le_bytes());
        }
    }
    file
}

/// The committed LeNet-5.
pub(crate) fn lenet5() -> String {
    data("models/lenet5.safetensors")
}
