//! The key of a step: a digest of its arguments and of all that it reads.

use crate::content;
use crate::plan::step::Step;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Digests of files and folders, each computed once: what a step reads does not change any more.
#[derive(Default)]
pub(crate) struct Digests(HashMap<PathBuf, [u8; 32]>);

impl Digests {
    /// The key of a step with this version of `a2d`, in hexadecimal digits.
    pub(crate) fn key(&mut self, step: &Step, version: &str) -> Result<String> {
        let mut digest = Sha256::new();
        for word in std::iter::once(version).chain(step.arguments.iter().map(String::as_str)) {
            digest.update((word.len() as u64).to_le_bytes());
            digest.update(word);
        }
        for input in &step.inputs {
            digest.update(self.of(input)?);
        }
        Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat())
    }

    fn of(&mut self, path: &Path) -> Result<[u8; 32]> {
        if let Some(known) = self.0.get(path) {
            return Ok(*known);
        }
        let mut digest = Sha256::new();
        update(&mut digest, path).with_context(|| format!("cannot read {}", path.display()))?;
        let digest = digest.finalize().into();
        self.0.insert(path.to_owned(), digest);
        Ok(digest)
    }
}

/// A file counts by its contents, a folder by the names and contents of what is in it.
fn update(digest: &mut Sha256, path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        return content::digest(path, digest);
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        digest.update(entry.file_name().as_encoded_bytes());
        digest.update([0]);
        update(digest, &entry.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_inputs_and_version_make_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("a.csv"), folder.path().join("data"));
        fs::write(&file, "1").unwrap();
        fs::create_dir(&data).unwrap();
        fs::write(data.join("one"), "x").unwrap();
        let step = |arguments: &[&str]| Step {
            name: "cost".into(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            inputs: vec![file.clone(), data.clone()],
            outputs: vec![],
            printed: PathBuf::new(),
            seconds: 0.0,
        };
        let key = |step: &Step, version| Digests::default().key(step, version).unwrap();
        let plain = key(&step(&["ab", "c"]), "1");
        assert_eq!(plain, key(&step(&["ab", "c"]), "1"));
        assert_ne!(plain, key(&step(&["a", "bc"]), "1"));
        assert_ne!(plain, key(&step(&["ab", "c"]), "2"));
        fs::rename(data.join("one"), data.join("two")).unwrap();
        let renamed = key(&step(&["ab", "c"]), "1");
        assert_ne!(plain, renamed);
        fs::write(&file, "2").unwrap();
        assert_ne!(renamed, key(&step(&["ab", "c"]), "1"));
        fs::remove_file(&file).unwrap();
        let error = Digests::default().key(&step(&[]), "1").unwrap_err();
        assert!(error.to_string().ends_with("a.csv"), "{error}");
    }
}
