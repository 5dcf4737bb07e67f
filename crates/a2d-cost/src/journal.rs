use std::fs::File;
use std::io::{Read, Seek, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// What a work under way is about, so that it is never mixed up with another.
pub trait WorkCard: Serialize + DeserializeOwned {
    /// What, if anything, makes `other` another work than this one: the part that differs, and its
    /// value here and there.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)>;
}

/// The finished rows of a work under way, so that an interrupted one resumes without loss.
///
/// The journal of `costs.csv` is `costs.csv.partial`: a line of JSON with the [`WorkCard`], then one
/// per finished row. It is removed when the output is written.
#[derive(Debug)]
pub struct Journal<R> {
    path: PathBuf,
    file: File,
    rows: PhantomData<R>,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Opens the journal of the output at `output`, or starts it, and returns the rows already done.
    ///
    /// A last line that was cut off by an interruption is dropped.
    ///
    /// # Errors
    /// [`Error::OtherMeasurement`] if the journal was started with another card; [`Error::Malformed`]
    /// if it is not a journal; [`Error::Read`] or [`Error::Write`] if it cannot be used.
    pub fn open(output: &Path, card: &impl WorkCard) -> Result<(Self, Vec<R>)> {
        a2d_file::check_target(output).map_err(Error::write(output))?;
        let mut path = output.as_os_str().to_owned();
        path.push(".partial");
        let path = PathBuf::from(path);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Error::write(&path))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(Error::read(&path))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let rows = done(&path, &text[..whole], card)?;

        file.set_len(whole as u64).map_err(Error::write(&path))?;
        file.seek(std::io::SeekFrom::End(0)).map_err(Error::write(&path))?;
        let mut journal = Self { path, file, rows: PhantomData };
        if whole == 0 {
            journal.append(card)?;
        }
        Ok((journal, rows))
    }

    /// Adds a finished row.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn record(&mut self, row: &R) -> Result<()> {
        self.append(row)
    }

    /// Removes the journal: its rows are safe elsewhere.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be removed.
    pub fn remove(self) -> Result<()> {
        std::fs::remove_file(&self.path).map_err(Error::write(&self.path))
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut text =
            serde_json::to_vec(line).map_err(|error| Error::write(&self.path)(error.into()))?;
        text.push(b'\n');
        self.file.write_all(&text).map_err(Error::write(&self.path))
    }
}

fn done<C: WorkCard, R: DeserializeOwned>(path: &Path, text: &str, card: &C) -> Result<Vec<R>> {
    let malformed = |line: usize, error: serde_json::Error| Error::Malformed {
        path: path.to_owned(),
        expected: "the journal of a work under way",
        found: format!("{error} on line {}", line + 1),
    };
    let mut lines = text.lines().enumerate();
    if let Some((number, line)) = lines.next() {
        let started: C = serde_json::from_str(line).map_err(|error| malformed(number, error))?;
        if let Some((part, ours, theirs)) = card.difference(&started) {
            return Err(Error::OtherMeasurement { path: path.to_owned(), part, ours, theirs });
        }
    }
    lines
        .map(|(number, line)| serde_json::from_str(line).map_err(|error| malformed(number, error)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::tests::provenance;
    use crate::table::tests::rows;
    use crate::{CostRow, Provenance};

    #[test]
    fn an_interrupted_measurement_resumes_after_its_last_whole_row() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("costs.csv");
        let (mut journal, done) = Journal::<CostRow>::open(&table, &provenance()).unwrap();
        assert!(done.is_empty());
        journal.record(&rows()[0]).unwrap();
        journal.file.write_all(b"{\"input\": \"cut o").unwrap();
        drop(journal);

        let (mut journal, done) = Journal::<CostRow>::open(&table, &provenance()).unwrap();
        assert_eq!(done, rows()[..1]);
        journal.record(&rows()[1]).unwrap();
        drop(journal);

        let (journal, done) = Journal::<CostRow>::open(&table, &provenance()).unwrap();
        assert_eq!(done, rows()[..2]);
        journal.remove().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_output_that_cannot_be_is_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("costs.csv");
        std::fs::create_dir(&table).unwrap();
        let message = Journal::<CostRow>::open(&table, &provenance()).unwrap_err().to_string();
        assert!(message.contains("costs.csv") && message.contains("found a folder"), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_journal_of_another_measurement_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("costs.csv");
        Journal::<CostRow>::open(&table, &provenance()).unwrap();
        let other = Provenance { seed: 7, ..provenance() };
        let message = Journal::<CostRow>::open(&table, &other).unwrap_err().to_string();
        assert!(message.contains("expected seed 7, found 0"), "{message}");
        std::fs::write(folder.path().join("costs.csv.partial"), "nonsense\n").unwrap();
        let message = Journal::<CostRow>::open(&table, &other).unwrap_err().to_string();
        assert!(message.contains("on line 1"), "{message}");
    }
}
