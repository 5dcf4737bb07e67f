//! Verdicts, and how they are shown.

use a2d_detect::{Detector, KnownCost, SavedDetector, VerdictDocument, VerdictRecord};
use a2d_guard::Screening;
use serde::{Serialize, Serializer};

use crate::format::{Outcome, line, one_line, table};
use crate::inputs::Names;

/// The verdicts, in the order of the inputs.
pub(super) struct Verdicts<'a> {
    detector: &'a SavedDetector,
    names: &'a Names,
    explain: bool,
    only_adversarial: bool,
    rows: Vec<VerdictRecord>,
}

impl<'a> Verdicts<'a> {
    /// None yet, by this detector, which explains them if asked to.
    pub(super) fn by(
        detector: &'a SavedDetector,
        names: &'a Names,
        explain: bool,
        only_adversarial: bool,
    ) -> Self {
        Self { detector, names, explain, only_adversarial, rows: vec![] }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds the next input, and gives what is said of it if that is to be told.
    pub(super) fn add(&mut self, screening: &Screening) -> anyhow::Result<Option<&VerdictRecord>> {
        let name = self.names.with_file(screening.row);
        self.rows.push(screening.record(name, self.detector, self.explain)?);
        Ok(self.rows.last().filter(|row| self.is_told(row)))
    }

    fn is_told(&self, row: &VerdictRecord) -> bool {
        !self.only_adversarial || row.adversarial == Some(true)
    }

    /// Those that are told, with their numbers.
    fn told(&self) -> impl Iterator<Item = (usize, &VerdictRecord)> {
        self.rows.iter().enumerate().filter(|(_, row)| self.is_told(row))
    }

    /// How many are flagged, and how many benign inputs would be where the detector says so.
    fn summary(&self) -> String {
        let flagged = self.rows.iter().filter(|row| row.adversarial == Some(true)).count();
        let all = self.rows.len();
        let expected = match &self.detector.detector {
            Detector::Conformal(conformal) => {
                let most = conformal.alpha() * all as f64;
                format!(" (expected at most {most:.1} if all were benign)")
            }
            _ => String::new(),
        };
        let mean = self.mean_queries();
        format!("{flagged} of {all} adversarial{expected}; {mean:.1} queries per verdict")
    }

    pub(super) fn any_adversarial(&self) -> bool {
        self.rows.iter().any(|row| row.adversarial == Some(true))
    }

    /// Inputs that have no verdict.
    pub(super) fn without_verdict(&self) -> usize {
        self.rows.iter().filter(|row| row.adversarial.is_none()).count()
    }

    fn have_p_values(&self) -> bool {
        matches!(self.detector.detector, Detector::Conformal(_))
    }

    fn mean_queries(&self) -> f64 {
        let queries: u64 = self.rows.iter().map(|row| row.queries).sum();
        queries as f64 / self.rows.len() as f64
    }
}

/// The costs in the order of the attacks, for people.
fn costs(row: &VerdictRecord, attacks: &[String]) -> impl Iterator<Item = String> {
    attacks.iter().filter_map(|attack| row.costs.get(attack)).map(|cost| match cost {
        None => "-".to_owned(),
        Some(KnownCost { iterations, censored: true }) => format!("> {iterations}"),
        Some(KnownCost { iterations, censored: false }) => iterations.to_string(),
    })
}

impl Outcome for Verdicts<'_> {
    fn human(&self) -> String {
        let attacks = &self.detector.attacks;
        let mut header = line([&"input", &"class", &"confidence"]);
        header.extend(attacks.iter().map(|attack| format!("{attack} cost")));
        header.extend(line([&"queries", &"score"]));
        header.extend(self.have_p_values().then(|| "p-value".into()));
        header.push("verdict".into());
        let rows = self.told().map(|(_, row)| {
            let digits = |number: Option<f64>, digits: usize| {
                number.map_or("-".into(), |number| format!("{number:.digits$}"))
            };
            let confidence = format!("{:.2} %", 100.0 * row.confidence);
            let mut fields = line([&row.input, &row.predicted, &confidence]);
            fields.extend(costs(row, attacks));
            fields.extend([row.queries.to_string(), digits(row.score, 3)]);
            fields.extend(self.have_p_values().then(|| digits(row.p_value, 4)));
            let verdict = match row.adversarial {
                Some(true) => "ADVERSARIAL",
                Some(false) => "benign",
                None => "no verdict",
            };
            fields.push(verdict.into());
            fields
        });
        let table = table(std::iter::once(header).chain(rows));
        let summary = format!("\n{}", self.summary());
        let explained = self.told().filter_map(|(_, row)| {
            row.explanation.as_ref().map(|evidence| format!("\n{}: {evidence}", row.input))
        });
        let unscored = self.told().filter_map(|(_, row)| {
            row.reason.as_ref().map(|reason| format!("\n{}: {reason}", row.input))
        });
        std::iter::once(table).chain(unscored).chain(explained).chain([summary]).collect()
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let attacks = &self.detector.attacks;
        let mut header = line([&"input", &"file", &"row", &"predicted", &"confidence"]);
        header.extend(
            attacks
                .iter()
                .flat_map(|attack| [format!("{attack}_iterations"), format!("{attack}_complete")]),
        );
        header.extend(line([&"queries", &"score"]));
        header.extend(self.have_p_values().then(|| "p_value".into()));
        header.push("adversarial".into());
        header.extend(self.explain.then(|| "explanation".into()));
        let rows = self.told().map(|(number, row)| {
            fn or_empty(value: Option<impl ToString>) -> String {
                value.map_or_else(String::new, |value| value.to_string())
            }
            let (file, _, place) = self.names.file_and_row(number).unwrap_or_default();
            let mut fields = line([&row.input, &file, &place, &row.predicted, &row.confidence]);
            fields.extend(attacks.iter().flat_map(|attack| {
                let known = row.costs.get(attack).copied().flatten();
                let iterations = known.map(|known| known.iterations);
                [or_empty(iterations), or_empty(known.map(|known| !known.censored))]
            }));
            fields.extend([row.queries.to_string(), or_empty(row.score)]);
            fields.extend(self.have_p_values().then(|| or_empty(row.p_value)));
            fields.push(or_empty(row.adversarial));
            let explanation =
                row.explanation.as_ref().map(|evidence| one_line(&evidence.to_string()));
            fields.extend(self.explain.then(|| explanation.unwrap_or_default()));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verdicts = self.told().map(|(_, row)| row.clone()).collect();
        VerdictDocument { verdicts }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use a2d_cost::{AttackCost, NoCost};
    use a2d_detect::{Conformal, DatasetBase, Fit as _, Unit, ZScore};
    use ndarray::Array2;

    use a2d_model::Prediction;

    use super::*;

    fn z_score() -> ZScore {
        let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
        ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap()
    }

    fn conformal() -> Conformal<ZScore> {
        let held_out = Array2::from_shape_fn((39, 2), |(i, attack)| (88 + i + 50 * attack) as f64);
        Conformal::params(z_score()).fit(&DatasetBase::from(held_out)).unwrap()
    }

    fn saved(detector: impl Into<Detector>) -> SavedDetector {
        let attacks = vec!["bim2".into(), "bim".into()];
        let (unit, detector) = (Unit::Iterations, detector.into());
        SavedDetector { attacks, unit, provenance: None, detector }
    }

    fn cost(iterations: u32, censored: bool) -> AttackCost {
        AttackCost {
            iterations,
            flipped: !censored,
            censored,
            gradient_queries: iterations,
            forward_queries: iterations + 1,
            seconds: 0.5,
        }
    }

    fn screening(row: usize, adversarial: Option<bool>, costs: &[Option<AttackCost>]) -> Screening {
        let prediction = Prediction { class: 7, confidence: [0.998, 0.75, 1.0][row] };
        Screening { row, prediction, adversarial, costs: costs.to_vec(), unscored: vec![] }
    }

    fn names() -> Names {
        let mut names = Names::default();
        for (file, images) in [("a.png", 1), ("b, c.npy", 2)] {
            names.add(Path::new(file), images);
        }
        names
    }

    /// The verdicts on a benign input and an adversarial one with these costs.
    fn verdicts<'a>(
        detector: &'a SavedDetector,
        names: &'a Names,
        explain: bool,
        costs: [[Option<AttackCost>; 2]; 2],
    ) -> Verdicts<'a> {
        let mut verdicts = Verdicts::by(detector, names, explain, false);
        for (row, costs) in costs.into_iter().enumerate() {
            let screening = screening(row, Some(row == 1), &costs);
            assert!(verdicts.add(&screening).unwrap().is_some());
        }
        verdicts
    }

    fn complete() -> [[Option<AttackCost>; 2]; 2] {
        [[100, 160], [4, 9]].map(|costs| costs.map(|iterations| Some(cost(iterations, false))))
    }

    /// As few as the verdicts need.
    fn needed() -> [[Option<AttackCost>; 2]; 2] {
        [[Some(cost(88, true)), Some(cost(138, true))], [Some(cost(4, false)), None]]
    }

    fn csv(verdicts: &Verdicts<'_>) -> String {
        verdicts.lines().iter().map(|line| line.join("|")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(verdicts(&saved(z_score()), &names(), false, needed()).human());
        insta::assert_snapshot!(verdicts(&saved(conformal()), &names(), true, complete()).human());
    }

    #[test]
    fn programs_see_every_digit() {
        let detector = saved(z_score());
        let names = names();
        let verdicts = verdicts(&detector, &names, false, complete());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn programs_see_which_attacks_were_stopped_or_not_needed() {
        let detector = saved(conformal());
        let names = names();
        let verdicts = verdicts(&detector, &names, false, needed());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn an_input_that_nothing_is_known_of_is_not_called_benign() {
        for detector in [saved(z_score()), saved(conformal())] {
            let names = names();
            let mut verdicts = verdicts(&detector, &names, false, needed());
            let open = Screening {
                unscored: vec![("bim2".into(), NoCost::ZeroGradient)],
                ..screening(2, None, &[None, Some(cost(160, false))])
            };
            verdicts.add(&open).unwrap();
            assert_eq!(verdicts.without_verdict(), 1);
            let json = serde_json::to_value(&verdicts).unwrap();
            assert_eq!(json["verdicts"][2]["adversarial"], serde_json::Value::Null);
            assert_eq!(json["verdicts"][2]["reason"], "bim2 tells nothing, for its gradient is 0");
            assert!(json["verdicts"][1].get("reason").is_none());
            let (header, row) = (&verdicts.lines()[0], &verdicts.lines()[3]);
            assert_eq!(header.len(), row.len());
            let adversarial = header.iter().position(|name| name == "adversarial").unwrap();
            assert_eq!(row[adversarial], "");
            let human = verdicts.human();
            assert!(human.contains("no verdict"), "{human}");
            let reason =
                "\nb, c.npy[1]: bim2 tells nothing, for its gradient is 0\n1 of 3 adversarial";
            assert!(human.contains(reason), "{human}");
        }
    }

    #[test]
    fn programs_see_p_values_and_explanations() {
        let detector = saved(conformal());
        let names = names();
        let verdicts = verdicts(&detector, &names, true, complete());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn only_what_is_flagged_is_told_if_asked_for() {
        let (detector, names) = (saved(z_score()), names());
        let mut verdicts = Verdicts::by(&detector, &names, false, true);
        let costs = complete();
        assert!(verdicts.add(&screening(0, Some(false), &costs[0])).unwrap().is_none());
        assert!(verdicts.add(&screening(1, Some(true), &costs[1])).unwrap().is_some());
        assert_eq!(verdicts.lines().len(), 2);
        assert_eq!(
            serde_json::to_value(&verdicts).unwrap()["verdicts"].as_array().unwrap().len(),
            1
        );
        let human = verdicts.human();
        assert!(human.contains("1 of 2 adversarial") && !human.contains("a.png"), "{human}");
    }
}
