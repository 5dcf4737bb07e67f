use tch::Tensor;

/// The layers of an architecture.
pub(crate) trait Network: std::fmt::Debug {
    /// Logits, \[N, classes\], of images in \[0, 1\], \[N, C, H, W\].
    fn logits(&self, images: &Tensor, mode: Mode) -> Tensor;
}

/// Whether layers that act at random, such as dropout, do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Training,
    Evaluation,
}

impl Mode {
    pub(crate) fn is_training(self) -> bool {
        self == Self::Training
    }
}
