//! What all pages share: the frame, tables, figures, and names in colour.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plotters::style::RGBColor;

const STYLE: &str = include_str!("page.css");

/// A page with a title, how to read it, facts such as the model and the seed, and sections.
pub(crate) fn page(
    title: &str,
    how_to_read: &str,
    facts: &[(String, String)],
    sections: &Markup,
) -> String {
    let body = html! {
        h1 { (title) }
        p { (how_to_read) }
        dl {
            @for (label, value) in facts { dt { (label) } dd { (value) } }
        }
        (sections)
    };
    frame(title, &[], &body)
}

/// What every page begins and ends with, with styles behind the one of all pages.
pub(crate) fn frame(title: &str, styles: &[&str], body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) @for style in styles { (PreEscaped(style)) } }
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}

/// A table: the header, then rows with the name of each in front.
pub(crate) fn table(header: &[&str], rows: &[(Markup, Vec<String>)]) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { @for name in header { th { (name) } } } }
                tbody {
                    @for (name, cells) in rows {
                        tr { th { (name) } @for cell in cells { td { (cell) } } }
                    }
                }
            }
        }
    }
}

/// A drawing with what is said of it, and the names of what is drawn.
pub(crate) fn figure(svg: String, caption: &str, legend: &[Markup]) -> Markup {
    html! {
        figure {
            (PreEscaped(svg))
            figcaption {
                (caption)
                @if !legend.is_empty() {
                    ul { @for name in legend { li { (name) } } }
                }
            }
        }
    }
}

/// A name behind a dot of its colour.
pub(crate) fn label(name: &str, RGBColor(red, green, blue): RGBColor) -> Markup {
    html! { i style={ "background:rgb(" (red) "," (green) "," (blue) ")" } {} (name) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Checks that every element is closed in its turn.
    pub(crate) fn assert_balanced(page: &str) {
        let markup = match page.split_once("<style>") {
            Some((before, rest)) => before.to_owned() + rest.split_once("</style>").unwrap().1,
            None => page.to_owned(),
        };
        let mut open = Vec::new();
        for tag in markup.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').expect("a tag ends");
            assert!(!text.contains('>'), "a bare > in {text:?}");
            let name = tag.split([' ', '\n']).next().unwrap();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed));
            } else if !tag.ends_with('/') && !["meta", "!DOCTYPE"].contains(&name) {
                open.push(name);
            }
        }
        assert_eq!(open, [""; 0]);
    }

    #[test]
    fn a_name_stands_behind_a_dot_of_its_colour() {
        let label = label("a < b", RGBColor(213, 94, 0)).into_string();
        assert_eq!(label, r#"<i style="background:rgb(213,94,0)"></i>a &lt; b"#);
    }
}
