//! Scores of any kind: evaluated, fitted on, compared with costs, and kept apart.

use std::collections::BTreeMap;

use a2d_cost::{Column, InputSet, Provenance, ScoreCard, ScoreTable, Sign, Sketcher};
use ndarray::Array2;

use crate::workplace::Workplace;

/// Writes scores of so many inputs, and their card: of images from `first` on, farther from benign ones by
/// `distance`. LID grows with that, the logarithm of a density falls.
fn write(place: &Workplace, name: &str, first: usize, inputs: usize, distance: f64) {
    let table = table(first, inputs, distance);
    let sketcher = Sketcher::new([1, 1, 10]);
    // The digits of its number, so that no image is like another.
    let pixels =
        |image: usize| (0..10).map(|digit| (image >> digit & 1) as f32).collect::<Vec<_>>();
    let sketches = (first..first + inputs).map(|image| sketcher.sketch(&pixels(image)));
    let parameters = |column: &Column| (column.name.clone(), serde_json::json!({"k": 20}));
    let provenance = Provenance {
        model: "abc".into(),
        defenses: table.columns().iter().map(parameters).collect::<BTreeMap<_, _>>(),
        inputs: vec![InputSet {
            digest: name.into(),
            sketches: Some(sketches.collect()),
            part: None,
        }],
        budget: None,
        seed: 0,
        unscored: vec![],
        machines: vec![],
    };
    table.write(&place.path(name), &ScoreCard { provenance }).unwrap();
}

fn table(first: usize, inputs: usize, distance: f64) -> ScoreTable {
    let columns = vec![Column::new("lid", Sign::Larger), Column::new("density", Sign::Smaller)];
    let scores = Array2::from_shape_fn((inputs, 2), |(row, column)| {
        let spread = ((first + row) * 37 % 101) as f64;
        if column == 0 { spread / 10.0 + distance } else { -500.0 - spread - 10.0 * distance }
    });
    let names = (first..first + inputs).map(|image| image.to_string()).collect();
    ScoreTable::new(names, columns, scores).unwrap()
}

fn place() -> Workplace {
    let place = Workplace::new();
    write(&place, "fit.csv", 0, 60, 0.0);
    write(&place, "held-out.csv", 100, 60, 0.0);
    write(&place, "near.csv", 200, 20, 4.0);
    write(&place, "far.csv", 300, 20, 40.0);
    place
}

const EVAL: &str =
    "eval --benign held-out.csv --adversarial near=near.csv --adversarial far=far.csv";

/// Runs a command that must fail as bad input, in one line that says this, and leave no file.
fn refused(place: &Workplace, arguments: &str, finding: &str) {
    let before = place.names();
    let error = place.a2d(arguments).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    let last = error.trim_end().lines().last().unwrap();
    assert!(last.contains(finding), "{arguments}: {error:?} lacks {finding:?}");
    assert_eq!(place.names(), before, "{arguments}");
}

#[test]
fn columns_are_evaluated_by_their_sign() {
    let place = place();
    let found = place.json(EVAL);
    let [near, far] = [0, 1].map(|kind| &found["adversarial"][kind]["costs"]);
    for column in ["lid", "density"] {
        assert_eq!(far[column]["auroc"], 1.0, "{found}");
        let area = near[column]["auroc"].as_f64().unwrap();
        let (low, high) = (&near[column]["auroc_low"], &near[column]["auroc_high"]);
        assert!(0.7 < area && area < 1.0, "{found}");
        assert!(low.as_f64().unwrap() < area && area < high.as_f64().unwrap(), "{found}");
    }
    assert_eq!(far["lid"]["adversarial"], "larger");
    assert_eq!(far["density"].get("adversarial"), None);
    refused(&place, &format!("{EVAL} --report report.html"), "expected costs, found scores");
}

#[test]
fn detectors_are_fitted_on_scores_and_judge_no_others() {
    let place = place();
    write(&place, "known.csv", 400, 30, 30.0);
    for fit in [
        "z-score --votes 2 --fpr 0.1",
        "z-score --two-sided --fpr 0.1",
        "knn --adversarial known.csv --k 5",
        "conformal --fpr 0.1",
    ] {
        let fitted = place.json(&format!("fit --detector {fit} --benign fit.csv --out d.json"));
        assert_eq!(fitted["numbers"]["scores"], serde_json::json!(["larger", "smaller"]));
        let found = place.json(&format!("{EVAL} --detector d.json"));
        assert_eq!(found["adversarial"][1]["flagged"], 1.0, "{fit}: {found}");
        assert!(found["benign"]["flagged"].as_f64().unwrap() < 0.25, "{fit}: {found}");
        // The lowest p-values tie.
        let area = found["adversarial"][1]["scores"]["auroc"].as_f64().unwrap();
        assert!(area > 0.98, "{fit}: {found}");
    }
    let fit = "fit --detector z-score --defense density --benign fit.csv --out one.json";
    let said = place.run(fit);
    assert!(
        said.contains("on scores of density") && said.contains("flags scores below -"),
        "{said}"
    );
    let one = place.json(&format!("{EVAL} --detector one.json"));
    assert_eq!(one["adversarial"][1]["flagged"], 1.0, "{one}");

    let again = "eval --detector d.json --benign fit.csv --adversarial far=far.csv";
    refused(&place, again, "found 60 of 60 that it was");
    for (name, first) in [("lid.csv", 500), ("others.csv", 600)] {
        let lid = table(first, 20, 0.0).select(&["lid".into()]).unwrap();
        let mut text = Vec::new();
        lid.to_csv(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        place.write(name, &text);
        place.write(&format!("turned-{name}"), text.replace("lid,", "density,"));
    }
    let judge = "eval --detector one.json --benign";
    refused(&place, &format!("{judge} lid.csv --adversarial x=others.csv"), r#"got "density""#);
    let turned = format!("{judge} turned-lid.csv --adversarial x=turned-others.csv");
    refused(&place, &turned, "scores of density of which smaller ones look adversarial");
}

#[test]
fn scores_of_the_same_inputs_or_of_other_columns_are_refused() {
    let place = place();
    refused(&place, "eval --benign fit.csv --adversarial x=fit.csv", "found 60 of 60 among these");
    refused(&place, "fit --detector z-score --benign fit.csv fit.csv --out d.json", "60 of 120");
    let costs = "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds\n\
                 7,lid,3,true,false,3,4,0.5\n7,density,3,true,false,3,4,0.5\n";
    place.write("costs.csv", costs);
    refused(&place, "eval --benign fit.csv --adversarial x=costs.csv", "found costs");
    refused(
        &place,
        "eval --benign costs.csv --adversarial x=fit.csv",
        "expected costs, found scores",
    );
    let turned =
        std::fs::read_to_string(place.path("far.csv")).unwrap().replace("larger", "smaller");
    place.write("turned.csv", turned);
    refused(&place, "eval --benign fit.csv --adversarial x=turned.csv", "lid (larger)");
    place.write("broken.csv", "input,column,value,adversarial\n7,lid,many,larger\n");
    refused(&place, "eval --benign broken.csv --adversarial x=far.csv", "a score on every line");
    let far = std::fs::read(place.path("far.csv")).unwrap();
    place.write("bare.csv", &far);
    place.write("copy.csv", &far);
    let copy = "eval --benign bare.csv --adversarial x=copy.csv";
    refused(&place, copy, "found in copy.csv those of bare.csv");
    write(&place, "model.csv", 600, 9, 1.0);
    let card = place.path("model.csv.card.json");
    let text = std::fs::read_to_string(&card).unwrap().replace("\"abc\"", "\"def\"");
    std::fs::write(card, text).unwrap();
    refused(&place, "eval --benign fit.csv --adversarial x=model.csv", "model abc, found def");
}

#[test]
fn clever_scores_are_columns_in_which_small_ones_look_adversarial() {
    let place = Workplace::new();
    let header = "input,target,score,label,target_class,margin,lipschitz,basis,ks_p\n";
    let lines = |first: usize, score: f64| -> String {
        let line =
            |row| format!("{},second,{},1,2,3,4,location,\n", first + row, score + row as f64);
        (0..5).map(line).collect()
    };
    place.write("benign.csv", format!("{header}{}", lines(0, 10.0)));
    place.write("fgsm.csv", format!("{header}{}", lines(10, 0.5)));
    let found = place.json("eval --benign benign.csv --adversarial fgsm=fgsm.csv");
    assert_eq!(found["adversarial"][0]["costs"]["second"]["auroc"], 1.0);
}

#[test]
fn evidence_compares_scores_of_any_kind() {
    let place = place();
    let found = place.json("evidence --scores benign=fit.csv --scores far=far.csv");
    let [lid, density] = [0, 1].map(|column| &found["scores"][column]);
    assert_eq!((&lid["target"], &density["target"]), (&"lid".into(), &"density".into()));
    assert!(lid["p"]["value"].as_f64().unwrap() < 1e-9, "{found}");
    // How many times as large is said of numbers above 0 alone.
    assert!(lid["mean_lambda"].is_number() && density["mean_lambda"].is_null(), "{found}");
    let text = place.run("evidence --scores benign=fit.csv --scores far=far.csv");
    assert!(text.starts_with("mean scores with their 90 % intervals"), "{text}");
    place.write("bare.csv", "input,column,value,adversarial\n7,lid,1,larger\n");
    refused(&place, "evidence --scores benign=bare.csv", "expected its card");
}
