//! The page about all environments: the answer first, then what it is made of.

use crate::results::answer::{RULE, answer};
use crate::results::comparison;
use crate::results::environment::{self, Environment};
use crate::results::findings::{self, Finding};
use crate::results::matrices;
use crate::results::shortfalls::{counted, shortfalls};
use crate::tables::paper::Paper;
use crate::tables::{self, auroc};
use a2d_report::document::{Block, Document, Span};

const QUESTION: &str = "Does attacking an input again tell that it is adversarial?";

const COLOURS: &str = "Rows are kinds of adversarial examples, columns defense attacks. Green: above the paper's by more \
                       than the 95 % interval and 0.005; red and bold: below. Point at a number for its interval and n.";

/// Where the page leads beside its own headlines.
const FILES: [(&str, &str); 2] = [("CSV", "tables.csv"), ("LaTeX", "latex/")];

/// A headline with what stands below it.
struct Section {
    anchor: String,
    /// As the contents call it.
    link: &'static str,
    title: String,
    blocks: Vec<Block>,
}

/// The page.
pub(crate) fn page(profile: &str, environments: &[Environment<'_>], paper: &Paper) -> Document {
    let answers = environments.iter().filter_map(|environment| {
        answer(&environment.name, &auroc::TABLE, &environment.separation())
    });
    let mut blocks: Vec<_> = answers.map(Block::Text).collect();
    let mut sections = vec![headline(environments)];
    sections.extend(ensembles(environments));
    sections.extend(comparison(environments));
    sections.extend(tables(environments, false));
    sections.push(self::findings(environments));
    let folded: Vec<_> = [
        not_reached(environments),
        elsewhere(environments, paper),
        Some(made_how(profile, environments)),
        few(environments),
    ]
    .into_iter()
    .flatten()
    .collect();
    let links = sections.iter().chain(&folded);
    let links = links.map(|section| (section.link.to_owned(), format!("#{}", section.anchor)));
    let files = FILES.map(|(name, file)| (name.to_owned(), file.to_owned()));
    blocks.push(Block::Links(links.chain(files).collect()));
    for Section { anchor, title, blocks: below, .. } in sections {
        blocks.push(Block::Heading { anchor, text: title });
        blocks.extend(below);
    }
    for Section { anchor, title, blocks: hidden, .. } in folded {
        blocks.push(Block::Folded { anchor, title, blocks: hidden });
    }
    blocks.extend(environments.iter().filter(|environment| !environment.figures.is_empty()).map(
        |environment| Block::Figures {
            title: format!("Figures, {}", environment.name),
            figures: environment.figures.clone(),
        },
    ));
    Document { title: QUESTION.into(), blocks }
}

fn headline(environments: &[Environment<'_>]) -> Section {
    let matrices = environments.iter().filter_map(Environment::headline).collect();
    let blocks =
        vec![Block::Matrices(matrices), Block::Note(COLOURS.into()), Block::Note(RULE.into())];
    Section {
        anchor: auroc::TABLE.name.into(),
        link: auroc::TABLE.link,
        title: "AUROC beside the paper's".into(),
        blocks,
    }
}

fn ensembles(environments: &[Environment<'_>]) -> Option<Section> {
    let matrices: Vec<_> = environments.iter().filter_map(Environment::ensembles).collect();
    let blocks = vec![Block::Note(auroc::TABLE.note.into()), Block::Matrices(matrices.clone())];
    (!matrices.is_empty()).then(|| Section {
        anchor: "ensembles".into(),
        link: "ensembles",
        title: "AUROC of the ensembles and other scores".into(),
        blocks,
    })
}

fn comparison(environments: &[Environment<'_>]) -> Option<Section> {
    let data_sets = comparison::data_sets(environments);
    let tables = comparison::TABLES.iter().flat_map(|table| {
        data_sets.iter().filter_map(|dataset| comparison::matrix(table, dataset, environments))
    });
    let matrices: Vec<_> = tables.collect();
    let note = comparison::TABLES[0].note.into();
    (!matrices.is_empty()).then(|| Section {
        anchor: "comparison".into(),
        link: "all detectors",
        title: "All detectors on all examples, at equal false positives".into(),
        blocks: vec![Block::Note(note), Block::Matrices(matrices)],
    })
}

/// The tables but the AUROC's: those of few inputs, or the others.
fn tables(environments: &[Environment<'_>], few: bool) -> Vec<Section> {
    let mut sections = vec![];
    for (table, parts) in environment::shown() {
        let alike = environments.iter().filter(|environment| environment.has_few(&parts) == few);
        let matrices: Vec<_> = alike.filter_map(|environment| environment.matrix(&parts)).collect();
        if !matrices.is_empty() {
            sections.push(Section {
                anchor: if few { format!("{}-few", table.name) } else { table.name.to_owned() },
                link: table.link,
                title: table.title.to_owned(),
                blocks: vec![Block::Note(table.note.into()), Block::Matrices(matrices)],
            });
        }
    }
    sections
}

fn findings(environments: &[Environment<'_>]) -> Section {
    let items = environments.iter().flat_map(|environment| {
        let findings = findings::of(&environment.cells, environment.baselines);
        findings.into_iter().map(|finding: Finding| {
            vec![
                Span::Strong(format!("{}:", environment.name)),
                Span::Plain(format!(" {}", finding.text())),
            ]
        })
    });
    Section {
        anchor: "findings".into(),
        link: "findings",
        title: "The paper's findings".into(),
        blocks: vec![Block::List(items.collect())],
    }
}

fn not_reached(environments: &[Environment<'_>]) -> Option<Section> {
    let found = environments.iter().map(|environment| {
        shortfalls(&environment.name, environment.causes, &environment.tables())
    });
    let found: Vec<_> = found.collect();
    let count: usize = found.iter().map(|(count, _)| count).sum();
    let lines: Vec<_> = found.into_iter().flat_map(|(_, lines)| lines).collect();
    (count > 0).then(|| Section {
        anchor: "not-reached".into(),
        link: "what falls short, and why",
        title: format!("What falls short, and why: {}", counted(count)),
        blocks: vec![Block::List(lines)],
    })
}

/// What was published of other environments on the same data, where nothing was of these.
fn elsewhere(environments: &[Environment<'_>], paper: &Paper) -> Option<Section> {
    let mut blocks = vec![];
    for table in &tables::ALL {
        let mut known: Vec<&str> = vec![];
        let mut found = vec![];
        for environment in environments {
            let own = paper.of(environment.paper);
            if own.is_none_or(|own| own.table.contains_key(table.name))
                || environment.of(table).is_empty()
            {
                continue;
            }
            for (id, other) in paper.others(environment.paper) {
                let is_shown = environments.iter().any(|shown| shown.paper == id);
                if !known.contains(&id) && !is_shown {
                    known.push(id);
                    found.extend(matrices::published(table, other, &environment.of(table)));
                }
            }
        }
        if !found.is_empty() {
            blocks.push(Block::Text(vec![Span::Strong(table.title.into())]));
            blocks.push(Block::Matrices(found));
        }
    }
    (!blocks.is_empty()).then(|| {
        let note = "The paper has these tables of other networks and attacks on the same data sets, so they are beside \
                    none of ours.";
        blocks.insert(0, Block::Note(note.into()));
        Section {
            anchor: "elsewhere".into(),
            link: "other environments",
            title: "Published of other environments".into(),
            blocks,
        }
    })
}

fn made_how(profile: &str, environments: &[Environment<'_>]) -> Section {
    let of = |environment: &Environment<'_>| {
        let facts = environment.facts.iter().map(|fact| Span::line(fact.clone()));
        [Block::Text(vec![Span::Strong(environment.name.clone())]), Block::List(facts.collect())]
    };
    Section {
        anchor: "made".into(),
        link: "how it was made",
        title: format!("How it was made: profile {profile}"),
        blocks: environments.iter().flat_map(of).collect(),
    }
}

fn few(environments: &[Environment<'_>]) -> Option<Section> {
    let sections = tables(environments, true);
    let blocks = sections.into_iter().flat_map(|section| {
        let title = Block::Text(vec![Span::Strong(section.title)]);
        std::iter::once(title).chain(section.blocks)
    });
    let blocks: Vec<_> = blocks.collect();
    (!blocks.is_empty()).then(|| Section {
        anchor: "few".into(),
        link: "few inputs",
        title: "Tables of fewer than 20 inputs of a kind".into(),
        blocks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Cause;
    use crate::tables::cell::Cell;
    use crate::tables::paper::tests::paper;
    use a2d_report::Figure;

    fn cells(environment: &str) -> Vec<Cell> {
        let cell = |table: &str, row: &str, column: &str, ours: f64, n| {
            let cell = Cell::new(row, column, ours).within(Some(ours - 0.01), Some(ours + 0.01));
            Cell { table: table.into(), environment: environment.into(), ..cell.of(n) }
        };
        let mut cells = vec![
            cell("auroc", "fgsm", "bim", 0.9, 250),
            cell("auroc", "pgd", "bim", 0.6, 250),
            cell("auroc", "fgsm", "end-knn", 0.9, 250),
            cell("accuracy-zscore", "overall", "bim", 0.8, 500),
            cell("iterations", "bim", "fgsm", 3.0, 10),
        ];
        tables::beside(&mut cells, &paper(), environment);
        cells
    }

    /// The page of two environments, and the facts that it is made of.
    fn written(write: impl Fn(Document) -> String) -> String {
        let causes =
            [Cause { table: "auroc".into(), row: None, column: None, text: "small & few".into() }];
        let facts = ["seed 0".to_owned()];
        let all = ["env1-mnist", "env1-cifar10"].map(|id| (id, cells(id)));
        let environments = all.each_ref().map(|(id, cells)| Environment {
            id,
            name: id[5..].to_uppercase(),
            title: (*id).to_owned(),
            dataset: id[5..].to_uppercase(),
            facts: &facts,
            causes: &causes,
            paper: id,
            baselines: &[],
            cells: cells.iter().collect(),
            figures: vec![Figure { name: "roc".into(), svg: "<svg></svg>".into() }],
        });
        write(page("cpu", &environments, &paper()))
    }

    fn assert_in_order(text: &str, parts: &[&str]) {
        let mut rest = text;
        for part in parts {
            let (_, behind) = rest.split_once(part).unwrap_or_else(|| panic!("{part} in {rest}"));
            rest = behind;
        }
    }

    #[test]
    fn the_answer_stands_first_and_what_is_of_few_inputs_last() {
        let html = written(|page| page.html());
        assert_in_order(
            &html,
            &[
                "<strong>MNIST: yes</strong>, AUROC reaches the paper's in 0 of 1 cells.",
                "<strong>CIFAR10: yes</strong>",
                "<h2 id=\"auroc\">",
                "<figcaption>MNIST</figcaption>",
                "class=\"starts worse\" title=\"0.890 to 0.910, n = 250\">0.900</td>",
                "not in the paper",
                "<th scope=\"row\">PGD</th>",
                "<figcaption>CIFAR10</figcaption>",
                "<h2 id=\"ensembles\">",
                "<h2 id=\"accuracy-zscore\">",
                "<details id=\"not-reached\"><summary>What falls short, and why: 1 cell</summary>",
                "<strong>MNIST, 1 cell:</strong> small &amp; few. AUROC, FGSM, BIM_d",
                "<details id=\"elsewhere\">",
                "<figcaption>Env2, MNIST</figcaption>",
                "<details id=\"few\">",
                "Iterations until the label flips",
                "<figcaption>roc</figcaption>",
            ],
        );
    }

    #[test]
    fn every_link_of_the_contents_leads_somewhere() {
        let html = written(|page| page.html());
        let anchors: Vec<_> = html.split("href=\"#").skip(1).collect();
        assert!(anchors.len() > 5);
        for anchor in anchors {
            let (anchor, _) = anchor.split_once('"').unwrap();
            assert_eq!(html.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        }
    }

    #[test]
    fn markdown_has_the_same_order() {
        let markdown = written(|page| page.markdown());
        assert_in_order(
            &markdown,
            &[
                "**MNIST: yes**",
                "## AUROC",
                "| FGSM | **0.900** | 0.992 |",
                "| *not in the paper* |",
                "## Detection accuracy, z-score",
                "What falls short",
                "Env2, MNIST",
                "Iterations until",
            ],
        );
    }
}
