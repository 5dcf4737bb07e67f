//! The best image of every row so far.

use a2d_model::transfer::to_device;
use tch::Tensor;

use super::rowwise::squared_distances;
use crate::row_state;
use crate::{Kept, Preference, RowState};

/// The best image of every row so far. One that reached the goal is better than one that did not; of
/// those that did, the attack says which is; of those that did not, the one with the larger margin.
pub(crate) struct Best {
    preference: Preference,
    rows: Rows,
}

struct Rows {
    origins: Tensor,
    images: Tensor,
    outcomes: Vec<Outcome>,
}
row_state!(Rows { origins, images, outcomes });

#[derive(Clone, Copy)]
struct Outcome {
    predicted: i64,
    reached: bool,
    /// The larger, the better.
    rank: f64,
}

/// The best image of a row.
pub(crate) struct Found {
    /// \[C, H, W\].
    pub(crate) image: Tensor,
    pub(crate) predicted: i64,
    pub(crate) reached: bool,
}

impl Best {
    /// Nothing yet, for rows that join with these images.
    pub(crate) fn new(images: &Tensor, preference: Preference) -> Self {
        let nothing = Outcome { predicted: -1, reached: false, rank: f64::NEG_INFINITY };
        let outcomes = vec![nothing; images.size()[0] as usize];
        let (origins, images) = (images.shallow_clone(), images.copy());
        Self { preference, rows: Rows { origins, images, outcomes } }
    }

    /// Keeps those of these images that are better than the best so far.
    pub(crate) fn compare(
        &mut self,
        images: &Tensor,
        predicted: &[i64],
        reached: &[bool],
        margins: &[f64],
    ) {
        let ranks = match self.preference {
            Preference::Closest if reached.contains(&true) => {
                let squares = squared_distances(images, &self.rows.origins);
                squares.into_iter().map(|square| -square).collect()
            }
            _ => vec![0.0; reached.len()],
        };
        let mut better = vec![];
        for (place, best) in self.rows.outcomes.iter_mut().enumerate() {
            let rank = if reached[place] { ranks[place] } else { margins[place] };
            let found = Outcome { predicted: predicted[place], reached: reached[place], rank };
            let is_better = match (found.reached, best.reached) {
                (true, true) => self.preference == Preference::Last || rank > best.rank,
                (now, before) => now && !before || now == before && rank > best.rank,
            };
            if is_better {
                *best = found;
                better.push(place as i64);
            }
        }
        if !better.is_empty() {
            let better = to_device(&Tensor::from_slice(&better), images.device());
            let _ = self.rows.images.index_copy_(0, &better, &images.index_select(0, &better));
        }
    }

    pub(crate) fn get(&self, place: usize) -> Found {
        let Outcome { predicted, reached, .. } = self.rows.outcomes[place];
        Found { image: self.rows.images.get(place as i64), predicted, reached }
    }

    pub(crate) fn append(&mut self, newcomers: Self) {
        self.rows.append(newcomers.rows);
    }

    pub(crate) fn retain(&mut self, kept: &Kept) {
        self.rows.retain(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images of one pixel, as they came: 0.5 all.
    fn best(preference: Preference) -> Best {
        Best::new(&pixels(&[0.5, 0.5, 0.5]), preference)
    }

    fn pixels(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([-1, 1, 1, 1])
    }

    fn found(best: &Best) -> Vec<(f64, i64, bool)> {
        let row = |place| {
            let Found { image, predicted, reached } = best.get(place);
            (image.double_value(&[0, 0, 0]), predicted, reached)
        };
        (0..3).map(row).collect()
    }

    #[test]
    fn an_image_that_reached_the_goal_is_better_than_one_that_did_not() {
        for preference in [Preference::Last, Preference::Closest] {
            let mut best = best(preference);
            let margins = [-1.0, -2.0, 3.0];
            best.compare(&pixels(&[0.0, 0.25, 1.0]), &[1, 2, 3], &[false, false, true], &margins);
            let margins = [-2.0, -1.0, -3.0];
            best.compare(&pixels(&[1.0, 0.75, 0.5]), &[4, 5, 6], &[false; 3], &margins);
            assert_eq!(found(&best), [(0.0, 1, false), (0.75, 5, false), (1.0, 3, true)]);
        }
    }

    #[test]
    fn of_those_that_did_the_attack_says_which() {
        for (preference, expected) in [(Preference::Last, 0.0), (Preference::Closest, 0.75)] {
            let mut best = best(preference);
            for pixel in [0.125, 0.75, 0.0] {
                best.compare(&pixels(&[pixel; 3]), &[1; 3], &[true; 3], &[1.0; 3]);
            }
            assert_eq!(found(&best), [(expected, 1, true); 3]);
        }
    }

    #[test]
    fn rows_take_their_best_along() {
        let mut best = best(Preference::Last);
        best.compare(&pixels(&[0.1, 0.2, 0.3]), &[1, 2, 3], &[true; 3], &[0.0; 3]);
        best.retain(&Kept::new(vec![2], tch::Device::Cpu));
        best.append(Best::new(&pixels(&[0.5, 0.5]), Preference::Last));
        assert_eq!((best.get(0).predicted, best.get(0).reached), (3, true));
        assert_eq!((best.get(1).predicted, best.get(2).reached), (-1, false));
    }
}
