//! The slopes that saliency maps are made of.

use tch::Kind;

use crate::Iterate;
use crate::engine::rowwise::elements;

/// The slopes of each row's target logit and of the sum of all its others with respect to every element, row
/// after row.
pub(super) fn slopes(iterate: &Iterate<'_>) -> (Vec<f64>, Vec<f64>) {
    let target = iterate.logits().gather(1, &iterate.targets().unsqueeze(1), false);
    let towards = elements(&iterate.gradient_and_keep(&target.sum(Kind::Float)));
    let all = elements(&iterate.gradient(&iterate.logits().sum(Kind::Float)));
    let others = all.iter().zip(&towards).map(|(all, own)| all - own).collect();
    (towards, others)
}
