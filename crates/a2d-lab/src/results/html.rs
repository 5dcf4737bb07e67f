//! The report: one page without scripts or external files.

use crate::results::findings::Finding;
use crate::results::markdown::{self, HEADER};
use crate::results::section::Section;
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}\
    table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
    th,td{padding:.15rem .6rem;border-bottom:1px solid #8884;text-align:left}\
    .scroll{overflow-x:auto}figure{display:inline-block;margin:.5rem;max-width:420px}\
    svg{max-width:100%;height:auto}.short{font-weight:bold}";

/// The page about all environments.
pub(crate) fn page(title: &str, sections: &[Section<'_>]) -> String {
    let title = escaped(title);
    let sections: String = sections.iter().map(section).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Ours beside the paper's. Cells in bold fall short of the paper's by more than their interval.\
         </p>\n{sections}</body>\n</html>\n"
    )
}

fn section(section: &Section<'_>) -> String {
    let findings: Vec<_> = section.findings.iter().map(Finding::text).collect();
    let mut html = format!(
        "<section>\n<h2>{}</h2>\n{}<h3>Findings</h3>\n{}<h3>Not reached</h3>\n{}",
        escaped(section.title),
        list(section.facts),
        list(&findings),
        list(&section.not_reached)
    );
    for (table, cells) in &section.tables {
        let (title, note) = (escaped(table.title), escaped(&markdown::note(table, cells)));
        let header = HEADER.map(|head| format!("<th>{head}</th>")).concat();
        let _ = write!(
            html,
            "<h3>{title}</h3>\n<p>{note}</p>\n<div class=\"scroll\"><table>\n<tr>{header}</tr>\n"
        );
        for cell in cells {
            let fields =
                markdown::fields(cell).map(|field| format!("<td>{}</td>", escaped(&field)));
            let class = if table.falls_short(cell) { " class=\"short\"" } else { "" };
            let _ = writeln!(html, "<tr{class}>{}</tr>", fields.concat());
        }
        html += "</table></div>\n";
    }
    html += "<h3>Figures</h3>\n";
    for (name, svg) in &section.figures {
        let name = escaped(name);
        let _ = writeln!(html, "<figure>{svg}<figcaption>{name}</figcaption></figure>");
    }
    html + "</section>\n"
}

fn list(items: &[String]) -> String {
    let items: String = match items {
        [] => "<li>nothing</li>\n".into(),
        items => items.iter().map(|item| ["<li>", &escaped(item), "</li>\n"].concat()).collect(),
    };
    format!("<ul>\n{items}</ul>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use crate::tables::cell::Cell;

    #[test]
    fn the_page_is_whole_and_escapes_text() {
        let table = tables::ALL.iter().find(|table| table.name == "auroc").unwrap();
        let cell = Cell::new("<fgsm>", "bim", 0.5).beside(Some(0.9));
        let section = Section {
            title: "Env1",
            facts: &["seed 0".into()],
            findings: vec![Finding { statement: "p < 0.05".into(), holds: false }],
            tables: vec![(table, vec![&cell])],
            not_reached: vec!["few & small".into()],
            figures: vec![("roc".into(), "<svg></svg>".into())],
        };
        let page = page("All", &[section]);
        for part in [
            "<li>p &lt; 0.05: does not hold</li>",
            "<tr class=\"short\"><td>&lt;fgsm&gt;</td>",
            "few &amp; small",
            "<figure><svg></svg>",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href"));
    }
}
