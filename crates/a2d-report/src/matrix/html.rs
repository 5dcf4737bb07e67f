//! A matrix in HTML.

use maud::{Markup, html};

use super::{Entry, Label, Matrix, Row, Tone};

/// What the first part of a column is to the style.
const STARTS: &str = "starts";

/// The matrix below its caption.
pub(crate) fn html(matrix: &Matrix) -> Markup {
    let parts = matrix.has_parts();
    html! {
        figure.matrix {
            @if !matrix.caption.is_empty() { figcaption { (matrix.caption) } }
            div.scroll {
                table {
                    thead {
                        tr {
                            th rowspan=[parts.then_some(2)] { (matrix.corner) }
                            @for column in &matrix.columns {
                                th class=(STARTS) colspan=(column.parts.len()) scope="colgroup" { (label(&column.label)) }
                            }
                        }
                        @if parts {
                            tr.parts {
                                @for column in &matrix.columns {
                                    @for (place, part) in column.parts.iter().enumerate() {
                                        th class=[(place == 0).then_some(STARTS)] scope="col" { (part) }
                                    }
                                }
                            }
                        }
                    }
                    @for group in &matrix.groups {
                        tbody {
                            @if let Some(heading) = &group.heading {
                                tr.heading { th colspan=(matrix.width() + 1) { (heading) } }
                            }
                            @for row in &group.rows { (self::row(row, &matrix.starts())) }
                        }
                    }
                }
            }
        }
    }
}

fn row(row: &Row, starts: &[usize]) -> Markup {
    html! {
        tr {
            th scope="row" { (label(&row.label)) }
            @for (place, entry) in row.entries.iter().enumerate() {
                (cell(entry.as_ref(), starts.contains(&place)))
            }
        }
    }
}

fn cell(entry: Option<&Entry>, starts: bool) -> Markup {
    let Some(Entry { text, said, tone }) = entry else {
        return html! { td class=[starts.then_some(STARTS)] {} };
    };
    let tone = match tone {
        Tone::Plain => None,
        Tone::Muted => Some("muted"),
        Tone::Better => Some("better"),
        Tone::Worse => Some("worse"),
    };
    let classes: Vec<_> = starts.then_some(STARTS).into_iter().chain(tone).collect();
    let class = (!classes.is_empty()).then(|| classes.join(" "));
    let said = (!said.is_empty()).then_some(said);
    html! { td class=[class] title=[said] { (text) } }
}

fn label(label: &Label) -> Markup {
    html! { (label.text) @if let Some(below) = &label.below { sub { (below) } } }
}

#[cfg(test)]
mod tests {
    use crate::matrix::tests::matrix;
    use crate::page::tests::assert_balanced;

    #[test]
    fn numbers_stand_under_their_parts_and_say_what_they_are_of() {
        let html = super::html(&matrix("<script>")).into_string();
        assert_balanced(&html);
        for part in [
            "<th rowspan=\"2\">examples by</th>",
            "<th class=\"starts\" colspan=\"2\" scope=\"colgroup\">BIM<sub>d</sub></th>",
            "<tr class=\"heading\"><th colspan=\"4\">not in the paper</th></tr>",
            "<th scope=\"row\">&lt;script&gt;</th>",
            "<td class=\"starts worse\" title=\"0.858, n = 50\">0.858</td>",
            "<td class=\"muted\" title=\"0.950, n = 50\">0.950</td>",
            "<td class=\"starts\"></td>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
