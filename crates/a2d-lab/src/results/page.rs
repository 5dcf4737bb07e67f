//! The page about all environments: the answer first, then what it is made of.

use crate::results::answer::{RULE, answer};
use crate::results::environment::Environment;
use crate::results::findings::{self, Finding};
use crate::results::matrices;
use crate::results::shortfalls::shortfalls;
use crate::tables::paper::Paper;
use crate::tables::{self, Table, auroc, clever};
use a2d_report::document::{Block, Document, Span};
use a2d_report::matrix::Matrix;

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

/// The tables but the AUROC's: those of few inputs, or the others.
fn tables(environments: &[Environment<'_>], few: bool) -> Vec<Section> {
    let is_own = |table: &&Table| ![auroc::TABLE.name, clever::SLIDES.name].contains(&table.name);
    let sections = tables::ALL.iter().filter(is_own).map(|table| {
        let beside = if table.name == clever::LOGITS.name { &clever::SLIDES } else { table };
        let matrices = environments
            .iter()
            .filter(|environment| environment.has_few(table) == few)
            .filter_map(|environment| matrix(environment, table, beside));
        Section {
            anchor: if few { format!("{}-few", table.name) } else { table.name.to_owned() },
            link: table.link,
            title: table.title.to_owned(),
            blocks: vec![Block::Note(table.note.into()), Block::Matrices(matrices.collect())],
        }
    });
    let is_there = |section: &Section| match section.blocks.last() {
        Some(Block::Matrices(matrices)) => !matrices.is_empty(),
        _ => false,
    };
    sections.filter(is_there).collect()
}

fn matrix(
    environment: &Environment<'_>,
    table: &'static Table,
    beside: &'static Table,
) -> Option<Matrix> {
    if table.name == beside.name {
        let part = matrices::Part { name: "ours", table, cells: environment.of(table) };
        let found = matrices::matrix(&environment.name, &[part], table.layout.apart);
        return (!found.columns.is_empty()).then_some(found);
    }
    environment.matrix(["logits", "as slides"], [table, beside])
}

fn findings(environments: &[Environment<'_>]) -> Section {
    let items = environments.iter().flat_map(|environment| {
        let findings = findings::of(&environment.cells);
        findings.into_iter().map(|finding: Finding| {
            vec![Span::Strong(format!("{}: ", environment.name)), Span::Plain(finding.text())]
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
    let cells = if count == 1 { "cell" } else { "cells" };
    (count > 0).then(|| Section {
        anchor: "not-reached".into(),
        link: "what falls short, and why",
        title: format!("What falls short, and why: {count} {cells}"),
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
                if !known.contains(&id) {
                    known.push(id);
                    found.extend(matrices::published(table, other));
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
