//! The place where a download waits until it is verified.

use super::Progress;
use crate::error::one_line;
use crate::published::File;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use tempfile::TempDir;

/// A small file for tests.
// printf hello | sha256sum
#[cfg(test)]
pub(super) const HELLO: File = File {
    name: "hello",
    len: 5,
    sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
};

/// A temporary directory beside the final files, on the same file system, so that a rename moves a
/// file into place at once.
pub(super) struct Staging {
    dir: TempDir,
    verified: RefCell<Vec<File>>,
}

impl Staging {
    pub(super) fn new(beside: &Path) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix(".fetch-").tempdir_in(beside)?;
        Ok(Self { dir, verified: RefCell::default() })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The files stored so far, each with the right content.
    pub(super) fn verified(&self) -> Vec<File> {
        self.verified.borrow().clone()
    }

    /// Stores what `content` gives under the name of `file` and verifies it.
    pub(super) fn store(
        &self,
        file: &File,
        content: &mut dyn Read,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), String> {
        if self.verified.borrow().contains(file) {
            return Err(format!("{} came twice", file.name));
        }
        let mut target = fs::File::create(self.path().join(file.name)).map_err(one_line)?;
        let found = hash(content, file.len, |block, done| {
            progress(Progress { file: file.name, done, total: Some(file.len) });
            target.write_all(block)
        });
        match found.map_err(|cause| format!("{}: {}", file.name, one_line(cause)))? {
            found if found == file.sha256 => {}
            found => {
                let File { name, sha256, .. } = file;
                return Err(format!("{name} has SHA-256 {found}, expected {sha256}"));
            }
        }
        target.sync_all().map_err(one_line)?;
        self.verified.borrow_mut().push(*file);
        Ok(())
    }

    /// Moves a file from here to its place in `dir`.
    pub(super) fn deliver(&self, name: &str, dir: &Path) -> crate::Result<()> {
        let path = dir.join(name);
        Ok(fs::rename(self.path().join(name), &path).map_err(a2d_file::Error::write(&path))?)
    }
}

/// Whether the file at `path` has the right content.
pub(super) fn is_right(path: &Path, file: &File) -> bool {
    let found =
        a2d_file::open(path).and_then(|mut found| hash(&mut found, file.len, |_, _| Ok(())));
    found.is_ok_and(|found| found == file.sha256)
}

/// The hexadecimal SHA-256 of `content`, which gives at most `limit` bytes; `sink` gets each block
/// and the number of bytes up to its end.
fn hash(
    content: &mut dyn Read,
    limit: u64,
    mut sink: impl FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    let mut done = 0;
    loop {
        let len = match content.read(&mut block) {
            Ok(0) => return Ok(hex::encode(hasher.finalize())),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        done += len as u64;
        if done > limit {
            return Err(io::Error::other(format!("more than {limit} bytes came")));
        }
        hasher.update(&block[..len]);
        sink(&block[..len], done)?;
    }
}
