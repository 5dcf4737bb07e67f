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
