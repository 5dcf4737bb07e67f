//! What an attack is: parameters, state of rows, start, judgement and the next images.

use a2d_model::Classifier;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::stream;
use crate::{Bounds, Iterate, Limits, Loss, Pass, Result, RowState, Target, TowardsGoals};

/// An attack: its parameters, what a row of the window carries, how rows start, what a forward pass
/// means for them and how they advance to the next image that is to go through the network.
///
/// Rows are independent. An implementation never mixes them: no norm, random stream or decision over
/// the whole batch.
///
/// One that can also be cloned, printed and serialised is an [`AnyAttack`](crate::AnyAttack), and under a
/// [name](crate::NamedAttack) it has all that the attacks of the catalogue have.
pub trait Attack: Send + Sync {
    /// What the rows carry beside their iterates.
    type Rows: RowState;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) with the first that is out of range;
    /// [`range`](crate::range) has the usual checks.
    fn check(&self) -> Result<()>;

    /// The most iterations of a row, an image of so many elements: its cap.
    fn cap(&self, elements: usize) -> u32;

    /// About how many forward passes and gradients an iteration takes.
    fn queries_per_iteration(&self) -> u32;

    /// About how many forward passes and gradients so many iterations take, by which a guard runs cheap attacks
    /// first.
    fn queries(&self, iterations: f64) -> f64 {
        iterations * f64::from(self.queries_per_iteration())
    }

    /// Whether [`advance`](Self::advance) wants gradients. Without, a pass costs much less.
    fn wants_gradients(&self) -> bool {
        true
    }

    /// What [`Iterate::ascent`] ascends.
    fn loss(&self) -> &dyn Loss {
        &TowardsGoals
    }

    /// How many of the images that are to be attacked it wants to [learn](Self::learn) from first.
    fn lessons(&self) -> usize {
        0
    }

    /// Learns from these images, \[N, C, H, W\], as many of those as there are: what an attacker prepares
    /// who has seen them.
    ///
    /// # Errors
    /// Whatever keeps it from that.
    fn learn(&mut self, classifier: &Classifier, images: &Tensor, limits: Limits) -> Result<()> {
        let _ = (classifier, images, limits);
        Ok(())
    }

    /// The class that each row is to get.
    fn target(&self) -> Target {
        Target::Untargeted
    }

    /// By how much a logit has to win, at least 0.
    fn confidence(&self) -> f64 {
        0.0
    }

    /// How far from the images that it came with every image of a row stays.
    fn bounds(&self) -> Bounds {
        Bounds::Box
    }

    /// Which of the images that reached the goal is the result.
    fn result(&self) -> Preference {
        Preference::Last
    }

    /// The state of rows that join.
    fn start(&self, newcomers: &Newcomers<'_>) -> Self::Rows;

    /// What a forward pass means for each row. The first pass of a row is that of the image as it
    /// came, and no iteration whatever this says.
    fn judge(&self, pass: &Pass<'_>, rows: &mut Self::Rows) -> Vec<Standing> {
        let _ = rows;
        pass.reached.iter().map(|reached| Standing::iterated(*reached)).collect()
    }

    /// The next images, \[N, C, H, W\] within \[0, 1\], of the rows of `iterate`. The network sees them
    /// rounded to float32.
    fn advance(&self, iterate: &Iterate<'_>, rows: &mut Self::Rows) -> Tensor;

    /// Where rows will end, one entry for each, as far as [`advance`](Self::advance) has told: where the cost alone is asked for,
    /// these leave without another pass. Unless an attack has such rows, there are no entries.
    fn foretold(&self, rows: &Self::Rows) -> Vec<Option<Standing>> {
        let _ = rows;
        vec![]
    }
}

/// Which of several images that reached the goal an attack is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The last one.
    Last,
    /// The closest to the image as it came, in L2.
    Closest,
}

/// Where a row stands after a forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Iterations that the pass completed.
    pub iterations: u32,
    /// The attack has what it wants of this row.
    pub reached: bool,
    /// The attack knows no next step.
    pub exhausted: bool,
}

impl Standing {
    /// Within an iteration.
    pub const SEARCHING: Self = Self { iterations: 0, reached: false, exhausted: false };

    /// At the end of an iteration.
    pub fn iterated(reached: bool) -> Self {
        Self { iterations: 1, reached, exhausted: false }
    }

    /// This, and without a next step if `exhausted`.
    #[must_use]
    pub fn or_exhausted(self, exhausted: bool) -> Self {
        Self { exhausted, ..self }
    }
}

/// Rows that join the window.
#[derive(Debug)]
pub struct Newcomers<'a> {
    /// Their images, \[N, C, H, W\], of the kind that attacks compute with.
    pub images: &'a Tensor,
    /// The numbers of their random streams.
    pub numbers: &'a [usize],
    /// The seed of all random streams.
    pub seed: u64,
}

impl Newcomers<'_> {
    /// The random stream of each row.
    pub fn streams(&self) -> Vec<ChaCha8Rng> {
        self.numbers.iter().map(|number| stream::of(self.seed, *number)).collect()
    }
}
