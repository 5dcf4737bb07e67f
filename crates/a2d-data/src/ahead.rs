//! Images that are read while others are worked on.

use crate::{ImageSource, Result};
use std::sync::mpsc;
use std::thread;

/// Images that each reader has ready at most.
const AHEAD: usize = 8;

/// Does `work` on the images of these rows, which come in this order, while so many threads, at least one, read
/// the next: a few images for each are in memory beside those that `work` holds. Reading ends with the work.
///
/// ```
/// use a2d_data::{Images, read_ahead};
/// use ndarray::Array4;
///
/// let images = Images::new(Array4::from_elem((5, 1, 2, 2), 0.5))?;
/// let sum = read_ahead(&images, 1..4, 2, |rows| {
///     rows.map(|(row, pixels)| Ok(row as f32 + pixels?[0])).sum::<a2d_data::Result<f32>>()
/// })?;
/// assert_eq!(sum, 7.5);
/// # Ok::<(), a2d_data::Error>(())
/// ```
pub fn read_ahead<R>(
    source: &(impl ImageSource + ?Sized),
    rows: impl Iterator<Item = usize> + Clone + Send,
    threads: usize,
    work: impl FnOnce(&mut dyn Iterator<Item = (usize, Result<Vec<f32>>)>) -> R,
) -> R {
    let threads = threads.max(1);
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads)
            .map(|lane| {
                let (sender, lane_of) = mpsc::sync_channel(AHEAD);
                let rows = rows.clone().skip(lane).step_by(threads);
                scope.spawn(move || {
                    for row in rows {
                        // Nobody listens once the work is done.
                        if sender.send(source.row(row)).is_err() {
                            return;
                        }
                    }
                });
                lane_of
            })
            .collect();
        // A lane that ends early has panicked, and so will the scope.
        let mut images = rows
            .zip(lanes.iter().cycle())
            .map_while(|(row, lane)| lane.recv().ok().map(|pixels| (row, pixels)));
        let outcome = work(&mut images);
        drop(images);
        drop(lanes);
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Images};
    use ndarray::Array4;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Images of one pixel, of which it counts how many are read.
    struct Counted {
        len: usize,
        read: AtomicUsize,
    }

    impl ImageSource for Counted {
        fn len(&self) -> usize {
            self.len
        }

        fn shape(&self) -> [usize; 3] {
            [1, 1, 1]
        }

        fn row(&self, row: usize) -> Result<Vec<f32>> {
            assert_ne!(row, 77, "the reader panics");
            self.read.fetch_add(1, Ordering::Relaxed);
            if row == 66 {
                return Err(Error::Row { row, len: self.len });
            }
            Ok(vec![row as f32])
        }
    }

    fn counted(len: usize) -> Counted {
        Counted { len, read: AtomicUsize::new(0) }
    }

    #[test]
    fn rows_come_in_order_whatever_the_threads() {
        let wanted = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6];
        for threads in [0, 1, 2, 5, 40] {
            let source = counted(10);
            let found: Vec<_> = read_ahead(&source, wanted.into_iter(), threads, |rows| {
                rows.map(|(row, pixels)| (row, pixels.unwrap()[0] as usize)).collect()
            });
            assert!(found.iter().copied().eq(wanted.map(|row| (row, row))), "{threads}");
        }
    }

    #[test]
    fn no_more_is_read_than_is_near() {
        for threads in [1, 3] {
            let source = counted(1_000_000_000);
            let found: Vec<_> = read_ahead(&source, 100..source.len(), threads, |rows| {
                rows.take(5).map(|(_, pixels)| pixels.unwrap()[0]).collect()
            });
            assert_eq!(found, [100.0, 101.0, 102.0, 103.0, 104.0]);
            // What is ready, and one in the hands of each reader.
            assert!(source.read.into_inner() <= 5 + threads * (AHEAD + 1));
        }
    }

    #[test]
    fn an_error_comes_in_its_place_and_a_panic_goes_on() {
        let source = counted(100);
        let all = |rows| {
            read_ahead(&source, rows, 2, |rows| {
                rows.map(|(_, row)| row).collect::<Result<Vec<_>>>()
            })
        };
        assert!(all(60..76).unwrap_err().to_string().contains("image 66"));
        all(0..66).unwrap();
        let work = std::panic::AssertUnwindSafe(|| all(70..90));
        assert!(std::panic::catch_unwind(work).is_err());
        let images = Images::new(Array4::from_elem((2, 1, 1, 1), 0.5)).unwrap();
        assert_eq!(read_ahead(&images, 0..0, 1, |rows| rows.count()), 0);
    }
}
