//! A table of numbers as people read it: rows, columns that may have parts, and what each number says.

mod html;
mod latex;
mod markdown;

pub(crate) use html::html;

/// Numbers of rows by columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// What they are of, such as a data set.
    pub caption: String,
    /// What the names of the rows are.
    pub corner: String,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// The rows, in groups.
    pub groups: Vec<Group>,
}

/// A column, which is as many columns as it has parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub label: Label,
    /// The names of its parts, such as ours and the paper's; a single one bears none.
    pub parts: Vec<String>,
}

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What is said above them, if anything.
    pub heading: Option<String>,
    /// The rows, in their order.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub label: Label,
    /// What stands in every part of every column, as far as there is something.
    pub entries: Vec<Option<Entry>>,
}

/// A number as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its digits.
    pub text: String,
    /// What is said where somebody points at it: its interval, how many inputs it is of.
    pub said: String,
    /// What it says.
    pub tone: Tone,
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// That it is so.
    Plain,
    /// That others found it.
    Muted,
    /// That it is clearly better than what others found.
    Better,
    /// That it is clearly worse.
    Worse,
}

/// A name that may have a subscript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The name.
    pub text: String,
    /// Its subscript.
    pub below: Option<String>,
}

impl Label {
    /// A name as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), below: None }
    }

    /// A name with a subscript.
    pub fn with_subscript(text: impl Into<String>, below: impl Into<String>) -> Self {
        Self { text: text.into(), below: Some(below.into()) }
    }
}

impl Matrix {
    /// Whether the parts of columns have names.
    fn has_parts(&self) -> bool {
        self.columns.iter().any(|column| column.parts.len() > 1)
    }

    /// How many parts all columns have together.
    fn width(&self) -> usize {
        self.columns.iter().map(|column| column.parts.len()).sum()
    }

    /// The place at which each column begins.
    fn starts(&self) -> Vec<usize> {
        let mut start = 0;
        let starts = self.columns.iter().map(|column| {
            let at = start;
            start += column.parts.len();
            at
        });
        starts.collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn entry(text: &str, tone: Tone) -> Entry {
        Entry { text: text.into(), said: format!("{text}, n = 50"), tone }
    }

    /// Two columns of which one has a published number beside it, and a row that is not in the paper.
    pub(crate) fn matrix(name: &str) -> Matrix {
        let column = |label, parts: &[&str]| Column {
            label,
            parts: parts.iter().map(|part| (*part).into()).collect(),
        };
        let row = |name: &str, entries| Row { label: Label::new(name), entries };
        Matrix {
            caption: "MNIST".into(),
            corner: "examples by".into(),
            columns: vec![
                column(Label::with_subscript("BIM", "d"), &["ours", "paper"]),
                column(Label::new("END"), &["ours"]),
            ],
            groups: vec![
                Group {
                    heading: None,
                    rows: vec![row(
                        name,
                        vec![
                            Some(entry("0.858", Tone::Worse)),
                            Some(entry("0.950", Tone::Muted)),
                            Some(entry("0.991", Tone::Plain)),
                        ],
                    )],
                },
                Group {
                    heading: Some("not in the paper".into()),
                    rows: vec![row("PGD", vec![Some(entry("0.924", Tone::Better)), None, None])],
                },
            ],
        }
    }

    #[test]
    fn columns_begin_where_the_parts_before_them_end() {
        let matrix = matrix("C&W");
        assert_eq!((matrix.width(), matrix.starts()), (3, vec![0, 2]));
        assert!(matrix.has_parts());
    }
}
