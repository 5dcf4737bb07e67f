//! An image to attack.

use a2d_cost::Budget;
use tch::Tensor;

use crate::Error;

/// An image to attack.
#[derive(Debug)]
pub struct Query {
    /// Its number, which comes back with the outcome.
    pub row: usize,
    /// The number of its random stream: what is drawn for it depends on this and the seed alone.
    pub stream: usize,
    /// Its pixels, \[C, H, W\], float32 in \[0, 1\].
    pub image: Tensor,
    /// The class it is to lose; without one, the class that the model predicts for it.
    pub label: Option<i64>,
    /// The most iterations, where that is below the attack's cap.
    pub budget: Option<Budget>,
}

impl Query {
    /// This image, away from the class that the model predicts for it, whatever that takes. Its random stream is that
    /// of its number.
    pub fn new(row: usize, image: Tensor) -> Self {
        Self { row, stream: row, image, label: None, budget: None }
    }

    /// The error that the query is not what was expected.
    pub(crate) fn refused(&self, expected: String, got: String) -> Error {
        Error::Query { row: self.row, expected, got }
    }
}

/// A query for each image, \[N, C, H, W\], away from its predicted label, in order.
pub fn queries<E>(images: &Tensor) -> impl Iterator<Item = Result<Query, E>> + '_ {
    let count = images.size().first().map_or(0, |count| *count as usize);
    (0..count).map(|row| Ok(Query::new(row, images.get(row as i64))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;
    use crate::tests::images;

    #[test]
    fn a_single_number_is_no_image() {
        let rows = |images: &Tensor| -> Result<Vec<_>> {
            queries(images).map(|query| query.map(|query| query.row)).collect()
        };
        assert_eq!(rows(&images(3)).unwrap(), [0, 1, 2]);
        assert!(rows(&Tensor::from(0.5f32)).unwrap().is_empty());
    }
}
