//! CIFAR-10 from its official page.

use super::{Fetched, Progress, Staging, archive, web};
use crate::cifar10::batch::{self, NAMES, RECORDS, Record};
use crate::error::one_line;
use crate::published::File;
use crate::{Error, Result, file};
use std::fs;
use std::io::Read;
use std::path::Path;

/// The address of the official page's files, up to its last slash.
const BASE: &str = "https://www.cs.toronto.edu/~kriz/";

/// The archive of the binary files.
// The page gives its MD5 (c32a1d4ab5d03f1284b67883e8d87530). Length and SHA-256 are those that
// TensorFlow Datasets verifies, in tensorflow_datasets/url_checksums/cifar10.txt.
const ARCHIVE: File = File {
    name: "cifar-10-binary.tar.gz",
    len: 170_052_171,
    sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
};

/// The folder inside the archive that the files are in.
const FOLDER: &str = "cifar-10-batches-bin";

/// Gets the six binary files of CIFAR-10 into `dir`.
///
/// The archive comes from the official page over HTTPS, and nothing is taken from it unless its
/// SHA-256 is right. Each file must have 10,000 records with labels 0 to 9 and is then renamed into
/// place, so an interrupted fetch leaves no half file. The page names no hash of the single files,
/// so files that are there already are kept when their records are like that.
///
/// # Errors
/// When the archive cannot be had or is not the right one, or when `dir` cannot be written.
pub fn cifar10(dir: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Fetched> {
    fetch((BASE, &ARCHIVE, RECORDS), dir, progress)
}

/// Gets files of so many records each from an archive at `base`.
fn fetch(
    (base, archive, records): (&'static str, &File, usize),
    dir: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched> {
    let write = a2d_file::Error::write(dir);
    fs::create_dir_all(dir).map_err(write)?;
    let len = (records * size_of::<Record>()) as u64;
    let is_whole = |name: &&str| {
        file::read(&dir.join(name), len).is_ok_and(|bytes| batch::records(&bytes, records).is_ok())
    };
    let (kept, missing): (Vec<_>, Vec<_>) = NAMES.into_iter().partition(is_whole);
    if missing.is_empty() {
        return Ok(Fetched { kept, downloaded: Vec::new(), problems: Vec::new() });
    }
    let staging = Staging::new(dir).map_err(write)?;
    let mut bring = || {
        let mut content = web::get(&format!("{base}{}", archive.name))?;
        staging.store(archive, &mut content, progress)?;
        unpack(&staging, archive, &missing, records, progress)
    };
    bring().map_err(|problem| Error::Fetch {
        name: "CIFAR-10",
        dir: dir.to_owned(),
        problems: format!("{base}: {problem}"),
        remedy: "go online",
    })?;
    missing.iter().try_for_each(|name| staging.deliver(name, dir))?;
    let downloaded = missing.into_iter().map(|name| (name, base)).collect();
    Ok(Fetched { kept, downloaded, problems: Vec::new() })
}

/// Takes these files of so many records each from an archive in `staging` and puts them beside it.
fn unpack(
    staging: &Staging,
    archive: &File,
    names: &[&'static str],
    records: usize,
    progress: &mut dyn FnMut(Progress<'_>),
) -> std::result::Result<(), String> {
    let len = (records * size_of::<Record>()) as u64;
    let mut unpacked = Vec::new();
    archive::unpack(&staging.path().join(archive.name), |path, content| {
        let wanted = |name: &&&str| path == Path::new(FOLDER).join(name);
        let Some(name) = names.iter().find(wanted) else { return Ok(()) };
        let mut bytes = Vec::new();
        content.take(len + 1).read_to_end(&mut bytes).map_err(one_line)?;
        batch::records(&bytes, records).map_err(|problem| format!("{name}: {problem}"))?;
        file::write(&staging.path().join(name), |file| file.write_all(&bytes)).map_err(one_line)?;
        progress(Progress { file: name, done: len, total: Some(len) });
        unpacked.push(*name);
        Ok(())
    })?;
    match names.iter().find(|name| !unpacked.contains(name)) {
        Some(name) => Err(format!("the archive has no {FOLDER}/{name}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::archive::pack;
    use crate::fetch::web::serve;
    use sha2::{Digest, Sha256};

    /// The content of a file of one record.
    fn content(label: u8) -> Vec<u8> {
        let mut record = vec![7; size_of::<Record>()];
        record[0] = label;
        record
    }

    /// Fetches files of one record each from a server with an archive of these files; `sha256` is
    /// the hash that is expected of the archive, where it is not its own.
    fn fetch_from(
        files: &[(String, Vec<u8>)],
        sha256: Option<&'static str>,
        dir: &Path,
    ) -> (Result<Fetched>, Vec<String>) {
        let packed = tempfile::NamedTempFile::new().unwrap();
        let files: Vec<_> = files.iter().map(|(path, bytes)| (&**path, &**bytes)).collect();
        pack(packed.path(), &files);
        let body = fs::read(packed.path()).unwrap();
        let own = || &*hex::encode(Sha256::digest(&body)).leak();
        let sha256 = sha256.unwrap_or_else(own);
        let archive = File { name: "small.tar.gz", len: body.len() as u64, sha256 };
        let (base, served) = serve("200 OK", &body);
        let mut seen = Vec::new();
        let fetched = fetch((base.leak(), &archive, 1), dir, &mut |progress| {
            seen.push(format!("{} {}", progress.file, progress.done));
        });
        assert_eq!(served.join().unwrap(), "GET /small.tar.gz HTTP/1.1");
        (fetched, seen)
    }

    /// The files of an archive, each with a label of its own.
    fn files() -> Vec<(String, Vec<u8>)> {
        let named = |(label, name)| (format!("{FOLDER}/{name}"), content(label));
        let mut files: Vec<_> = (0..).zip(NAMES).map(named).collect();
        files.push((format!("{FOLDER}/readme.html"), b"about".to_vec()));
        files
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_arrive_and_good_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAMES[1]), content(9)).unwrap();
        fs::write(dir.path().join(NAMES[2]), content(10)).unwrap();
        let (fetched, seen) = fetch_from(&files(), None, dir.path());
        let fetched = fetched.unwrap();
        assert_eq!(fetched.kept, [NAMES[1]]);
        let downloaded: Vec<_> = fetched.downloaded.iter().map(|(name, _)| *name).collect();
        assert_eq!(downloaded, [NAMES[0], NAMES[2], NAMES[3], NAMES[4], NAMES[5]]);
        assert!(seen[0].starts_with("small.tar.gz "), "{seen:?}");
        assert_eq!(seen.last().unwrap(), "test_batch.bin 3073");

        assert_eq!(names(dir.path()), NAMES);
        for (name, label) in NAMES.into_iter().zip([0, 9, 2, 3, 4, 5]) {
            assert_eq!(fs::read(dir.path().join(name)).unwrap(), content(label), "{name}");
        }
        // Nobody serves any more: everything is there.
        let again = fetch(("http://127.0.0.1:1/", &ARCHIVE, 1), dir.path(), &mut |_| ()).unwrap();
        assert_eq!((again.kept, again.downloaded), (NAMES.to_vec(), Vec::new()));
    }

    #[test]
    fn nothing_is_taken_from_a_wrong_archive() {
        let (mut incomplete, mut cut, mut mislabelled) = (files(), files(), files());
        let mut twice = files();
        twice.push((format!("{FOLDER}/{}", NAMES[0]), content(7)));
        incomplete.remove(3);
        cut[4].1.pop();
        mislabelled[5].1[0] = 10;
        let other = Some(ARCHIVE.sha256);
        for (files, sha256, expected) in [
            (files(), other, "small.tar.gz has SHA-256 "),
            (incomplete, None, "the archive has no cifar-10-batches-bin/data_batch_4.bin"),
            (twice, None, "the archive holds cifar-10-batches-bin/data_batch_1.bin twice"),
            (cut, None, "data_batch_5.bin: record 0 has 3072 bytes, expected 3073"),
            (mislabelled, None, "test_batch.bin: label 0 is 10, expected 0 to 9"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let error = fetch_from(&files, sha256, dir.path()).0.unwrap_err();
            assert!(!error.is_bad_input());
            let error = error.to_string();
            assert!(error.starts_with("cannot fetch CIFAR-10 into "), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(error.ends_with("go online or put the files there by hand"), "{error}");
            assert!(names(dir.path()).is_empty());
        }
    }
}
