//! What is kept of a work under way, so that an interrupted one goes on without loss.

mod difference;
mod kept;
mod line;
mod lines;

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::target::{self, Target};
use crate::{Error, Result, held};
use kept::{First, Kept};

/// The finished rows of a work under way.
///
/// The journal of `costs.csv` is `costs.csv.partial`: a line with format, version and what the work is
/// about, then one per finished row, each with its position and a checksum. While it is open, no other
/// process can open it. It is removed when the output is written.
#[derive(Debug)]
pub struct Journal<R> {
    path: PathBuf,
    file: File,
    first: line::Checksum,
    position: u64,
    rows: PhantomData<R>,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Opens the journal of the output at `output`, or starts it, and returns the rows already done.
    /// `work` says what the rows are of, so that they are never mixed up with those of another work.
    ///
    /// Rows at the end that an interruption left damaged are dropped, which is logged as a warning. A
    /// journal of another work that has no row yet is started anew.
    ///
    /// # Errors
    /// [`Error::Busy`] if another process has it open; [`Error::OtherWork`] if it was started with another
    /// `work`; [`Error::Damaged`] if it is not a journal of this version, or damaged before its end;
    /// [`Error::Write`] if it or the output cannot be.
    pub fn open(output: &Path, work: &impl Serialize) -> Result<(Self, Vec<R>)> {
        Target::of(output).map_err(Error::write(output))?;
        let path = path(output);
        let mut file = held::hold(&path, output)?;
        let first = First::of(work).map_err(|error| Error::write(&path)(error.into()))?;
        let Kept { rows, length, dropped } = Kept::read(&path, BufReader::new(&file), &first)?;
        warn(&path, dropped);

        let mut start = || {
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            if length == 0 { file.write_all(&first.line) } else { Ok(()) }
        };
        start().map_err(Error::write(&path))?;
        let position = rows.len() as u64;
        Ok((Self { path, file, first: first.checksum, position, rows: PhantomData }, rows))
    }

    /// Adds a finished row.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn record(&mut self, row: &R) -> Result<()> {
        let failed = Error::write(&self.path);
        let json = serde_json::to_vec(row).map_err(|error| failed(error.into()))?;
        self.position += 1;
        self.file.write_all(&line::line(self.first, self.position, &json)).map_err(failed)
    }

    /// Removes the journal: its rows are safe elsewhere, or lead to no result.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be removed.
    pub fn remove(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(Error::write(&self.path))
    }
}

/// Where the journal of `output` is.
pub(crate) fn path(output: &Path) -> PathBuf {
    crate::beside(output, ".partial")
}

/// The last state of a work under way whose states are large: a journal of one row, which the next
/// replaces.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
}

impl Snapshot {
    /// The snapshot of the work on `output`: `<output>.partial`.
    pub fn beside(output: &Path) -> Self {
        Self { path: path(output) }
    }

    /// The snapshot in a file of its own.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state, if there is one. One that is cut off is dropped, which is logged as a warning.
    ///
    /// # Errors
    /// As [`Journal::open`], but for [`Error::Busy`]; [`Error::Read`] if it cannot be read.
    pub fn read<R: DeserializeOwned>(&self, work: &impl Serialize) -> Result<Option<R>> {
        target::check_no_link(&self.path).map_err(Error::read(&self.path))?;
        let file = match crate::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::read(&self.path))?,
        };
        let first = First::of(work).map_err(|error| Error::read(&self.path)(error.into()))?;
        let kept = Kept::read(&self.path, BufReader::new(file), &first)?;
        warn(&self.path, kept.dropped);
        Ok(kept.rows.into_iter().next_back())
    }

    /// Replaces the state.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn write(&self, work: &impl Serialize, state: &impl Serialize) -> Result<()> {
        let failed = Error::write(&self.path);
        target::check_no_link(&self.path).map_err(&failed)?;
        let first = First::of(work).map_err(|error| failed(error.into()))?;
        let json = serde_json::to_vec(state).map_err(|error| failed(error.into()))?;
        crate::write(&self.path, |file| {
            file.write_all(&first.line)?;
            file.write_all(&line::line(first.checksum, 1, &json))
        })
    }

    /// Removes the state, if there is one.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be removed.
    pub fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::write(&self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

fn warn(path: &Path, dropped: usize) {
    let path = path.display();
    match dropped {
        0 => {}
        1 => tracing::warn!("dropped 1 damaged record at the end of {path}"),
        _ => tracing::warn!("dropped {dropped} damaged records at the end of {path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tempfile::TempDir;

    fn rows() -> Vec<Value> {
        (0..5).map(|row| json!({"input": row, "seconds": 0.1 * f64::from(row)})).collect()
    }

    fn work() -> Value {
        json!({"model": "abc", "seed": 0})
    }

    /// A folder with the journal of `x.csv`, and its bytes.
    fn journal(rows: &[Value]) -> (TempDir, PathBuf, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.csv");
        let (mut journal, done) = Journal::<Value>::open(&output, &work()).unwrap();
        assert!(done.is_empty());
        for row in rows {
            journal.record(row).unwrap();
        }
        drop(journal);
        let bytes = fs::read(path(&output)).unwrap();
        (folder, output, bytes)
    }

    /// What is taken over from a journal of these bytes; none if it is refused.
    fn resumed(output: &Path, bytes: &[u8]) -> Option<Vec<Value>> {
        fs::write(path(output), bytes).unwrap();
        match Journal::<Value>::open(output, &work()) {
            Ok((_, done)) => Some(done),
            Err(error) => {
                assert!(error.is_bad_input(), "{error}");
                assert_eq!(fs::read(path(output)).unwrap(), bytes, "a refused journal stays");
                None
            }
        }
    }

    #[test]
    fn an_interrupted_work_resumes_after_its_last_whole_row() {
        let (folder, output, mut bytes) = journal(&rows()[..2]);
        bytes.extend(b"3 0123 {\"input\": 2, \"sec");
        assert_eq!(resumed(&output, &bytes).unwrap(), rows()[..2]);
        let (mut journal, _) = Journal::<Value>::open(&output, &work()).unwrap();
        journal.record(&rows()[2]).unwrap();
        drop(journal);
        let (journal, done) = Journal::<Value>::open(&output, &work()).unwrap();
        assert_eq!(done, rows()[..3]);
        journal.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn damage_anywhere_is_dropped_at_the_end_and_refused_before() {
        let (_folder, output, bytes) = journal(&rows());
        for place in 0..bytes.len() {
            let cut = resumed(&output, &bytes[..place]).unwrap();
            assert_eq!(cut, rows()[..cut.len()], "cut at {place}");
            for flip in [1, 0x80, b'\n' ^ bytes[place]] {
                let mut flipped = bytes.clone();
                flipped[place] ^= flip;
                if flip != 0
                    && let Some(found) = resumed(&output, &flipped)
                {
                    // 3 where the end of the last but one was changed.
                    assert!((3..5).contains(&found.len()), "flipped at {place}");
                    assert_eq!(found, rows()[..found.len()], "flipped at {place}");
                }
            }
        }
        for zeros in [1, 10, 5000] {
            let zeroed = [&bytes[..], &vec![0; zeros]].concat();
            assert_eq!(resumed(&output, &zeroed).unwrap(), rows());
            assert_eq!(resumed(&output, &vec![0; zeros]).unwrap(), Vec::<Value>::new());
        }
        let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let without_one = [&lines[..2], &lines[3..]].concat().concat();
        let twice = [&lines[..], &lines[5..]].concat().concat();
        let swapped = [lines[0], lines[2], lines[1]].concat();
        for bytes in [without_one, twice, swapped] {
            assert_eq!(resumed(&output, &bytes), None);
        }
    }

    #[test]
    fn a_file_that_is_no_journal_is_refused_and_stays() {
        let (_folder, output, _) = journal(&[]);
        for text in
            ["my notes\n", "x", "{\"model\":\"abc\",\"seed\":0}\n{\"input\":0}\n", "0 12 {}\n"]
        {
            assert_eq!(resumed(&output, text.as_bytes()), None, "{text}");
        }
        let later = r#"{"format":"a2d-journal","version":2,"work":{"model":"abc","seed":0}}"#;
        let later = line::line(line::START, 0, later.as_bytes());
        fs::write(path(&output), later).unwrap();
        let message = Journal::<Value>::open(&output, &work()).unwrap_err().to_string();
        assert!(message.contains("version 2; remove the file to start anew"), "{message}");
    }

    #[test]
    fn another_work_is_refused_unless_it_has_no_rows() {
        let (_folder, output, bytes) = journal(&rows()[..1]);
        let other = json!({"model": "abc", "seed": 7});
        let message = Journal::<Value>::open(&output, &other).unwrap_err().to_string();
        assert!(message.contains("expected seed 7, found 0; remove"), "{message}");
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for rest in [&bytes[..end], &[]] {
            fs::write(path(&output), rest).unwrap();
            let (_, done) = Journal::<Value>::open(&output, &other).unwrap();
            assert!(done.is_empty());
            assert!(fs::read_to_string(path(&output)).unwrap().contains("\"seed\":7"));
        }
    }

    #[test]
    fn a_journal_is_open_once() {
        let (_folder, output, _) = journal(&rows());
        let (first, _) = Journal::<Value>::open(&output, &work()).unwrap();
        let error = Journal::<Value>::open(&output, &work()).unwrap_err();
        assert!(matches!(&error, Error::Busy { path } if *path == output), "{error}");
        drop(first);
        assert!(Journal::<Value>::open(&output, &work()).is_ok());
    }

    #[test]
    fn an_output_that_cannot_be_is_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.csv");
        fs::create_dir(&output).unwrap();
        let message = Journal::<Value>::open(&output, &work()).unwrap_err().to_string();
        assert!(message.contains("x.csv") && message.contains("found a folder"), "{message}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_journal_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (output, precious) = (folder.path().join("x.csv"), folder.path().join("precious"));
        fs::write(&precious, "").unwrap();
        std::os::unix::fs::symlink(&precious, path(&output)).unwrap();
        let opened = Journal::<Value>::open(&output, &work()).map(drop);
        let snapshot = Snapshot::beside(&output);
        for result in [opened, snapshot.write(&work(), &1), snapshot.read::<u8>(&work()).map(drop)]
        {
            assert!(result.unwrap_err().to_string().contains("found a link"));
        }
        assert_eq!(fs::read_to_string(&precious).unwrap(), "");
    }

    #[test]
    fn a_snapshot_is_the_last_state_whole() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = Snapshot::beside(&folder.path().join("x"));
        assert_eq!(snapshot.read::<u32>(&work()).unwrap(), None);
        for state in [300, 400] {
            snapshot.write(&work(), &state).unwrap();
            assert_eq!(snapshot.read(&work()).unwrap(), Some(state));
        }
        let other = json!({"model": "x", "seed": 0});
        assert!(matches!(snapshot.read::<u32>(&other), Err(Error::OtherWork { .. })));
        let bytes = fs::read(folder.path().join("x.partial")).unwrap();
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            fs::write(folder.path().join("x.partial"), flipped).unwrap();
            assert_eq!(snapshot.read::<u32>(&work()).unwrap_or_default(), None, "{place}");
        }
        snapshot.remove().unwrap();
        snapshot.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were(texts in prop::collection::vec(".{0,20}", 0..6)) {
            let rows: Vec<Value> = texts.into_iter().map(Value::from).collect();
            let (_folder, output, bytes) = journal(&rows);
            prop_assert_eq!(resumed(&output, &bytes).unwrap(), rows);
        }

        #[test]
        fn any_bytes_are_refused_or_hold_nothing(bytes in prop::collection::vec(0u8.., 1..60)) {
            let (_folder, output, _) = journal(&[]);
            prop_assert!(resumed(&output, &bytes).is_none_or(|done| done.is_empty()));
        }
    }
}
