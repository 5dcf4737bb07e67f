//! Carlini and Wagner's attack on squashed images, without a search for c.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::cw::Adam;
use crate::engine::rowwise::numbers;
use crate::row_state;
use crate::{Attack, Iterate, Newcomers, Pass, Result, Standing, range};

/// The attack of Carlini and Wagner as the second environment of "Attack as defense" has it
/// (`attacks/attack_type/carlinl2.py` of Wang et al. 2019, "Adversarial sample detection for deep neural network
/// through model mutation testing"): images are 0.5 tanh(x + w), where x is the image as it came, not its inverse
/// hyperbolic tangent, so that the network sees squashed images from the start, and an example is one.
///
/// Adam minimises the squared distance from the squashed original plus c times what the largest other logit
/// lacks of the label's, which counts as a constant. There is no search for c. The last image that lost its
/// label is the result, which need not be the last of all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CwSquashed {
    /// What c is.
    pub c: f64,
    /// Steps of Adam.
    pub iterations: u32,
    /// Adam's step size, in units of x.
    pub learning_rate: f64,
    /// The x that 0 stands for.
    pub black: f64,
    /// The x that 1 stands for.
    pub white: f64,
}

/// What the rows of [`CwSquashed`] carry.
#[derive(Debug)]
pub struct CwSquashedRows {
    origins: Tensor,
    moved: Tensor,
    adam: Adam,
    /// Whether the network has seen the image squashed.
    squashed: Vec<bool>,
}
row_state!(CwSquashedRows { origins, moved, adam, squashed });

impl Attack for CwSquashed {
    type Rows = CwSquashedRows;

    fn check(&self) -> Result<()> {
        range::positive("cw-squashed", "c", self.c)?;
        range::at_least_one("cw-squashed", "iterations", self.iterations)?;
        range::positive("cw-squashed", "learning_rate", self.learning_rate)?;
        let Self { black, white, .. } = *self;
        // What 0.5 tanh x gives has to lie between.
        let fits = black <= -0.5 && white >= 0.5 && (white - black).is_finite();
        let ends = format!("{} and {}", range::Short(black), range::Short(white));
        range::check(
            "cw-squashed",
            "black and white",
            ends,
            "of at most -0.5 and at least 0.5",
            fits,
        )
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> CwSquashedRows {
        let images = newcomers.images.to_kind(Kind::Double);
        let origins = images * (self.white - self.black) + self.black;
        CwSquashedRows {
            moved: origins.zeros_like(),
            adam: Adam::new(&origins),
            squashed: vec![false; newcomers.numbers.len()],
            origins,
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut CwSquashedRows) -> Vec<Standing> {
        let rows = pass.reached.iter().zip(&rows.squashed);
        rows.map(|(reached, squashed)| match squashed {
            true => Standing::iterated(*reached),
            false => Standing::SEARCHING,
        })
        .collect()
    }

    /// The first step of a row squashes its image and leaves it at that.
    fn advance(&self, iterate: &Iterate<'_>, rows: &mut CwSquashedRows) -> Tensor {
        let labels = iterate.labels().unsqueeze(1);
        let own = iterate.logits().gather(1, &labels, false).squeeze_dim(1).detach();
        let others = iterate.logits().scatter_value(1, &labels, f64::NEG_INFINITY);
        let lack = (own - others.amax([1], false)).clamp_min(0.0) * self.c;
        let width = self.white - self.black;
        let gradient = iterate.gradient(&lack.sum(Kind::Float)).to_kind(Kind::Double) / width;
        let squashed = (&rows.origins + &rows.moved).tanh() * 0.5;
        let slope = gradient + (&squashed - rows.origins.tanh() * 0.5) * 2.0;
        // The derivative of 0.5 tanh.
        let chain = (squashed.square() * 4.0 - 1.0) * -0.5;
        rows.moved -= rows.adam.step(&(slope * chain), self.learning_rate);
        let kept = rows.squashed.iter().map(|squashed| f64::from(u8::from(*squashed)));
        let kept = numbers(kept, &rows.moved);
        rows.moved *= &kept;
        rows.adam.reset(&kept);
        rows.squashed.fill(true);
        ((&rows.origins + &rows.moved).tanh() * 0.5 - self.black) / width
    }
}
