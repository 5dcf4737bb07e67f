//! One image of each class in turn.

use crate::{Error, ImageSource, Labelled, Result};

/// The images of a source in an order that takes one of each class in turn, as long as they last. In an
/// image folder all images of a class stand together, so that its first ones alone are of one class.
#[derive(Clone, Debug)]
pub struct ClassesInTurn<S> {
    source: S,
    /// The row of the source that each row is.
    rows: Vec<usize>,
    labels: Vec<u32>,
}

impl<S: Labelled> ClassesInTurn<S> {
    /// The images of `source`, those of a class in their order.
    pub fn new(source: S) -> Self {
        let mut seen = vec![0_usize; source.classes()];
        let turns = source.labels().iter().enumerate().map(|(row, class)| {
            let turn = &mut seen[*class as usize];
            *turn += 1;
            (*turn, *class, row)
        });
        let mut turns: Vec<(usize, u32, usize)> = turns.collect();
        turns.sort_unstable();
        let (labels, rows) = turns.into_iter().map(|(_, class, row)| (class, row)).unzip();
        Self { source, rows, labels }
    }
}

impl<S: Labelled> ImageSource for ClassesInTurn<S> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.source.shape()
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        match self.rows.get(row) {
            Some(row) => self.source.row(*row),
            None => Err(Error::Row { row, len: self.len() }),
        }
    }
}

impl<S: Labelled> Labelled for ClassesInTurn<S> {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn classes(&self) -> usize {
        self.source.classes()
    }

    fn class_names(&self) -> Option<&[String]> {
        self.source.class_names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, Images};
    use ndarray::Array4;

    #[test]
    fn classes_come_in_turn_as_long_as_they_last() {
        let pixels = Array4::from_shape_fn((6, 1, 1, 1), |(row, ..)| row as f32 / 10.0);
        let labels = vec![0, 0, 0, 1, 4, 4];
        let set = Dataset::new(Images::new(pixels).unwrap(), labels).unwrap();
        let in_turn = ClassesInTurn::new(set);
        assert_eq!(in_turn.labels(), [0, 1, 4, 0, 4, 0]);
        let first = |row| (in_turn.row(row).unwrap()[0] * 10.0).round() as usize;
        assert_eq!([0, 1, 2, 3, 4, 5].map(first), [0, 3, 4, 1, 5, 2]);
        assert!(in_turn.row(6).unwrap_err().to_string().contains("there are 6"));
    }
}
