//! Reasons to doubt what an attack tells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CostsInShort, KindCheckup};

/// The share of benign costs that are only "at least" from which they tell little of each other.
const AT_CAP: f64 = 0.05;

/// The share of benign images that flip within two steps from which nothing can be cheaper.
const AT_ONCE: f64 = 0.1;

/// Examples without which an AUROC says nothing.
const FEW: usize = 10;

/// A reason to doubt that an attack tells adversarial inputs of this model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    /// The attack did not flip this share of the benign images.
    AtCap(f64),
    /// This share of the benign images flips within two steps, as adversarial ones do.
    AtOnce(f64),
    /// The attack has no hold on so many benign images.
    Unscored(usize),
    /// There are too few examples of this kind to tell.
    FewExamples(String),
    /// Costs do not tell this kind from benign images: the interval of its AUROC has 0.5 in it.
    NotTold(String),
}

impl Doubt {
    pub(super) fn of(benign: &CostsInShort, kinds: &[KindCheckup]) -> Vec<Self> {
        let mut doubts = vec![];
        if benign.at_cap > AT_CAP {
            doubts.push(Self::AtCap(benign.at_cap));
        }
        if benign.within_two > AT_ONCE {
            doubts.push(Self::AtOnce(benign.within_two));
        }
        if benign.unscored > 0 {
            doubts.push(Self::Unscored(benign.unscored));
        }
        for kind in kinds {
            match kind.auroc {
                Some(auroc) if kind.costs.n >= FEW => {
                    if auroc.low <= 0.5 {
                        doubts.push(Self::NotTold(kind.kind.clone()));
                    }
                }
                _ => doubts.push(Self::FewExamples(kind.kind.clone())),
            }
        }
        doubts
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtCap(share) => write!(
                formatter,
                "{:.0} % of the benign images did not flip: their costs are only \"at least\"; let it take larger \
                 steps, or take another attack",
                100.0 * share
            ),
            Self::AtOnce(share) => write!(
                formatter,
                "{:.0} % of the benign images flip within two steps: no adversarial one can be cheaper; let it \
                 take smaller steps",
                100.0 * share
            ),
            Self::Unscored(count) => write!(
                formatter,
                "it has no hold on {count} benign images, whose gradient is 0 or that no step moves"
            ),
            Self::FewExamples(kind) => {
                write!(formatter, "too few examples of {kind} were found to tell")
            }
            Self::NotTold(kind) => {
                write!(formatter, "costs do not tell {kind} from benign images")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_eval::Auroc;

    fn costs(n: usize, at_cap: f64, within_two: f64) -> CostsInShort {
        CostsInShort { n, unscored: 0, median: 90.0, at_cap, within_two }
    }

    #[test]
    fn what_tells_little_is_doubted() {
        let kind = |kind: &str, n, low| KindCheckup {
            kind: kind.into(),
            costs: costs(n, 0.0, 0.0),
            auroc: Some(Auroc { auroc: 0.8, low, high: 1.0 }),
        };
        let good = kind("fgsm", 10, 0.51);
        assert_eq!(Doubt::of(&costs(20, 0.05, 0.1), std::slice::from_ref(&good)), []);
        let benign = CostsInShort { unscored: 3, ..costs(20, 0.06, 0.2) };
        let found = Doubt::of(&benign, &[good, kind("pgd", 9, 0.9), kind("cw", 30, 0.5)]);
        let expected = [
            Doubt::AtCap(0.06),
            Doubt::AtOnce(0.2),
            Doubt::Unscored(3),
            Doubt::FewExamples("pgd".into()),
            Doubt::NotTold("cw".into()),
        ];
        assert_eq!(found, expected);
    }
}
