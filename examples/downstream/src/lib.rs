//! What a program adds to a2d: an attack, a detector and a score that a2d does not have.

mod mean_rank;
mod momentum;
mod squeezing;

use a2d_attacks::{NamedAttack, Target};
use a2d_cli::Extensions;

pub use mean_rank::{MeanRank, MeanRanks};
pub use momentum::{Momentum, MomentumRows};
pub use squeezing::Squeezing;

/// The attack under its name, with parameters that a specification or an option replaces.
///
/// # Errors
/// If its parameters are no JSON object.
pub fn momentum() -> a2d_attacks::Result<NamedAttack> {
    let target = Target::Untargeted;
    let momentum = Momentum { epsilon: 0.3, step: 0.002, decay: 1.0, iterations: 150, target };
    NamedAttack::new("momentum", momentum)
}

/// All three.
///
/// # Errors
/// As [`momentum`].
pub fn extensions() -> a2d_attacks::Result<Extensions> {
    Ok(Extensions::new()
        .with_attack(momentum()?)
        .with_detector("mean-rank", MeanRanks { threshold: 0.9 })
        .with_score(Squeezing { bits: 1 }))
}
