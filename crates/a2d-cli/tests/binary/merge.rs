//! Work that several runs share out, put together to that of one run, byte for byte but for times.

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// Images of the sample in a file, as the inputs of a work.
fn exported(place: &Workplace, count: usize) {
    place.run(&format!(
        "data export --model {} --data-dir {} --count {count} --out x.npy",
        lenet5(),
        data("sample")
    ));
}

/// The card beside a file, without the digest of a file that holds times.
fn card(place: &Workplace, name: &str) -> Value {
    let text = std::fs::read(place.path(&format!("{name}.card.json"))).unwrap();
    let mut card: Value = serde_json::from_slice(&text).unwrap();
    card.as_object_mut().unwrap().remove("sha256").unwrap();
    card
}

/// A cost table without its last column, the seconds.
fn timeless(place: &Workplace, name: &str) -> String {
    let text = std::fs::read_to_string(place.path(name)).unwrap();
    let lines = text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n");
    lines.collect()
}

fn refuses(place: &Workplace, arguments: &str, finding: &str) {
    let error = place.a2d(arguments).assert().code(3).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.contains(finding), "{arguments}: {error}");
}

#[test]
fn costs_of_parts_become_those_of_one_run() {
    let place = Workplace::new();
    exported(&place, 7);
    // LSA draws at random.
    let cost = format!(
        "cost --model {} --input x.npy --defense bim,lsa --budget 4 --precision float64 --seed 3",
        lenet5()
    );
    place.run(&format!("{cost} --out all.csv"));
    for rows in ["0..3", "3..4", "4..7", "2..5"] {
        place.run(&format!("{cost} --rows {rows} --out {rows}.csv"));
    }
    let first = timeless(&place, "3..4.csv");
    assert!(first.lines().skip(1).all(|line| line.starts_with("3,")), "{first}");

    let merged = place.json("merge --input 4..7.csv 0..3.csv 3..4.csv --out merged.csv");
    assert_eq!((&merged["inputs"], &merged["files"]), (&7.into(), &3.into()));
    assert_eq!(timeless(&place, "merged.csv"), timeless(&place, "all.csv"));
    assert_eq!(card(&place, "merged.csv"), card(&place, "all.csv"));
    place.run(&format!("{cost} --rows 0..7 --out whole.csv"));
    assert_eq!(card(&place, "whole.csv"), card(&place, "all.csv"));

    // A part of parts is what one run over them gives, too, and can go on being merged.
    place.run(&format!("{cost} --rows 3..7 --out 3..7.csv"));
    place.run("merge --input 3..4.csv 4..7.csv --out some.csv");
    assert_eq!(timeless(&place, "some.csv"), timeless(&place, "3..7.csv"));
    assert_eq!(card(&place, "some.csv"), card(&place, "3..7.csv"));
    place.run("merge --input 0..3.csv some.csv --out again.csv");
    assert_eq!(card(&place, "again.csv"), card(&place, "all.csv"));

    let merge = |files: &str| format!("merge --input {files} --out no.csv");
    refuses(
        &place,
        &merge("0..3.csv 2..5.csv"),
        "expected row 3 after rows 0..3, found rows 2..5 again",
    );
    refuses(
        &place,
        &merge("0..3.csv 4..7.csv"),
        "expected row 3 after rows 0..3, found rows 4..7 next",
    );
    refuses(&place, &merge("all.csv 4..7.csv"), "found the whole set with digest");
    let other = cost.replace("--seed 3", "--seed 4");
    place.run(&format!("{other} --rows 3..7 --out other.csv"));
    refuses(&place, &merge("0..3.csv other.csv"), "expected seed 3, found 4");
    refuses(&place, &format!("{cost} --rows 3..8 --out no.csv"), "0..7 at most, got 3..8");
    assert!(!place.names().contains(&"no.csv".to_owned()));
}

#[test]
fn scores_of_parts_become_those_of_one_run() {
    let place = Workplace::new();
    exported(&place, 4);
    let clever = format!(
        "clever --model {} --input x.npy --target untargeted,second --batches 4 --samples 4 \
         --precision float64",
        lenet5()
    );
    place.run(&format!("{clever} --out all.csv"));
    place.run(&format!("{clever} --rows 0..3 --out a.csv"));
    place.run(&format!("{clever} --rows 3..4 --out b.csv"));
    place.run("merge --input b.csv a.csv --out merged.csv");
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    for name in ["", ".card.json"] {
        let text = |file: &str| String::from_utf8(read(&format!("{file}{name}"))).unwrap();
        assert_eq!(text("merged.csv"), text("all.csv"));
    }
    refuses(&place, "merge --input a.csv x.npy --out no.csv", "files of one kind");
    std::fs::remove_file(place.path("a.csv.card.json")).unwrap();
    refuses(&place, "merge --input a.csv b.csv --out no.csv", "expected a card beside a.csv");
}

#[test]
fn examples_of_parts_become_those_of_one_run() {
    let place = Workplace::new();
    exported(&place, 8);
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    // Random targets, random starts, and a substitute that learns from the first images of the source.
    for attack in [
        "fgsm --target random --epsilon 0.6",
        "pgd",
        "bb --epsilon 0.9 --images 6 --epochs 2 --rounds 1",
    ] {
        let craft = format!(
            "craft --model {} --input x.npy --attack {attack} --precision float64",
            lenet5()
        );
        place.run(&format!("{craft} --out all.npy"));
        place.run(&format!("{craft} --rows 0..5 --out a.npy"));
        place.run(&format!("{craft} --rows 5..8 --out b.npy"));
        place.run("merge --input b.npy a.npy --out merged.npy");
        assert_eq!(read("merged.npy"), read("all.npy"), "{attack}");
        assert_eq!(read("merged.npy.card.json"), read("all.npy.card.json"), "{attack}");
    }
    // Once enough are found, the rows that were not looked at are missing.
    let craft = format!("craft --model {} --input x.npy --attack pgd", lenet5());
    place.run(&format!("{craft} --rows 0..5 --count 1 --out a.npy"));
    refuses(&place, "merge --input a.npy b.npy --out no.npy", "found rows 5..8 next");
    let both = format!("{craft} --rows 0..5 --skip 1 --out no.npy");
    place.a2d(&both).assert().code(2);
}

#[test]
fn what_is_skipped_changes_no_draw() {
    let place = Workplace::new();
    let craft = format!(
        "craft --model {} --data-dir {} --attack fgsm --epsilon 0.6 --target random --precision float64",
        lenet5(),
        data("sample")
    );
    let all = place.json(&format!("{craft} --limit 12 --out all.npy"));
    let rest = place.json(&format!("{craft} --skip 5 --limit 7 --out rest.npy"));
    let of = |card: &Value| -> Vec<Value> {
        let examples = card["examples"].as_array().unwrap().iter();
        examples.filter(|example| example["source"].as_u64().unwrap() >= 5).cloned().collect()
    };
    assert!(!of(&rest).is_empty());
    assert_eq!(of(&rest), of(&all));
}
