//! CLEVER scores and their CSV file.

use std::collections::HashSet;
use std::path::Path;

use a2d_cost::{Column, ScoreTable, Sign};
use a2d_eval::clever::{Basis, CleverScore};
use a2d_file::Card as _;
use serde::{Deserialize, Serialize};

use super::card::CleverCard;
use super::target::TargetName;
use crate::exit::BadInput;

/// The score of an image for a target: a line of the table, and of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CleverRow {
    pub(crate) input: String,
    pub(crate) target: String,
    pub(crate) score: f64,
    /// The predicted class.
    label: usize,
    /// The class that is so far away.
    target_class: usize,
    margin: f64,
    lipschitz: f64,
    #[serde(with = "BasisName")]
    pub(crate) basis: Basis,
    /// How well the distribution fits, where there is one.
    ks_p: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Basis", rename_all = "snake_case")]
enum BasisName {
    Location,
    LargestSample,
}

impl CleverRow {
    pub(crate) fn new(input: &str, target: TargetName, found: &CleverScore) -> Self {
        Self {
            input: input.to_owned(),
            target: target.to_string(),
            score: found.score,
            label: found.label,
            target_class: found.target,
            margin: found.margin,
            lipschitz: found.lipschitz.constant,
            basis: found.lipschitz.basis,
            ks_p: found.lipschitz.fit.map(|fit| fit.p_value),
        }
    }
}

/// The scores of images: all targets of the first, then of the second.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CleverTable {
    targets: Vec<String>,
    rows: Vec<CleverRow>,
}

impl CleverTable {
    /// The header of its CSV files.
    pub(crate) const HEADER: [&'static str; 9] = [
        "input",
        "target",
        "score",
        "label",
        "target_class",
        "margin",
        "lipschitz",
        "basis",
        "ks_p",
    ];

    /// The scores alone, in a column for each target: the smaller, the nearer another class is.
    pub(crate) fn scores(&self) -> a2d_cost::Result<ScoreTable> {
        let rows = self
            .rows
            .iter()
            .map(|row| (row.input.clone(), Column::new(&row.target, Sign::Smaller), row.score));
        ScoreTable::from_rows(rows)
    }

    pub(crate) fn from_rows(rows: Vec<CleverRow>) -> Result<Self, BadInput> {
        let first = rows.iter().take_while(|row| row.input == rows[0].input);
        let targets: Vec<_> = first.map(|row| row.target.clone()).collect();
        let mut seen = HashSet::new();
        let is_whole = |rows: &[CleverRow]| {
            rows.iter().all(|row| row.input == rows[0].input)
                && rows.iter().map(|row| &row.target).eq(&targets)
        };
        let are_whole = !rows.is_empty() && rows.chunks(targets.len()).all(is_whole);
        if !are_whole || !rows.iter().all(|row| seen.insert((&row.input, &row.target))) {
            return Err(BadInput("expected a line for every target of each input in turn".into()));
        }
        if let Some(row) = rows.iter().find(|row| !(row.score.is_finite() && row.score >= 0.0)) {
            let CleverRow { input, target, score, .. } = row;
            return Err(BadInput(format!(
                "expected scores of at least 0, found {score} of input {input:?} and target {target}"
            )));
        }
        Ok(Self { targets, rows })
    }

    /// Reads a table from the CSV file that [`write`](Self::write) writes.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let bad = |found: String| BadInput(format!("read {}: {found}", path.display()));
        let text =
            a2d_file::read(path, a2d_file::MAX_TEXT).map_err(|error| bad(error.to_string()))?;
        let rows = csv::Reader::from_reader(&*text)
            .into_deserialize()
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(format!("expected a CLEVER score on every line, {error}")))?;
        Ok(Self::from_rows(rows).map_err(|BadInput(found)| bad(found))?)
    }

    pub(crate) fn write(&self, path: &Path, card: &CleverCard) -> a2d_file::Result<()> {
        card.write_with(path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            self.rows.iter().try_for_each(|row| writer.serialize(row))?;
            writer.flush()
        })
    }

    pub(crate) fn targets(&self) -> &[String] {
        &self.targets
    }

    /// How many images it is of.
    pub(crate) fn images(&self) -> usize {
        self.rows.len() / self.targets.len()
    }

    /// The lines, in their order.
    pub(crate) fn into_rows(self) -> Vec<CleverRow> {
        self.rows
    }

    /// The rows of this target, image by image; none if the table lacks it.
    pub(crate) fn of<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a CleverRow> {
        self.rows.iter().filter(move |row| row.target == target)
    }

    /// The scores for this target, image by image.
    pub(crate) fn of_target(&self, target: &str) -> Vec<f64> {
        self.of(target).map(|row| row.score).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::card::tests::provenance;
    use super::*;

    pub(crate) fn row(input: usize, target: &str, score: f64) -> CleverRow {
        CleverRow {
            input: input.to_string(),
            target: target.into(),
            score,
            label: 3,
            target_class: 5,
            margin: 2.5,
            lipschitz: 2.5 / score,
            basis: if input == 0 { Basis::LargestSample } else { Basis::Location },
            ks_p: (input != 0).then_some(0.25),
        }
    }

    /// A table of these scores for each target.
    pub(crate) fn table(targets: &[&str], scores: &[f64]) -> CleverTable {
        let rows = scores.iter().enumerate();
        let rows = rows.flat_map(|(input, score)| {
            targets.iter().map(move |target| row(input, target, *score))
        });
        CleverTable::from_rows(rows.collect()).unwrap()
    }

    #[test]
    fn a_written_table_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let table = table(&["untargeted", "second"], &[0.1, 1.0 / 3.0]);
        let card = CleverCard { provenance: provenance(), machine: None };
        table.write(&path, &card).unwrap();
        assert_eq!(CleverCard::read(&path).unwrap(), Some(card));
        assert_eq!(CleverTable::read(&path).unwrap(), table);
        assert_eq!(table.targets(), ["untargeted", "second"]);
        assert_eq!(table.of_target("second"), [0.1, 1.0 / 3.0]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&CleverTable::HEADER.join(",")));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn targets_are_columns_of_which_small_scores_look_adversarial() {
        let scores = table(&["untargeted", "second"], &[0.1, 1.0 / 3.0]).scores().unwrap();
        assert_eq!(
            (scores.names().join(" "), scores.inputs()),
            ("untargeted second".into(), &["0".into(), "1".into()][..])
        );
        assert_eq!(scores.signs(), [Sign::Smaller; 2]);
        assert_eq!(scores.scores().column(1).to_vec(), [0.1, 1.0 / 3.0]);
    }

    #[test]
    fn a_bad_file_is_named_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let header = "input,target,score,label,target_class,margin,lipschitz,basis,ks_p\n";
        for (lines, finding) in [
            ("", "a line for every target"),
            (
                "0,second,0.1,1,2,3,4,location,\n0,second,0.1,1,2,3,4,location,\n",
                "a line for every",
            ),
            (
                "0,a,0.1,1,2,3,4,location,\n0,b,0.1,1,2,3,4,location,\n1,a,0.1,1,2,3,4,location,\n",
                "a line",
            ),
            ("0,second,NaN,1,2,3,4,location,\n", "found NaN of input \"0\" and target second"),
            ("0,second,-1,1,2,3,4,location,\n", "at least 0, found -1"),
            ("0,second,0.1,1,2,3,4,guess,\n", "a CLEVER score on every line"),
            ("0,second\n", "a CLEVER score on every line"),
        ] {
            std::fs::write(&path, format!("{header}{lines}")).unwrap();
            let message = CleverTable::read(&path).unwrap_err().to_string();
            assert!(message.contains("scores.csv") && message.contains(finding), "{message}");
        }
        let missing = CleverTable::read(&folder.path().join("no.csv")).unwrap_err();
        assert!(missing.is::<BadInput>() && missing.to_string().contains("no.csv"));
    }
}
