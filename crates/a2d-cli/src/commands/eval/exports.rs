//! Files of an evaluation for papers: its table, and the ROC curves.

use std::path::{Path, PathBuf};

use a2d_cost::ScoreTable;
use a2d_eval::{Auroc, Evaluation, RocCurve, Scores};
use a2d_file::Plan;
use a2d_report::matrix::{Column, Entry, Group, Label, Matrix, Row, Tone};
use clap::Args;

use crate::arguments::output_file;
use crate::format::line;

const HEADER: [&str; 5] = ["kind", "column", "threshold", "fpr", "tpr"];

/// Where the files go.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// File for a table of AUROC and TPR at 5 % FPR (LaTeX, for the package booktabs)
    #[arg(long = "export-latex", value_name = "TEX", value_parser = output_file)]
    latex: Option<PathBuf>,
    /// File for the same table in Markdown
    #[arg(long = "export-markdown", value_name = "MD", value_parser = output_file)]
    markdown: Option<PathBuf>,
    /// File for the ROC curves (CSV, kind,column,threshold,fpr,tpr)
    #[arg(long = "export-roc", value_name = "CSV", value_parser = output_file)]
    roc: Option<PathBuf>,
}

impl ExportArguments {
    /// What is written.
    pub(super) fn plan<'a>(&'a self, mut plan: Plan<'a>) -> Plan<'a> {
        for (option, path) in [
            ("--export-latex", &self.latex),
            ("--export-markdown", &self.markdown),
            ("--export-roc", &self.roc),
        ] {
            if let Some(path) = path {
                plan = plan.writes(option, path);
            }
        }
        plan
    }

    /// Writes the files that are wanted, of what was evaluated.
    pub(super) fn write(
        &self,
        evaluation: &Evaluation,
        benign: &ScoreTable,
        adversarial: &[(&str, &ScoreTable)],
    ) -> anyhow::Result<()> {
        let write =
            |path: &Option<PathBuf>, text: &dyn Fn(&Matrix) -> String| -> anyhow::Result<()> {
                let Some(path) = path else { return Ok(()) };
                Ok(a2d_file::write_text(path, &text(&matrix(evaluation)))?)
            };
        write(&self.latex, &Matrix::latex)?;
        write(&self.markdown, &Matrix::markdown)?;
        self.roc.as_deref().map_or(Ok(()), |path| write_roc(path, benign, adversarial))
    }
}

/// Kinds of adversarial inputs by columns of numbers, and by the detector if there is one.
fn matrix(evaluation: &Evaluation) -> Matrix {
    let columns = evaluation.benign.mean_cost.keys().map(|name| Column {
        label: Label::new(name),
        parts: ["AUROC", "TPR at 5 % FPR"].map(Into::into).to_vec(),
    });
    let detector = evaluation.detector.iter().map(|name| Column {
        label: Label::new(name),
        parts: ["AUROC", "flagged"].map(Into::into).to_vec(),
    });
    let rows = evaluation.adversarial.iter().map(|kind| {
        let n = kind.n;
        let area = |Auroc { auroc, low, high }: Auroc| Entry {
            text: format!("{auroc:.3}"),
            said: format!("{low:.3} to {high:.3}, n = {n}"),
            tone: Tone::Plain,
        };
        let share = |share: f64| Entry {
            text: format!("{:.1} %", 100.0 * share),
            said: format!("n = {n}"),
            tone: Tone::Plain,
        };
        let columns = kind.costs.values();
        let mut entries: Vec<_> = columns
            .flat_map(|numbers| [Some(area(numbers.area())), Some(share(numbers.at.tpr_at_5_fpr))])
            .collect();
        if evaluation.detector.is_some() {
            entries.extend([kind.scores.map(area), kind.flagged.map(share)]);
        }
        Row { label: Label::new(&kind.kind), entries }
    });
    Matrix {
        caption: String::new(),
        corner: "inputs".into(),
        groups: vec![Group { heading: None, rows: rows.collect() }],
        columns: columns.chain(detector).collect(),
    }
}

/// Every vertex of every curve: numbers from the threshold on look adversarial.
fn write_roc(
    path: &Path,
    benign: &ScoreTable,
    adversarial: &[(&str, &ScoreTable)],
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(HEADER)?;
    for (kind, table) in adversarial {
        for ((column, benign), (_, numbers)) in benign.by_column().zip(table.by_column()) {
            let scores = Scores::signed(column.sign, &benign.to_vec(), &numbers.to_vec())?;
            for vertex in RocCurve::new(&scores).vertices() {
                // Turned twice, a score is the number that it is of.
                let threshold = vertex.threshold.map(|score| column.sign.suspicion(score));
                let threshold = threshold.map_or(String::new(), |number| number.to_string());
                writer.write_record(line([
                    kind,
                    &column.name,
                    &threshold,
                    &vertex.fpr,
                    &vertex.tpr,
                ]))?;
            }
        }
    }
    Ok(a2d_file::write_text(path, &String::from_utf8(writer.into_inner()?)?)?)
}

#[cfg(test)]
mod tests {
    use a2d_cost::Sign;
    use ndarray::Array2;

    use super::*;

    fn table(values: &[f64]) -> ScoreTable {
        let inputs = (0..values.len()).map(|row| row.to_string()).collect();
        let values = Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap();
        ScoreTable::new(inputs, vec![a2d_cost::Column::new("bim", Sign::Smaller)], values).unwrap()
    }

    #[test]
    fn a_paper_gets_its_table_and_every_vertex_of_the_curves() {
        let (benign, fgsm) = (table(&[9.0, 4.0]), table(&[1.0, 5.0]));
        let kinds = [("fgsm", &fgsm)];
        let evaluation = Evaluation::new(&benign, &kinds, None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name| Some(folder.path().join(name));
        let exports =
            ExportArguments { latex: path("t.tex"), markdown: path("t.md"), roc: path("roc.csv") };
        exports.write(&evaluation, &benign, &kinds).unwrap();
        let text = |name| a2d_file::read_text(&folder.path().join(name)).unwrap();
        assert_eq!(
            text("roc.csv"),
            "kind,column,threshold,fpr,tpr\nfgsm,bim,,0,0\nfgsm,bim,1,0,0.5\nfgsm,bim,4,0.5,0.5\n\
             fgsm,bim,5,0.5,1\nfgsm,bim,9,1,1\n"
        );
        let markdown =
            "| inputs | bim | TPR at 5 % FPR |\n|---|---:|---:|\n| fgsm | 0.750 | 50.0 % |\n";
        assert_eq!(text("t.md"), markdown);
        let latex = text("t.tex");
        assert!(latex.contains("inputs & AUROC & TPR at 5 \\% FPR \\\\\n"), "{latex}");
        assert!(latex.contains("fgsm & 0.750 & 50.0 \\% \\\\\n"), "{latex}");
    }
}
