//! The rows under attack, and how others join and leave.

use std::time::Duration;

use a2d_cost::{Budget, CostMeter};
use a2d_model::Prediction;
use tch::{Device, Tensor};

use super::best::Best;
use super::rowwise::elements;
use super::traction::{Traction, Watch};
use super::wanted::Wanted;
use crate::{Goal, Kept, RowState};

/// A row in the window, beside its tensors.
pub(crate) struct Row {
    /// Its number among the inputs.
    pub(crate) number: usize,
    /// The number of its random stream.
    pub(crate) stream: usize,
    /// The class it is to lose, where the query says so.
    pub(crate) label: Option<i64>,
    /// The most iterations.
    pub(crate) budget: Option<Budget>,
    /// What its first forward pass said; unknown until then.
    pub(crate) opening: Option<Opening>,
    /// Forward passes so far.
    pub(crate) passes: u32,
    pub(crate) traction: Traction,
    pub(crate) meter: CostMeter,
}

/// What the first forward pass of a row said.
#[derive(Clone, Copy)]
pub(crate) struct Opening {
    /// What is wanted of it.
    pub(crate) goal: Goal,
    /// What the network says of the image as it came.
    pub(crate) prediction: Prediction,
}

/// The rows under attack: entry `i` of every field is the same row.
pub(crate) struct Window<S> {
    pub(crate) rows: Vec<Row>,
    /// \[N, C, H, W\], float32 as files hold them.
    pub(crate) images: Tensor,
    pub(crate) state: S,
    /// What is wanted of the rows; unknown while there are some that have not been through the network.
    pub(crate) wanted: Option<Wanted>,
    /// What the last advance did to rows whose traction is not sure.
    pub(crate) watch: Option<Watch>,
    /// The best images so far, where they are wanted.
    pub(crate) best: Option<Best>,
}

impl<S: RowState> Window<S> {
    pub(crate) fn append(&mut self, joined: Self) {
        self.rows.extend(joined.rows);
        self.images.append(joined.images);
        self.state.append(joined.state);
        self.wanted = None;
        if let (Some(best), Some(joined)) = (&mut self.best, joined.best) {
            best.append(joined);
        }
    }

    /// Keeps these rows; their next images are yet to be set.
    pub(crate) fn retain(&mut self, kept: &Kept) {
        RowState::retain(&mut self.rows, kept);
        self.state.retain(kept);
        if let Some(wanted) = &mut self.wanted {
            wanted.retain(kept);
        }
        if let Some(best) = &mut self.best {
            best.retain(kept);
        }
    }

    /// The window without the rows of this number; none if no other is left.
    pub(crate) fn without(mut self, number: usize) -> Option<Self> {
        self.note_traction();
        let others = (0..self.rows.len()).filter(|place| self.rows[*place].number != number);
        let others = others.collect();
        self.keep(others)
    }

    /// The rows at these places, with their images; no window if there are none.
    pub(crate) fn keep(mut self, places: Vec<usize>) -> Option<Self> {
        let kept = Kept::new(places, self.images.device());
        self.retain(&kept);
        self.images.retain(&kept);
        (!self.rows.is_empty()).then_some(self)
    }

    /// Takes in what the last advance did.
    pub(crate) fn note_traction(&mut self) {
        if let Some(watch) = self.watch.take() {
            let marks = elements(watch.marks());
            self.take_in(&watch, &marks);
        }
    }

    /// The elements of these logits. What the last advance did is taken in: a device is waited for once for both.
    pub(crate) fn read(&mut self, logits: &Tensor) -> Vec<f64> {
        let Some(watch) = self.watch.take() else { return elements(logits) };
        let marks = watch.marks().to_kind(logits.kind());
        let mut values = elements(&Tensor::cat(&[logits.flatten(0, -1), marks], 0));
        let marks = values.split_off(logits.numel());
        self.take_in(&watch, &marks);
        values
    }

    fn take_in(&mut self, watch: &Watch, marks: &[f64]) {
        for (place, seen) in watch.seen(marks) {
            self.rows[place].traction |= seen;
        }
    }

    /// The rows whose traction is not sure, if there are any.
    pub(crate) fn unsure(&self, device: Device) -> Option<Kept> {
        let rows = self.rows.iter().enumerate();
        let unsure: Vec<usize> =
            rows.filter(|(_, row)| !row.traction.is_sure()).map(|(place, _)| place).collect();
        (!unsure.is_empty()).then(|| Kept::new(unsure, device))
    }

    /// Charges every row its share of the time that a step of the window took.
    pub(crate) fn spend(&mut self, time: Duration) {
        let share = time / self.rows.len() as u32;
        for row in &mut self.rows {
            row.meter.spend(share);
        }
    }
}
