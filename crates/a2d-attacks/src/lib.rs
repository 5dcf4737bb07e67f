//! Adversarial attacks, and what they cost.
//!
//! An [`Attack`] says how a row starts and how it advances by one iteration; a [session](begin) steps a moving
//! window of independent rows until each is done. The same attack serves two drivers: [`craft`] keeps the
//! adversarial images, [`measure`] keeps the costs, with the early stop at the first flip that makes it a
//! defense. [`costs`] and [`perturb`] are both in one call. [`DEFENSES`] and [`CRAFTING`] are the tables of all
//! attacks; one of another crate has all that theirs have once it is a [`NamedAttack`].
//!
//! ```
//! use a2d_attacks::{DEFENSES, Limits, Preset, measure};
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
//! let images = Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
//! let defense = DEFENSES.named("bim", Preset::MNIST)?;
//!
//! let mut costs = vec![];
//! let queries = a2d_attacks::queries(&images);
//! measure(&classifier, &defense, queries, Limits::default(), &mut |row, cost| {
//!     match cost {
//!         Ok(cost) => costs.push((row, cost.iterations)),
//!         Err(reason) => println!("image {row} has no cost: {reason}"),
//!     }
//!     Ok::<(), a2d_attacks::Error>(())
//! })?;
//! assert_eq!(costs.len(), 4);
//! # Ok::<(), a2d_attacks::Error>(())
//! ```

mod adversarial_training;
mod attacks;
mod catalogue;
mod crafting;
mod engine;
mod error;
mod measure;
pub mod range;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use adversarial_training::AdversarialExamples;
pub use attacks::*;
pub use catalogue::*;
pub use crafting::*;
pub use engine::*;
pub use error::{Error, Result};
pub use measure::{costs, measure};

#[cfg(test)]
mod tests {
    use a2d_model::{Architecture, Classifier};
    use tch::{Device, Kind, Tensor};

    /// A network whose labels flip at small changes.
    pub(crate) fn classifier() -> Classifier {
        Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
    }

    /// Images of stripes, each of another width and brightness.
    pub(crate) fn images(count: i64) -> Tensor {
        let (rows, pixels) = (grid(count).view([-1, 1, 1, 1]), grid(28).view([1, 1, 1, 28]));
        let stripes = (pixels * (&rows + 2.0) * 0.4).sin() * (rows * 0.7).cos() * 0.5 + 0.5;
        stripes.expand([count, 1, 28, 28], false).contiguous()
    }

    fn grid(count: i64) -> Tensor {
        Tensor::arange(count, (Kind::Float, Device::Cpu))
    }
}
