//! What an attack leaves as it was, so that work on its results keeps to it.

/// How far the images of an attack are from those that they come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// Anywhere in \[0, 1\].
    Box,
    /// No element changes by more, in units of \[0, 1\].
    Linf(f64),
    /// The root mean squared change of all elements is no larger, in units of \[0, 1\].
    Rms(f64),
    /// Elements that the attack did not pick keep their values.
    Picked,
}
