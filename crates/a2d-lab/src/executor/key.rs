//! The key of a step: a digest of the program, its arguments and all that it reads.

use crate::Result;
use crate::executor::digests::Digests;
use crate::plan::step::Step;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::Path;

/// The key of a step that is run by a program with this digest, in hexadecimal digits.
pub(crate) fn key(step: &Step, program: &str, digests: &mut Digests) -> Result<String> {
    let mut digest = Sha256::new();
    for word in std::iter::once(program).chain(step.arguments.iter().map(String::as_str)) {
        digest.update((word.len() as u64).to_le_bytes());
        digest.update(word);
    }
    for input in &step.inputs {
        update(&mut digest, input, digests)?;
    }
    Ok(hex::encode(digest.finalize()))
}

/// A file counts by its contents, a folder by the names and contents of what is in it.
fn update(digest: &mut Sha256, path: &Path, digests: &mut Digests) -> Result<()> {
    if !path.is_dir() {
        digest.update(digests.of(path)?);
        return Ok(());
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(a2d_file::Error::read(path))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    digest.update((entries.len() as u64).to_le_bytes());
    for entry in entries {
        let name = entry.file_name();
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name.as_encoded_bytes());
        update(digest, &entry.path(), digests)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::step::tests::step;

    #[test]
    fn program_arguments_and_inputs_make_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("a.csv"), folder.path().join("data"));
        fs::write(&file, "1").unwrap();
        fs::create_dir(&data).unwrap();
        fs::write(data.join("one"), "x").unwrap();
        let step = |arguments: &[&str]| {
            let mut step = step("cost", arguments, &file, &folder.path().join("out"));
            step.inputs.push(data.clone());
            step
        };
        let key = |step: &Step, program| key(step, program, &mut Digests::default());
        let plain = key(&step(&["ab", "c"]), "1").unwrap();
        assert_eq!(plain, key(&step(&["ab", "c"]), "1").unwrap());
        assert_ne!(plain, key(&step(&["a", "bc"]), "1").unwrap());
        assert_ne!(plain, key(&step(&["ab", "c"]), "2").unwrap());
        fs::rename(data.join("one"), data.join("two")).unwrap();
        let renamed = key(&step(&["ab", "c"]), "1").unwrap();
        assert_ne!(plain, renamed);
        fs::write(&file, "2").unwrap();
        assert_ne!(renamed, key(&step(&["ab", "c"]), "1").unwrap());
        fs::remove_file(&file).unwrap();
        let error = key(&step(&[]), "1").unwrap_err();
        assert!(error.to_string().contains("a.csv"), "{error}");
    }
}
