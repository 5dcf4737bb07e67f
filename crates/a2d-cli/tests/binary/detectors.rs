//! Detectors fitted, tuned and explained through the binary.

use serde_json::{Value, json};

use crate::workplace::{Workplace, data, lenet5};

/// Costs of BIM and BIM2 on this many inputs.
fn costs(rows: usize, cost: impl Fn(usize) -> [usize; 2]) -> String {
    let header =
        "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds";
    let line = |row, attack, cost| format!("\n{row},{attack},{cost},true,false,{cost},{cost},0.1");
    let lines = |row| {
        let [bim, bim2] = cost(row);
        line(row, "bim", bim) + &line(row, "bim2", bim2)
    };
    header.to_owned() + &(0..rows).map(lines).collect::<String>() + "\n"
}

/// A place with costs of benign inputs (1,000 in `benign.csv`, 400 others in `others.csv`), of 100 most of
/// which are easier to attack, and of 100 that are harder.
fn place() -> Workplace {
    let place = Workplace::new();
    let benign = |row: usize| [60 + row * 37 % 199, 110 + row * 53 % 211];
    place.write("benign.csv", costs(1000, benign));
    place.write("others.csv", costs(400, |row| benign(row + 1000)));
    place.write("easy.csv", costs(100, |row| [1 + row * 7 % 90, 2 + row * 11 % 150]));
    place.write("hard.csv", costs(100, |row| [490 + row % 7, 493 + row % 5]));
    place
}

/// How many of the 400 benign, 100 easy and 100 hard inputs are flagged.
fn flagged(place: &Workplace, detector: &str) -> [u64; 3] {
    let evaluation = place.json(&format!(
        "eval --detector {detector} --benign others.csv --adversarial easy=easy.csv \
         --adversarial hard=hard.csv"
    ));
    let [easy, hard] = [0, 1].map(|kind| &evaluation["adversarial"][kind]);
    let count = |group: &Value| {
        (group["flagged"].as_f64().unwrap() * group["n"].as_f64().unwrap()).round() as u64
    };
    [&evaluation["benign"], easy, hard].map(count)
}

#[test]
fn a_calibrated_detector_flags_the_share_asked_for() {
    let place = place();
    let fit = "fit --detector conformal --benign benign.csv --out d.json";
    let fitted = place.json(fit);
    assert_eq!(fitted["detector"], "conformal z-score");
    assert_eq!((&fitted["benign"], &fitted["held_out"]), (&json!(500), &json!(500)));
    assert_eq!(fitted["threshold"], 0.05);
    let knn = "fit --detector conformal --k 9 --benign benign.csv --adversarial easy.csv";
    assert_eq!(place.json(&format!("{knn} --out k.json"))["detector"], "conformal knn");
    for (rate, expected) in [("0.05", 20), ("0.2", 80)] {
        let [benign, easy, hard] = flagged(&place, &format!("d.json --fpr {rate}"));
        assert!(benign.abs_diff(expected) < 20, "{benign} {expected}");
        assert!(4 * easy > benign && hard == 0, "{easy} {hard}");
        assert_eq!(flagged(&place, &format!("d.json --threshold {rate}")), [benign, easy, hard]);
    }
}

#[test]
fn what_is_held_out_is_said_or_half_or_all_where_only_the_order_matters() {
    let place = place();
    let fit = "fit --detector conformal --benign benign.csv --out d.json";
    let samples = |arguments: &str| {
        let fitted = place.json(&format!("{fit} {arguments}"));
        [&fitted["benign"], &fitted["held_out"]].map(|count| count.as_u64().unwrap())
    };
    assert_eq!(samples("--calibration others.csv"), [1000, 400]);
    assert_eq!(samples("--defense bim"), [1000, 1000]);
    assert_eq!(samples("--defense bim --two-sided"), [500, 500]);
}

#[test]
fn both_sides_are_flagged_if_asked_for() {
    let place = place();
    place.run("fit --detector z-score --benign benign.csv --out one.json");
    let both = place.json("fit --detector z-score --two-sided --benign benign.csv --out two.json");
    assert_eq!(both["upper_cost_thresholds"].as_array().unwrap().len(), 2);
    let [_, one_easy, one_hard] = flagged(&place, "one.json");
    let [_, two_easy, two_hard] = flagged(&place, "two.json");
    assert_eq!((one_easy, one_hard), (two_easy, 0));
    assert_eq!(two_hard, 100);
}

#[test]
fn stages_decide_one_after_the_other_if_asked_to() {
    let place = place();
    let linear = |row: usize| {
        let bim = 60 + row * 37 % 199;
        [bim + row % 13, bim]
    };
    place
        .write("benign.csv", costs(1000, linear).replace("bim2", "last").replace("bim,", "first,"));
    let fit = "fit --benign benign.csv --defense first,last --fpr 0.05 --cascade --out c.json";
    let fitted = place.json(&format!("{fit} --detector z-score"));
    assert_eq!(fitted["detector"], "cascade");
    assert!(fitted["flagged"].as_f64().unwrap() <= 0.05);
    let unsure = &fitted["unsure_costs"][0];
    let (low, high) = (unsure[0].as_f64().unwrap(), unsure[1].as_f64().unwrap());
    assert!(low > 60.0 && high < 90.0 && low < high, "{unsure}");
    assert_eq!(place.json(&format!("{fit} --detector conformal"))["detector"], "conformal cascade");

    place.write("few.csv", costs(60, linear));
    let few = "fit --detector z-score --cascade --fpr 0.05 --benign few.csv --out x.json";
    let error = place.a2d(few).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(
        error.contains("benign inputs that the last attack flags") && error.contains("of 60"),
        "{error}"
    );
    for more in ["--votes 1", "--two-sided", "--adversarial easy.csv"] {
        let wrong =
            format!("fit --detector z-score --cascade --benign benign.csv --out x.json {more}");
        place.a2d(&wrong).assert().code(2);
    }
    let knn = "fit --detector knn --cascade --benign benign.csv --out x.json";
    place.a2d(knn).assert().code(2);
    assert!(!place.path("x.json").exists());
}

#[test]
fn costs_that_are_measured_are_judged_without_a_model() {
    let place = place();
    place.run("fit --detector conformal --benign benign.csv --out d.json");
    let judge = "judge --detector d.json others.csv easy.csv hard.csv";
    let judged = place.json(&format!("{judge} --explain"));
    let rows = judged.as_array().unwrap();
    let flagged_of = |file: &str| {
        let of_file = |row: &&Value| row["input"].as_str().unwrap().starts_with(file);
        rows.iter().filter(of_file).filter(|row| row["adversarial"] == true).count() as u64
    };
    let found = ["others.csv[", "easy.csv[", "hard.csv["].map(flagged_of);
    assert_eq!(found, flagged(&place, "d.json"));
    assert_eq!(rows.len(), 600);
    assert_eq!(rows[0]["explanation"]["kind"], "p_value");
    let code = |more: &str| place.a2d(&format!("judge --detector d.json {more}")).assert();
    code("easy.csv --fail-on-adversarial").code(10);
    code("hard.csv --fail-on-adversarial").code(0);
    let all = code("easy.csv --threshold 0.9").code(0).get_output().stdout.clone();
    assert!(String::from_utf8(all).unwrap().trim_end().ends_with("of 100 adversarial"));

    // A cost in vain is at least that, and judged in favour of its input.
    place.write("vain.csv", costs(1, |_| [3, 3]).replace("true,false", "false,false"));
    let lines =
        place.a2d("judge --detector d.json vain.csv --explain --format csv").assert().success();
    let lines = String::from_utf8(lines.get_output().stdout.clone()).unwrap();
    let (header, row) = lines.trim_end().split_once('\n').unwrap();
    assert_eq!(
        header,
        "input,bim,bim_complete,bim2,bim2_complete,score,p_value,adversarial,explanation"
    );
    assert!(row.starts_with("0,3,false,3,false,") && row.ends_with(",false,"), "{row}");

    place.write("other.csv", costs(1, |_| [3, 3]).replace("bim2", "jsma"));
    let error = code("other.csv").code(3).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("bim2"));
    code("missing.csv").code(3);
}

/// A table of the costs of attacks on one input after the other.
fn table(attacks: &[&str], rows: impl IntoIterator<Item = Vec<usize>>) -> String {
    let header =
        "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n";
    let lines = rows.into_iter().enumerate().flat_map(|(row, costs)| {
        let lines = attacks.iter().zip(costs);
        lines.map(move |(attack, cost)| {
            format!("{row},{attack},{cost},true,false,{cost},{cost},0.1\n")
        })
    });
    header.to_owned() + &lines.collect::<String>()
}

#[test]
fn neighbours_that_tie_share_the_votes_in_whatever_order() {
    let place = Workplace::new();
    for attacks in [&["bim"][..], &["bim", "jsma"]] {
        let rows = |costs: Vec<usize>| table(attacks, costs.into_iter().map(|cost| vec![cost; 2]));
        // 9 of the 11 that cost 1 are adversarial.
        let benign: Vec<usize> = [1, 1].into_iter().chain(100..108).collect();
        let adversarial: Vec<usize> = [1; 9].into_iter().chain([2]).collect();
        place.write("ones.csv", rows(vec![1; 10]));
        place.write("others.csv", rows((120..130).collect()));
        for fit in ["knn --k 4", "conformal --k 4 --fpr 0.3 --calibration others.csv"] {
            for order in [1, -1] {
                let turned = |costs: &[usize]| match order {
                    1 => costs.to_vec(),
                    _ => costs.iter().rev().copied().collect(),
                };
                place.write("benign.csv", rows(turned(&benign)));
                place.write("adversarial.csv", rows(turned(&adversarial)));
                place.run(&format!(
                    "fit --detector {fit} --benign benign.csv --adversarial adversarial.csv --out k.json"
                ));
                let evaluation = place
                    .json("eval --detector k.json --benign others.csv --adversarial a=ones.csv");
                let shares = [&evaluation["benign"], &evaluation["adversarial"][0]];
                assert_eq!(
                    shares.map(|set| set["flagged"].clone()),
                    [json!(0.0), json!(1.0)],
                    "{fit}"
                );
            }
        }
    }
}

#[test]
fn the_rate_of_several_attacks_is_that_of_their_votes() {
    let place = Workplace::new();
    let attacks = ["bim", "bim2", "jsma"];
    let cost = |row: usize, factor: usize| 60 + row * factor % 997 / 3;
    place.write(
        "benign.csv",
        table(&attacks, (0..300).map(|row| vec![cost(row, 37), cost(row, 53), cost(row, 389)])),
    );
    place.write("easy.csv", table(&attacks, (0..50).map(|row| vec![1 + row % 40; 3])));
    let both = " --two-sided";
    for (options, votes) in [
        ("", 2),
        (" --votes 1", 1),
        (" --votes 3", 3),
        (both, 2),
        (&format!("{both} --votes 1"), 1),
    ] {
        let fit = format!("fit --detector z-score --benign benign.csv{options} --out");
        place.run(&format!("{fit} default.json"));
        for rate in ["0.01", "0.05", "0.2"] {
            let fitted = place.json(&format!("{fit} d.json --fpr {rate}"));
            assert_eq!(fitted["votes"], votes, "{options}");
            let (share, flagged) =
                (rate.parse::<f64>().unwrap(), fitted["flagged"].as_f64().unwrap());
            assert!(flagged <= share && flagged > share - 0.02, "{options} {rate}: {flagged}");
            // The saved detector knows its votes, and is tuned to the same later.
            for detector in ["d.json".to_owned(), format!("default.json --fpr {rate}")] {
                let eval = format!(
                    "eval --detector {detector} --benign benign.csv --adversarial easy=easy.csv"
                );
                assert_eq!(
                    place.json(&eval)["benign"]["flagged"].as_f64(),
                    Some(flagged),
                    "{detector}"
                );
            }
        }
    }
    let said = place.run("fit --detector z-score --fpr 0.05 --benign benign.csv --out d.json");
    let expected = "; 2 of 3 votes; flags ";
    assert!(
        said.contains(expected) && said.contains(" % of the benign inputs it was fitted on"),
        "{said}"
    );
    let said = place.run("fit --detector z-score --defense bim --benign benign.csv --out d.json");
    assert!(said.contains("; 1 of 1 votes; "), "{said}");
}

#[test]
fn a_threshold_moves_without_fitting_anew() {
    let place = place();
    let adversarial = "--adversarial easy.csv";
    for (fit, thresholds) in [
        ("z-score", ["-9", "-1"]),
        (&format!("knn --k 9 {adversarial}"), ["1", "0"]),
        (&format!("conformal --k 9 {adversarial}"), ["0.01", "0.9"]),
    ] {
        place.run(&format!("fit --detector {fit} --benign benign.csv --out d.json"));
        let shares =
            thresholds.map(|threshold| flagged(&place, &format!("d.json --threshold {threshold}")));
        let [strict, lenient] = shares.map(|[benign, easy, _]| benign + easy);
        assert!(strict < lenient, "{fit}: {shares:?}");
        place.run(&format!(
            "fit --detector {fit} --threshold {} --benign benign.csv --out e.json",
            thresholds[1]
        ));
        assert_eq!(flagged(&place, "e.json"), shares[1], "{fit}");
    }
}

#[test]
fn verdicts_are_explained_in_every_format() {
    let place = Workplace::new();
    let model = lenet5();
    let export = format!("data export --model {model} --data-dir {}", data("sample"));
    place.run(&format!("{export} --count 20 --out fit.npy"));
    place.run(&format!("{export} --skip 100 --count 2 --out x.npy"));
    place.run(&format!("cost --model {model} --input fit.npy --defense bim --out fit.csv"));
    place.run("fit --detector conformal --fpr 0.2 --benign fit.csv --out d.json");

    let detect = format!("detect --model {model} --detector d.json --explain x.npy");
    let human = place.run(&detect);
    for part in ["p-value", "x.npy[0]: ", "1 must", "bim ", "20 held-out benign inputs"] {
        assert!(human.contains(part), "{part}: {human}");
    }
    let verdicts = place.verdicts(&detect);
    let explanation = &verdicts[1]["explanation"];
    assert_eq!(explanation["held_out"], 20);
    assert_eq!(explanation["p_value"], verdicts[1]["p_value"]);
    let vote = &explanation["score"]["votes"][0];
    assert_eq!(vote["attack"], "bim");
    assert_eq!(vote["cost"].as_f64(), verdicts[1]["costs"]["bim"]["iterations"].as_f64());
    let csv = place.run(&format!("{detect} --format csv"));
    let header = "input,file,row,predicted,confidence,bim_iterations,bim_complete,queries,score,p_value,adversarial,explanation";
    assert_eq!(csv.lines().next(), Some(header));

    // At a rate of 0.99 nearly every input has a p-value low enough, at 1/21 hardly one.
    let adversarial = |rate| {
        let verdicts = place.verdicts(&format!("{detect} --fpr {rate}"));
        verdicts.iter().filter(|row| row["adversarial"] == true).count()
    };
    assert_eq!((adversarial("0.99"), adversarial("0.048")), (2, 0));
}

#[test]
fn verdicts_take_fewer_queries_than_full_costs() {
    let place = Workplace::new();
    let source = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {source} --count 40 --out fit.npy"));
    place.run(&format!("data export {source} --skip 100 --count 10 --out benign.npy"));
    place.run(&format!("craft {source} --attack fgsm --skip 100 --count 10 --out fgsm.npy"));
    let cost = format!("cost --model {} --defense bim,bim2", lenet5());
    place.run(&format!("{cost} --input fit.npy --out fit.csv"));
    for fit in ["z-score", "z-score --votes 2", "conformal --fpr 0.2"] {
        place.run(&format!("fit --detector {fit} --benign fit.csv --out d.json"));
        let detect = format!("detect --model {} --detector d.json benign.npy fgsm.npy", lenet5());
        let [needed, full] =
            [&detect, &format!("{detect} --full")].map(|detect| place.verdicts(detect));
        assert_eq!((needed.len(), full.len()), (20, 20));
        for (needed, full) in needed.iter().zip(&full) {
            for same in ["input", "predicted", "confidence", "adversarial"] {
                assert_eq!(needed[same], full[same], "{fit}");
            }
            assert!(
                needed["queries"].as_u64() <= full["queries"].as_u64(),
                "{fit}: {needed} {full}"
            );
            assert!(full["score"].is_number() && full["costs"]["bim2"]["censored"] == false);
        }
        let sum =
            |rows: &[Value]| rows.iter().map(|row| row["queries"].as_u64().unwrap()).sum::<u64>();
        assert!(4 * sum(&needed) < 3 * sum(&full), "{fit}: {} {}", sum(&needed), sum(&full));
        let flagged = full.iter().filter(|row| row["adversarial"] == true).count();
        assert!((1..20).contains(&flagged), "{fit}: {flagged}");
        assert!(needed.iter().any(|row| row.get("score").is_none()), "{fit}");
    }
}

#[test]
fn a_detector_that_says_no_parameters_judges_with_those_of_the_data_set() {
    let place = place();
    place.run("fit --detector z-score --benign benign.csv --out d.json");
    let model = lenet5();
    let export = format!("data export --model {model} --data-dir {}", data("sample"));
    place.run(&format!("{export} --count 2 --out x.npy"));
    let detect = format!("detect --model {model} --detector d.json x.npy");
    let verdicts = place.verdicts(&detect);
    assert_eq!(verdicts[0]["predicted"], 7);
    assert!(place.run(&detect).contains("queries per verdict"));
    let warned = place.a2d(&detect).assert().success().get_output().stderr.clone();
    assert!(String::from_utf8(warned).unwrap().contains("attack parameters"));
}

/// Runs a command that must fail with this code and say this.
fn refused(place: &Workplace, arguments: &str, code: i32, finding: &str) {
    let before = place.names();
    let assert = place.a2d(arguments).assert().code(code);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    assert_eq!(place.names(), before, "{arguments}");
}

#[test]
fn arguments_that_do_not_fit_the_detector_are_refused() {
    let place = place();
    let benign = "--benign benign.csv --out d.json";
    let knn = "--k 9 --adversarial easy.csv";
    for (arguments, code, finding) in [
        (format!("z-score --calibration others.csv {benign}"), 2, "for conformal only"),
        (format!("knn --two-sided {knn} {benign}"), 2, "for z-scores only"),
        (format!("conformal --two-sided {knn} {benign}"), 2, "for z-scores only"),
        (format!("z-score --fpr 0.1 --threshold -1 {benign}"), 2, "cannot be used with"),
        (format!("knn --fpr 0.1 {knn} {benign}"), 3, "calibrated on held-out"),
        (format!("knn --threshold 2 {knn} {benign}"), 3, "a share from 0 to 1"),
        (format!("z-score --two-sided --threshold 1 {benign}"), 3, "at most 0"),
        (format!("conformal --fpr 1 {benign}"), 3, "above 0 and below 1"),
        (format!("conformal --fpr 0.001 {benign}"), 3, "at least 1/501"),
    ] {
        refused(&place, &format!("fit --detector {arguments}"), code, finding);
    }
    let eval = "eval --benign others.csv --adversarial easy=easy.csv";
    refused(&place, &format!("{eval} --fpr 0.1"), 2, "--detector");
}

#[test]
fn inputs_are_not_both_fitted_on_and_held_out() {
    let place = place();
    let card = |inputs: &str| {
        let defenses = json!({"bim": {}, "bim2": {}});
        let provenance = json!({"model": "m", "defenses": defenses, "inputs": [inputs], "budget": null, "seed": 0});
        json!({"format": "a2d-costs", "version": 1, "provenance": provenance}).to_string()
    };
    let fit = "fit --detector conformal --benign benign.csv --calibration others.csv --out d.json";
    place.write("benign.csv.card.json", card("a"));
    place.write("others.csv.card.json", card("a"));
    refused(
        &place,
        fit,
        3,
        "held-out inputs apart from the benign ones, found in others.csv those of",
    );
    place.write("others.csv.card.json", card("b"));
    place.run(fit);
}
