//! Few sizes of batches: on a CUDA device each new one has plans of its own made, which takes milliseconds.

use std::collections::BTreeSet;

/// A batch is filled up to a size that was seen before if that makes it at most this many times as large.
const FILLING: f64 = 1.5;

/// The sizes of batches that have gone through a network.
#[derive(Debug, Default)]
pub(crate) struct BatchSizes {
    seen: BTreeSet<i64>,
}

impl BatchSizes {
    /// The size that a batch of so many images is to have: its own, or that of one before that is not much larger.
    pub(crate) fn of(&mut self, images: i64) -> i64 {
        let next = self.seen.range(images..).next();
        match next {
            Some(size) if *size as f64 <= images as f64 * FILLING => *size,
            _ => {
                self.seen.insert(images);
                images
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_drains_has_few_sizes() {
        let mut sizes = BatchSizes::default();
        let used: BTreeSet<i64> = (1..=1000).rev().map(|images| sizes.of(images)).collect();
        assert!(used.len() <= 20, "{used:?}");
        for images in 1..=1000 {
            let size = sizes.of(images);
            assert!(images <= size && size as f64 <= images as f64 * FILLING, "{images}: {size}");
        }
    }

    #[test]
    fn what_was_seen_is_left_as_it_is() {
        let mut sizes = BatchSizes::default();
        assert_eq!(
            [100, 100, 90, 67, 66, 65].map(|images| sizes.of(images)),
            [100, 100, 100, 100, 66, 66]
        );
        assert_eq!(sizes.of(101), 101, "larger than any before");
    }
}
