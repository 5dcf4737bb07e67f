//! The page about an evaluation: how well costs, and a detector on them, tell adversarial inputs.

use a2d_eval::{Auroc, RocCurve};
use maud::{Markup, html};

use crate::chart::{self, Class};
use crate::{Figure, Result, histogram, page, roc};

const HOW_TO_READ: &str = "The cost of an input is the number of iterations an attack needs to change \
    its predicted label. The lower the cost, the less robust the input, and the likelier it is \
    adversarial. AUROC is the probability that a random adversarial input costs less than a random \
    benign one, a tie counted half: 0.5 is a coin, 1 tells all apart. TPR at 5\u{a0}% FPR is the share of \
    adversarial inputs found when at most 5\u{a0}% of the benign ones are flagged with them.";

const HEADER: [&str; 6] =
    ["Inputs", "n", "Mean cost", "AUROC (95 % interval)", "TPR at 5 % FPR", "Flagged"];

/// What the page tells.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// Its headline.
    pub title: String,
    /// Labels and values: model, detector, seed and so on.
    pub facts: Vec<(String, String)>,
    /// One section per defense attack.
    pub attacks: Vec<AttackSection<'a>>,
}

/// The costs of one defense attack.
#[derive(Clone, Debug)]
pub struct AttackSection<'a> {
    /// Name of the defense attack.
    pub attack: &'a str,
    /// A lower cost counts as adversarial.
    pub cost_threshold: Option<f64>,
    /// Costs of the benign inputs, in iterations.
    pub benign: Vec<f64>,
    /// Share of the benign inputs that the detector flags, from 0 to 1.
    pub benign_flagged: Option<f64>,
    /// One part per kind of adversarial input.
    pub kinds: Vec<KindSection<'a>>,
}

/// How well the costs of one defense attack tell one kind of adversarial input from benign ones.
#[derive(Clone, Debug)]
pub struct KindSection<'a> {
    /// Name of the kind, such as the attack that crafted it.
    pub kind: &'a str,
    /// Costs of the inputs, in iterations.
    pub costs: Vec<f64>,
    /// How well these costs tell the kind from benign inputs.
    pub auroc: Auroc,
    /// Rate from 0 to 1.
    pub tpr_at_5_fpr: f64,
    /// Share of the inputs that the detector flags, from 0 to 1.
    pub flagged: Option<f64>,
    /// The curve that both are read from.
    pub roc: RocCurve,
}

/// The page in HTML.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if a figure cannot be drawn.
pub fn html(evaluation: &Evaluation<'_>) -> Result<String> {
    let sections = evaluation.attacks.iter().map(section).collect::<Result<Vec<_>>>()?;
    let sections = html! { @for section in sections { (section) } };
    Ok(page::page(&evaluation.title, HOW_TO_READ, &evaluation.facts, &sections))
}

/// The figures of the page: costs and ROC curves by each defense attack.
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw) if one cannot be drawn.
pub fn figures(evaluation: &Evaluation<'_>) -> Result<Vec<Figure>> {
    let draw = |section| {
        let classes = classes(section);
        let name = |figure| format!("{figure}-{}", section.attack);
        Ok([
            Figure { name: name("costs"), svg: costs(section, &classes)? },
            Figure { name: name("roc"), svg: curves(section, &classes)? },
        ])
    };
    let figures = evaluation.attacks.iter().map(draw).collect::<Result<Vec<_>>>();
    Ok(figures?.into_iter().flatten().collect())
}

fn costs(section: &AttackSection<'_>, classes: &[Class<'_>]) -> Result<String> {
    histogram::svg(classes, section.cost_threshold)
}

fn curves(section: &AttackSection<'_>, classes: &[Class<'_>]) -> Result<String> {
    let curves: Vec<_> = section.kinds.iter().map(|kind| &kind.roc).zip(&classes[1..]).collect();
    roc::svg(&curves)
}

fn section(section: &AttackSection<'_>) -> Result<Markup> {
    let classes = classes(section);
    let threshold = section.cost_threshold.map_or_else(String::new, threshold);
    let caption = format!("Share of the inputs by cost; each strip has its own scale.{threshold}");
    let legend: Vec<_> = classes[1..].iter().map(label).collect();
    Ok(html! {
        section {
            h2 { "Costs of " (section.attack) }
            (page::table(&HEADER, &rows(section, &classes)))
            div.figures {
                (page::figure(costs(section, &classes)?, &caption, &[]))
                (page::figure(
                    curves(section, &classes)?,
                    "ROC curves; the dashed diagonal is chance.",
                    &legend,
                ))
            }
        }
    })
}

fn threshold(cost: f64) -> String {
    if cost > 0.0 {
        format!(" Costs below {cost:.1}, the dashed line, count as adversarial.")
    } else {
        format!(" With a threshold of {cost:.1}, no cost counts as adversarial.")
    }
}

/// The benign inputs, then every kind of adversarial ones.
fn classes<'a>(section: &'a AttackSection<'_>) -> Vec<Class<'a>> {
    let benign = Class { name: "benign", costs: &section.benign, color: chart::BENIGN };
    let kinds = section.kinds.iter().enumerate().map(|(index, kind)| Class {
        name: kind.kind,
        costs: &kind.costs,
        color: chart::adversarial(index),
    });
    std::iter::once(benign).chain(kinds).collect()
}

fn rows(section: &AttackSection<'_>, classes: &[Class<'_>]) -> Vec<(Markup, Vec<String>)> {
    let benign = row(&classes[0], ["", ""].map(String::from), section.benign_flagged);
    let kinds = section.kinds.iter().zip(&classes[1..]).map(|(kind, class)| {
        let Auroc { auroc, low, high } = kind.auroc;
        let area = format!("{auroc:.3} ({low:.3} to {high:.3})");
        row(class, [area, percent(kind.tpr_at_5_fpr)], kind.flagged)
    });
    std::iter::once(benign).chain(kinds).collect()
}

fn row(
    class: &Class<'_>,
    [auroc, tpr]: [String; 2],
    flagged: Option<f64>,
) -> (Markup, Vec<String>) {
    let n = class.costs.len();
    let mean = class.costs.iter().sum::<f64>() / n as f64;
    let flagged = flagged.map_or_else(String::new, percent);
    (label(class), vec![n.to_string(), format!("{mean:.1}"), auroc, tpr, flagged])
}

/// The name of a class behind a dot of its colour.
fn label(class: &Class<'_>) -> Markup {
    page::label(class.name, class.color)
}

fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use a2d_eval::Scores;

    use super::*;
    use crate::page::tests::assert_balanced;

    const BENIGN: [f64; 6] = [210.0, 95.0, 143.0, 31.0, 188.0, 260.0];

    fn kind<'a>(kind: &'a str, costs: &[f64]) -> KindSection<'a> {
        let scores = Scores::from_costs(&BENIGN, costs).unwrap();
        let roc = RocCurve::new(&scores);
        KindSection {
            kind,
            costs: costs.to_vec(),
            auroc: Auroc::new(&scores),
            tpr_at_5_fpr: roc.tpr_at_fpr(0.05).unwrap(),
            flagged: Some(0.75),
            roc,
        }
    }

    fn page(title: &str, attack: &str, kinds: &[&str]) -> String {
        let costs = [4.0, 12.0, 31.0, 7.0];
        html(&Evaluation {
            title: title.into(),
            facts: vec![("model".into(), "5f0c".into()), (title.into(), attack.into())],
            attacks: vec![AttackSection {
                attack,
                cost_threshold: Some(41.26),
                benign: BENIGN.to_vec(),
                benign_flagged: Some(1.0 / 6.0),
                kinds: kinds.iter().map(|name| kind(name, &costs)).collect(),
            }],
        })
        .unwrap()
    }

    #[test]
    fn every_kind_occurs_with_its_numbers() {
        let page = page("z-score", "bim", &["fgsm", "bim-a", "jsma"]);
        for name in ["benign", "fgsm", "bim-a", "jsma"] {
            assert!(page.contains(&format!("</i>{name}</th>")), "{name} in the table");
            assert!(page.contains(&format!("{name}, n = ")), "{name} in the histogram");
        }
        assert!(page.contains("<td>6</td><td>154.5</td><td></td><td></td><td>16.7\u{a0}%</td>"));
        assert!(page.contains("<td>4</td><td>13.5</td><td>0.979 ("));
        assert!(page.contains("Costs below 41.3"));
        assert!(page.contains("<dt>model</dt><dd>5f0c</dd>"));
    }

    #[test]
    fn figures_are_those_of_the_page() {
        let attack = |attack| AttackSection {
            attack,
            cost_threshold: None,
            benign: BENIGN.to_vec(),
            benign_flagged: None,
            kinds: vec![kind("fgsm", &[4.0, 12.0])],
        };
        let attacks = vec![attack("bim"), attack("jsma")];
        let evaluation = Evaluation { title: "z".into(), facts: vec![], attacks };
        let page = html(&evaluation).unwrap();
        let figures = figures(&evaluation).unwrap();
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["costs-bim", "roc-bim", "costs-jsma", "roc-jsma"]);
        assert!(figures.iter().all(|figure| page.contains(&figure.svg)));
    }

    #[test]
    fn page_is_balanced_and_complete_in_itself() {
        let page = page("z-score", "bim", &["fgsm", "bim-a"]);
        assert_balanced(&page);
        assert!(!page.contains("<script") && !page.contains("url(") && !page.contains("src="));
        let links = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!links.contains("http") && !links.contains("href"));
    }

    #[test]
    fn hostile_names_are_text() {
        let hostile = "<script>alert('1')</script>\"&";
        let page = page(hostile, hostile, &[hostile]);
        assert_balanced(&page);
        assert!(!page.contains("<script"));
        assert!(page.contains("<h2>Costs of &lt;script&gt;alert('1')&lt;/script&gt;&quot;&amp;"));
    }

    #[test]
    fn evaluation_without_attacks_is_a_page() {
        let empty = html(&Evaluation { title: "none".into(), facts: vec![], attacks: vec![] });
        assert_balanced(&empty.unwrap());
    }
}
