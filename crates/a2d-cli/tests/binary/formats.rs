//! What programs are told, as docs/formats.md says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// The names in the first cells of a table under this heading, behind so many other tables.
fn described(heading: &str, table: usize) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let tables = section.split("|---|---|\n").skip(1);
    let rows = tables.map(|rest| rest.split("\n\n").next().unwrap()).nth(table).unwrap();
    let first = rows.lines().filter_map(|line| line.split('|').nth(1));
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn header(csv: &str) -> BTreeSet<String> {
    csv.lines().next().unwrap().split(',').map(str::to_owned).collect()
}

#[test]
fn what_is_printed_is_described() {
    let place = Workplace::new();
    let model = lenet5();
    let export = format!("data export --model {model} --data-dir {}", data("sample"));
    place.run(&format!("{export} --count 20 --out fit.npy"));
    place.run(&format!("{export} --skip 100 --count 3 --out x.npy --png-dir one"));
    place.run(&format!("cost --model {model} --input fit.npy --defense bim --out fit.csv"));
    place.run("fit --detector conformal --fpr 0.2 --benign fit.csv --out d.json");
    let costs = std::fs::read_to_string(place.path("fit.csv")).unwrap();
    assert_eq!(header(&costs), described("Costs", 0));

    let detect = format!("detect --model {model} --detector d.json x.npy --explain");
    let verdicts = place.verdicts(&detect);
    let names: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["input"]).collect();
    assert_eq!(names, ["x.npy[0]", "x.npy[1]", "x.npy[2]"]);
    let fields: BTreeSet<String> = verdicts[0].as_object().unwrap().keys().cloned().collect();
    let mut known = described("Verdicts", 0);
    // Of inputs that there is no verdict on.
    assert!(known.remove("reason"));
    assert_eq!(fields, known);

    let csv = place.run(&format!("{detect} --format csv"));
    let columns = described("Verdicts", 1);
    assert_eq!(header(&csv), columns.iter().map(|name| name.replace("<attack>", "bim")).collect());

    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(place.path("d.json")).unwrap()).unwrap();
    assert_eq!((&document["format"], &document["version"]), (&"a2d-detector".into(), &3.into()));

    // A folder that `protect` made stands for the detector in it.
    std::fs::create_dir(place.path("guard")).unwrap();
    std::fs::rename(place.path("d.json"), place.path("guard/detector.json")).unwrap();
    assert_eq!(place.verdicts(&detect.replace("--detector d.json", "--guard guard")), verdicts);
    let only = place.json(&format!("{} --only adversarial", detect.replace("d.json", "guard")));
    assert!(
        only["verdicts"].as_array().unwrap().iter().all(|verdict| verdict["adversarial"] == true)
    );
}

#[test]
fn every_attack_has_its_line() {
    let place = Workplace::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attacks.md");
    let text = std::fs::read_to_string(path).unwrap();
    let attacks = place.json("attacks");
    let attacks = attacks.as_array().unwrap();
    assert!(attacks.len() > 20);
    for attack in attacks {
        let name = attack["name"].as_str().unwrap();
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}
