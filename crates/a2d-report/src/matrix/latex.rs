//! A matrix in LaTeX, for the package booktabs.

use std::fmt::Write as _;

use super::{Entry, Label, Matrix, Tone};

impl Matrix {
    /// A `tabular` for the package booktabs, clearly worse numbers in bold.
    pub fn latex(&self) -> String {
        let mut text = format!("\\begin{{tabular}}{{l{}}}\n\\toprule\n", "r".repeat(self.width()));
        let corner = escaped(&self.corner);
        if self.has_parts() {
            text +=
                &line(std::iter::once(String::new()).chain(self.columns.iter().map(|column| {
                    format!(
                        "\\multicolumn{{{}}}{{c}}{{{}}}",
                        column.parts.len(),
                        label(&column.label)
                    )
                })));
            for (start, column) in self.starts().into_iter().zip(&self.columns) {
                // The names of the rows are the first column of all, and columns are counted from 1.
                let _ = write!(
                    text,
                    "\\cmidrule(lr){{{}-{}}}",
                    start + 2,
                    start + 1 + column.parts.len()
                );
            }
            text.push('\n');
            let parts = self.columns.iter().flat_map(|column| &column.parts);
            text += &line(std::iter::once(corner).chain(parts.map(|part| escaped(part))));
        } else {
            let labels = self.columns.iter().map(|column| label(&column.label));
            text += &line(std::iter::once(corner).chain(labels));
        }
        for group in &self.groups {
            text += "\\midrule\n";
            if let Some(heading) = &group.heading {
                let _ = writeln!(
                    text,
                    "\\multicolumn{{{}}}{{l}}{{\\emph{{{}}}}} \\\\",
                    self.width() + 1,
                    escaped(heading)
                );
            }
            for row in &group.rows {
                let entries =
                    row.entries.iter().map(|entry| entry.as_ref().map_or_else(String::new, shown));
                text += &line(std::iter::once(label(&row.label)).chain(entries));
            }
        }
        text + "\\bottomrule\n\\end{tabular}\n"
    }
}

fn line(fields: impl IntoIterator<Item = String>) -> String {
    format!("{} \\\\\n", fields.into_iter().collect::<Vec<_>>().join(" & "))
}

fn shown(Entry { text, tone, .. }: &Entry) -> String {
    match tone {
        Tone::Worse => format!("\\textbf{{{}}}", escaped(text)),
        Tone::Plain | Tone::Muted | Tone::Better => escaped(text),
    }
}

fn label(Label { text, below }: &Label) -> String {
    let below = below.as_ref().map(|below| format!("\\textsubscript{{{}}}", escaped(below)));
    escaped(text) + &below.unwrap_or_default()
}

/// Text in which nothing is a command.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', character]),
            '~' => safe += "\\textasciitilde{}",
            '^' => safe += "\\textasciicircum{}",
            '\\' => safe += "\\textbackslash{}",
            'λ' => safe += "$\\lambda$",
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use crate::matrix::tests::matrix;

    #[test]
    fn columns_with_parts_have_a_rule_over_them() {
        let expected = r"\begin{tabular}{lrrr}
\toprule
 & \multicolumn{2}{c}{BIM\textsubscript{d}} & \multicolumn{1}{c}{END} \\
\cmidrule(lr){2-3}\cmidrule(lr){4-4}
examples by & ours & paper & ours \\
\midrule
C\&W\_\textbackslash{}x & \textbf{0.858} & 0.950 & 0.991 \\
\midrule
\multicolumn{4}{l}{\emph{not in the paper}} \\
PGD & 0.924 &  &  \\
\bottomrule
\end{tabular}
";
        assert_eq!(matrix("C&W_\\x").latex(), expected);
    }

    #[test]
    fn columns_without_parts_have_one_line_of_heads() {
        let mut matrix = matrix("FGSM");
        matrix.columns.remove(0);
        matrix.groups.truncate(1);
        matrix.groups[0].rows[0].entries.drain(..2);
        let latex = matrix.latex();
        assert!(
            latex.contains("\\toprule\nexamples by & END \\\\\n\\midrule\nFGSM & 0.991 \\\\\n"),
            "{latex}"
        );
    }
}
