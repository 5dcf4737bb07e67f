//! Costs of attacks that did not flip the label are "at least", in every command that reads them.

use serde_json::Value;

use crate::workplace::Workplace;

const HEADER: &str =
    "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds";

/// Costs of BIM and of C&W, and whether the latter flipped the label.
fn costs(rows: impl IntoIterator<Item = (usize, usize, bool)>) -> String {
    let lines = rows.into_iter().enumerate().map(|(row, (bim, cw, flipped))| {
        format!("\n{row},bim,{bim},true,false,{bim},{bim},0.1\n{row},cw,{cw},{flipped},false,{cw},{cw},0.1")
    });
    HEADER.to_owned() + &lines.collect::<String>() + "\n"
}

/// A place with costs of benign inputs to fit on, of others that C&W gave up on (after 0 to 500 of 5,000
/// iterations), and of adversarial ones.
fn place() -> Workplace {
    let place = Workplace::new();
    let benign = |row: usize| (60 + row * 37 % 199, 900 + row * 53 % 2111, true);
    let in_vain = |row: usize| (60 + row * 37 % 199, row * 29 % 501, false);
    place.write("fit.csv", costs((0..200).map(benign)));
    place.write("held-out.csv", costs((200..400).map(benign)));
    place.write("in-vain.csv", costs((400..440).map(in_vain)));
    place.write("mixed.csv", costs((200..400).map(benign).chain((400..440).map(in_vain))));
    place.write("easy.csv", costs((0..50).map(|row| (1 + row % 20, 2 + row * 7 % 300, true))));
    place
}

fn fits() -> Vec<String> {
    let adversarial = "--k 9 --adversarial easy.csv";
    let mut fits = vec![];
    for attacks in ["cw", "bim,cw"] {
        for detector in ["z-score", "z-score --two-sided", "conformal --two-sided"] {
            fits.push(format!("{detector} --votes 1 --defense {attacks}"));
        }
        fits.push(format!("conformal --votes 1 --defense {attacks} --calibration held-out.csv"));
        for detector in ["knn", "conformal"] {
            fits.push(format!("{detector} {adversarial} --defense {attacks}"));
        }
    }
    fits
}

fn flagged(evaluation: &Value) -> [f64; 2] {
    [&evaluation["benign"], &evaluation["adversarial"][0]]
        .map(|set| set["flagged"].as_f64().unwrap())
}

fn says(place: &Workplace, arguments: &str, expected: &str) {
    let output = place.a2d(arguments).assert().success().get_output().clone();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(expected), "{arguments}: {error:?} lacks {expected:?}");
    assert_eq!(error.lines().filter(|line| line.contains(expected)).count(), 1, "{error}");
}

#[test]
fn nothing_is_flagged_because_an_attack_gave_up() {
    let place = place();
    for fit in fits() {
        place.run(&format!("fit --detector {fit} --benign fit.csv --out d.json"));
        // Without C&W, BIM may flag some of the inputs that C&W gave up on.
        let others = if fit.contains("bim") {
            place.run(&format!(
                "fit --detector {} --benign fit.csv --out b.json",
                fit.replace("bim,cw", "bim")
            ));
            let eval = "eval --detector b.json --benign in-vain.csv --adversarial easy=easy.csv";
            flagged(&place.json(eval))[0]
        } else {
            0.0
        };
        let eval = |benign: &str| {
            place.json(&format!(
                "eval --detector d.json --benign {benign} --adversarial easy=easy.csv"
            ))
        };
        // 200 of the mixed are those held out.
        let held_out = flagged(&eval("held-out.csv"))[0];
        let mixed = (200.0 * held_out + 40.0 * others) / 240.0;
        for (benign, most) in [("in-vain.csv", others), ("mixed.csv", mixed)] {
            let evaluation = eval(benign);
            let [share, easy] = flagged(&evaluation);
            assert!(share <= most + 1e-9 && easy > 0.5, "{fit} {benign}: {share} {most} {easy}");
            // They rank behind all that flipped.
            assert_eq!(evaluation["adversarial"][0]["costs"]["cw"]["auroc"], 1.0, "{fit} {benign}");
        }
    }
}

#[test]
fn what_is_fitted_on_costs_in_vain_does_not_take_them_for_low_ones() {
    let place = place();
    for fit in fits() {
        place.run(&format!("fit --detector {fit} --benign mixed.csv --out d.json"));
        let eval = "eval --detector d.json --benign fit.csv --adversarial easy=easy.csv";
        let [benign, easy] = flagged(&place.json(eval));
        assert!(benign < 0.6 && easy > 0.5, "{fit}: {benign} {easy}");
    }
    let known = place.json("fit --detector z-score --defense cw --benign fit.csv --out a.json");
    let in_vain = place.json("fit --detector z-score --defense cw --benign mixed.csv --out b.json");
    let below = |fitted: &Value| fitted["cost_thresholds"][0].as_f64().unwrap();
    assert!(below(&in_vain) > below(&known) / 2.0, "{known} {in_vain}");
}

#[test]
fn the_count_is_said_and_what_to_do() {
    let place = place();
    let gave_up = "cw gave up on 40 of 240 inputs";
    says(&place, "fit --detector z-score --benign mixed.csv --out d.json", gave_up);
    let many = "cw did not flip the label of 40 of 240 benign inputs (16.7 %)";
    says(&place, "fit --detector z-score --benign mixed.csv --out d.json", many);
    let eval = "eval --benign mixed.csv --adversarial easy=easy.csv";
    says(&place, eval, "cw gave up on 40 of 290 inputs");
    says(&place, "evidence --costs a=fit.csv --costs b=in-vain.csv", gave_up);
    let fit = place.a2d("fit --detector z-score --benign fit.csv --out d.json").assert().success();
    assert!(!String::from_utf8_lossy(&fit.get_output().stderr).contains("label"));
}

#[test]
fn costs_at_the_cap_are_no_surprise_up_to_five_percent() {
    let place = Workplace::new();
    let rows = |in_vain| {
        (0..200).map(
            move |row| if row < in_vain { (99, 5000, false) } else { (60 + row, 900 + row, true) },
        )
    };
    let fit = "fit --detector z-score --benign benign.csv --out d.json";
    place.write("benign.csv", costs(rows(10)));
    let quiet = place.a2d(fit).assert().success();
    assert!(!String::from_utf8_lossy(&quiet.get_output().stderr).contains("did not flip"));
    place.write("benign.csv", costs(rows(11)));
    says(&place, fit, "cw did not flip the label of 11 of 200 benign inputs (5.5 %)");
    says(&place, fit, "larger steps, or take another attack");
}

#[test]
fn evidence_counts_them_as_the_largest() {
    let place = place();
    let evidence = place.json("evidence --costs a=fit.csv --costs b=in-vain.csv");
    let costs = evidence["costs"].as_array().unwrap();
    let cw = costs.iter().find(|c| c["attack"] == "cw" && c["measure"] == "iterations").unwrap();
    assert_eq!(cw["sets"][1]["minimum"], cw["sets"][0]["maximum"]);
    assert_eq!(cw["sets"][1]["mean"], cw["sets"][0]["maximum"]);
}
