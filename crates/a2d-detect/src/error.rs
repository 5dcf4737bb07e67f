//! What can go wrong with detectors.

use std::path::PathBuf;

use a2d_cost::Sign;

use crate::{MAX_COST, Unit};

/// What can go wrong with detectors and their files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Costs of no sample at all.
    #[error("read costs: expected at least one sample, got none")]
    NoSamples,
    /// Costs of more or fewer attacks than expected.
    #[error("read costs: expected costs of {expected} attacks, got {got}")]
    Width {
        /// The number of attacks the costs must have.
        expected: usize,
        /// The number they have.
        got: usize,
    },
    /// Costs of no attack at all.
    #[error("read costs: expected costs of at least one attack, got none")]
    NoAttacks,
    /// A cost that is none.
    #[error(
        "read costs: expected a number from 0 to {MAX_COST:e}, got {cost} \
         (sample {sample}, attack {attack}, both counted from 0)"
    )]
    Cost {
        /// Row of the sample, counted from 0.
        sample: usize,
        /// Column of the attack, counted from 0.
        attack: usize,
        /// The value found.
        cost: f64,
    },
    /// A score that is none.
    #[error(
        "read scores: expected a number from -{MAX_COST:e} to {MAX_COST:e}, got {number} \
         (sample {sample}, column {column}, both counted from 0)"
    )]
    Number {
        /// Row of the sample, counted from 0.
        sample: usize,
        /// Column of the score, counted from 0.
        column: usize,
        /// The value found.
        number: f64,
    },
    /// More or fewer signs than columns of scores.
    #[error("read scores: expected a sign for each of {columns} columns, got {signs}")]
    Signs {
        /// The number of columns.
        columns: usize,
        /// The number of signs.
        signs: usize,
    },
    /// More or fewer labels than samples.
    #[error("fit k-NN detector: expected {samples} labels, one for each sample, got {labels}")]
    Labels {
        /// The number of samples.
        samples: usize,
        /// The number of labels.
        labels: usize,
    },
    /// Only benign or only adversarial samples.
    #[error(
        "fit k-NN detector: expected benign and adversarial samples, \
         got {benign} benign and {adversarial} adversarial"
    )]
    OneClass {
        /// The number of benign samples.
        benign: usize,
        /// The number of adversarial samples.
        adversarial: usize,
    },
    /// A number of neighbours that cannot vote.
    #[error("fit k-NN detector: expected k of at least 1, got 0")]
    NoNeighbours,
    /// More neighbours asked for than there are samples.
    #[error("fit k-NN detector: expected at least k = {k} samples, got {samples}")]
    TooFewNeighbours {
        /// The number of neighbours that vote.
        k: usize,
        /// The number of samples.
        samples: usize,
    },
    /// The index of nearest neighbours refused a query.
    #[error("search nearest neighbours: {reason}")]
    Search {
        /// What the index said.
        reason: String,
    },
    /// Too few benign samples for the test of normality.
    #[error(
        "fit z-score detector: expected at least {expected} benign samples, \
         so that the test of their normality holds, got {got}"
    )]
    TooFewBenign {
        /// The least number of samples.
        expected: usize,
        /// The number given.
        got: usize,
    },
    /// Benign costs without spread, which have no z-score.
    #[error(
        "fit z-score detector: expected benign costs that differ, \
         got {cost} for every sample (attack {attack}, counted from 0)"
    )]
    Constant {
        /// Column of the attack, counted from 0.
        attack: usize,
        /// The one cost.
        cost: f64,
    },
    /// Benign costs that the Box-Cox transform cannot tell apart.
    #[error(
        "fit z-score detector: expected benign costs that differ above {lowest} and after the \
         Box-Cox transform (attack {attack}, counted from 0); count costs in a smaller unit"
    )]
    Degenerate {
        /// Column of the attack, counted from 0.
        attack: usize,
        /// Costs below are lifted to this one.
        lowest: f64,
    },
    /// Benign scores whose spread is no number that others can be measured by.
    #[error(
        "fit z-score detector: expected benign scores with a deviation above 0, got {deviation} \
         (column {column}, counted from 0); scale the scores"
    )]
    Deviation {
        /// Column of the score, counted from 0.
        column: usize,
        /// Their deviation.
        deviation: f64,
    },
    /// The search for the parameter of the Box-Cox transform failed.
    #[error("fit z-score detector: search lambda of the Box-Cox transform: {reason}")]
    BoxCox {
        /// What the search said.
        reason: String,
    },
    /// A number of votes that can never or must always be reached.
    #[error("set votes of the z-score detector: expected 1 to {attacks}, got {votes}")]
    Votes {
        /// The number of attacks, each of which has one vote.
        attacks: usize,
        /// The number of votes asked for.
        votes: usize,
    },
    /// A doubt that leaves nothing, or is no share.
    #[error("fit cascade: expected a doubt from 0 to below 1, got {doubt}")]
    Doubt {
        /// The share asked for.
        doubt: f64,
    },
    /// Too few benign inputs for the bands of a cascade.
    #[error(
        "fit cascade: expected at least {expected} benign inputs that the last attack flags, so that they say where earlier \
         ones are sure, got {got} of {samples} at a rate of {rate}; give more benign inputs, or a higher rate"
    )]
    TooFewForBands {
        /// The least number of flagged inputs.
        expected: usize,
        /// How many are flagged.
        got: usize,
        /// The share to flag.
        rate: f64,
        /// The number of benign inputs.
        samples: usize,
    },
    /// A share of neighbours that is none.
    #[error("set threshold of the k-NN detector: expected a share from 0 to 1, got {threshold}")]
    Share {
        /// The threshold asked for.
        threshold: f64,
    },
    /// A threshold that is not a number to compare with.
    #[error("set threshold of the z-score detector: expected a finite number, got {threshold}")]
    Threshold {
        /// The threshold asked for.
        threshold: f64,
    },
    /// A threshold above the mean, where low and high costs meet.
    #[error(
        "set threshold of the z-score detector: expected at most 0 with both tails, got {threshold}"
    )]
    TwoTailedThreshold {
        /// The threshold asked for.
        threshold: f64,
    },
    /// A rate that no threshold has.
    #[error("choose threshold: expected a false-positive rate above 0 and below 1, got {rate}")]
    FalsePositiveRate {
        /// The rate asked for.
        rate: f64,
    },
    /// A rate asked of a detector that does not know its rate.
    #[error(
        "choose threshold: expected a detector that was calibrated on held-out benign inputs, \
         got a {detector} detector that was not"
    )]
    Uncalibrated {
        /// The name of the detector.
        detector: String,
    },
    /// A rate asked of a detector that does not know how its votes go together.
    #[error(
        "choose threshold: expected a z-score detector with the scores of the inputs it was fitted on, got \
         one of several attacks by an earlier release; fit it anew, or set its threshold"
    )]
    UnknownScores,
    /// A calibration of what is calibrated.
    #[error("calibrate detector: expected one that is not calibrated yet, got a conformal one")]
    CalibratedTwice,
    /// Nothing to calibrate on.
    #[error("calibrate detector: expected at least one held-out benign input, got none")]
    NoHeldOut,
    /// A score without place in the order of scores.
    #[error(
        "calibrate detector: expected finite scores, got {score} (sample {sample}, counted from 0)"
    )]
    Score {
        /// The place of the sample, counted from 0.
        sample: usize,
        /// Its score.
        score: f64,
    },
    /// A rate below the least p-value.
    #[error(
        "calibrate detector: expected a false-positive rate of at least 1/{} \
         with {held_out} held-out benign inputs, got {alpha}",
        held_out + 1
    )]
    Resolution {
        /// The rate asked for.
        alpha: f64,
        /// The number of held-out inputs.
        held_out: usize,
    },
    /// What is known of a cost leaves none.
    #[error(
        "foresee verdict: expected a range that begins at a number from 0 to {MAX_COST:e} and ends \
         no lower, got {low} to {high} (attack {attack}, counted from 0)"
    )]
    Range {
        /// Column of the attack, counted from 0.
        attack: usize,
        /// Where the range begins.
        low: f64,
        /// Where it ends.
        high: f64,
    },
    /// Costs, or what only costs can tell, where the detector knows scores.
    #[error("use detector: expected one that was fitted on costs of attacks, got one on scores")]
    NotCosts,
    /// Scores where the detector knows costs.
    #[error("use detector: expected one that was fitted on scores, got one on costs of attacks")]
    NotScores,
    /// Scores that point the other way than those the detector was fitted on.
    #[error(
        "use detector: expected scores of {column} of which {expected} ones look adversarial, \
         got some of which {} ones do", got.name()
    )]
    Sign {
        /// The name of the column.
        column: String,
        /// The sign in the detector.
        expected: Sign,
        /// That of the scores.
        got: Sign,
    },
    /// Costs of other attacks than those the detector was fitted on.
    #[error("use detector: expected costs of the attacks {expected:?}, got {got:?}")]
    Attacks {
        /// The attacks of the detector.
        expected: Vec<String>,
        /// Those of the costs.
        got: Vec<String>,
    },
    /// Costs in another unit than those the detector was fitted on.
    #[error("use detector: expected costs in {expected}, got {got}")]
    Unit {
        /// The unit of the detector.
        expected: Unit,
        /// That of the costs.
        got: Unit,
    },
    /// A cost that is only known to be "at least".
    #[error(
        "use detector: expected complete costs, got one of {attack} on input {input} that a budget censored"
    )]
    Censored {
        /// The input.
        input: String,
        /// The attack that was stopped.
        attack: String,
    },
    /// A distribution of costs that no fit gives.
    #[error("read z-score detector: expected {expected}, found {found}")]
    Distribution {
        /// The rule that is broken.
        expected: &'static str,
        /// The value that breaks it.
        found: f64,
    },
    /// Names or counts that do not belong to the detector they stand beside.
    #[error("describe detector: expected {expected}, found {found}")]
    Description {
        /// The rule that is broken.
        expected: String,
        /// What breaks it.
        found: String,
    },
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
    /// A detector file of a version this release does not know.
    #[error(
        "read detector {}: expected a version from 1 to {newest}, found {found}; \
         fit the detector anew or use the release that wrote it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The newest version this release reads.
        newest: u32,
        /// The version of the file.
        found: u32,
    },
    /// A k-NN detector that was calibrated while the order of samples decided ties.
    #[error(
        "read detector {}: expected k-NN scores in which samples that tie share votes, found a calibration \
         of version {found}, by an earlier rule; fit the detector anew",
        path.display()
    )]
    EarlierRule {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
    },
    /// A detector of a kind that the program does not know.
    #[error(
        "read detector {}: expected a kind of detector that this program knows ({}), found one of kind {kind:?}, \
         which is of another crate",
        path.display(), known.join(", ")
    )]
    Kind {
        /// The file.
        path: PathBuf,
        /// The kinds that the program knows.
        known: Vec<String>,
        /// The kind of the detector.
        kind: String,
    },
    /// What a detector of another crate says.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// Numbers or options that this kind of detector does not take.
    #[error("fit {detector} detector: expected {expected}, got {got}")]
    Fitting {
        /// The kind of detector.
        detector: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What it was given.
        got: &'static str,
    },
    /// A data set that linfa refused.
    #[error("fit detector: {0}")]
    Linfa(linfa::Error),
}

/// The result of an operation on detectors.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in (costs, parameters, a file), rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_bad_input(),
            Self::Search { .. } | Self::BoxCox { .. } => false,
            _ => true,
        }
    }

    pub(crate) fn search(reason: impl std::fmt::Display) -> Self {
        Self::Search { reason: reason.to_string() }
    }
}

/// What `Fit` asks of every error type.
impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error)
    }
}
