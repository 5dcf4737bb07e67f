//! The rows under attack, and how waiting ones take the places of those that are done.

use std::time::Duration;

use a2d_cost::{Budget, CostMeter};
use a2d_model::Classifier;
use tch::{Device, Tensor};

use crate::best::Best;
use crate::traction::{Traction, Watch};
use crate::{Attack, Error, Goal, Kept, Limits, Newcomers, Query, RowState};

/// A row in the window, beside its tensors.
pub(crate) struct Row {
    /// Its number among the inputs.
    pub(crate) number: usize,
    /// The class it is to lose, where the query says so.
    pub(crate) label: Option<i64>,
    /// The most iterations.
    pub(crate) budget: Option<Budget>,
    /// What is wanted of it; unknown until its first forward pass.
    pub(crate) goal: Option<Goal>,
    /// Forward passes so far.
    pub(crate) passes: u32,
    pub(crate) traction: Traction,
    pub(crate) meter: CostMeter,
}

/// The rows under attack: entry `i` of every field is the same row.
pub(crate) struct Window<S> {
    pub(crate) rows: Vec<Row>,
    /// \[N, C, H, W\], float32 as files hold them.
    pub(crate) images: Tensor,
    pub(crate) state: S,
    /// What the last advance did to rows whose traction is not sure.
    pub(crate) watch: Option<Watch>,
    /// The best images so far, where they are wanted.
    pub(crate) best: Option<Best>,
}

impl<S: RowState> Window<S> {
    /// Fills the places up to the limit from `queries`. `None` if no row is left.
    pub(crate) fn refill<A: Attack<Rows = S>, E: From<Error>>(
        window: Option<Self>,
        classifier: &Classifier,
        attack: &A,
        (limits, keep_best): (Limits, bool),
        queries: &mut impl Iterator<Item = Result<Query, E>>,
    ) -> Result<Option<Self>, E> {
        let free = limits.window - window.as_ref().map_or(0, |window| window.rows.len());
        let newcomers = queries.take(free).collect::<Result<Vec<Query>, E>>()?;
        if newcomers.is_empty() {
            return Ok(window);
        }
        newcomers.iter().try_for_each(|query| query.check(classifier))?;
        let images: Vec<_> = newcomers.iter().map(|query| &query.image).collect();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let numbers: Vec<usize> = newcomers.iter().map(|query| query.row).collect();
        let start = images.to_kind(classifier.precision().kind());
        let state =
            attack.start(&Newcomers { images: &start, numbers: &numbers, seed: limits.seed });
        let best = keep_best.then(|| Best::new(&images, attack.result()));
        let rows = newcomers.into_iter().map(|query| Row {
            number: query.row,
            label: query.label,
            budget: query.budget,
            goal: None,
            passes: 0,
            traction: Traction::none(attack.wants_gradients()),
            meter: CostMeter::default(),
        });
        let joined = Self { rows: rows.collect(), images, state, watch: None, best };
        Ok(Some(match window {
            None => joined,
            Some(mut window) => {
                window.append(joined);
                window
            }
        }))
    }

    fn append(&mut self, joined: Self) {
        self.rows.extend(joined.rows);
        self.images.append(joined.images);
        self.state.append(joined.state);
        if let (Some(best), Some(joined)) = (&mut self.best, joined.best) {
            best.append(joined);
        }
    }

    /// Keeps these rows; their next images are yet to be set.
    pub(crate) fn retain(&mut self, kept: &Kept) {
        RowState::retain(&mut self.rows, kept);
        self.state.retain(kept);
        if let Some(best) = &mut self.best {
            best.retain(kept);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{Bim, Target};

    const BIM: Bim = Bim { epsilon: 0.3, step: 0.01, iterations: 3, target: Target::Untargeted };

    fn queries(count: usize) -> impl Iterator<Item = Result<Query, Error>> {
        let images = images(count as i64);
        (0..count).map(move |row| {
            Ok(Query { label: Some(row as i64), ..Query::new(row, images.get(row as i64)) })
        })
    }

    fn numbers(window: &Window<Tensor>) -> Vec<usize> {
        window.rows.iter().map(|row| row.number).collect()
    }

    fn refill(
        window: Option<Window<Tensor>>,
        queries: &mut impl Iterator<Item = Result<Query, Error>>,
    ) -> Option<Window<Tensor>> {
        let limits = Limits { window: 4, ..Limits::default() };
        Window::refill(window, &classifier(), &BIM, (limits, true), queries).unwrap()
    }

    #[test]
    fn waiting_rows_take_the_places_of_those_that_left() {
        let mut queries = queries(6);
        let mut window = refill(None, &mut queries).unwrap();
        assert_eq!(numbers(&window), [0, 1, 2, 3]);

        let kept = Kept::new(vec![1, 3], Device::Cpu);
        window.retain(&kept);
        window.images = window.images.index_select(0, kept.indices());
        let window = refill(Some(window), &mut queries).unwrap();
        assert_eq!(numbers(&window), [1, 3, 4, 5]);
        let labels: Vec<_> = window.rows.iter().map(|row| row.label).collect();
        assert_eq!(labels, [1, 3, 4, 5].map(Some));
        let expected = images(6).index_select(0, &Tensor::from_slice(&[1i64, 3, 4, 5]));
        assert_eq!((&window.images, &window.state), (&expected, &expected));
    }

    #[test]
    fn a_full_window_draws_nothing() {
        let mut queries = queries(5);
        let window = refill(None, &mut queries);
        let window = refill(window, &mut queries).unwrap();
        assert_eq!(numbers(&window), [0, 1, 2, 3]);
        assert_eq!(queries.next().unwrap().unwrap().row, 4);
    }

    #[test]
    fn a_window_lives_as_long_as_it_has_rows() {
        let window = refill(None, &mut queries(2));
        let window = refill(window, &mut std::iter::empty()).unwrap();
        assert_eq!(numbers(&window), [0, 1]);
        assert!(refill(None, &mut std::iter::empty()).is_none());
    }
}
