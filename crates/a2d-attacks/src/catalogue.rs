//! Attacks by name: the tables of all, their published parameters, and attacks from elsewhere.

mod any_attack;
mod crafting;
mod defenses;
mod kind;
mod named;
mod preset;
mod spec;

pub use any_attack::{AnyAttack, Facts, Parameters};
pub use crafting::CRAFTING;
pub use defenses::DEFENSES;
pub use kind::{Catalogue, Kind, Meaning};
pub use named::NamedAttack;
pub use preset::Preset;
pub use spec::parse_spec;
