//! The classes whose boundary is looked for.

use super::{Error, Result};

/// The classes whose boundary is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// All but the label: the score is that of the nearest.
    #[default]
    Untargeted,
    /// The class with the n-th largest logit; 2 is the runner-up.
    Rank(usize),
    /// The class with the smallest logit.
    LeastLikely,
    /// This class.
    Class(usize),
}

impl Target {
    /// The target classes of image `number`, whose classes by falling logit are `ranked`.
    pub(crate) fn classes(self, number: u64, ranked: &[usize]) -> Result<Vec<usize>> {
        let classes = ranked.len();
        let bad = |expected, got| Err(Error::Query { number, expected, got });
        if classes < 2 {
            return bad("a classifier of 2 or more classes".into(), classes.to_string());
        }
        match self {
            Self::Untargeted => Ok(ranked[1..].to_vec()),
            Self::Rank(rank) if (2..=classes).contains(&rank) => Ok(vec![ranked[rank - 1]]),
            Self::Rank(rank) => {
                bad(format!("a target of rank 2 to {classes}"), format!("rank {rank}"))
            }
            Self::LeastLikely => Ok(vec![ranked[classes - 1]]),
            Self::Class(class) if class >= classes => {
                bad(format!("a target class below {classes}"), class.to_string())
            }
            Self::Class(class) if class == ranked[0] => {
                bad("a target other than the predicted class".into(), class.to_string())
            }
            Self::Class(class) => Ok(vec![class]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANKED: [usize; 4] = [2, 0, 3, 1];

    #[test]
    fn targets_are_found_by_their_rank() {
        for (target, classes) in [
            (Target::Untargeted, &[0, 3, 1][..]),
            (Target::Rank(2), &[0]),
            (Target::Rank(4), &[1]),
            (Target::LeastLikely, &[1]),
            (Target::Class(3), &[3]),
        ] {
            assert_eq!(target.classes(0, &RANKED).unwrap(), classes, "{target:?}");
        }
    }

    #[test]
    fn targets_that_are_none_are_refused() {
        for (target, ranked, finding) in [
            (Target::Rank(1), &RANKED[..], "expected a target of rank 2 to 4, got rank 1"),
            (Target::Rank(5), &RANKED, "got rank 5"),
            (Target::Class(4), &RANKED, "expected a target class below 4, got 4"),
            (Target::Class(2), &RANKED, "expected a target other than the predicted class, got 2"),
            (Target::Untargeted, &[0], "expected a classifier of 2 or more classes, got 1"),
        ] {
            let error = target.classes(9, ranked).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("measure CLEVER of image 9: "), "{message}");
            assert!(message.ends_with(finding) && error.is_bad_input(), "{message}");
        }
    }
}
