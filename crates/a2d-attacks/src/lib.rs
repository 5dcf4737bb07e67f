//! Adversarial attacks, and what they cost.
//!
//! An [`Attack`] says how a row starts and how it advances by one iteration; the [engine](run) steps
//! a moving window of independent rows until each is done. The same attack serves two drivers:
//! [`craft`] keeps the adversarial images, [`measure`] keeps the costs, with the early stop at the
//! first flip that makes it a defense.
//!
//! ```
//! use a2d_attacks::{Defense, Limits, Preset, measure};
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
//! let images = Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
//! let defense = Defense::named("bim", Preset::Mnist)?;
//!
//! let mut costs = vec![];
//! measure(&classifier, &defense, &images, Limits::default(), &mut |row, cost| {
//!     costs.push((row, cost.iterations));
//!     Ok::<(), a2d_attacks::Error>(())
//! })?;
//! assert_eq!(costs.len(), 4);
//! # Ok::<(), a2d_attacks::Error>(())
//! ```

mod attack;
mod ball;
mod bim;
mod bim2;
mod crafting;
mod defense;
mod engine;
mod error;
mod fgsm;
mod preset;
mod query;
mod window;

pub use attack::{Attack, Iterate, RowState};
pub use bim::Bim;
pub use bim2::Bim2;
pub use crafting::{CraftedExample, Crafting, Tally, craft};
pub use defense::{Defense, measure};
pub use engine::{Finished, Limits, Stop, run};
pub use error::{Error, Result};
pub use fgsm::Fgsm;
pub use preset::Preset;
pub use query::Query;

#[cfg(test)]
mod tests {
    use a2d_model::{Architecture, Classifier};
    use tch::{Device, Kind, Tensor};

    /// A network whose labels flip at small changes.
    pub(crate) fn classifier() -> Classifier {
        Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu)
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
