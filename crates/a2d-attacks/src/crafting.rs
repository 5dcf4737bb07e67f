//! Adversarial examples: what attacks make of images, and how far it is from them.

mod attempt;
mod craft;
mod distances;
mod integer;
mod perturb;
mod space;

pub use attempt::{Attempt, CraftedExample, Tally};
pub use craft::{Form, LabelledImages, Wanted, craft};
pub use distances::Distances;
pub use perturb::perturb;
pub use space::Space;
