//! A page of results, which is written as HTML and as Markdown in the same order.

mod html;
mod markdown;

use crate::Figure;
use crate::matrix::Matrix;

/// A page.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its headline.
    pub title: String,
    /// What follows it.
    pub blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// A headline, to which `#anchor` leads.
    Heading {
        /// Its name in links.
        anchor: String,
        /// What it says.
        text: String,
    },
    /// A paragraph.
    Text(Vec<Span>),
    /// How to read what follows, in small letters.
    Note(String),
    /// Names with where they lead, in one line.
    Links(Vec<(String, String)>),
    /// A list.
    List(Vec<Vec<Span>>),
    /// Tables side by side, where there is room.
    Matrices(Vec<Matrix>),
    /// What opens when its title is asked.
    Folded {
        /// Its name in links.
        anchor: String,
        /// What it is about.
        title: String,
        /// What it hides.
        blocks: Vec<Block>,
    },
    /// Small figures under a name, which are left out of Markdown.
    Figures {
        /// What they are of.
        title: String,
        /// The figures.
        figures: Vec<Figure>,
    },
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// As the rest.
    Plain(String),
    /// What counts.
    Strong(String),
}

impl Span {
    /// A line that is as the rest.
    pub fn line(text: impl Into<String>) -> Vec<Self> {
        vec![Self::Plain(text.into())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::tests::matrix;

    pub(super) fn document(name: &str) -> Document {
        Document {
            title: "Is it adversarial?".into(),
            blocks: vec![
                Block::Text(vec![
                    Span::Strong(format!("{name}: yes")),
                    Span::Plain(", in 1 of 2 cells.".into()),
                ]),
                Block::Links(vec![
                    ("AUROC".into(), "#auroc".into()),
                    ("CSV".into(), "tables.csv".into()),
                ]),
                Block::Heading { anchor: "auroc".into(), text: "AUROC".into() },
                Block::Note("Larger is better.".into()),
                Block::Matrices(vec![matrix(name)]),
                Block::Folded {
                    anchor: "short".into(),
                    title: "Not reached: 1 cell".into(),
                    blocks: vec![Block::List(vec![Span::line("as p < 0.05")])],
                },
                Block::Figures {
                    title: "Figures".into(),
                    figures: vec![Figure { name: "roc-bim".into(), svg: "<svg></svg>".into() }],
                },
            ],
        }
    }
}
