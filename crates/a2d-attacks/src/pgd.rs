//! PGD: BIM from a random point of the ball.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Linf};
use crate::rows::row_state;
use crate::{Attack, Bounds, Iterate, Newcomers, Result, Target};

/// Projected gradient descent with a random start (Madry et al. 2018, "Towards deep learning models
/// resistant to adversarial attacks", section 2.1): [`Bim`](crate::Bim) from a point drawn evenly from
/// the ball. The jump to that point is its first iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pgd {
    /// Radius: the largest change of a pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// Change of every pixel per step.
    pub step: f64,
    /// The most steps after the start.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

/// What the rows of [`Pgd`] carry.
#[derive(Debug)]
pub struct PgdRows {
    origins: Tensor,
    streams: Vec<ChaCha8Rng>,
}
row_state!(PgdRows { origins, streams });

impl Attack for Pgd {
    type Rows = PgdRows;

    fn check(&self, _classes: usize) -> Result<()> {
        ball::check("pgd", self.epsilon, self.step, self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations.saturating_add(1)
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Linf(self.epsilon)
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> PgdRows {
        PgdRows { origins: newcomers.images.shallow_clone(), streams: newcomers.streams() }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut PgdRows) -> Tensor {
        let moved = ball::ascend::<Linf>(iterate, &rows.origins, self.epsilon, self.step);
        for (place, random) in rows.streams.iter_mut().enumerate() {
            if iterate.first()[place] {
                let origin = rows.origins.get(place as i64);
                let start = (&origin + self.noise(random, &origin)).clamp(0.0, 1.0);
                moved.get(place as i64).copy_(&start);
            }
        }
        moved
    }
}

impl Pgd {
    /// A perturbation of the shape of `origin`, drawn evenly from the ball.
    fn noise(&self, random: &mut ChaCha8Rng, origin: &Tensor) -> Tensor {
        let shares: Vec<f32> = (0..origin.numel()).map(|_| random.random()).collect();
        let shares = Tensor::from_slice(&shares).to_device(origin.device());
        ((shares * 2.0 - 1.0) * self.epsilon).to_kind(origin.kind()).view_as(origin)
    }
}
