//! What a network has to bring: the way from images to logits.

use std::fmt;

use tch::{Kind, Tensor};

use crate::{Forward, Result};

/// A way from images to logits.
///
/// Rows are independent: the logits of an image do not depend on the others in its batch, except in training.
pub trait Network: fmt::Debug + Send {
    /// Logits, \[N, classes\], of images, \[N, C, H, W\], normalised where the model says so.
    ///
    /// Names what its layers give by [`Forward::tap`], the logits last, and leaves dropout to
    /// [`Forward::dropout`].
    ///
    /// # Errors
    /// [`Error::Forward`](crate::Error::Forward) if a network from elsewhere fails.
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor>;

    /// Prepares for many passes with the weights as they are now.
    fn settle(&mut self) {}

    /// Puts into this kind what weights it has beside its classifier's variables.
    fn convert(&mut self, _kind: Kind) {}

    /// The same network for another thread, if it can be had without building it anew, as those of architectures
    /// are.
    fn handle(&self) -> Option<Box<dyn Network>> {
        None
    }
}

/// A function from images to logits that acts the same in every pass, and has no layers to look into.
pub(crate) struct Function<F>(pub(crate) F);

impl<F: Fn(&Tensor) -> Tensor + Send> Network for Function<F> {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        Ok(pass.tap("logits", self.0(images)))
    }
}

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Function")
    }
}
