//! What a verdict rests on, for programs and as text.

use std::fmt;

use a2d_cost::Sign;
use serde::{Deserialize, Serialize};

use crate::{Band, ClassCounts, CostLimits, MAX_COST, Verdict};

/// How many neighbours the text of an explanation lists, and of those that tie how many of each class.
const LISTED: usize = 5;
const TIED_LISTED: usize = 2;

/// A verdict and what it rests on. Attacks are named by `A`: their columns, counted from 0, or names.
///
/// As text, a line on the decision comes first, then one for each attack or some of the neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation<A = usize> {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on.
    pub evidence: Evidence<A>,
}

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence<A = usize> {
    /// The attacks voted, see [`ZScore`](crate::ZScore).
    Votes {
        /// How many must flag the input.
        needed: usize,
        /// The vote of every attack, the most suspicious first: that in place `needed` decides.
        votes: Vec<Vote<A>>,
    },
    /// Attacks were asked one after the other, see [`Cascade`](crate::Cascade).
    Stages {
        /// Those that were asked; the last of them decides.
        stages: Vec<Stage<A>>,
        /// How many there are.
        of: usize,
        /// The z-score that decides.
        threshold: f64,
    },
    /// Samples with similar costs voted, see [`Knn`](crate::Knn).
    Neighbours {
        /// The number of votes.
        k: usize,
        /// A larger share of adversarial votes makes an input adversarial.
        threshold: f64,
        /// Samples nearer than the k-th, which have a vote each.
        nearer: ClassCounts,
        /// Samples as far as the k-th, which share the other votes.
        tied: ClassCounts,
        /// The part of a vote that each of those has.
        weight: f64,
        /// The nearest first, then by row: no more than 100 of those nearer than the k-th, and 50 of each
        /// class of those as far.
        nearest: Vec<Neighbour>,
    },
    /// The score was compared with those of benign inputs, see [`Conformal`](crate::Conformal).
    PValue {
        /// The share of benign inputs, this one counted with them, that score as high or higher.
        p_value: f64,
        /// Inputs up to this p-value are adversarial.
        alpha: f64,
        /// The number of benign inputs compared with.
        held_out: usize,
        /// What the score rests on.
        score: Box<Evidence<A>>,
    },
    /// What a detector of another crate says.
    Text {
        /// One line or several.
        text: String,
    },
}

/// The vote of one attack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote<A = usize> {
    /// The attack.
    pub attack: A,
    /// What it cost, or the score.
    pub cost: f64,
    /// How many deviations that is above the mean of benign inputs.
    pub z_score: f64,
    /// True if the attack calls the input adversarial.
    pub flags: bool,
    /// The costs that it flags.
    pub limits: CostLimits,
    /// Of a score, which look adversarial; `None` of a cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Sign>,
}

/// What one attack of a cascade says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage<A = usize> {
    /// The attack.
    pub attack: A,
    /// What it cost, or the score.
    pub cost: f64,
    /// How many deviations that is above the mean of benign inputs.
    pub z_score: f64,
    /// What it says.
    pub opinion: Opinion,
    /// Where it is not sure; `None` for the last, which always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<Band>,
    /// Of a score, which look adversarial; `None` of a cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<Sign>,
}

/// What an attack of a cascade says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// It is benign.
    Passes,
    /// It is adversarial.
    Flags,
    /// Another attack is to say.
    Unsure,
}

/// A sample near the input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The row of the sample in the costs that the detector was fitted on, counted from 0.
    pub row: usize,
    /// The Euclidean distance of its costs.
    pub distance: f64,
    /// The label of the sample.
    pub adversarial: bool,
    /// Its part in the votes, above 0 and at most 1.
    pub weight: f64,
}

impl<A> Explanation<A> {
    /// The same with other names for the attacks.
    pub fn rename<B>(self, name: &impl Fn(A) -> B) -> Explanation<B> {
        Explanation { verdict: self.verdict, evidence: self.evidence.rename(name) }
    }
}

impl<A> Evidence<A> {
    fn rename<B>(self, name: &impl Fn(A) -> B) -> Evidence<B> {
        match self {
            Self::Votes { needed, votes } => {
                let votes = votes.into_iter().map(|vote| vote.rename(name)).collect();
                Evidence::Votes { needed, votes }
            }
            Self::Stages { stages, of, threshold } => {
                let stages = stages.into_iter().map(|stage| stage.rename(name)).collect();
                Evidence::Stages { stages, of, threshold }
            }
            Self::Neighbours { k, threshold, nearer, tied, weight, nearest } => {
                Evidence::Neighbours { k, threshold, nearer, tied, weight, nearest }
            }
            Self::PValue { p_value, alpha, held_out, score } => {
                let score = Box::new(score.rename(name));
                Evidence::PValue { p_value, alpha, held_out, score }
            }
            Self::Text { text } => Evidence::Text { text },
        }
    }
}

impl<A> Vote<A> {
    fn rename<B>(self, name: impl Fn(A) -> B) -> Vote<B> {
        let Self { attack, cost, z_score, flags, limits, sign } = self;
        Vote { attack: name(attack), cost, z_score, flags, limits, sign }
    }
}

impl<A> Stage<A> {
    fn rename<B>(self, name: impl Fn(A) -> B) -> Stage<B> {
        let Self { attack, cost, z_score, opinion, unsure, sign } = self;
        Stage { attack: name(attack), cost, z_score, opinion, unsure, sign }
    }
}

impl<A: fmt::Display> fmt::Display for Explanation<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.verdict.adversarial { "adversarial" } else { "benign" };
        write!(f, "{verdict}: {}", self.evidence)
    }
}

impl<A: fmt::Display> fmt::Display for Evidence<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Votes { needed, votes } => {
                let flagging = votes.iter().filter(|vote| vote.flags).count();
                let all = votes.len();
                write!(f, "{flagging} of {all} attacks flag it, {needed} must")?;
                votes.iter().try_for_each(|vote| write!(f, "\n  {vote}"))
            }
            Self::Stages { stages, of, threshold } => {
                let (decides, threshold) = (stages.len(), Significant(*threshold));
                write!(f, "stage {decides} of {of} decides, at a z-score of {threshold}")?;
                stages.iter().try_for_each(|stage| write!(f, "\n  {stage}"))
            }
            Self::Neighbours { k, threshold, nearer, tied, weight, nearest } => {
                let votes = nearer.adversarial as f64 + tied.adversarial as f64 * weight;
                let (votes, more) = (Significant(votes), Significant(threshold * *k as f64));
                write!(f, "{votes} of the {k} nearest samples are adversarial, ")?;
                write!(f, "more than {more} must be")?;
                if *weight >= 1.0 {
                    return nearest
                        .iter()
                        .take(LISTED)
                        .try_for_each(|near| write!(f, "\n  {near}"));
                }
                let (nearest, as_far) =
                    nearest.split_at(nearest.partition_point(|near| near.weight >= 1.0));
                nearest.iter().take(LISTED).try_for_each(|near| write!(f, "\n  {near}"))?;
                let left = k - nearer.total();
                let ClassCounts { benign, adversarial } = tied;
                write!(f, "\n  {adversarial} adversarial and {benign} benign samples tie for ")?;
                write!(f, "{left} of {k} places, {} of one each", Significant(*weight))?;
                [true, false].into_iter().try_for_each(|class| {
                    let of_class = as_far.iter().filter(|near| near.adversarial == class);
                    of_class.take(TIED_LISTED).try_for_each(|near| write!(f, "\n  {near}"))
                })
            }
            Self::PValue { p_value, alpha, held_out, score } => {
                let (p_value, alpha) = (Significant(*p_value), Significant(*alpha));
                write!(f, "p-value {p_value} among {held_out} held-out benign inputs, ")?;
                write!(f, "flagged up to {alpha}\n  {score}")
            }
            Self::Text { text } => f.write_str(text),
        }
    }
}

impl<A: fmt::Display> fmt::Display for Vote<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cost, z_score) = (Significant(self.cost), Significant(self.z_score));
        let verb = if self.flags { "flags" } else { "passes" };
        let what = if self.sign.is_some() { "score" } else { "cost" };
        write!(f, "{} {verb} it: {what} {cost}, z-score {z_score}, flagged ", self.attack)?;
        let (below, above) = (Significant(self.limits.below), self.limits.above.map(Significant));
        match (self.sign, above) {
            (Some(Sign::Larger), Some(above)) if below.0 <= -MAX_COST => write!(f, "above {above}"),
            (_, None) => write!(f, "below {below}"),
            (_, Some(above)) => write!(f, "below {below} and above {above}"),
        }
    }
}

impl<A: fmt::Display> fmt::Display for Stage<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cost, z_score) = (Significant(self.cost), Significant(self.z_score));
        let says = match self.opinion {
            Opinion::Passes => "passes it",
            Opinion::Flags => "flags it",
            Opinion::Unsure => "is not sure",
        };
        let what = if self.sign.is_some() { "score" } else { "cost" };
        write!(f, "{} {says}: {what} {cost}, z-score {z_score}", self.attack)?;
        let Some(Band { passes_below, flags_above }) = self.unsure else { return Ok(()) };
        // Suspicion is the z-score with its sign turned, but for scores of which larger ones look adversarial.
        let (low, high) = match self.sign {
            Some(Sign::Larger) => (passes_below, flags_above),
            _ => (-flags_above, -passes_below),
        };
        write!(f, ", not sure from {} to {}", Significant(low), Significant(high))
    }
}

impl fmt::Display for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = if self.adversarial { "adversarial" } else { "benign" };
        write!(f, "row {} at distance {}: {label}", self.row, Significant(self.distance))
    }
}

/// A number to four significant digits at least, without zeros behind the point.
struct Significant(f64);

impl fmt::Display for Significant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        let exponent = number.abs().log10().floor();
        if number != 0.0 && number.is_finite() && !(-4.0..15.0).contains(&exponent) {
            return write!(f, "{number:.3e}");
        }
        let decimals = if exponent < 3.0 { (3.0 - exponent) as usize } else { 0 };
        let text = format!("{number:.decimals$}", decimals = decimals.min(8));
        let digits = if text.contains('.') { text.trim_end_matches('0') } else { &text };
        f.write_str(digits.trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes() -> Evidence<&'static str> {
        let vote = |attack, cost, z_score, flags, above| Vote {
            attack,
            cost,
            z_score,
            flags,
            limits: CostLimits { below: 75.019_49, above },
            sign: None,
        };
        Evidence::Votes {
            needed: 1,
            votes: vec![
                vote("bim", 5.0, -2.339_04, true, None),
                vote("jsma", 500.0, 0.25, false, Some(3000.0)),
            ],
        }
    }

    fn explained(evidence: Evidence<&'static str>) -> String {
        let verdict = Verdict { score: 1.0, adversarial: true, p_value: None };
        Explanation { verdict, evidence }.to_string()
    }

    #[test]
    fn votes_are_named_with_cost_and_limits() {
        assert_eq!(
            explained(votes()),
            "adversarial: 1 of 2 attacks flag it, 1 must\n  \
             bim flags it: cost 5, z-score -2.339, flagged below 75.02\n  \
             jsma passes it: cost 500, z-score 0.25, flagged below 75.02 and above 3000"
        );
    }

    #[test]
    fn a_score_is_flagged_on_its_side() {
        let vote = |sign, below, above| Vote {
            attack: "lid",
            cost: -2.5,
            z_score: 3.0,
            flags: true,
            limits: CostLimits { below, above },
            sign: Some(sign),
        };
        let larger = vote(Sign::Larger, -MAX_COST, Some(-4.0)).to_string();
        assert_eq!(larger, "lid flags it: score -2.5, z-score 3, flagged above -4");
        let smaller = vote(Sign::Smaller, -1.5, None).to_string();
        assert!(smaller.ends_with("flagged below -1.5"), "{smaller}");
    }

    fn sample(row: usize, weight: f64) -> Neighbour {
        Neighbour { row, distance: 0.5 * row as f64, adversarial: row < 4, weight }
    }

    #[test]
    fn the_nearest_of_many_neighbours_are_listed() {
        let text = explained(Evidence::Neighbours {
            k: 7,
            threshold: 0.5,
            nearer: ClassCounts { benign: 2, adversarial: 4 },
            tied: ClassCounts { benign: 1, adversarial: 0 },
            weight: 1.0,
            nearest: (0..7).map(|row| sample(row, 1.0)).collect(),
        });
        let first =
            "adversarial: 4 of the 7 nearest samples are adversarial, more than 3.5 must be";
        assert_eq!(text.lines().next(), Some(first));
        assert_eq!(text.lines().last(), Some("  row 4 at distance 2: benign"));
        assert_eq!(text.lines().count(), 1 + LISTED);
    }

    #[test]
    fn neighbours_that_tie_are_counted_and_some_of_each_class_listed() {
        let tied = [1, 2, 3, 4, 5, 6].map(|row| sample(row, 0.25));
        let text = explained(Evidence::Neighbours {
            k: 3,
            threshold: 0.5,
            nearer: ClassCounts { benign: 0, adversarial: 1 },
            tied: ClassCounts { benign: 2, adversarial: 6 },
            weight: 0.25,
            nearest: std::iter::once(sample(0, 1.0)).chain(tied).collect(),
        });
        assert_eq!(
            text,
            "adversarial: 2.5 of the 3 nearest samples are adversarial, more than 1.5 must be\n  \
             row 0 at distance 0: adversarial\n  \
             6 adversarial and 2 benign samples tie for 2 of 3 places, 0.25 of one each\n  \
             row 1 at distance 0.5: adversarial\n  row 2 at distance 1: adversarial\n  \
             row 4 at distance 2: benign\n  row 5 at distance 2.5: benign"
        );
    }

    #[test]
    fn p_values_stand_before_what_the_score_rests_on() {
        let (alpha, score) = (0.05, Box::new(votes()));
        let text = explained(Evidence::PValue { p_value: 0.012, alpha, held_out: 999, score });
        let first =
            "adversarial: p-value 0.012 among 999 held-out benign inputs, flagged up to 0.05";
        assert!(text.starts_with(&format!("{first}\n  1 of 2 attacks flag it")), "{text}");
    }

    #[test]
    fn numbers_are_short_whatever_their_size() {
        for (number, text) in [
            (0.0, "0"),
            (123.456, "123.5"),
            (0.012_345, "0.01235"),
            (-1.281_552, "-1.282"),
            (9_999.96, "10000"),
            (123_456.0, "123456"),
            (1e100, "1.000e100"),
            (0.000_012_3, "1.230e-5"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(Significant(number).to_string(), text);
        }
    }
}
