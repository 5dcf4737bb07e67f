//! What an architecture has to bring: the way from images to logits.

use std::fmt;

use tch::Tensor;

use crate::Forward;

/// The layers of a network.
///
/// Rows are independent: the logits of an image do not depend on the others in its batch, except in training.
pub trait Network: fmt::Debug + Send {
    /// Logits, \[N, classes\], of images, \[N, C, H, W\], normalised where the model says so.
    ///
    /// Names what its layers give by [`Forward::tap`], the logits last, and leaves dropout to
    /// [`Forward::dropout`].
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Tensor;

    /// Prepares for many passes with the weights as they are now.
    fn settle(&mut self) {}
}

/// A function from images to logits that acts the same in every pass, and has no layers to look into.
pub(crate) struct Function<F>(pub(crate) F);

impl<F: Fn(&Tensor) -> Tensor + Send> Network for Function<F> {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Tensor {
        pass.tap("logits", self.0(images))
    }
}

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Function")
    }
}
