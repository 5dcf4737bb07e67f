//! Digests of files. Those of large ones are kept from run to run.

use crate::Result;
use crate::whole_file;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Files of fewer bytes are read anew in each run: that takes no time.
const LARGE: u64 = 4 << 20;

/// Digests of files, each computed once: what a step reads does not change any more.
#[derive(Default)]
pub(crate) struct Digests {
    known: HashMap<PathBuf, String>,
    /// Those of large files, and where they are kept.
    kept: BTreeMap<PathBuf, Kept>,
    file: Option<PathBuf>,
}

/// The digest of a large file, and what tells that it is still the same one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    length: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    digest: String,
}

impl Digests {
    /// With what earlier runs kept in a file.
    pub(crate) fn kept_in(file: &Path) -> Self {
        let kept = a2d_file::read(file, a2d_file::MAX_TEXT)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        Self { kept: kept.unwrap_or_default(), file: Some(file.to_owned()), known: HashMap::new() }
    }

    /// The digest of a regular file, in hexadecimal digits.
    pub(crate) fn of(&mut self, path: &Path) -> Result<String> {
        if let Some(known) = self.known.get(path) {
            return Ok(known.clone());
        }
        let digest = self.read(path).map_err(a2d_file::Error::read(path))?;
        self.known.insert(path.to_owned(), digest.clone());
        Ok(digest)
    }

    fn read(&mut self, path: &Path) -> std::io::Result<String> {
        let there = std::fs::metadata(path)?;
        let modified = modified(&there);
        let is_same = |kept: &&Kept| kept.length == there.len() && Some(kept.modified) == modified;
        let place = std::path::absolute(path)?;
        if let Some(kept) = self.kept.get(&place).filter(is_same) {
            return Ok(kept.digest.clone());
        }
        let digest = a2d_file::sha256(path)?;
        if let (Some(file), Some(modified), true) = (&self.file, modified, there.len() >= LARGE) {
            let length = there.len();
            self.kept.insert(place, Kept { length, modified, digest: digest.clone() });
            if let Ok(text) = serde_json::to_string_pretty(&self.kept) {
                let _ = whole_file::write(file, &text); // it is computed again where it cannot be kept
            }
        }
        Ok(digest)
    }
}

fn modified(there: &Metadata) -> Option<u128> {
    Some(there.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    #[test]
    fn the_digest_of_a_large_file_is_kept_while_it_does_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let [large, small, kept] =
            ["large", "small", "kept.json"].map(|name| folder.path().join(name));
        File::create(&large).unwrap().set_len(LARGE).unwrap();
        fs::write(&small, "x").unwrap();
        let first = [&large, &small].map(|file| Digests::kept_in(&kept).of(file).unwrap());
        let text = fs::read_to_string(&kept).unwrap();
        assert!(text.contains(&first[0]) && !text.contains(&first[1]), "{text}");

        let marked = text.replace(&first[0], "kept");
        fs::write(&kept, &marked).unwrap();
        assert_eq!(Digests::kept_in(&kept).of(&large).unwrap(), "kept");
        File::options().write(true).open(&large).unwrap().set_len(LARGE + 1).unwrap();
        let second = Digests::kept_in(&kept).of(&large).unwrap();
        assert!(second != "kept" && second != first[0]);
        assert_eq!(Digests::default().of(&large).unwrap(), second);
        fs::write(&kept, "damaged").unwrap();
        assert_eq!(Digests::kept_in(&kept).of(&large).unwrap(), second);
    }
}
