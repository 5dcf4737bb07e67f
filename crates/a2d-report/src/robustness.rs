//! The page about CLEVER scores and costs of several sets of inputs.

use a2d_eval::BoxPlot;
use maud::{Markup, html};
use plotters::style::RGBColor;

use crate::box_plot::{self, Values};
use crate::scatter::{self, Dots};
use crate::{Figure, Result, chart, page};

const HOW_TO_READ: &str = "A CLEVER score estimates how far an input is from being misclassified. \
    \u{3bb} is the mean score of the benign inputs over that of a set: how many times as far they are. \
    The cost of an input is what an attack needs to change its predicted label. A p-value says how \
    likely so large a difference of the means is if benign inputs and the set are alike (Welch's t-test).";

/// What the page tells.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Labels and values: model, seed and so on.
    pub facts: Vec<(String, String)>,
    /// The names of all sets, the benign one first.
    pub sets: Vec<&'a str>,
    /// The mean scores, the header first; empty without scores.
    pub scores: Vec<Vec<String>>,
    /// One section per defense attack and measure of its cost.
    pub costs: Vec<CostSection<'a>>,
}

/// The costs of one defense attack by one measure.
#[derive(Clone, Debug)]
pub struct CostSection<'a> {
    /// Name of the defense attack.
    pub attack: &'a str,
    /// What is measured, with its unit.
    pub measure: &'a str,
    /// The numbers of every set, the header first.
    pub table: Vec<Vec<String>>,
    /// The distribution in every set, by its name.
    pub sets: Vec<(&'a str, &'a BoxPlot)>,
    /// How they go with scores, where there are scores.
    pub correlation: Option<CorrelationFigure<'a>>,
}

/// How scores and costs of the same inputs go together.
#[derive(Clone, Debug)]
pub struct CorrelationFigure<'a> {
    /// The coefficients in a sentence.
    pub text: String,
    /// Score and cost of every input, by set.
    pub sets: Vec<(&'a str, &'a [(f64, f64)])>,
}

/// The page in HTML.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if a figure cannot be drawn.
pub fn html(page: &Page<'_>) -> Result<String> {
    let costs = page.costs.iter().map(|section| page.section(section));
    let costs = costs.collect::<Result<Vec<_>>>()?;
    let sections = html! {
        @if !page.scores.is_empty() {
            section {
                h2 { "Mean CLEVER scores" }
                (table(&page.scores))
            }
        }
        @for section in costs { (section) }
    };
    Ok(page::page("Robustness and costs", HOW_TO_READ, &page.facts, &sections))
}

/// The figures of the page: costs by each attack and measure, and how scores go with them.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if one cannot be drawn.
pub fn figures(page: &Page<'_>) -> Result<Vec<Figure>> {
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
    fn section(&self, section: &CostSection<'_>) -> Result<Markup> {
        let correlation = section.correlation.as_ref();
        let correlation = correlation.map(|figure| self.scatter(figure, section.measure));
        let caption = "Quartiles and median; dots are more than 1.5 interquartile ranges outside.";
        Ok(html! {
            section {
                h2 { "Costs of " (section.attack) ": " (section.measure) }
                (table(&section.table))
                div.figures {
                    (page::figure(self.boxes(section)?, caption, &[]))
                    @if let Some(figure) = correlation { (figure?) }
                }
            }
        })
    }

    fn boxes(&self, section: &CostSection<'_>) -> Result<String> {
        let values = section.sets.iter().map(|&(name, summary)| Values {
            name: name.to_owned(),
            summary,
            color: self.color(name),
        });
        box_plot::svg(&values.collect::<Vec<_>>(), section.measure)
    }

    fn dots(&self, figure: &CorrelationFigure<'_>, measure: &str) -> Result<String> {
        let dots =
            figure.sets.iter().map(|&(name, points)| Dots { points, color: self.color(name) });
        scatter::svg(&dots.collect::<Vec<_>>(), ["CLEVER score", measure])
    }

    fn scatter(&self, figure: &CorrelationFigure<'_>, measure: &str) -> Result<Markup> {
        let label = |(name, _): &(&str, _)| page::label(name, self.color(name));
        let legend: Vec<_> = figure.sets.iter().map(label).collect();
        Ok(page::figure(self.dots(figure, measure)?, &figure.text, &legend))
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
fn table(lines: &[Vec<String>]) -> Markup {
    let Some((header, rows)) = lines.split_first() else { return html! {} };
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    let rows = rows.iter().filter_map(|line| line.split_first());
    let rows = rows.map(|(name, cells)| (html! { (name) }, cells.to_vec()));
    page::table(&header, &rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::tests::assert_balanced;

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
