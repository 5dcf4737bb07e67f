//! The boundaries to the runners-up of each row, as a linear network would have them.

use a2d_model::transfer::to_device;
use tch::Tensor;

use crate::Iterate;
use crate::engine::rowwise::elements;
use crate::engine::target::others;

/// The classes of each row but its label, the largest logit first, `count` of them where the network has as
/// many.
pub(super) fn runners_up(iterate: &Iterate<'_>, count: u32) -> Vec<Vec<i64>> {
    let logits = elements(&iterate.logits().detach());
    let classes = logits.len() / iterate.goals().len();
    let rows = logits.chunks_exact(classes).zip(iterate.goals());
    rows.map(|(logits, goal)| {
        let mut runners_up = others(goal.label, logits);
        runners_up.truncate(count as usize);
        runners_up
    })
    .collect()
}

/// Looks at the boundaries from the label of each row to other classes, as many for each: at the leads of the label,
/// \[N\], and their negated slopes, \[N, C, H, W\]. One class of all rows at a time, so that no Jacobian is held.
pub(super) fn look(
    iterate: &Iterate<'_>,
    others: &[Vec<i64>],
    mut at: impl FnMut(&Tensor, Tensor),
) {
    let own = iterate.logits().gather(1, &iterate.labels().unsqueeze(1), false);
    let count = others.first().map_or(0, Vec::len);
    for rank in 0..count {
        let classes: Vec<i64> = others.iter().map(|others| others[rank]).collect();
        let classes = to_device(&Tensor::from_slice(&classes), own.device()).unsqueeze(1);
        let leads = (&own - iterate.logits().gather(1, &classes, false)).squeeze_dim(1);
        let sum = leads.sum(leads.kind());
        let is_last = rank + 1 == count;
        let slopes = if is_last { iterate.gradient(&sum) } else { iterate.gradient_and_keep(&sum) };
        at(&leads.detach(), -slopes);
    }
}
