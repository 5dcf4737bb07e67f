//! Unpacking of zip files; a wheel is one, too.

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// Writes the files of `archive` for which `place` names a path, to that path below `folder`.
///
/// Fails on an entry that would land outside `folder`, wanted or not, and on symbolic links among the wanted.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    place: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<()> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let unpack = || -> Result<()> {
        let mut zip = ZipArchive::new(io::BufReader::new(File::open(archive)?))?;
        let wanted = select(&mut zip, place)?;
        let bar = bar(&name, wanted.iter().map(|file| file.bytes).sum());
        for file in &wanted {
            let to = folder.join(&file.to);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut from = bar.wrap_read(zip.by_index(file.index)?);
            io::copy(&mut from, &mut File::create(&to)?)
                .with_context(|| format!("cannot write {}", file.to.display()))?;
        }
        bar.finish_and_clear();
        Ok(())
    };
    unpack().with_context(|| format!("cannot unpack {name}"))
}

/// A file of the archive that is to be written.
struct Wanted {
    index: usize,
    to: PathBuf,
    bytes: u64,
}

/// Looks at every entry before the first is written.
fn select(
    zip: &mut ZipArchive<io::BufReader<File>>,
    place: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<Vec<Wanted>> {
    let (mut wanted, mut places) = (Vec::new(), HashSet::new());
    for index in 0..zip.len() {
        let entry = zip.by_index(index)?;
        let name = entry.name()?.into_owned();
        let path = entry
            .enclosed_name()
            .with_context(|| format!("entry {name:?} leads out of the archive"))?;
        if entry.is_dir() {
            continue;
        }
        if let Some(to) = place(&path) {
            ensure!(!entry.is_symlink(), "entry {name:?} is a symbolic link");
            ensure!(places.insert(to.clone()), "two entries have the place of {name:?}");
            let bytes = entry.size();
            wanted.push(Wanted { index, to, bytes });
        }
    }
    Ok(wanted)
}

/// Hidden by itself where stderr is no terminal.
fn bar(name: &str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("unpacking {msg} {wide_bar} {bytes}/{total_bytes}");
    ProgressBar::new(bytes)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(name.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// Writes a zip file with the given paths and texts.
    pub(in super::super) fn write_zip(path: &Path, files: &[(&str, &str)]) {
        let mut zip = ZipWriter::new(File::create(path).unwrap());
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    /// Places every entry where its path says.
    fn in_place(entry: &Path) -> Option<PathBuf> {
        entry.is_relative().then(|| entry.to_path_buf())
    }

    #[test]
    fn only_what_has_a_place_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.zip");
        write_zip(&archive, &[("libtorch/lib/a.so", "a"), ("README", "b")]);
        let to = folder.path().join("to");
        unpack(&archive, &to, |entry| entry.strip_prefix("libtorch").ok().map(Path::to_path_buf))
            .unwrap();
        assert_eq!(fs::read_to_string(to.join("lib/a.so")).unwrap(), "a");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    }

    #[test]
    fn entries_that_lead_outside_are_refused_before_anything_is_written() {
        for hostile in ["../x", "a/../../x"] {
            let folder = tempfile::tempdir().unwrap();
            let archive = folder.path().join("hostile.whl");
            write_zip(&archive, &[("good", "a"), (hostile, "b")]);
            let to = folder.path().join("to");
            let error = format!("{:#}", unpack(&archive, &to, in_place).unwrap_err());
            assert!(error.starts_with("cannot unpack hostile.whl: "), "{error}");
            assert!(
                error.ends_with(&format!("entry {hostile:?} leads out of the archive")),
                "{error}"
            );
            assert!(!to.exists() && !folder.path().join("x").exists());
        }
    }

    #[test]
    fn two_entries_for_one_place_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("twice.whl");
        write_zip(&archive, &[("a/lib/x.so", "1"), ("b/lib/x.so", "2")]);
        let to = folder.path().join("to");
        let outcome = unpack(&archive, &to, |entry| entry.file_name().map(PathBuf::from));
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(error.ends_with("two entries have the place of \"b/lib/x.so\""), "{error}");
        assert!(!to.exists());
    }

    #[test]
    fn symbolic_links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("link.zip");
        let mut zip = ZipWriter::new(File::create(&archive).unwrap());
        zip.add_symlink("a", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap();
        let outcome = unpack(&archive, &folder.path().join("to"), in_place);
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(error.ends_with("entry \"a\" is a symbolic link"), "{error}");
    }

    #[test]
    fn a_truncated_archive_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("half.zip");
        write_zip(&archive, &[("a", "text")]);
        let bytes = fs::read(&archive).unwrap();
        fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
        let outcome = unpack(&archive, &folder.path().join("to"), in_place);
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(error.starts_with("cannot unpack half.zip: "), "{error}");
    }
}
