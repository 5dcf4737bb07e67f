//! A page of results in Markdown.

use super::{Block, Document, Span};
use crate::markdown::escaped;
use crate::matrix::Matrix;

impl Document {
    /// The page without its figures.
    pub fn markdown(&self) -> String {
        let blocks = self.blocks.iter().map(block);
        let title = format!("# {}\n", escaped(&self.title));
        let parts: Vec<_> =
            std::iter::once(title).chain(blocks).filter(|part| !part.is_empty()).collect();
        parts.join("\n")
    }
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { anchor, text } => {
            format!("<a id=\"{}\"></a>\n\n## {}\n", escaped(anchor), escaped(text))
        }
        Block::Text(line) => spans(line) + "\n",
        Block::Note(text) => escaped(text) + "\n",
        Block::Links(links) => {
            let links = links.iter().map(|(name, to)| format!("[{}]({to})", escaped(name)));
            links.collect::<Vec<_>>().join(" · ") + "\n"
        }
        Block::List(items) => {
            items.iter().map(|item| ["* ", &spans(item), "\n"].concat()).collect()
        }
        Block::Matrices(matrices) => matrices.iter().map(captioned).collect::<Vec<_>>().join("\n"),
        Block::Folded { anchor, title, blocks } => {
            let blocks: Vec<_> = blocks.iter().map(self::block).collect();
            let summary = maud::html! { a id=(anchor) {} summary { (title) } }.into_string();
            format!("<details>{summary}\n\n{}\n</details>\n", blocks.join("\n"))
        }
        Block::Figures { .. } => String::new(),
    }
}

fn captioned(matrix: &Matrix) -> String {
    let table = matrix.markdown();
    match matrix.caption.as_str() {
        "" => table,
        caption => format!("**{}**\n\n{table}", escaped(caption)),
    }
}

fn spans(line: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Plain(text) => escaped(text),
        Span::Strong(text) => format!("**{}**", escaped(text)),
    };
    line.iter().map(span).collect()
}

#[cfg(test)]
mod tests {
    use crate::document::tests::document;

    #[test]
    fn the_order_is_that_of_the_page() {
        let document = document("MNIST");
        let table = crate::matrix::tests::matrix("MNIST").markdown();
        let expected = format!(
            "# Is it adversarial?\n\n**MNIST: yes**, in 1 of 2 cells.\n\n[AUROC](#auroc) · [CSV](tables.csv)\n\n\
             <a id=\"auroc\"></a>\n\n## AUROC\n\nLarger is better.\n\n**MNIST**\n\n{table}\n\
             <details><a id=\"short\"></a><summary>Not reached: 1 cell</summary>\n\n* as p \\< 0.05\n\n</details>\n"
        );
        assert_eq!(document.markdown(), expected);
    }
}
