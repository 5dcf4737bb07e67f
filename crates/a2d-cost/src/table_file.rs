//! Cost tables as CSV files.

use std::io::Write;
use std::path::Path;

use a2d_file::Card as _;

use crate::{CostCard, CostTable, Error, Result};

impl CostTable {
    /// The header of its CSV files.
    pub const HEADER: [&'static str; 8] = [
        "input",
        "attack",
        "iterations",
        "flipped",
        "censored",
        "gradient_queries",
        "forward_queries",
        "seconds",
    ];

    /// Reads a table from a CSV file with the columns `input,attack,iterations,flipped,censored,
    /// gradient_queries,forward_queries,seconds`, one line per input and attack, in any order.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, is longer than [`a2d_file::MAX_TEXT`] or is not such a
    /// table.
    pub fn read_csv(path: &Path) -> Result<Self> {
        let malformed =
            |expected: &str, found: String| a2d_file::Error::malformed(path, expected, &found);
        let text = a2d_file::read(path, a2d_file::MAX_TEXT).map_err(a2d_file::Error::read(path))?;
        let mut reader = csv::Reader::from_reader(&*text);
        let header =
            reader.headers().map_err(|e| malformed("a CSV file of costs", e.to_string()))?;
        if header.iter().ne(Self::HEADER) {
            let found = format!(
                "{:?}",
                header.iter().take(2 * Self::HEADER.len()).collect::<Vec<_>>().join(",")
            );
            return Err(malformed("the header of a cost table", found).into());
        }
        let rows = reader
            .into_deserialize()
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| malformed("a cost on every line", e.to_string()))?;
        Self::from_rows(rows).map_err(|error| match error {
            Error::Table { expected, found } => malformed(expected, found).into(),
            other => other,
        })
    }

    /// Writes the table as the CSV file that [`read_csv`](Self::read_csv) reads. The file is whole or
    /// not there.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        Ok(a2d_file::write(path, |file| self.to_csv(file))?)
    }

    /// Writes the table as [`write_csv`](Self::write_csv) does, and its card beside it.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be written.
    pub fn write(&self, path: &Path, card: &CostCard) -> Result<()> {
        Ok(card.write_with(path, |file| self.to_csv(file))?)
    }

    /// Writes the lines of the CSV file to `sink`.
    ///
    /// # Errors
    /// What the sink says.
    pub fn to_csv(&self, sink: impl Write) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(sink);
        for row in self.rows() {
            writer.serialize(row)?;
        }
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::rows;

    fn read(text: &[u8]) -> Result<CostTable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        std::fs::write(&path, text).unwrap();
        CostTable::read_csv(&path)
    }

    #[test]
    fn a_written_table_is_read_back() {
        let table = CostTable::from_rows(rows()).unwrap();
        let mut text = Vec::new();
        table.to_csv(&mut text).unwrap();
        assert!(text.starts_with(CostTable::HEADER.join(",").as_bytes()));
        assert_eq!(read(&text).unwrap(), table);
    }

    #[test]
    fn truth_may_be_written_as_python_and_excel_do() {
        let table = CostTable::from_rows(rows()).unwrap();
        let mut text = Vec::new();
        table.to_csv(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for (yes, no) in [("True", "False"), ("TRUE", "FALSE")] {
            let text = text.replace("true", yes).replace("false", no);
            assert_eq!(read(text.as_bytes()).unwrap(), table);
        }
        let message = read(text.replace("true", "yes").as_bytes()).unwrap_err().to_string();
        assert!(message.contains("expected true or false"), "{message}");
    }

    #[test]
    fn a_bad_file_is_named_with_what_is_wrong() {
        let header = CostTable::HEADER.join(",");
        for (text, finding) in [
            (String::new(), "the header of a cost table"),
            ("a,b\n1,2\n".into(), r#"found "a,b""#),
            (header.clone(), "at least one row"),
            (format!("{header}\na,bim,-3,true,false,3,4,0.1\n"), "a cost on every line"),
            (format!("{header}\na,bim,3,true\n"), "a cost on every line"),
            (format!("{header}\na,bim,3,true,false,3,4,inf\n"), "finite seconds"),
        ] {
            let message = read(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
            assert!(message.contains("costs.csv") && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn a_missing_file_and_an_unwritable_place_are_told_apart() {
        let missing = CostTable::read_csv(Path::new("no/such.csv")).unwrap_err();
        assert!(missing.is_bad_input() && missing.to_string().contains("no/such.csv"));
        let table = CostTable::from_rows(rows()).unwrap();
        let unwritable = table.write_csv(Path::new("no/such.csv")).unwrap_err();
        assert!(!unwritable.is_bad_input() && unwritable.to_string().contains("no/such.csv"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[CostTable::HEADER.join(",").as_bytes(), b"\n", &bytes].concat());
        }
    }
}
