//! What the demo found: as JSON under names that scripts rely on, and as a table.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// Puts together what `a2d data accuracy` and `a2d eval` printed.
pub(super) fn summarize(accuracy: &str, evaluation: &str) -> Result<Value> {
    let accuracy = parse(accuracy)?;
    let evaluation = parse(evaluation)?;
    let kinds = evaluation["adversarial"].as_array().context("the evaluation lists no attacks")?;
    let attacks = kinds.iter().enumerate().map(|(place, kind)| {
        let rate = |end| number(&evaluation, &format!("/detection/sets/{place}/rates/tpr/{end}"));
        attack(kind, [rate("low")?, rate("high")?])
    });
    let attacks = attacks.collect::<Result<Map<_, _>>>()?;
    Ok(json!({
        "model_accuracy": number(&accuracy, "/accuracy")?,
        "benign": {
            "n": number(&evaluation, "/benign/n")?,
            "mean_cost": number(&evaluation, "/benign/mean_cost/bim")?,
            "flagged": number(&evaluation, "/benign/flagged")?,
            "flagged_low": number(&evaluation, "/detection/overall/rates/fpr/low")?,
            "flagged_high": number(&evaluation, "/detection/overall/rates/fpr/high")?,
        },
        "attacks": attacks,
    }))
}

/// What came out for an attack, and the 95 % interval of the share that is flagged.
fn attack(kind: &Value, [low, high]: [&Value; 2]) -> Result<(String, Value)> {
    let name = kind["kind"].as_str().context("the evaluation names no attack")?;
    let numbers = json!({
        "n": number(kind, "/n")?,
        "mean_cost": number(kind, "/costs/bim/mean_cost")?,
        "auroc": number(kind, "/costs/bim/auroc")?,
        "auroc_low": number(kind, "/costs/bim/auroc_low")?,
        "auroc_high": number(kind, "/costs/bim/auroc_high")?,
        "tpr_at_5_fpr": number(kind, "/costs/bim/tpr_at_5_fpr")?,
        "flagged": number(kind, "/flagged")?,
        "flagged_low": low,
        "flagged_high": high,
    });
    Ok((name.to_owned(), numbers))
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).context("a2d printed no JSON")
}

/// The number at `pointer`, a whole one as such.
fn number<'a>(value: &'a Value, pointer: &str) -> Result<&'a Value> {
    value
        .pointer(pointer)
        .filter(|value| value.is_number())
        .with_context(|| format!("a2d printed no number at {pointer}"))
}

/// Why not all of them are found.
const LIMITS: &str = "bim-a and fgsm are close to a boundary. bim-b and pgd go on after the flip: examples deep \
     behind the\nboundary are about as far from one as benign images are, and many cost as much (docs/limits.md).";

/// The summary for people.
pub(super) fn table(summary: &Value) -> String {
    let header = [
        "images",
        "n",
        "mean cost",
        "AUROC",
        "95 % interval",
        "TPR at 5 % FPR",
        "flagged",
        "95 % interval",
    ];
    let mut lines = vec![line(&header.map(String::from))];
    let benign = ("benign", &summary["benign"]);
    let attacks = summary["attacks"].as_object().into_iter().flatten();
    for (name, numbers) in
        std::iter::once(benign).chain(attacks.map(|(name, numbers)| (name.as_str(), numbers)))
    {
        let cell = |key: &str, show: fn(f64) -> String| {
            numbers[key].as_f64().map_or_else(String::new, show)
        };
        lines.push(line(&[
            name.to_owned(),
            cell("n", |n| format!("{n:.0}")),
            cell("mean_cost", |cost| format!("{cost:.1}")),
            cell("auroc", |area| format!("{area:.3}")),
            cell("auroc_low", |low| format!("{low:.3} to "))
                + &cell("auroc_high", |high| format!("{high:.3}")),
            cell("tpr_at_5_fpr", percent),
            cell("flagged", percent),
            cell("flagged_low", |low| format!("{:.1} to ", 100.0 * low))
                + &cell("flagged_high", percent),
        ]));
    }
    let accuracy = summary["model_accuracy"].as_f64().map_or_else(String::new, percent);
    lines.push(format!(
        "Accuracy of the model: {accuracy}; benign images flagged are false positives.\n{LIMITS}"
    ));
    lines.join("\n")
}

fn line([images, n, cost, auroc, interval, tpr, flagged, range]: &[String; 8]) -> String {
    let area = format!("{images:<8}{n:>5}{cost:>11}{auroc:>8}{interval:>16}");
    format!("{area}{tpr:>16}{flagged:>10}{range:>17}")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCURACY: &str = r#"{"images": 2000, "accuracy": 0.992}"#;
    const EVALUATION: &str = r#"{
        "detector": "z-score",
        "benign": {"n": 120, "flagged": 0.05, "mean_cost": {"bim": 203.44}},
        "adversarial": [{"kind": "fgsm", "n": 118, "flagged": 0.5, "costs": {"bim": {
            "mean_cost": 41.5, "auroc": 0.96, "auroc_low": 0.93, "auroc_high": 0.99,
            "tpr_at_1_fpr": 0.4, "tpr_at_5_fpr": 0.75, "tpr_at_10_fpr": 0.9}}}],
        "detection": {
            "sets": [{"set": "fgsm", "rates": {"tpr": {"share": 0.5, "low": 0.41, "high": 0.59}}}],
            "overall": {"set": "overall", "rates": {"fpr": {"share": 0.05, "low": 0.02, "high": 0.1}}}
        }
    }"#;

    #[test]
    fn numbers_stand_under_the_names_that_scripts_rely_on() {
        let expected = json!({
            "model_accuracy": 0.992,
            "benign": {
                "n": 120, "mean_cost": 203.44, "flagged": 0.05, "flagged_low": 0.02,
                "flagged_high": 0.1,
            },
            "attacks": {"fgsm": {
                "n": 118, "mean_cost": 41.5, "auroc": 0.96, "auroc_low": 0.93, "auroc_high": 0.99,
                "tpr_at_5_fpr": 0.75, "flagged": 0.5, "flagged_low": 0.41, "flagged_high": 0.59,
            }},
        });
        assert_eq!(summarize(ACCURACY, EVALUATION).unwrap(), expected);
    }

    #[test]
    fn table_shows_benign_and_adversarial_images_in_columns() {
        let table = table(&summarize(ACCURACY, EVALUATION).unwrap());
        let expected = "\
images      n  mean cost   AUROC   95 % interval  TPR at 5 % FPR   flagged    95 % interval
benign    120      203.4                                             5.0 %    2.0 to 10.0 %
fgsm      118       41.5   0.960  0.930 to 0.990          75.0 %    50.0 %   41.0 to 59.0 %
Accuracy of the model: 99.2 %; benign images flagged are false positives.
";
        assert_eq!(table, format!("{expected}{LIMITS}"));
    }

    #[test]
    fn missing_numbers_are_named() {
        for (whole, broken, complaint) in [
            ("\"auroc\"", "\"area\"", "no number at /costs/bim/auroc"),
            ("\"n\": 120", "\"n\": null", "no number at /benign/n"),
            ("\"tpr\"", "\"rate\"", "no number at /detection/sets/0/rates/tpr/low"),
            ("\"adversarial\"", "\"other\"", "lists no attacks"),
            ("{", "", "printed no JSON"),
        ] {
            let error = summarize(ACCURACY, &EVALUATION.replace(whole, broken)).unwrap_err();
            assert!(error.to_string().contains(complaint), "{error}");
        }
    }
}
