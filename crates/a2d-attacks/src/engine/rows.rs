//! State of several rows, and how it follows rows that join and leave.

use std::cell::OnceCell;

use a2d_model::transfer::to_device;
use tch::{Device, Tensor};

/// State of several rows, in the order of the window.
pub trait RowState: Send {
    /// Adds the rows of `newcomers` at the end.
    fn append(&mut self, newcomers: Self);

    /// Keeps these rows, in this order.
    fn retain(&mut self, kept: &Kept);
}

/// The rows that stay in the window.
#[derive(Debug)]
pub struct Kept {
    places: Vec<usize>,
    device: Device,
    /// Made when it is asked for: most passes lose no row.
    indices: OnceCell<Tensor>,
}

impl Kept {
    /// The rows at these places, as a list and as a tensor on `device`.
    pub fn new(places: Vec<usize>, device: Device) -> Self {
        Self { places, device, indices: OnceCell::new() }
    }

    /// Their places.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Those of these rows that are at the places `some`, counted among them.
    pub(crate) fn select(&self, some: &Self) -> Self {
        let places = some.places.iter().map(|place| self.places[*place]).collect();
        Self::new(places, self.device)
    }

    /// Their places, \[N\], int64.
    pub fn indices(&self) -> &Tensor {
        self.indices.get_or_init(|| {
            let indices: Vec<i64> = self.places.iter().map(|place| *place as i64).collect();
            to_device(&Tensor::from_slice(&indices), self.device)
        })
    }
}

/// Nothing to carry.
impl RowState for () {
    fn append(&mut self, (): Self) {}

    fn retain(&mut self, _: &Kept) {}
}

/// Stacked along the first dimension.
impl RowState for Tensor {
    fn append(&mut self, newcomers: Self) {
        *self = Self::cat(&[&*self, &newcomers], 0);
    }

    fn retain(&mut self, kept: &Kept) {
        *self = self.index_select(0, kept.indices());
    }
}

/// One entry per row.
impl<T: Send> RowState for Vec<T> {
    fn append(&mut self, newcomers: Self) {
        self.extend(newcomers);
    }

    fn retain(&mut self, kept: &Kept) {
        let mut entries: Vec<Option<T>> = std::mem::take(self).into_iter().map(Some).collect();
        self.extend(kept.places().iter().filter_map(|place| entries[*place].take()));
    }
}

/// Makes a struct a [`RowState`] whose every field is one.
///
/// ```
/// use a2d_attacks::row_state;
/// use tch::Tensor;
///
/// struct Momentum {
///     velocities: Tensor,
///     steps: Vec<u32>,
/// }
/// row_state!(Momentum { velocities, steps });
/// ```
#[macro_export]
macro_rules! row_state {
    ($rows:ident $(<$inner:ident>)? { $($field:ident),+ $(,)? }) => {
        impl$(<$inner: $crate::RowState>)? $crate::RowState for $rows$(<$inner>)? {
            fn append(&mut self, newcomers: Self) {
                $($crate::RowState::append(&mut self.$field, newcomers.$field);)+
            }

            fn retain(&mut self, kept: &$crate::Kept) {
                $($crate::RowState::retain(&mut self.$field, kept);)+
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Both {
        numbers: Vec<String>,
        pixels: Tensor,
    }
    row_state!(Both { numbers, pixels });

    fn rows(numbers: &[i64]) -> Both {
        Both {
            numbers: numbers.iter().map(i64::to_string).collect(),
            pixels: Tensor::from_slice(numbers).view([-1, 1]),
        }
    }

    #[test]
    fn rows_that_join_and_leave_take_all_their_state_along() {
        let mut state = rows(&[4, 5, 6]);
        state.append(rows(&[7]));
        state.retain(&Kept::new(vec![3, 1], Device::Cpu));
        assert_eq!(state.numbers, ["7", "5"]);
        assert_eq!(state.pixels, Tensor::from_slice(&[7i64, 5]).view([-1, 1]));
    }
}
