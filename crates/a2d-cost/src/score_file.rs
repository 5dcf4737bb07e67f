//! Score tables as CSV files, and the card beside one.

use std::io::Write;
use std::path::Path;

use a2d_file::Card;
use serde::{Deserialize, Serialize};

use crate::{Column, Error, Provenance, Result, ScoreTable, Sign};

/// The card beside a score table: `scores.csv.card.json` says where `scores.csv` comes from.
///
/// Its provenance names every column among the `defenses`, with whatever parameters its scores were
/// computed with: scores are comparable only if these agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCard {
    /// What was scored, and how.
    pub provenance: Provenance,
}

impl Card for ScoreCard {
    const FORMAT: &'static str = "a2d-scores";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a score card";
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line<S> {
    input: S,
    column: S,
    value: f64,
    adversarial: Sign,
}

impl ScoreTable {
    /// The header of its CSV files.
    pub const HEADER: [&'static str; 4] = ["input", "column", "value", "adversarial"];

    /// Reads a table from a CSV file with the columns `input,column,value,adversarial`, one line per input
    /// and column, in any order. The last says which values of the column look adversarial: `smaller` or
    /// `larger`.
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
            reader.headers().map_err(|e| malformed("a CSV file of scores", e.to_string()))?;
        if header.iter().ne(Self::HEADER) {
            let found = header.iter().take(2 * Self::HEADER.len()).collect::<Vec<_>>().join(",");
            return Err(malformed("the header of a score table", format!("{found:?}")).into());
        }
        let lines = reader
            .into_deserialize()
            .collect::<std::result::Result<Vec<Line<String>>, _>>()
            .map_err(|e| malformed("a score on every line", e.to_string()))?;
        let rows = lines.into_iter().map(|line| {
            (line.input, Column { name: line.column, sign: line.adversarial }, line.value)
        });
        Self::from_rows(rows).map_err(|error| match error {
            Error::Scores { expected, found } => malformed(expected, found).into(),
            other => other,
        })
    }

    /// Writes the table as the CSV file that [`read_csv`](Self::read_csv) reads, and its card beside it. The
    /// files are whole or not there.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be written.
    pub fn write(&self, path: &Path, card: &ScoreCard) -> Result<()> {
        Ok(card.write_with(path, |file| self.to_csv(file))?)
    }

    /// Writes the lines of the CSV file to `sink`.
    ///
    /// # Errors
    /// What the sink says.
    pub fn to_csv(&self, sink: impl Write) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(sink);
        for (input, Column { name, sign }, value) in self.rows() {
            writer.serialize(Line { input, column: name, value, adversarial: *sign })?;
        }
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::provenance::tests::provenance;
    use crate::score_table::tests::scores;

    fn read(text: &[u8]) -> Result<ScoreTable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, text).unwrap();
        ScoreTable::read_csv(&path)
    }

    fn text(table: &ScoreTable) -> String {
        let mut text = Vec::new();
        table.to_csv(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_table_is_a_line_per_input_and_column() {
        let text = text(&scores());
        let header = ScoreTable::HEADER.join(",");
        assert!(
            text.starts_with(&format!("{header}\nb,lid,21.5,larger\nb,kd,-310.0,smaller\n")),
            "{text}"
        );
        assert_eq!(read(text.as_bytes()).unwrap(), scores());
    }

    #[test]
    fn a_card_is_of_its_table_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let card = ScoreCard { provenance: provenance() };
        scores().write(&path, &card).unwrap();
        assert_eq!(ScoreCard::read(&path).unwrap(), Some(card));
        assert_eq!(ScoreTable::read_csv(&path).unwrap(), scores());
        let error = crate::CostCard::read(&path).unwrap_err();
        assert!(error.to_string().contains("scores.csv.card.json"), "{error}");
        std::fs::write(&path, "input,column,value,adversarial\na,kd,1,smaller\n").unwrap();
        assert!(ScoreCard::read(&path).unwrap_err().is_bad_input());
    }

    #[test]
    fn a_bad_file_is_named_with_what_is_wrong() {
        let header = ScoreTable::HEADER.join(",");
        for (text, finding) in [
            (String::new(), "the header of a score table"),
            ("input,attack\n1,2\n".into(), r#"found "input,attack""#),
            (header.clone(), "at least one row"),
            (format!("{header}\na,kd,x,larger\n"), "a score on every line"),
            (format!("{header}\na,kd,1,lower\n"), "a score on every line"),
            (format!("{header}\na,kd,1\n"), "a score on every line"),
            (format!("{header}\na,kd,NaN,larger\n"), "finite scores"),
        ] {
            let message = read(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
            assert!(message.contains("scores.csv") && !message.contains('\n'), "{message}");
        }
    }

    proptest! {
        #[test]
        fn every_table_comes_back_to_the_last_bit(
            (inputs, columns, bits) in (1_usize..6, 1_usize..4).prop_flat_map(|(inputs, columns)| {
                (Just(inputs), Just(columns), prop::collection::vec(any::<f64>(), inputs * columns))
            }),
            name in r"[ -~]{0,9}",
        ) {
            let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
            let scores = Array2::from_shape_fn((inputs, columns), |(row, column)| {
                finite(bits[row * columns + column])
            });
            let sign = |column| if column % 2 == 0 { Sign::Larger } else { Sign::Smaller };
            let column = |column| Column::new(format!("{name}{column}"), sign(column));
            let table = ScoreTable::new(
                (0..inputs).map(|input| format!("{name}{input}")).collect(),
                (0..columns).map(column).collect(),
                scores,
            )
            .unwrap();
            prop_assert_eq!(read(text(&table).as_bytes()).unwrap(), table);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(0u8.., 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[ScoreTable::HEADER.join(",").as_bytes(), b"\n", &bytes].concat());
        }
    }
}
