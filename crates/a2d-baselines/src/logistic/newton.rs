//! The minimum of the cross-entropy with a ridge.

use tch::{Kind, Tensor};

use crate::{Error, Result};

/// Steps, of which a well-posed problem takes about ten.
const STEPS: usize = 100;

/// The least part of a Newton step that is tried: below, the gradient is as small as rounding lets it be.
const LEAST_PART: f64 = 1e-7;

/// What the gradient may have left for each row.
const TOLERANCE: f64 = 1e-15;

/// The weights, the intercept last, that minimise half the squared weights plus `c` times the sum of the
/// cross-entropy; float64. `rows`, \[N, D\], end with a 1 for the intercept, `labels`, \[N\], are 0 or 1.
///
/// Newton's method, its steps halved until the gradient gets smaller. The gradient, not the function, decides: near
/// the minimum, which is flat for a large `c`, values of the function differ by less than rounding, and a search that
/// compares them, such as those of L-BFGS, ends too soon.
pub(super) fn minimum(rows: &Tensor, labels: &Tensor, c: f64, start: &Tensor) -> Result<Tensor> {
    let ridge = Tensor::full(start.size(), c.recip(), (Kind::Double, start.device()));
    let _ = ridge.get(-1).fill_(0.0);
    let at = |weights: &Tensor| {
        let probabilities = rows.mv(weights).sigmoid();
        let gradient = rows.tr().mv(&(&probabilities - labels)) + &ridge * weights;
        let size = gradient.norm().double_value(&[]);
        (probabilities, gradient, size)
    };
    let mut weights = start.copy();
    let (mut probabilities, mut gradient, mut size) = at(&weights);
    for _ in 0..STEPS {
        if size <= TOLERANCE * rows.size()[0] as f64 {
            break;
        }
        let curvature = &probabilities - probabilities.square();
        let hessian = rows.tr().matmul(&(curvature.unsqueeze(1) * rows)) + ridge.diag(0);
        let step = Tensor::f_linalg_solve(&hessian, &gradient, true)
            .map_err(Error::tensor("solve for a step of logistic regression"))?;
        let mut part = 1.0;
        let next = loop {
            let next = &weights - &step * part;
            let found = at(&next);
            if found.2 < size {
                break Some((next, found));
            }
            part /= 2.0;
            if part < LEAST_PART {
                break None;
            }
        };
        let Some((next, found)) = next else { break };
        weights = next;
        (probabilities, gradient, size) = found;
    }
    Ok(weights)
}
