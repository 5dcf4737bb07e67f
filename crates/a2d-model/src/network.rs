use tch::Tensor;

/// The layers of an architecture.
pub(crate) trait Network: std::fmt::Debug {
    /// Logits, \[N, classes\], of images in \[0, 1\], \[N, C, H, W\].
    fn logits(&self, images: &Tensor, mode: Mode) -> Tensor;

    /// Prepares for many passes with the weights as they are now.
    fn settle(&mut self) {}
}

/// A function from images to logits that acts the same in every mode.
pub(crate) struct Module<F>(pub(crate) F);

impl<F: Fn(&Tensor) -> Tensor> Network for Module<F> {
    fn logits(&self, images: &Tensor, _mode: Mode) -> Tensor {
        self.0(images)
    }
}

impl<F> std::fmt::Debug for Module<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Module")
    }
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
