//! Images that are read one at a time.

use crate::digest::Digest;
use crate::{Error, Images, Result, file};
use ndarray::{Array4, ArrayViewMut4, Axis};
use std::ops::Range;
use std::{panic, thread};

/// Images of one shape that are read one at a time, in any order, so that memory need not hold all
/// of them. Every pixel is finite and within [0, 1].
///
/// ```
/// use a2d_data::{ImageFile, ImageSource};
/// # let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures"));
///
/// let images = ImageFile::open(&data.join("oracle/benign.npy"))?;
/// assert_eq!(images.shape(), [1, 28, 28]);
/// for row in 0..images.len() {
///     assert_eq!(images.row(row)?.len(), 28 * 28);
/// }
/// # Ok::<(), a2d_data::Error>(())
/// ```
#[expect(clippy::len_without_is_empty, reason = "there is always at least one image")]
pub trait ImageSource: Sync {
    /// The number of images, never 0.
    fn len(&self) -> usize;

    /// Channels, height and width of an image, each at least 1.
    fn shape(&self) -> [usize; 3];

    /// The C · H · W pixels of image `row`, in row-major order.
    ///
    /// # Errors
    /// When there is no such row, or it cannot be read, or a pixel of it is not a finite number
    /// within [0, 1].
    fn row(&self, row: usize) -> Result<Vec<f32>>;

    /// The digest that [`Images::digest`] gives for the same images. It reads, and so checks, every
    /// one of them, one at a time.
    ///
    /// # Errors
    /// As [`row`](Self::row).
    fn digest(&self) -> Result<String> {
        let mut digest = Digest::new(self.len(), self.shape());
        for row in 0..self.len() {
            digest.update(&self.row(row)?);
        }
        Ok(digest.finish())
    }

    /// The images of these rows, read into memory by as many threads as there are cores.
    ///
    /// # Errors
    /// When there is no row, when they take more than [`MAX_BYTES`](crate::MAX_BYTES) as `f32`, and as
    /// [`row`](Self::row), with the error of the first bad row.
    fn images_of(&self, rows: Range<usize>) -> Result<Images> {
        read_rows(self, rows)
    }

    /// All images, as [`images_of`](Self::images_of) reads them.
    ///
    /// # Errors
    /// As [`images_of`](Self::images_of).
    fn images(&self) -> Result<Images> {
        read_rows(self, 0..self.len())
    }
}

/// These images of a source, read row by row.
pub(crate) fn read_rows(
    source: &(impl ImageSource + ?Sized),
    wanted: Range<usize>,
) -> Result<Images> {
    if wanted.is_empty() {
        return Err(Error::NoRows);
    }
    let (len, [channels, height, width]) = (wanted.len(), source.shape());
    let shape = [len, channels, height, width];
    file::claimed_len(&shape).map_err(|_| Error::TooManyPixels { shape })?;
    let mut pixels = Array4::zeros(shape);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = len.div_ceil(threads);
    let read_share = |(number, mut images): (usize, ArrayViewMut4<'_, f32>)| {
        let rows = wanted.start + number * share..;
        rows.zip(images.outer_iter_mut()).try_for_each(|(row, mut image)| {
            image.iter_mut().zip(source.row(row)?).for_each(|(pixel, read)| *pixel = read);
            Ok::<(), Error>(())
        })
    };
    thread::scope(|scope| {
        let shares = pixels.axis_chunks_iter_mut(Axis(0), share).enumerate();
        let readers: Vec<_> = shares.map(|share| scope.spawn(move || read_share(share))).collect();
        // In their order, so that the first bad row is the one reported.
        readers.into_iter().try_for_each(|reader| {
            reader.join().unwrap_or_else(|cause| panic::resume_unwind(cause))
        })
    })?;
    Images::new(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten images of one pixel, which is the number of the row, of which some are bad.
    struct Digits {
        bad: &'static [usize],
    }

    impl ImageSource for Digits {
        fn len(&self) -> usize {
            10
        }

        fn shape(&self) -> [usize; 3] {
            [1, 1, 1]
        }

        fn row(&self, row: usize) -> Result<Vec<f32>> {
            if self.bad.contains(&row) {
                return Err(Error::Row { row, len: self.len() });
            }
            Ok(vec![row as f32 / 10.0])
        }
    }

    #[test]
    fn all_rows_come_in_order() {
        let images = Digits { bad: &[] }.images().unwrap();
        let expected: Vec<f32> = (0_u8..10).map(|row| f32::from(row) / 10.0).collect();
        assert_eq!(images.as_slice(), expected);
        assert_eq!(Digits { bad: &[] }.digest().unwrap(), images.digest());
        assert_eq!(ImageSource::digest(&images).unwrap(), images.digest());
        assert_eq!(ImageSource::images(&images).unwrap(), images);
        let some = Digits { bad: &[3] }.images_of(4..6).unwrap();
        assert_eq!(some, images.select(&[4, 5]).unwrap());
        assert!(Digits { bad: &[3] }.images_of(2..5).is_err());
        assert!(Digits { bad: &[] }.images_of(4..4).unwrap_err().to_string().contains("no row"));
    }

    #[test]
    fn the_first_bad_row_is_reported() {
        let source = Digits { bad: &[3, 4, 9] };
        for error in [source.images().map(drop), source.digest().map(drop)] {
            assert!(error.unwrap_err().to_string().contains("image 3:"));
        }
    }

    /// More pixels than memory is to hold.
    struct Endless;

    impl ImageSource for Endless {
        fn len(&self) -> usize {
            1 << 40
        }

        fn shape(&self) -> [usize; 3] {
            [3, 32, 32]
        }

        fn row(&self, _: usize) -> Result<Vec<f32>> {
            Ok(vec![0.5; 3 * 32 * 32])
        }
    }

    #[test]
    fn what_memory_cannot_hold_is_refused() {
        assert_eq!(Endless.row(7).unwrap().len(), 3072);
        let error = Endless.images().unwrap_err().to_string();
        assert!(error.contains("[1099511627776, 3, 32, 32]"), "{error}");
        assert!(error.contains("expected at most 268435456"), "{error}");
    }
}
