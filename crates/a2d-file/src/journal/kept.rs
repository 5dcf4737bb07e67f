//! What a journal has kept, as far as it is whole.

use std::io::BufRead;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference::difference;
use super::line::{self, Checksum, START};
use super::lines::Lines;
use crate::{Error, Result};

pub(super) const FORMAT: &str = "a2d-journal";
pub(super) const VERSION: u32 = 1;

/// The first line of a journal.
#[derive(Serialize, Deserialize)]
struct Header<W> {
    format: String,
    version: u32,
    /// What the work is about.
    work: W,
}

/// A first line, and the checksum that ties others to it.
pub(super) struct First {
    pub(super) line: Vec<u8>,
    pub(super) checksum: Checksum,
    work: Value,
}

impl First {
    pub(super) fn of(work: &impl Serialize) -> serde_json::Result<Self> {
        let header = Header { format: FORMAT.to_owned(), version: VERSION, work };
        let json = serde_json::to_vec(&header)?;
        let work = serde_json::to_value(work)?;
        Ok(Self { line: line::line(START, 0, &json), checksum: START.of(0, &json), work })
    }
}

/// What is whole of the bytes of a journal.
pub(super) struct Kept<R> {
    pub(super) rows: Vec<R>,
    /// How many bytes hold it; none if the journal is to start anew.
    pub(super) length: u64,
    /// How many lines were dropped at the end.
    pub(super) dropped: usize,
}

impl<R: DeserializeOwned> Kept<R> {
    /// Reads the journal of the work with this first line.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is no journal, one of another version, or damaged before its end;
    /// [`Error::OtherWork`] if it has rows of another work; [`Error::Read`] if it cannot be read.
    pub(super) fn read(path: &Path, journal: impl BufRead, ours: &First) -> Result<Self> {
        let damaged = |expected: String, found: &str| {
            let (path, found) = (path.to_owned(), found.replace(char::is_control, " "));
            Error::Damaged { path, expected, found }
        };
        let ours_or_later = || format!("a journal of version {VERSION}");
        let mut lines = Lines::of(journal);
        let mut next = || lines.next().map_err(Error::read(path));
        let first = next()?;
        let Some((0, json)) = first.whole().and_then(|text| line::parse(START, text)) else {
            // Of the same work, and nothing is lost. Anything else may be a file of the user's.
            let is_ours = !first.is_ended && ours.line.starts_with(&first.text);
            if is_ours && first.ends_in_zeros {
                let dropped = usize::from(!first.text.is_empty());
                return Ok(Self { rows: vec![], length: 0, dropped });
            }
            return Err(damaged(ours_or_later(), "another file or a damaged one"));
        };
        let header: Header<Value> = serde_json::from_slice(json)
            .map_err(|error| damaged(ours_or_later(), &error.to_string()))?;
        if (header.format.as_str(), header.version) != (FORMAT, VERSION) {
            let found = format!("{:?} version {}", header.format, header.version);
            return Err(damaged(format!("{FORMAT:?} version {VERSION}"), &found));
        }

        let checksum = START.of(0, json);
        let mut kept = Self { rows: vec![], length: first.length, dropped: 0 };
        loop {
            let line = next()?;
            if line.length == 0 {
                break;
            }
            let position = kept.rows.len() as u64 + 1;
            match line.whole().and_then(|text| line::parse(checksum, text)) {
                Some((at, json)) if at == position && kept.dropped == 0 => {
                    let row = serde_json::from_slice(json).map_err(|error| {
                        damaged(format!("record {position} of such a work"), &error.to_string())
                    })?;
                    kept.rows.push(row);
                    kept.length += line.length;
                }
                Some(_) => {
                    let expected = format!("record {position} as it was written");
                    return Err(damaged(expected, "a damaged one before others"));
                }
                None => kept.dropped += 1,
            }
        }
        match difference(&ours.work, &header.work) {
            None => Ok(kept),
            // It has no result that could be lost.
            Some(_) if kept.rows.is_empty() && kept.dropped == 0 => Ok(Self { length: 0, ..kept }),
            Some((part, ours, theirs)) => {
                Err(Error::OtherWork { path: path.to_owned(), part, ours, theirs })
            }
        }
    }
}
