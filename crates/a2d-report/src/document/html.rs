//! A page of results in HTML.

use maud::{Markup, PreEscaped, html};

use super::{Block, Document, Span};
use crate::{matrix, page};

const STYLE: &str = include_str!("../document.css");

impl Document {
    /// One page without scripts or external files.
    pub fn html(&self) -> String {
        let body = html! {
            h1 { (self.title) }
            @for block in &self.blocks { (self::block(block)) }
        };
        page::frame(&self.title, &[STYLE], &body)
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Heading { anchor, text } => html! { h2 id=(anchor) { (text) } },
        Block::Text(line) => html! { p.text { (spans(line)) } },
        Block::Note(text) => html! { p.note { (text) } },
        Block::Links(links) => html! {
            nav { @for (name, to) in links { a href=(to) { (name) } " " } }
        },
        Block::List(items) => html! { ul { @for item in items { li { (spans(item)) } } } },
        Block::Matrices(matrices) => html! {
            div.matrices { @for matrix in matrices { (matrix::html(matrix)) } }
        },
        Block::Folded { anchor, title, blocks } => html! {
            details id=(anchor) { summary { (title) } @for block in blocks { (self::block(block)) } }
        },
        Block::Figures { title, figures } => html! {
            section.small {
                h3 { (title) }
                div.figures {
                    @for figure in figures {
                        figure { (PreEscaped(&figure.svg)) figcaption { (figure.name) } }
                    }
                }
            }
        },
    }
}

fn spans(line: &[Span]) -> Markup {
    html! {
        @for span in line {
            @match span {
                Span::Plain(text) => { (text) },
                Span::Strong(text) => { strong { (text) } },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::document::tests::document;
    use crate::page::tests::assert_balanced;

    #[test]
    fn the_page_is_whole_and_escapes_text() {
        let page = document("<script>").html();
        assert_balanced(&page);
        for part in [
            "<p class=\"text\"><strong>&lt;script&gt;: yes</strong>, in 1 of 2 cells.</p>",
            "<a href=\"#auroc\">AUROC</a>",
            "<h2 id=\"auroc\">AUROC</h2>",
            "<details id=\"short\"><summary>Not reached: 1 cell</summary><ul><li>as p &lt; 0.05</li></ul></details>",
            "<figure><svg></svg><figcaption>roc-bim</figcaption></figure>",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("<script") && !page.contains("src="));
    }
}
