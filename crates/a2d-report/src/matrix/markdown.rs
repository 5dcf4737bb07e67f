//! A matrix in Markdown, whose tables have one line of heads: a part that is not the first stands under its own
//! name.

use std::fmt::Write as _;

use super::{Entry, Label, Matrix, Tone};
use crate::markdown::escaped;

impl Matrix {
    /// A table in Markdown, clearly worse numbers in bold.
    pub fn markdown(&self) -> String {
        let mut heads = vec![escaped(&self.corner)];
        for column in &self.columns {
            let named = self.has_parts() && column.parts.len() > 2;
            let first = match column.parts.first() {
                Some(part) if named => format!("{}, {}", label(&column.label), escaped(part)),
                _ => label(&column.label),
            };
            heads.push(first);
            heads.extend(column.parts.iter().skip(1).map(|part| escaped(part)));
        }
        let mut text = line(&heads);
        let _ = writeln!(text, "|---|{}", "---:|".repeat(self.width()));
        for group in &self.groups {
            if let Some(heading) = &group.heading {
                let mut fields = vec![format!("*{}*", escaped(heading))];
                fields.resize(self.width() + 1, String::new());
                text += &line(&fields);
            }
            for row in &group.rows {
                let entries =
                    row.entries.iter().map(|entry| entry.as_ref().map_or_else(String::new, shown));
                text +=
                    &line(&std::iter::once(label(&row.label)).chain(entries).collect::<Vec<_>>());
            }
        }
        text
    }
}

fn line(fields: &[String]) -> String {
    format!("| {} |\n", fields.join(" | "))
}

fn shown(Entry { text, tone, .. }: &Entry) -> String {
    match tone {
        Tone::Worse => format!("**{}**", escaped(text)),
        Tone::Plain | Tone::Muted | Tone::Better => escaped(text),
    }
}

fn label(Label { text, below }: &Label) -> String {
    let below = below.as_ref().map(|below| format!("<sub>{}</sub>", escaped(below)));
    escaped(text) + &below.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::matrix::tests::matrix;

    #[test]
    fn rows_and_columns_are_those_of_the_page() {
        let expected = "\
            | examples by | BIM<sub>d</sub> | paper | END |\n\
            |---|---:|---:|---:|\n\
            | C&W \\| \\* | **0.858** | 0.950 | 0.991 |\n\
            | *not in the paper* |  |  |  |\n\
            | PGD | 0.924 |  |  |\n";
        assert_eq!(matrix("C&W | *").markdown(), expected);
    }
}
