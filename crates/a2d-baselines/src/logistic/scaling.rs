//! Numbers on a common scale.

use serde::{Deserialize, Serialize};

/// What makes the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Mean 0 and deviation (of the population) 1.
    Deviation,
    /// From 0 to 1.
    Range,
}

/// What is taken off each number of a row, and what is left divided by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    shifts: Vec<f64>,
    sizes: Vec<f64>,
}

impl Scaling {
    /// Of rows of equal length, at least one. A number that is the same in all rows is shifted alone.
    pub(super) fn fit(scale: Scale, rows: &[Vec<f64>]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let of = |place: usize| {
            let numbers = || rows.iter().map(move |row| row[place]);
            let (shift, size) = match scale {
                Scale::Deviation => {
                    let mean = numbers().sum::<f64>() / rows.len() as f64;
                    let squares: f64 = numbers().map(|number| (number - mean).powi(2)).sum();
                    (mean, (squares / rows.len() as f64).sqrt())
                }
                Scale::Range => {
                    let least = numbers().fold(f64::INFINITY, f64::min);
                    (least, numbers().fold(f64::NEG_INFINITY, f64::max) - least)
                }
            };
            (shift, if size > 0.0 { size } else { 1.0 })
        };
        let (shifts, sizes) = (0..width).map(of).unzip();
        Self { shifts, sizes }
    }

    /// How many numbers a row has.
    pub(super) fn width(&self) -> usize {
        self.shifts.len().min(self.sizes.len())
    }

    /// The row on the scale.
    pub(super) fn apply(&self, row: &[f64]) -> Vec<f64> {
        let scale = self.shifts.iter().zip(&self.sizes);
        row.iter().zip(scale).map(|(number, (shift, size))| (number - shift) / size).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_own_scale() {
        let rows = [vec![1.0, 7.0], vec![5.0, 7.0]];
        let range = Scaling::fit(Scale::Range, &rows);
        assert_eq!(range.apply(&[2.0, 9.0]), [0.25, 2.0]);
        let deviation = Scaling::fit(Scale::Deviation, &rows);
        assert_eq!(deviation.apply(&[7.0, 7.0]), [2.0, 0.0]);
    }
}
