//! Gzipped tar archives.

use crate::MAX_BYTES;
use crate::error::one_line;
use flate2::read::GzDecoder;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Shows the content of each file in an archive, with its path there, to `visit`.
///
/// An archive that holds a name twice is refused before any of it is shown: which of the two is meant, and
/// which was looked at, nobody could tell. Links and folders are passed over.
pub(super) fn unpack(
    archive: &Path,
    mut visit: impl FnMut(&Path, &mut dyn Read) -> Result<(), String>,
) -> Result<(), String> {
    let mut seen = HashSet::new();
    each_file(archive, |path, _| {
        // `a/./b` and `a/b` are one file.
        let name: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        if seen.insert(name) {
            return Ok(());
        }
        Err(format!("the archive holds {} twice", one_line(path.display())))
    })?;
    each_file(archive, &mut visit)
}

fn each_file(
    archive: &Path,
    mut visit: impl FnMut(&Path, &mut dyn Read) -> Result<(), String>,
) -> Result<(), String> {
    let archive = a2d_file::open(archive).map_err(one_line)?;
    let unpacked = GzDecoder::new(archive).take(MAX_BYTES as u64);
    let mut archive = tar::Archive::new(unpacked);
    for entry in archive.entries().map_err(one_line)? {
        let mut entry = entry.map_err(one_line)?;
        if entry.header().entry_type().is_file() {
            let path = entry.path().map_err(one_line)?.into_owned();
            visit(&path, &mut entry)?;
        }
    }
    Ok(())
}

/// Makes an archive of files with these paths and contents.
#[cfg(test)]
pub(super) fn pack(archive: &Path, files: &[(&str, &[u8])]) {
    use flate2::{Compression, write::GzEncoder};
    let encoder = GzEncoder::new(std::fs::File::create(archive).unwrap(), Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tgz");
        pack(&archive, files);
        let mut names = vec![];
        let outcome = unpack(&archive, |path, _| {
            names.push(path.display().to_string());
            Ok(())
        });
        outcome.map(|()| names.clone()).inspect_err(|_| assert!(names.is_empty()))
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_before_anything_is_shown() {
        assert_eq!(names(&[("a/b", b"1"), ("a/c", b"2")]).unwrap(), ["a/b", "a/c"]);
        for again in ["a/b", "a/./b"] {
            let problem = names(&[("a/b", b"1"), ("a/c", b"2"), (again, b"3")]).unwrap_err();
            assert!(
                problem.contains("the archive holds a/") && problem.ends_with("twice"),
                "{problem}"
            );
        }
    }
}
