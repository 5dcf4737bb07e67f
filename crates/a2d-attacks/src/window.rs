use a2d_cost::CostMeter;
use a2d_model::Classifier;
use tch::{Device, Tensor};

use crate::{Attack, Query, Result, RowState};

/// A row in the window, beside its tensors.
pub(crate) struct Row {
    /// Its number among the inputs.
    pub(crate) number: usize,
    /// The class it is to lose; unknown until its first forward pass, unless it was given.
    pub(crate) label: Option<i64>,
    pub(crate) meter: CostMeter,
}

/// The rows under attack: entry `i` of `rows`, `images` and `state` is the same row.
pub(crate) struct Window<S> {
    pub(crate) rows: Vec<Row>,
    pub(crate) images: Tensor,
    pub(crate) state: S,
}

impl<S: RowState> Window<S> {
    /// Fills the places up to `size` from `queries`. `None` if no row is left.
    pub(crate) fn refill<A: Attack<Rows = S>>(
        window: Option<Self>,
        classifier: &Classifier,
        attack: &A,
        size: usize,
        queries: &mut impl Iterator<Item = Query>,
    ) -> Result<Option<Self>> {
        let free = size - window.as_ref().map_or(0, |window| window.rows.len());
        let newcomers: Vec<Query> = queries.take(free).collect();
        if newcomers.is_empty() {
            return Ok(window);
        }
        newcomers.iter().try_for_each(|query| query.check(classifier))?;
        let images: Vec<_> = newcomers.iter().map(|query| &query.image).collect();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let state = attack.start(&images);
        let rows = newcomers.into_iter().map(|query| Row {
            number: query.row,
            label: query.label,
            meter: CostMeter::default(),
        });
        Ok(Some(match window {
            None => Self { rows: rows.collect(), images, state },
            Some(mut window) => {
                window.rows.extend(rows);
                window.images.append(images);
                window.state.append(state);
                window
            }
        }))
    }

    /// The labels of the rows, \[N\]; every row has one after its first forward pass.
    pub(crate) fn labels(&self, device: Device) -> Tensor {
        let labels: Vec<i64> = self.rows.iter().filter_map(|row| row.label).collect();
        Tensor::from_slice(&labels).to_device(device)
    }

    /// Keeps these rows, in this order.
    pub(crate) fn retain(&mut self, live: &[i64], indices: &Tensor) {
        let mut places = live.iter().peekable();
        let mut place = 0;
        self.rows.retain(|_| {
            let kept = places.next_if(|live| **live == place).is_some();
            place += 1;
            kept
        });
        self.state.retain(indices);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bim;
    use crate::tests::{classifier, images};

    const BIM: Bim = Bim { epsilon: 0.3, step: 0.01, iterations: 3 };

    fn queries(count: usize) -> impl Iterator<Item = Query> {
        let images = images(count as i64);
        (0..count).map(move |row| Query {
            row,
            image: images.get(row as i64),
            label: Some(row as i64),
        })
    }

    fn numbers(window: &Window<Tensor>) -> Vec<usize> {
        window.rows.iter().map(|row| row.number).collect()
    }

    fn refill(
        window: Option<Window<Tensor>>,
        queries: &mut impl Iterator<Item = Query>,
    ) -> Option<Window<Tensor>> {
        Window::refill(window, &classifier(), &BIM, 4, queries).unwrap()
    }

    #[test]
    fn waiting_rows_take_the_places_of_those_that_left() {
        let mut queries = queries(6);
        let mut window = refill(None, &mut queries).unwrap();
        assert_eq!(numbers(&window), [0, 1, 2, 3]);

        let live = [1, 3];
        let indices = Tensor::from_slice(&live);
        window.retain(&live, &indices);
        window.images = window.images.index_select(0, &indices);
        let window = refill(Some(window), &mut queries).unwrap();
        assert_eq!(numbers(&window), [1, 3, 4, 5]);
        assert_eq!(window.labels(Device::Cpu), Tensor::from_slice(&[1i64, 3, 4, 5]));
        let expected = images(6).index_select(0, &window.labels(Device::Cpu));
        assert_eq!((&window.images, &window.state), (&expected, &expected));
    }

    #[test]
    fn a_full_window_draws_nothing() {
        let mut queries = queries(5);
        let window = refill(None, &mut queries);
        let window = refill(window, &mut queries).unwrap();
        assert_eq!(numbers(&window), [0, 1, 2, 3]);
        assert_eq!(queries.next().unwrap().row, 4);
    }

    #[test]
    fn a_window_lives_as_long_as_it_has_rows() {
        let window = refill(None, &mut queries(2));
        let window = refill(window, &mut std::iter::empty()).unwrap();
        assert_eq!(numbers(&window), [0, 1]);
        assert!(refill(None, &mut std::iter::empty()).is_none());
    }
}
