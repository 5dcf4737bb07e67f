//! One detector on several kinds of adversarial samples.

use serde::{Deserialize, Serialize};

use crate::{Confusion, DetectionRates, Error, Result};

/// How well one detector flags several sets of adversarial samples, each beside the same benign samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionTable {
    /// One row for each adversarial set, in the order given.
    pub sets: Vec<DetectionRow>,
    /// All adversarial sets together, a larger set weighing more. Benign samples count once.
    pub overall: DetectionRow,
}

/// The verdicts on benign samples and one set of adversarial samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionRow {
    /// The name of the set.
    pub set: String,
    /// How many verdicts there are of each kind.
    pub verdicts: Confusion,
    /// How often they are right.
    pub rates: DetectionRates,
}

impl DetectionTable {
    /// Counts verdicts, `true` for a flagged sample; each adversarial set has its name before it.
    ///
    /// # Errors
    /// If there is no benign sample, no set, or a set without samples.
    pub fn new(benign: &[bool], adversarial: &[(&str, &[bool])]) -> Result<Self> {
        if let Some((set, _)) = adversarial.iter().find(|(_, verdicts)| verdicts.is_empty()) {
            return Err(Error::EmptySet { set: (*set).to_owned() });
        }
        let row = |&(set, verdicts): &(&str, &[bool])| {
            let verdicts = Confusion::new(benign, verdicts);
            Ok(DetectionRow {
                set: set.to_owned(),
                verdicts,
                rates: DetectionRates::new(verdicts)?,
            })
        };
        let everything: Vec<bool> =
            adversarial.iter().flat_map(|(_, verdicts)| verdicts.iter().copied()).collect();
        Ok(Self {
            overall: row(&("overall", &everything))?,
            sets: adversarial.iter().map(row).collect::<Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENIGN: [bool; 4] = [true, false, false, false];

    #[test]
    fn sets_stand_beside_the_benign_samples_alone_and_together() {
        let sets: [(&str, &[bool]); 2] = [("fgsm", &[true, false]), ("bim", &[true, true, true])];
        let table = DetectionTable::new(&BENIGN, &sets).unwrap();
        let names: Vec<_> = table.sets.iter().map(|row| row.set.as_str()).collect();
        assert_eq!(names, ["fgsm", "bim"]);
        for (row, (_, verdicts)) in table.sets.iter().zip(sets) {
            assert_eq!(row.verdicts, Confusion::new(&BENIGN, verdicts));
            assert_eq!(row.rates, DetectionRates::new(row.verdicts).unwrap());
        }
        let together = Confusion::new(&BENIGN, &[true, false, true, true, true]);
        assert_eq!(table.overall.verdicts, together);
        assert_eq!(table.overall.rates.accuracy.share, 7.0 / 9.0);
    }

    #[test]
    fn missing_samples_are_refused() {
        let message = |benign: &[bool], sets: &[(&str, &[bool])]| {
            DetectionTable::new(benign, sets).unwrap_err().to_string()
        };
        assert!(message(&BENIGN, &[]).contains("at least one adversarial sample, got none"));
        assert!(message(&[], &[("bim", &[true])]).contains("at least one benign sample"));
        let empty = message(&BENIGN, &[("bim", &[true]), ("fgsm", &[])]);
        assert!(empty.contains("in set fgsm, got none"), "{empty}");
    }
}
