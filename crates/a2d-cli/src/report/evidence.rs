//! The page about CLEVER scores and costs of several sets of inputs.

use a2d_eval::BoxPlot;
use anyhow::Context;
use plotters::style::RGBColor;

use super::box_plot::{self, Values};
use super::escaped::Escaped;
use super::figure::Figure;
use super::scatter::{self, Dots};
use super::{chart, page};

const HOW_TO_READ: &str = "A CLEVER score estimates how far an input is from being misclassified. \
    \u{3bb} is the mean score of the benign inputs over that of a set: how many times as far they are. \
    The cost of an input is what an attack needs to change its predicted label. A p-value says how \
    likely so large a difference of the means is if benign inputs and the set are alike (Welch's t-test).";

/// What the page tells.
pub(crate) struct Page<'a> {
    /// Labels and values: model, seed and so on.
    pub(crate) facts: Vec<(String, String)>,
    /// The names of all sets, the benign one first.
    pub(crate) sets: Vec<&'a str>,
    /// The mean scores, the header first; empty without scores.
    pub(crate) scores: Vec<Vec<String>>,
    /// One section per defense attack and measure of its cost.
    pub(crate) costs: Vec<CostSection<'a>>,
}

/// The costs of one defense attack by one measure.
pub(crate) struct CostSection<'a> {
    pub(crate) attack: &'a str,
    /// What is measured, with its unit.
    pub(crate) measure: &'a str,
    /// The numbers of every set, the header first.
    pub(crate) table: Vec<Vec<String>>,
    /// The distribution in every set, by its name.
    pub(crate) sets: Vec<(&'a str, &'a BoxPlot)>,
    pub(crate) correlation: Option<CorrelationFigure<'a>>,
}

/// How scores and costs of the same inputs go together.
pub(crate) struct CorrelationFigure<'a> {
    /// The coefficients in a sentence.
    pub(crate) text: String,
    /// Score and cost of every input, by set.
    pub(crate) sets: Vec<(&'a str, &'a [(f64, f64)])>,
}

/// Writes the page.
pub(crate) fn html(page: &Page<'_>) -> anyhow::Result<String> {
    let scores = if page.scores.is_empty() {
        String::new()
    } else {
        let table = table(&page.scores);
        format!("<section>\n<h2>Mean CLEVER scores</h2>\n{table}</section>\n")
    };
    let costs = page.costs.iter().map(|section| page.section(section));
    let costs = costs.collect::<anyhow::Result<String>>().context("draw report")?;
    Ok(page::html("Robustness and costs", HOW_TO_READ, &page.facts, &(scores + &costs)))
}

/// Draws the figures of the page: costs by each attack and measure, and how scores go with them.
pub(crate) fn figures(page: &Page<'_>) -> anyhow::Result<Vec<Figure>> {
    let mut figures = vec![];
    for section in &page.costs {
        let name = |figure| format!("{figure}-{}-{}", section.attack, section.measure);
        figures.push(Figure { name: name("costs"), svg: page.boxes(section)? });
        if let Some(correlation) = &section.correlation {
            let svg = page.dots(correlation, section.measure)?;
            figures.push(Figure { name: name("scores"), svg });
        }
    }
    Ok(figures)
}

impl Page<'_> {
    fn section(&self, section: &CostSection<'_>) -> anyhow::Result<String> {
        let (attack, measure) = (Escaped(section.attack), Escaped(section.measure));
        let table = table(&section.table);
        let boxes = self.boxes(section)?;
        let correlation = match &section.correlation {
            Some(figure) => self.scatter(figure, section.measure)?,
            None => String::new(),
        };
        Ok(format!(
            "<section>\n<h2>Costs of {attack}: {measure}</h2>\n{table}<div class=\"figures\">\n\
             <figure>\n{boxes}\n<figcaption>Quartiles and median; dots are more than 1.5 interquartile \
             ranges outside.</figcaption>\n</figure>\n{correlation}</div>\n</section>\n"
        ))
    }

    fn boxes(&self, section: &CostSection<'_>) -> anyhow::Result<String> {
        let values = section.sets.iter().map(|&(name, summary)| Values {
            name: name.to_owned(),
            summary,
            color: self.color(name),
        });
        box_plot::svg(&values.collect::<Vec<_>>(), section.measure)
    }

    fn dots(&self, figure: &CorrelationFigure<'_>, measure: &str) -> anyhow::Result<String> {
        let dots =
            figure.sets.iter().map(|&(name, points)| Dots { points, color: self.color(name) });
        scatter::svg(&dots.collect::<Vec<_>>(), ["CLEVER score", measure])
    }

    fn scatter(&self, figure: &CorrelationFigure<'_>, measure: &str) -> anyhow::Result<String> {
        let svg = self.dots(figure, measure)?;
        let label =
            |(name, _): &(&str, _)| format!("<li>{}</li>", page::label(name, self.color(name)));
        let legend: String = figure.sets.iter().map(label).collect();
        let text = Escaped(&figure.text);
        Ok(format!(
            "<figure>\n{svg}\n<figcaption>{text}\n<ul>{legend}</ul></figcaption>\n</figure>\n"
        ))
    }

    /// The colour of a set, the same in all figures.
    fn color(&self, set: &str) -> RGBColor {
        match self.sets.iter().position(|name| *name == set) {
            Some(place) if place > 0 => chart::adversarial(place - 1),
            _ => chart::BENIGN,
        }
    }
}

/// A table of text, the header first and the name of each row in front.
fn table(lines: &[Vec<String>]) -> String {
    let cell = |tag: &str, text: &str| format!("<{tag}>{}</{tag}>", Escaped(text));
    let cells = |tag, line: &[String]| line.iter().map(|text| cell(tag, text)).collect::<String>();
    let row = |line: &Vec<String>| {
        let (name, numbers) = line.split_at(1.min(line.len()));
        format!("<tr>{}{}</tr>\n", cells("th", name), cells("td", numbers))
    };
    let header = lines.first().map_or(String::new(), |line| cells("th", line));
    let rows: String = lines.iter().skip(1).map(row).collect();
    format!(
        "<div class=\"scroll\">\n<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table>\n</div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::page::tests::assert_balanced;
    use super::*;

    fn page(name: &str) -> String {
        let summary = BoxPlot::new(&[3.0, 5.0, 80.0]).unwrap();
        let correlation = CorrelationFigure {
            text: format!("Pearson 0.9 of {name}"),
            sets: vec![("benign", &[(2.0, 80.0)]), (name, &[(0.5, 3.0), (0.25, 5.0)])],
        };
        let table = [["inputs", "mean"], ["benign", "41.5"], [name, "9.0"]];
        let table = table.map(|line| line.map(String::from).to_vec()).to_vec();
        html(&Page {
            facts: vec![("model".into(), name.into())],
            sets: vec!["benign", name],
            scores: table.clone(),
            costs: vec![CostSection {
                attack: name,
                measure: "iterations",
                table,
                sets: vec![("benign", &summary), (name, &summary)],
                correlation: Some(correlation),
            }],
        })
        .unwrap()
    }

    #[test]
    fn tables_and_figures_are_there() {
        let page = page("fgsm");
        assert_balanced(&page);
        assert_eq!(page.matches("<svg").count(), 2);
        assert_eq!(page.matches("<tr><th>fgsm</th><td>9.0</td></tr>").count(), 2);
        assert!(page.contains("Pearson 0.9 of fgsm"));
        assert!(page.contains(r#"rgb(213,94,0)"></i>fgsm</li>"#));
        let links = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!links.contains("http") && !links.contains("<script"));
    }

    #[test]
    fn hostile_names_are_text() {
        let page = page("<script>alert('1')</script>\"&");
        assert_balanced(&page);
        assert!(!page.contains("<script"));
    }
}
