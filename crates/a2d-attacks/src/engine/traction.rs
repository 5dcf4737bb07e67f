//! Whether attacks get hold of a row at all: without that, what they cost says nothing.

use a2d_cost::NoCost;
use tch::Tensor;

use crate::Kept;

/// What an attack was seen to achieve on a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traction {
    /// A gradient of the network was not 0, or the attack wants none.
    slopes: bool,
    /// A step changed a pixel.
    moved: bool,
}

impl Traction {
    /// Nothing yet.
    pub(crate) fn none(wants_gradients: bool) -> Self {
        Self { slopes: !wants_gradients, moved: false }
    }

    /// Whether it is sure that the attack has a hold on the row.
    pub(crate) fn is_sure(self) -> bool {
        self.slopes && self.moved
    }

    /// What makes a flip impossible, as far as was seen.
    pub(crate) fn lacks(self) -> Option<NoCost> {
        match self {
            Self { slopes: false, .. } => Some(NoCost::ZeroGradient),
            Self { moved: false, .. } => Some(NoCost::NeverMoved),
            _ => None,
        }
    }
}

/// What an advance does to the rows whose traction is not sure: the newcomers, in general.
///
/// It stays on the device until the next pass is read, so that nothing waits for it.
#[derive(Debug)]
pub(crate) struct Watch {
    rows: Kept,
    /// Whether a gradient of each was not 0, and then whether a pixel of each changed, \[2 M\].
    seen: Tensor,
}

impl Watch {
    /// On these rows of the window, whose images, \[M, C, H, W\], became others.
    pub(crate) fn new(rows: Kept, before: &Tensor, after: &Tensor, slopes: Option<Tensor>) -> Self {
        let moved = any(&after.ne_tensor(before));
        // Without gradients there is nothing to see of them.
        let slopes = slopes.unwrap_or_else(|| moved.zeros_like());
        Self { rows, seen: Tensor::cat(&[slopes, moved], 0) }
    }

    /// What was seen, as marks that are yet to be read.
    pub(crate) fn marks(&self) -> &Tensor {
        &self.seen
    }

    /// The places of the rows, each with what these marks, now read, say.
    pub(crate) fn seen(&self, marks: &[f64]) -> impl Iterator<Item = (usize, Traction)> {
        let (slopes, moved) = marks.split_at(marks.len() / 2);
        let seen = slopes.iter().zip(moved);
        let seen =
            seen.map(|(slopes, moved)| Traction { slopes: *slopes != 0.0, moved: *moved != 0.0 });
        self.rows.places().iter().copied().zip(seen)
    }
}

impl std::ops::BitOrAssign for Traction {
    fn bitor_assign(&mut self, other: Self) {
        self.slopes |= other.slopes;
        self.moved |= other.moved;
    }
}

/// Whether any element of each row is marked, \[M\].
pub(crate) fn any(marks: &Tensor) -> Tensor {
    marks.flatten(1, -1).any_dim(1, false)
}
