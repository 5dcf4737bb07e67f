//! Arithmetic on rows, each by itself.

use a2d_model::transfer::{to_device, to_host};
use tch::kind::Element;
use tch::{Kind, Tensor};

/// All dimensions of images, \[N, C, H, W\], but that of the rows.
pub(crate) const PIXELS: [i64; 3] = [1, 2, 3];

/// Keeps a norm that is divided by above zero.
const TINY: f64 = 1e-12;

/// The products of rows, \[N, 1, 1, 1\]. They are summed in float64, where the order in which libtorch sums
/// does not show.
pub(crate) fn dot(one: &Tensor, other: &Tensor) -> Tensor {
    (one * other).sum_dim_intlist(PIXELS.as_slice(), true, Kind::Double).to_kind(one.kind())
}

/// The Euclidean norms of rows, \[N, 1, 1, 1\], never quite 0.
pub(crate) fn norm(rows: &Tensor) -> Tensor {
    dot(rows, rows).sqrt().clamp_min(TINY)
}

/// The rows divided by the size of their largest element, \[N, 1, 1, 1\], so that their squares neither
/// vanish nor overflow, and that size. Rows of zeros stay as they are.
pub(crate) fn scaled(rows: &Tensor) -> (Tensor, Tensor) {
    let largest = rows.abs().amax(PIXELS, true);
    (rows / or_one(&largest), largest)
}

/// The numbers, and 1 where they are 0.
pub(crate) fn or_one(numbers: &Tensor) -> Tensor {
    numbers.where_self(&numbers.ne(0.0), &numbers.ones_like())
}

/// The roots of the mean squares of rows, \[N, 1, 1, 1\].
pub(crate) fn rms(rows: &Tensor) -> Tensor {
    rows.square().mean_dim(PIXELS.as_slice(), true, rows.kind()).sqrt()
}

/// The squared Euclidean distances between rows.
pub(crate) fn squared_distances(one: &Tensor, other: &Tensor) -> Vec<f64> {
    let squares = (one.to_kind(Kind::Double) - other).square();
    let sums = squares.sum_dim_intlist(PIXELS.as_slice(), false, Kind::Double);
    to_host(&sums).try_into().unwrap_or_default()
}

/// The elements of all rows, one after the other.
pub(crate) fn elements(rows: &Tensor) -> Vec<f64> {
    copied(rows, Kind::Double)
}

/// The pixels of all rows, one after the other: images are float32 whatever attacks compute with.
pub(crate) fn pixels(images: &Tensor) -> Vec<f32> {
    copied(images, Kind::Float)
}

fn copied<T: Element + Default + Clone>(rows: &Tensor, kind: Kind) -> Vec<T> {
    let mut elements = vec![T::default(); rows.numel()];
    let rows = to_host(rows).to_kind(kind).contiguous();
    rows.copy_data(&mut elements, rows.numel());
    elements
}

/// Numbers of rows, \[N, 1, 1, 1\], of the kind and on the device of `neighbour`.
pub(crate) fn numbers(values: impl IntoIterator<Item = f64>, neighbour: &Tensor) -> Tensor {
    let values: Vec<f64> = values.into_iter().collect();
    let (kind, device) = (neighbour.kind(), neighbour.device());
    to_device(&Tensor::from_slice(&values).to_kind(kind), device).view([-1, 1, 1, 1])
}

/// Marks of rows, \[N, 1, 1, 1\], on the device of `neighbour`.
pub(crate) fn mask(marks: &[bool], neighbour: &Tensor) -> Tensor {
    to_device(&Tensor::from_slice(marks), neighbour.device()).view([-1, 1, 1, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_the_kind_of_their_neighbour() {
        for kind in [Kind::Float, Kind::Double] {
            let rows =
                Tensor::from_slice(&[1e8f32, 1.0, -1e8, 0.0]).view([1, 1, 2, 2]).to_kind(kind);
            assert_eq!(numbers([1.0], &rows).kind(), kind);
            let sum = dot(&rows, &rows.ones_like());
            assert_eq!((sum.kind(), elements(&sum)), (kind, vec![1.0]), "float32 would lose the 1");
        }
    }

    #[test]
    fn rows_are_kept_apart() {
        let rows = Tensor::from_slice(&[3.0f32, 4.0, 0.0, 2.0]).view([2, 1, 1, 2]);
        assert_eq!(elements(&dot(&rows, &rows)), [25.0, 4.0]);
        assert_eq!(elements(&norm(&rows)), [5.0, 2.0]);
        assert_eq!(squared_distances(&rows, &rows.zeros_like()), [25.0, 4.0]);
        assert_eq!(elements(&(&rows * numbers([2.0, 0.5], &rows))), [6.0, 8.0, 0.0, 1.0]);
        assert_eq!(pixels(&rows), [3.0, 4.0, 0.0, 2.0]);
        assert!(elements(&norm(&rows.zeros_like())).iter().all(|norm| *norm > 0.0));
        let (shares, largest) = scaled(&rows);
        assert_eq!(
            (elements(&shares), elements(&largest)),
            (vec![0.75, 1.0, 0.0, 1.0], vec![4.0, 2.0])
        );
        assert_eq!(elements(&scaled(&rows.zeros_like()).0), [0.0; 4]);
    }
}
