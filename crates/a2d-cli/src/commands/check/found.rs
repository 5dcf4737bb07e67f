//! What a checkup found, as people and programs see it.

use a2d_guard::{Checkup, DefenseCheckup, KindCheckup, Pace};

use crate::format::{Outcome, line, table};

impl Outcome for Checkup {
    fn human(&self) -> String {
        let mut parts = vec![];
        for defense in &self.defenses {
            parts.push(sentence(self.images, defense));
            parts.push(table(std::iter::once(header()).chain(rows(defense))));
        }
        parts.join("\n")
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let rows = self.defenses.iter().flat_map(|defense| {
            rows(defense).map(|mut row| {
                row.insert(0, defense.attack.clone());
                row
            })
        });
        let mut first = header();
        first.insert(0, "attack".into());
        std::iter::once(first).chain(rows).collect()
    }
}

fn header() -> Vec<String> {
    line([
        &"images",
        &"n",
        &"median_cost",
        &"at_cap",
        &"within_two_steps",
        &"auroc",
        &"low",
        &"high",
    ])
}

fn rows(defense: &DefenseCheckup) -> impl Iterator<Item = Vec<String>> + '_ {
    let DefenseCheckup { benign, kinds, .. } = defense;
    let nothing = KindCheckup { kind: "benign".into(), costs: *benign, auroc: None };
    std::iter::once(nothing).chain(kinds.iter().cloned()).map(
        |KindCheckup { kind, costs, auroc }| {
            let of = |number: Option<f64>| number.map_or_else(String::new, |n| format!("{n:.3}"));
            line([
                &kind,
                &costs.n,
                &costs.median,
                &format!("{:.3}", costs.at_cap),
                &format!("{:.3}", costs.within_two),
                &of(auroc.map(|auroc| auroc.auroc)),
                &of(auroc.map(|auroc| auroc.low)),
                &of(auroc.map(|auroc| auroc.high)),
            ])
        },
    )
}

fn sentence(images: usize, defense: &DefenseCheckup) -> String {
    let DefenseCheckup { attack, parameters, pace, milliseconds, .. } = defense;
    let pace = match pace {
        Some(pace) if *pace != Pace(1.0) => {
            format!(" at {} times the pace of its preset", pace.0)
        }
        _ => String::new(),
    };
    let of = |name: &str| parameters.get(name).map(|value| format!(", {name} {value}"));
    let scaled: String = ["epsilon", "step"].into_iter().filter_map(of).collect();
    format!("{attack}{pace}{scaled}: {milliseconds:.1} ms a cost on {images} benign images")
}
