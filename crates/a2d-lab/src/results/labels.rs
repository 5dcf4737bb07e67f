//! Names as people write them.

use crate::plan::ENSEMBLE;
use crate::tables::clever;
use crate::tables::layout::Axis;
use a2d_report::matrix::Label;

/// The name of a row or column.
pub(crate) fn label(axis: Axis, name: &str) -> Label {
    match axis {
        Axis::Text => Label::new(name),
        Axis::Inputs => {
            let set = name.strip_suffix(clever::AT_THE_CAP).unwrap_or(name); // a headline says so
            Label::new(attack(set).unwrap_or_else(|| set.to_owned()))
        }
        Axis::Defenses => defense(name),
    }
}

/// The name of a defense attack, or of a detector on the costs of all.
fn defense(name: &str) -> Label {
    if let Some(attack) = attack(name) {
        return Label::with_subscript(attack, "d");
    }
    match name.strip_prefix(ENSEMBLE) {
        Some("") => Label::new("END"),
        Some("-knn") => Label::new("END, k-NN"),
        Some("-zscore") => Label::new("END, z-score"),
        _ => Label::new(baseline(name).unwrap_or_else(|| name.to_owned())),
    }
}

/// Baselines as their papers call them; what follows is which columns of them.
const BASELINES: [(&str, &str); 6] = [
    ("kd-bu", "KD+BU"),
    ("lid", "LID"),
    ("mmutant", "mMutant"),
    ("dissector", "Dissector"),
    ("twis", "TWIS"),
    ("magnet", "MagNet"),
];

/// A baseline by its name.
fn baseline(name: &str) -> Option<String> {
    BASELINES.iter().find_map(|(known, written)| {
        let rest = name.strip_prefix(known)?;
        Some(match rest.strip_prefix('-') {
            None if rest.is_empty() => (*written).to_owned(),
            None => return None,
            Some(operator) if *known == "mmutant" => {
                format!("{written} {}", operator.to_uppercase())
            }
            Some(part) => format!("{written}, {part}"),
        })
    })
}

/// An attack by its abbreviation; what follows it behind a dash is the attack's own.
fn attack(name: &str) -> Option<String> {
    let (base, rest) = match name.split_once('-') {
        Some((base, rest)) => (base, format!("-{rest}")),
        None => (name, String::new()),
    };
    let base = match base {
        "cw" => "C&W".to_owned(),
        "lbfgs" => "L-BFGS".into(),
        "deepfool" => "DeepFool".into(),
        "fgsm" | "bim" | "bim2" | "jsma" | "pgd" | "dba" | "lsa" | "bb" => base.to_uppercase(),
        _ => return None,
    };
    Some(base + &rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_bear_their_abbreviations_and_defenses_a_subscript() {
        let names = ["fgsm", "cw", "bim-b", "benign", "jsma, at the cap"];
        let names = names.map(|name| label(Axis::Inputs, name).text);
        assert_eq!(names, ["FGSM", "C&W", "BIM-b", "benign", "JSMA"]);
        assert_eq!(label(Axis::Defenses, "bim2"), Label::with_subscript("BIM2", "d"));
        assert_eq!(label(Axis::Defenses, "end-knn"), Label::new("END, k-NN"));
        let names = ["lid", "kd-bu-published", "mmutant-nai", "dissector-log", "lidar"];
        let names = names.map(|name| label(Axis::Defenses, name).text);
        assert_eq!(names, ["LID", "KD+BU, published", "mMutant NAI", "Dissector, log", "lidar"]);
        assert_eq!(label(Axis::Text, "bim"), Label::new("bim"));
    }
}
