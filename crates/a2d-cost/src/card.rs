use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Provenance, Result};

const FORMAT: &str = "a2d-costs";
const VERSION: u32 = 1;

/// The card beside a cost table: `costs.card.json` says where `costs.csv` comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostCard {
    format: String,
    version: u32,
    /// What was measured.
    pub provenance: Provenance,
}

impl CostCard {
    /// The card of costs with this provenance.
    pub fn new(provenance: Provenance) -> Self {
        Self { format: FORMAT.into(), version: VERSION, provenance }
    }

    /// Where the card of the table at `table` lies.
    pub fn path(table: &Path) -> PathBuf {
        table.with_extension("card.json")
    }

    /// Reads the card of the table at `table`; `None` if there is none, as with costs that were
    /// measured elsewhere.
    ///
    /// # Errors
    /// [`Error::Read`] if the card cannot be read; [`Error::Malformed`] if it is not one.
    pub fn read(table: &Path) -> Result<Option<Self>> {
        let path = Self::path(table);
        let text = match a2d_file::read(&path, a2d_file::MAX_TEXT) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::read(&path)(error)),
        };
        let malformed = |expected, found| Error::Malformed { path: path.clone(), expected, found };
        let card: Self = serde_json::from_slice(&text)
            .map_err(|error| malformed("a cost card", error.to_string()))?;
        if (card.format.as_str(), card.version) != (FORMAT, VERSION) {
            let found = format!("{:?} version {}", card.format, card.version);
            return Err(malformed("format \"a2d-costs\" version 1", found));
        }
        Ok(Some(card))
    }

    /// Writes the card beside the table at `table`.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn write(&self, table: &Path) -> Result<()> {
        let path = Self::path(table);
        let write = |file: &mut dyn std::io::Write| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        };
        a2d_file::write(&path, write).map_err(Error::write(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::tests::provenance;

    #[test]
    fn a_card_stands_beside_its_table() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("costs.csv");
        assert_eq!(CostCard::read(&table).unwrap(), None);
        let card = CostCard::new(provenance());
        card.write(&table).unwrap();
        assert_eq!(CostCard::read(&table).unwrap(), Some(card));
        assert!(folder.path().join("costs.card.json").exists());
    }

    #[test]
    fn a_card_of_another_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("costs.csv");
        let card = CostCard { version: 2, ..CostCard::new(provenance()) };
        card.write(&table).unwrap();
        let message = CostCard::read(&table).unwrap_err().to_string();
        assert!(message.contains("version 2") && message.contains("costs.card.json"), "{message}");
        std::fs::write(CostCard::path(&table), "{").unwrap();
        assert!(CostCard::read(&table).unwrap_err().is_bad_input());
    }
}
