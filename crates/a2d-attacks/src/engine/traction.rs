//! Whether attacks get hold of a row at all: without that, what they cost says nothing.

use a2d_cost::NoCost;
use tch::{Device, Tensor};

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
    /// Whether a gradient of each was not 0, \[M\]; nothing without gradients.
    slopes: Option<Tensor>,
    /// Whether a pixel of each changed, \[M\].
    moved: Tensor,
}

impl Watch {
    /// On these rows of the window, whose images, \[M, C, H, W\], became others.
    pub(crate) fn new(rows: Kept, before: &Tensor, after: &Tensor, slopes: Option<Tensor>) -> Self {
        Self { rows, slopes, moved: any(&after.ne_tensor(before)) }
    }

    /// The places of the rows, each with what was seen.
    pub(crate) fn read(self) -> Vec<(usize, Traction)> {
        let moved = flags(&self.moved);
        let slopes = self.slopes.map_or_else(|| vec![false; moved.len()], |slopes| flags(&slopes));
        let seen = slopes.into_iter().zip(moved);
        let seen = seen.map(|(slopes, moved)| Traction { slopes, moved });
        self.rows.places().iter().copied().zip(seen).collect()
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

fn flags(marks: &Tensor) -> Vec<bool> {
    let mut flags = vec![false; marks.numel()];
    marks.to_device(Device::Cpu).copy_data(&mut flags, marks.numel());
    flags
}
