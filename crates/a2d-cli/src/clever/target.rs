//! The targets of CLEVER scores, by the names that users give them.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use a2d_eval::clever::Target;

use crate::exit::BadInput;

/// A target that every image has, by the name that users give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TargetName {
    Untargeted,
    Rank(usize),
    LeastLikely,
}

impl TargetName {
    /// Refuses a rank that no class has.
    pub(crate) fn check(self, classes: usize) -> anyhow::Result<()> {
        match self {
            Self::Rank(rank) if rank > classes => Err(BadInput(format!(
                "score: expected a target of rank 2 to {classes}, the number of classes, got {self}"
            ))
            .into()),
            _ => Ok(()),
        }
    }
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Self {
        match name {
            TargetName::Untargeted => Self::Untargeted,
            TargetName::Rank(rank) => Self::Rank(rank),
            TargetName::LeastLikely => Self::LeastLikely,
        }
    }
}

impl FromStr for TargetName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rank = |text: &str| text.strip_prefix("rank-")?.parse().ok().filter(|rank| *rank >= 2);
        match text {
            "untargeted" => Ok(Self::Untargeted),
            "second" => Ok(Self::Rank(2)),
            "least-likely" => Ok(Self::LeastLikely),
            text => rank(text)
                .map(Self::Rank)
                .ok_or("expected untargeted, second, least-likely or rank-N, N of at least 2"),
        }
    }
}

impl Display for TargetName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untargeted => f.write_str("untargeted"),
            Self::Rank(2) => f.write_str("second"),
            Self::Rank(rank) => write!(f, "rank-{rank}"),
            Self::LeastLikely => f.write_str("least-likely"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in ["untargeted", "second", "rank-5", "least-likely"] {
            assert_eq!(name.parse::<TargetName>().unwrap().to_string(), name);
        }
        assert_eq!("rank-2".parse::<TargetName>().unwrap().to_string(), "second");
        for name in ["", "rank-", "rank-1", "rank--3", "first", "Untargeted"] {
            assert!(name.parse::<TargetName>().is_err(), "{name}");
        }
    }

    #[test]
    fn ranks_beyond_the_classes_are_refused() {
        assert!(TargetName::Rank(10).check(10).is_ok());
        assert!(TargetName::LeastLikely.check(2).is_ok());
        let message = TargetName::Rank(11).check(10).unwrap_err().to_string();
        assert!(message.contains("rank 2 to 10") && message.ends_with("rank-11"), "{message}");
    }
}
