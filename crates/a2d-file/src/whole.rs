//! Files that appear under their name when they are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::target::Target;
use crate::{Error, Result, held};

/// Extension of hidden files that are being written.
pub(crate) const EXTENSION: &str = "a2d-new";

/// Writes a file that appears under its name, in place of one that was there, only when `content` has
/// succeeded.
///
/// It is written as the hidden file `.costs.csv.a2d-new` beside `costs.csv`, which the next write removes
/// if this one is killed. A file in place of another keeps its permissions. Links are followed: the file
/// that they lead to is replaced, and they stay.
///
/// # Errors
/// [`Error::Write`] with what [`check_target`](crate::check_target) refuses, what `content` fails with,
/// or what the system says of the file; [`Error::Busy`] if another process writes it.
pub fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    Pending::write(path, content)?.commit()
}

/// Writes a file of text as [`write()`] does.
///
/// # Errors
/// As [`write()`].
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    write(path, |file| file.write_all(text.as_bytes()))
}

/// Removes what a killed process has left of writing the file at `output`.
pub(crate) fn sweep(output: &Path) -> Result<()> {
    let target = Target::of(output).map_err(Error::write(output))?;
    held::sweep(&target.hidden(EXTENSION), output)
}

/// A file that is whole but not yet under its name.
#[derive(Debug)]
pub(crate) struct Pending<'a> {
    /// As the output was named.
    output: &'a Path,
    target: PathBuf,
    hidden: PathBuf,
    file: File,
    is_committed: bool,
}

impl<'a> Pending<'a> {
    pub(crate) fn write(
        output: &'a Path,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Self> {
        let failed = Error::write(output);
        let target = Target::of(output).map_err(&failed)?;
        let hidden = target.hidden(EXTENSION);
        held::sweep(&hidden, output)?;
        let file = held::hold(&hidden, output)?;
        let pending = Self { output, target: target.path, hidden, file, is_committed: false };
        let fill = || {
            let mut writer = BufWriter::new(&pending.file);
            content(&mut writer)?;
            writer.flush()?;
            drop(writer);
            if let Some(before) = &target.before {
                keep_owner(&pending.file, before);
                pending.file.set_permissions(before.permissions())?;
            }
            pending.file.sync_all()
        };
        fill().map_err(failed)?;
        Ok(pending)
    }

    /// Gives the file its name.
    pub(crate) fn commit(mut self) -> Result<()> {
        fs::rename(&self.hidden, &self.target).map_err(Error::write(self.output))?;
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.is_committed {
            // Still locked. If it stays, the next write removes it.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

/// Gives the file the owner and the group of the one before, as far as this process may.
#[cfg(unix)]
fn keep_owner(file: &File, before: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let is_other = |now: fs::Metadata| (now.uid(), now.gid()) != (before.uid(), before.gid());
    if file.metadata().is_ok_and(is_other) {
        let _ = fchown(file, Some(before.uid()), Some(before.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _before: &fs::Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        for text in ["a longer table\n", "a table\n"] {
            write_text(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        fs::write(&path, "as it was").unwrap();
        let failed = write(&path, |file| {
            file.write_all(b"a part")?;
            Err(io::Error::other("interrupted"))
        });
        let message = failed.unwrap_err().to_string();
        assert_eq!(message, format!("write {}: interrupted", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "as it was");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_write_left_is_no_part_of_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        fs::write(folder.path().join(".costs.csv.a2d-new"), "a longer table").unwrap();
        write_text(&path, "a table").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a table");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn two_writes_at_a_time_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        let first = Pending::write(&path, |file| file.write_all(b"first")).unwrap();
        assert!(matches!(write_text(&path, "second"), Err(Error::Busy { .. })));
        first.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        write_text(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    }

    #[cfg(unix)]
    mod on_unix {
        use super::*;
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        use std::os::unix::net::UnixListener;

        #[test]
        fn what_stands_for_no_file_is_refused_and_stays() {
            let folder = tempfile::tempdir().unwrap();
            let socket = folder.path().join("socket");
            let _listener = UnixListener::bind(&socket).unwrap();
            let link = folder.path().join("link");
            symlink(&socket, &link).unwrap();
            for path in [&socket, &link] {
                let error = write_text(path, "").unwrap_err().to_string();
                assert!(error.ends_with("found a device, pipe or socket"), "{error}");
                assert!(fs::metadata(path).unwrap().file_type().is_socket());
            }
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }

        #[test]
        fn a_link_stays_and_its_target_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("sub")).unwrap();
            symlink("sub/real", at("link")).unwrap();
            for text in ["new", "replaced"] {
                write_text(&at("link"), text).unwrap();
                assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
                assert_eq!(fs::read_to_string(at("sub/real")).unwrap(), text);
            }
            assert_eq!(fs::read_dir(at("sub")).unwrap().count(), 1);
        }

        #[test]
        fn permissions_are_those_of_the_file_before_or_of_any_new_one() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
            fs::write(at("usual"), "").unwrap();
            write_text(&at("new"), "").unwrap();
            assert_eq!(mode("new"), mode("usual"));
            for permissions in [0o600, 0o640, 0o444, 0o777] {
                fs::set_permissions(at("new"), fs::Permissions::from_mode(permissions)).unwrap();
                write_text(&at("new"), "again").unwrap();
                assert_eq!(mode("new"), permissions);
            }
        }
    }
}
