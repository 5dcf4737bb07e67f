//! HTML pages: each one file without scripts or external resources, which opens from disk.

mod box_plot;
mod chart;
mod escaped;
pub(crate) mod evidence;
pub(crate) mod figure;
mod histogram;
mod page;
mod roc;
mod scatter;

use a2d_eval::{Auroc, RocCurve};
use anyhow::Context;

use chart::Class;
use escaped::Escaped;
use figure::Figure;

const HOW_TO_READ: &str = "The cost of an input is the number of iterations an attack needs to change \
    its predicted label. The lower the cost, the less robust the input, and the likelier it is \
    adversarial. AUROC is the probability that a random adversarial input costs less than a random \
    benign one, a tie counted half: 0.5 is a coin, 1 tells all apart. TPR at 5\u{a0}% FPR is the share of \
    adversarial inputs found when at most 5\u{a0}% of the benign ones are flagged with them.";

/// What the page tells.
pub(crate) struct Evaluation<'a> {
    pub(crate) title: String,
    /// Labels and values: model, detector, seed and so on.
    pub(crate) facts: Vec<(String, String)>,
    /// One section per defense attack.
    pub(crate) attacks: Vec<AttackSection<'a>>,
}

/// The costs of one defense attack.
pub(crate) struct AttackSection<'a> {
    /// Name of the defense attack.
    pub(crate) attack: &'a str,
    /// A lower cost counts as adversarial.
    pub(crate) cost_threshold: Option<f64>,
    /// Costs of the benign inputs, in iterations.
    pub(crate) benign: Vec<f64>,
    /// Share of the benign inputs that the detector flags, from 0 to 1.
    pub(crate) benign_flagged: Option<f64>,
    /// One part per kind of adversarial input.
    pub(crate) kinds: Vec<KindSection<'a>>,
}

/// How well the costs of one defense attack tell one kind of adversarial input from benign ones.
pub(crate) struct KindSection<'a> {
    /// Name of the kind, such as the attack that crafted it.
    pub(crate) kind: &'a str,
    /// Costs of the inputs, in iterations.
    pub(crate) costs: Vec<f64>,
    pub(crate) auroc: Auroc,
    /// Rate from 0 to 1.
    pub(crate) tpr_at_5_fpr: f64,
    /// Share of the inputs that the detector flags, from 0 to 1.
    pub(crate) flagged: Option<f64>,
    pub(crate) roc: RocCurve,
}

/// Writes the page.
pub(crate) fn html(evaluation: &Evaluation<'_>) -> anyhow::Result<String> {
    let sections = evaluation
        .attacks
        .iter()
        .map(section)
        .collect::<anyhow::Result<String>>()
        .context("draw report")?;
    Ok(page::html(&evaluation.title, HOW_TO_READ, &evaluation.facts, &sections))
}

/// Draws the figures of the page: costs and ROC curves by each defense attack.
pub(crate) fn figures(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Figure>> {
    let draw = |section| {
        let classes = classes(section);
        let name = |figure| format!("{figure}-{}", section.attack);
        Ok([
            Figure { name: name("costs"), svg: histogram(section, &classes)? },
            Figure { name: name("roc"), svg: roc(section, &classes)? },
        ])
    };
    let figures = evaluation.attacks.iter().map(draw).collect::<anyhow::Result<Vec<_>>>();
    Ok(figures.context("draw figures")?.into_iter().flatten().collect())
}

fn histogram(section: &AttackSection<'_>, classes: &[Class<'_>]) -> anyhow::Result<String> {
    histogram::svg(classes, section.cost_threshold)
}

fn roc(section: &AttackSection<'_>, classes: &[Class<'_>]) -> anyhow::Result<String> {
    let curves: Vec<_> = section.kinds.iter().map(|kind| &kind.roc).zip(&classes[1..]).collect();
    roc::svg(&curves)
}

fn section(section: &AttackSection<'_>) -> anyhow::Result<String> {
    let attack = Escaped(section.attack);
    let classes = classes(section);
    let histogram = histogram(section, &classes)?;
    let roc = roc(section, &classes)?;
    let threshold = section.cost_threshold.map_or_else(String::new, threshold);
    let rows = rows(section, &classes);
    let legend: String = classes[1..].iter().map(legend).collect();
    Ok(format!(
        r#"<section>
<h2>Costs of {attack}</h2>
<div class="scroll">
<table>
<thead><tr><th>Inputs</th><th>n</th><th>Mean cost</th><th>AUROC (95 % interval)</th><th>TPR at 5 % FPR</th><th>Flagged</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
<div class="figures">
<figure>
{histogram}
<figcaption>Share of the inputs by cost; each strip has its own scale.{threshold}</figcaption>
</figure>
<figure>
{roc}
<figcaption>ROC curves; the dashed diagonal is chance.
<ul>{legend}</ul></figcaption>
</figure>
</div>
</section>
"#
    ))
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

fn rows(section: &AttackSection<'_>, classes: &[Class<'_>]) -> String {
    let benign = row(&classes[0], ["", ""].map(String::from), section.benign_flagged);
    let kinds = section.kinds.iter().zip(&classes[1..]).map(|(kind, class)| {
        let Auroc { auroc, low, high } = kind.auroc;
        let area = format!("{auroc:.3} ({low:.3} to {high:.3})");
        row(class, [area, percent(kind.tpr_at_5_fpr)], kind.flagged)
    });
    std::iter::once(benign).chain(kinds).collect()
}

fn row(class: &Class<'_>, [auroc, tpr]: [String; 2], flagged: Option<f64>) -> String {
    let label = label(class);
    let n = class.costs.len();
    let mean = class.costs.iter().sum::<f64>() / n as f64;
    let flagged = flagged.map_or_else(String::new, percent);
    format!(
        "<tr><th>{label}</th><td>{n}</td><td>{mean:.1}</td><td>{auroc}</td><td>{tpr}</td><td>{flagged}</td></tr>\n"
    )
}

fn legend(class: &Class<'_>) -> String {
    format!("<li>{}</li>", label(class))
}

/// The name of a class behind a dot of its colour.
fn label(class: &Class<'_>) -> String {
    page::label(class.name, class.color)
}

fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use a2d_eval::Scores;

    use super::page::tests::assert_balanced;
    use super::*;

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
        assert!(!page.contains("<script") && !page.contains("alert('"));
        assert!(
            page.contains(
                "<h2>Costs of &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"
            )
        );
    }

    #[test]
    fn evaluation_without_attacks_is_a_page() {
        let empty = html(&Evaluation { title: "none".into(), facts: vec![], attacks: vec![] });
        assert_balanced(&empty.unwrap());
    }
}
