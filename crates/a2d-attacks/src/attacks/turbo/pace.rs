//! How many steps a row has taken, and how many it takes at once.

use crate::Standing;

/// How many steps a row has taken, and how many it takes at once.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// Steps to the last iterate that had not flipped.
    taken: u32,
    /// Steps beyond it that the next pass looks at.
    stride: u32,
    /// How far that iterate is beyond the goal: below 0.
    margin: f64,
    /// Where a flip was seen, and how far beyond the goal it was.
    flip: Option<(u32, f64)>,
    /// Whether the last pass went to `taken`, and did not flip.
    pub(super) moved: bool,
}

/// How strides grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// By how many times, from one stride to the next.
    pub(super) factor: u32,
    /// The longest stride.
    pub(super) longest: u32,
    /// The most steps in all.
    pub(super) cap: u32,
}

impl Pace {
    /// At an image whose margin the first pass tells.
    pub(super) fn new() -> Self {
        Self { taken: 0, stride: 1, margin: f64::NEG_INFINITY, flip: None, moved: true }
    }

    /// Steps that the next image is beyond the last that had not flipped.
    pub(super) fn stride(&self) -> u32 {
        self.stride
    }

    /// Takes in the margin of the image as it came.
    pub(super) fn begin(&mut self, margin: f64) {
        self.margin = margin;
    }

    /// Takes in whether the image of this pass flipped, and its margin.
    pub(super) fn judge(&mut self, growth: Growth, flipped: bool, margin: f64) -> Standing {
        self.moved = !flipped;
        let stride = self.stride;
        if flipped {
            if stride == 1 {
                return Standing::iterated(true);
            }
            self.flip = Some((self.taken + stride, margin));
            self.stride = self.towards_flip(margin, stride);
            return Standing::SEARCHING;
        }
        let gain = (margin - self.margin) / f64::from(stride);
        self.taken += stride;
        self.margin = margin;
        self.flip = self.flip.filter(|(at, _)| *at > self.taken);
        self.stride = match self.flip {
            Some((at, flipped)) => self.towards_flip(flipped, at - self.taken),
            None => self.onwards(growth, gain),
        };
        Standing { iterations: stride, reached: false, exhausted: false }
    }

    /// The stride to a flip with this margin, so many steps ahead: to where the margin crosses 0, if it
    /// rises evenly, but short of the flip.
    fn towards_flip(&self, margin: f64, steps: u32) -> u32 {
        let crossing = f64::from(steps) * self.margin / (self.margin - margin);
        (crossing as u32).clamp(1, (steps - 1).max(1))
    }

    /// The next stride with no flip in sight, where each step gains so much: a longer one, but not beyond
    /// where the margin would cross 0.
    fn onwards(&self, growth: Growth, gain: f64) -> u32 {
        let crossing = if gain > 0.0 { (-self.margin / gain).ceil() } else { f64::INFINITY };
        let longest = growth.longest.min(growth.cap.saturating_sub(self.taken));
        let longer = self.stride.saturating_mul(growth.factor).min(longest);
        longer.min(crossing as u32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GROWTH: Growth = Growth { factor: 2, longest: 32, cap: 500 };

    /// Walks on a line where `flip` is the first step whose margin is not below 0, until the pace says
    /// so. The iterations, and the passes after the first.
    fn walk(growth: Growth, flip: u32, margin: impl Fn(u32) -> f64) -> (u32, u32) {
        let mut pace = Pace::new();
        pace.begin(margin(0));
        let (mut iterations, mut passes) = (0, 0);
        while iterations < growth.cap {
            let at = pace.taken + pace.stride();
            assert!(at <= growth.cap, "beyond the cap");
            passes += 1;
            let standing = pace.judge(growth, at >= flip, margin(at));
            iterations += standing.iterations;
            if standing.reached {
                break;
            }
            assert_eq!(iterations, pace.taken);
        }
        (iterations, passes)
    }

    #[test]
    fn strides_grow_and_close_in() {
        let line = |at| (f64::from(at) - 99.5) * 0.1;
        // 1, 2, 4, 8, 16, 32 end at 63; the margin says that 37 are left, 32 of them at once; then 5
        // more go one step too far, 4 do not, and the last is a single step.
        assert_eq!(walk(GROWTH, 100, line), (100, 10));
        assert_eq!(walk(GROWTH, 1, line), (1, 1));
        assert_eq!(walk(Growth { factor: 1, ..GROWTH }, 100, line), (100, 100));
        assert_eq!(walk(GROWTH, u32::MAX, |_| -1.0).0, 500);
    }

    proptest! {
        #[test]
        fn the_first_flip_is_found_whatever_the_margins(
            flip in 1_u32..=500, factor in 1_u32..5, longest in 1_u32..80,
            bends in prop::collection::vec(0.01_f64..10.0, 501),
        ) {
            let margin = |at: u32| {
                let size = bends[at as usize];
                if at >= flip { size } else { -size }
            };
            let growth = Growth { factor, longest, cap: 500 };
            let (iterations, passes) = walk(growth, flip, margin);
            prop_assert_eq!(iterations, flip);
            prop_assert!(passes <= 2 * flip);
        }

        #[test]
        fn even_margins_need_few_passes(flip in 2_u32..=500, slope in 0.001_f64..10.0) {
            let margin = |at| (f64::from(at) - f64::from(flip) + 0.5) * slope;
            let (iterations, passes) = walk(GROWTH, flip, margin);
            prop_assert_eq!(iterations, flip);
            prop_assert!(passes <= 9 + flip / 32, "{}", passes);
        }
    }
}
