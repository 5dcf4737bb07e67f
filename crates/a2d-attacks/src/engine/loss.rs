//! What attacks ascend: losses of rows, apart from the steps along their gradient.

use std::fmt::Debug;

use a2d_model::transfer::to_device;
use tch::{Reduction, Tensor};

use super::wanted::Wanted;
use crate::Iterate;

/// What an attack ascends, whatever steps it takes along the gradient.
///
/// ```
/// use a2d_attacks::{Iterate, Loss};
/// use tch::Tensor;
///
/// /// How far rows are beyond their goals, as Carlini and Wagner have it.
/// #[derive(Debug)]
/// struct Margins;
///
/// impl Loss for Margins {
///     fn of(&self, iterate: &Iterate<'_>) -> Tensor {
///         iterate.margins()
///     }
/// }
/// ```
pub trait Loss: Debug + Send + Sync {
    /// The losses of the rows, \[N\], part of the graph, each of its own row alone. They rise towards the
    /// goals.
    fn of(&self, iterate: &Iterate<'_>) -> Tensor;
}

/// The cross-entropies of the labels that rows are to lose, and of the targets, negated.
///
/// Where a label leads by more than 20, so that float32 sees its probability as 1, it is a loss that rises in
/// the same direction and does not saturate: the logarithm of the sum of the other logits' exponentials, less
/// the label's logit.
#[derive(Clone, Copy, Debug)]
pub struct TowardsGoals;

impl Loss for TowardsGoals {
    fn of(&self, iterate: &Iterate<'_>) -> Tensor {
        towards_goals(iterate.logits(), iterate.wanted, &iterate.margins)
    }
}

/// The logits of the labels that rows are to lose, negated, and of the targets, whatever the other logits do.
#[derive(Clone, Copy, Debug)]
pub struct Logits;

impl Loss for Logits {
    fn of(&self, iterate: &Iterate<'_>) -> Tensor {
        let classes = iterate.targets().unsqueeze(1);
        iterate.logits().gather(1, &classes, false).squeeze_dim(1) * iterate.signs()
    }
}

/// By how much a label may lead before its cross-entropy says too little.
///
/// Beyond a lead of about 18, the probability of all other classes is below the resolution of float32 at 1,
/// and the gradient loses its part towards the label; beyond about 100 all of it is 0.
const SATURATION: f64 = 20.0;

/// The cross-entropies, \[N\], of logits, \[N, classes\], and a class of each row, \[N\].
pub(crate) fn cross_entropies(logits: &Tensor, classes: &Tensor) -> Tensor {
    logits.cross_entropy_loss(classes, None::<Tensor>, Reduction::None, -100, 0.0)
}

/// Losses, \[N\], of logits, \[N, classes\], that rise towards what is wanted, whose margins these are:
/// cross-entropies of the labels that rows are to lose, and of the targets, negated.
///
/// Where a label leads by more than [`SATURATION`], the loss is the logarithm of the sum of the others'
/// exponentials less the label's logit instead: the cross-entropy is the softplus of that, so both rise in
/// the same direction, but this one at any lead.
pub(crate) fn towards_goals(logits: &Tensor, wanted: &Wanted, margins: &[f64]) -> Tensor {
    let losses = cross_entropies(logits, &wanted.classes) * -&wanted.signs;
    let rows = wanted.goals.iter().zip(margins);
    let saturated = rows.map(|(goal, margin)| {
        // A network of a single class has no others, and an infinite lead.
        goal.target.is_none() && margin.is_finite() && -margin > SATURATION
    });
    let saturated: Vec<bool> = saturated.collect();
    if !saturated.contains(&true) {
        return losses;
    }
    let classes = wanted.classes.unsqueeze(1);
    let own = logits.gather(1, &classes, false).squeeze_dim(1);
    let others = logits.scatter_value(1, &classes, f64::NEG_INFINITY).logsumexp([1], false);
    let saturated = to_device(&Tensor::from_slice(&saturated), logits.device());
    (others - own).where_self(&saturated, &losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Goal;
    use tch::Kind;

    /// The gradients of the losses of two classes and more, with respect to the logits.
    fn gradients<const N: usize>(logits: &[[f32; N]], goals: &[Goal]) -> Vec<Vec<f64>> {
        let leaf = Tensor::from_slice2(logits).set_requires_grad(true);
        let margins: Vec<f64> =
            goals.iter().zip(logits).map(|(goal, row)| goal.margin(&row.map(f64::from))).collect();
        let wanted = Wanted::of(goals.to_vec(), &leaf);
        let loss = towards_goals(&leaf, &wanted, &margins).sum(Kind::Float);
        let gradient = Tensor::run_backward(&[loss], &[&leaf], false, false).remove(0);
        Vec::try_from(gradient.to_kind(Kind::Double)).unwrap()
    }

    const AWAY_FROM_0: Goal = Goal { label: 0, target: None };

    #[test]
    fn cross_entropies_are_left_alone_up_to_a_lead_of_20() {
        let logits = [[3.0, 1.0, -2.0], [20.0, 0.0, -1.0], [0.5, 2.0, 1.0]];
        let goals = [AWAY_FROM_0, AWAY_FROM_0, Goal { label: 1, target: Some(2) }];
        let leaf = Tensor::from_slice2(&logits).set_requires_grad(true);
        let signs = Tensor::from_slice(&[1.0f32, 1.0, -1.0]);
        let classes = Tensor::from_slice(&[0i64, 0, 2]);
        let loss = (cross_entropies(&leaf, &classes) * signs).sum(Kind::Float);
        let expected = Tensor::run_backward(&[loss], &[&leaf], false, false).remove(0);
        let expected: Vec<Vec<f64>> = Vec::try_from(expected.to_kind(Kind::Double)).unwrap();
        assert_eq!(gradients(&logits, &goals), expected);
        // A row beside it that is saturated changes nothing.
        let beside = gradients(&[logits[0], [900.0, 0.0, 1.0]], &[AWAY_FROM_0; 2]);
        assert_eq!(beside[0], expected[0]);
    }

    #[test]
    fn a_lead_of_any_size_leaves_the_direction() {
        for lead in [20.5, 100.0, 3e4, 1e30, 2e38] {
            let [row] = &gradients(&[[lead, 0.0, 0.0]], &[AWAY_FROM_0])[..] else { panic!() };
            assert_eq!(row[..], [-1.0, 0.5, 0.5], "{lead}");
            let [row] = &gradients(&[[0.0, -lead]], &[AWAY_FROM_0])[..] else { panic!() };
            assert_eq!(row[..], [-1.0, 1.0], "two classes, {lead}");
        }
    }

    #[test]
    fn a_target_is_never_out_of_sight_and_a_single_class_leads_nowhere() {
        let goals = [Goal { label: 0, target: Some(2) }];
        assert_eq!(gradients(&[[1e4, 0.0, -1e4]], &goals)[0][..], [-1.0, 0.0, 1.0]);
        assert_eq!(gradients(&[[1e4]], &[AWAY_FROM_0])[0][..], [0.0]);
    }
}
