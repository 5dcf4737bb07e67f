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
//! let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
//! let images = Tensor::full([4, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
//! let defense = Defense::named("bim", Preset::Mnist)?;
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

mod adam;
mod aim;
mod attack;
mod ball;
mod best;
mod bim;
mod bim2;
mod black_box;
mod bounds;
mod crafting;
mod curvature;
mod cw;
mod dba;
mod deepfool;
mod defense;
mod distances;
mod engine;
mod error;
mod fastest_window;
mod fgsm;
mod fgsm_l2;
mod goal;
mod integer;
mod iterate;
mod jsma;
mod jsma_pairs;
mod lbfgs;
mod limits;
mod loss;
mod lsa;
mod parameters;
mod pass;
mod pgd;
mod preset;
mod query;
mod range;
mod rows;
mod rowwise;
mod saliency;
mod stream;
mod target;
mod traction;
mod turbo;
mod visit;
mod walk;
mod window;

pub use aim::Aim;
pub use attack::{Attack, Newcomers, Preference, Standing};
pub use bim::Bim;
pub use bim2::Bim2;
pub use black_box::BlackBox;
pub use bounds::Bounds;
pub use crafting::{Attempt, CraftedExample, Crafting, Tally, Wanted, craft};
pub use cw::CarliniWagner;
pub use dba::Boundary;
pub use deepfool::DeepFool;
pub use defense::{Defense, measure};
pub use distances::Distances;
pub use engine::{Finished, run};
pub use error::{Error, Result};
pub use fastest_window::fastest_window;
pub use fgsm::Fgsm;
pub use fgsm_l2::FgsmL2;
pub use goal::Goal;
pub use iterate::Iterate;
pub use jsma::Jsma;
pub use jsma_pairs::JsmaPairs;
pub use lbfgs::Lbfgs;
pub use limits::Limits;
pub use lsa::LocalSearch;
pub use parameters::Parameters;
pub use pass::Pass;
pub use pgd::Pgd;
pub use preset::Preset;
pub use query::{Query, queries};
pub use rows::{Kept, RowState};
pub use target::Target;
pub use turbo::{Strides, Turbo, TurboRows};
pub use visit::Visitor;

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
