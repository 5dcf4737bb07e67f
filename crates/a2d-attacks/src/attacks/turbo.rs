//! Attacks that take many small steps at once.

mod pace;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::engine::rowwise::mask;
use crate::row_state;
use crate::{Attack, Bounds, Iterate, Loss, Newcomers, Pass, Result, Standing, Target, range};
use pace::{Growth, Pace};

/// An attack whose steps follow a gradient, so that several can be taken along the same one.
pub trait Strides: Attack {
    /// The images, \[N, C, H, W\], after so many steps of each row from `images` along `ascent`, the
    /// gradients that lead to the goals, and what the rows carry then.
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        rows: &Self::Rows,
        strides: &[u32],
    ) -> (Tensor, Self::Rows);

    /// Takes over what the rows that `moved` carry now.
    fn adopt(rows: &mut Self::Rows, ahead: &Self::Rows, moved: &[bool]);
}

/// An attack with growing strides: our own, in neither paper. Its cost is that of the small steps, at a
/// small part of the queries.
///
/// A stride is as many steps as the attack would take if the gradient stayed what it was at the stride's
/// beginning. The first is a single step, each further one `growth` times as long, up to `longest` and
/// no further than where the margin, rising as before, would reach the goal. When the label has
/// flipped, the row returns to its last unflipped iterate, whose gradient is kept, and closes in on the flip
/// by the rule of false position, until it flips within a single step. The cost is the number of small
/// steps up to there: close to what the attack itself takes, and no substitute for it in the paper's
/// tables.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turbo<A> {
    /// The attack with the small steps.
    #[serde(flatten)]
    pub attack: A,
    /// How many times as long each stride is as the one before, at least 1.
    pub growth: u32,
    /// The longest stride, in steps.
    pub longest: u32,
}

/// What the rows of [`Turbo`] carry.
#[derive(Debug)]
pub struct TurboRows<R> {
    /// The last iterates that had not flipped, \[N, C, H, W\].
    unflipped: Tensor,
    /// The gradients there that lead to the goals.
    ascent: Tensor,
    /// What the attack's rows carried there.
    rows: R,
    /// What they carry at the images that go through the network.
    ahead: R,
    paces: Vec<Pace>,
}

row_state!(TurboRows<R> { unflipped, ascent, rows, ahead, paces });

impl<A> Turbo<A> {
    /// This attack in strides that grow fourfold, up to 64 steps.
    pub fn of(attack: A) -> Self {
        Self { attack, growth: 4, longest: 64 }
    }
}

impl<A: Strides> Attack for Turbo<A> {
    type Rows = TurboRows<A::Rows>;

    fn check(&self) -> Result<()> {
        range::at_least_one("turbo", "growth", self.growth)?;
        range::at_least_one("turbo", "longest", self.longest)?;
        self.attack.check()
    }

    fn queries_per_iteration(&self) -> u32 {
        self.attack.queries_per_iteration()
    }

    /// A stride to each power of `growth` and then one to each `longest` steps, and about three to close in.
    fn queries(&self, iterations: f64) -> f64 {
        let (growth, longest) = (f64::from(self.growth.max(2)), f64::from(self.longest));
        let strides = iterations.clamp(1.0, longest).log(growth) + iterations / longest + 3.0;
        strides.min(iterations) * f64::from(self.queries_per_iteration())
    }

    fn loss(&self) -> &dyn Loss {
        self.attack.loss()
    }

    fn cap(&self, elements: usize) -> u32 {
        self.attack.cap(elements)
    }

    fn target(&self) -> Target {
        self.attack.target()
    }

    fn bounds(&self) -> Bounds {
        self.attack.bounds()
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Self::Rows {
        TurboRows {
            unflipped: newcomers.images.shallow_clone(),
            ascent: newcomers.images.zeros_like(),
            rows: self.attack.start(newcomers),
            ahead: self.attack.start(newcomers),
            paces: vec![Pace::new(); newcomers.numbers.len()],
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut Self::Rows) -> Vec<Standing> {
        let elements = pass.images.numel() / pass.reached.len();
        let cap = self.attack.cap(elements);
        let growth = Growth { factor: self.growth, longest: self.longest, cap };
        let judge = |(place, pace): (usize, &mut Pace)| {
            let margin = pass.margins[place];
            if pass.first[place] {
                pace.begin(margin);
                return Standing::SEARCHING;
            }
            pace.judge(growth, pass.reached[place], margin)
        };
        rows.paces.iter_mut().enumerate().map(judge).collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut Self::Rows) -> Tensor {
        let moved: Vec<bool> = rows.paces.iter().map(|pace| pace.moved).collect();
        if moved.contains(&true) {
            let mask = mask(&moved, &rows.ascent);
            rows.unflipped = iterate.images().where_self(&mask, &rows.unflipped);
            rows.ascent = iterate.ascent_for(&moved).where_self(&mask, &rows.ascent);
            A::adopt(&mut rows.rows, &rows.ahead, &moved);
        }
        let strides: Vec<u32> = rows.paces.iter().map(Pace::stride).collect();
        let (images, ahead) =
            self.attack.stride(&rows.unflipped, &rows.ascent, &rows.rows, &strides);
        rows.ahead = ahead;
        images
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{classifier, images};
    use crate::{DEFENSES, NamedAttack, Parameters, Preset};
    use a2d_cost::AttackCost;

    fn costs(defense: &NamedAttack) -> Vec<AttackCost> {
        let costs = crate::costs(&classifier(), defense, &images(6)).unwrap();
        costs.into_iter().map(Result::unwrap).collect()
    }

    fn named(name: &str, parameters: serde_json::Value) -> NamedAttack {
        let parameters: Parameters = serde_json::from_value(parameters).unwrap();
        DEFENSES.named(name, Preset::MNIST).unwrap().with(&parameters).unwrap()
    }

    #[test]
    fn strides_of_a_step_are_the_attack_itself() {
        for name in ["bim", "bim2", "jsma"] {
            let slow = costs(&named(name, serde_json::json!({})));
            let single = serde_json::json!({"longest": 1});
            let turbo = costs(&named(&format!("{name}-turbo"), single));
            let iterations = |costs: &[AttackCost]| -> Vec<u32> {
                costs.iter().map(|cost| cost.iterations).collect()
            };
            assert_eq!(iterations(&turbo), iterations(&slow), "{name}");
        }
    }

    #[test]
    fn growing_strides_cost_at_most_twice_as_much_for_fewer_queries() {
        for name in ["bim", "bim2"] {
            let slow = costs(&named(name, serde_json::json!({})));
            let turbo = costs(&named(&format!("{name}-turbo"), serde_json::json!({})));
            for (turbo, slow) in turbo.iter().zip(&slow).filter(|(_, slow)| slow.iterations > 16) {
                let ratio = f64::from(turbo.iterations) / f64::from(slow.iterations);
                assert!((0.8..2.0).contains(&ratio), "{name}: {turbo:?} {slow:?}");
                assert!(2 * turbo.gradient_queries < slow.gradient_queries, "{turbo:?}");
            }
        }
    }

    #[test]
    fn parameters_out_of_range_and_unknown_ones_are_refused() {
        let bim = named("bim-turbo", serde_json::json!({"growth": 0}));
        let message = bim.check(10).unwrap_err().to_string();
        assert!(message.contains("growth of at least 1, got 0"), "{message}");
        let jsma = named("jsma-turbo", serde_json::json!({"longest": 0}));
        assert!(jsma.check(10).is_err());
        let parameters = serde_json::json!({"epsilon": 0.1, "theta": 1.0});
        let message = named("bim2-turbo", serde_json::json!({}))
            .with(parameters.as_object().unwrap())
            .unwrap_err()
            .to_string();
        assert!(message.contains("unknown field `theta`"), "{message}");
    }
}
