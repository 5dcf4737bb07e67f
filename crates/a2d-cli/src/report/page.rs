//! What all pages share: the frame, and names in colour.

use plotters::style::RGBColor;

use super::escaped::Escaped;

const STYLE: &str = include_str!("page.css");

/// A page with a title, how to read it, facts such as the model and the seed, and sections in HTML.
pub(super) fn html(
    title: &str,
    how_to_read: &str,
    facts: &[(String, String)],
    sections: &str,
) -> String {
    let title = Escaped(title);
    let facts: String = facts.iter().map(fact).collect();
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{how_to_read}</p>
<dl>
{facts}</dl>
{sections}</main>
</body>
</html>
"#
    )
}

fn fact((label, value): &(String, String)) -> String {
    format!("<dt>{}</dt><dd>{}</dd>\n", Escaped(label), Escaped(value))
}

/// A name behind a dot of its colour.
pub(super) fn label(name: &str, RGBColor(red, green, blue): RGBColor) -> String {
    let name = Escaped(name);
    format!(r#"<i style="background:rgb({red},{green},{blue})"></i>{name}"#)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Checks that every element is closed in its turn.
    pub(in crate::report) fn assert_balanced(page: &str) {
        let markup = page.replace(STYLE, "");
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
}
