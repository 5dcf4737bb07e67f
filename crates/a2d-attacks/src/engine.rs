//! The loop that every attack runs in, and what it hands to attacks.

mod admission;
mod aim;
mod attack;
mod best;
mod bounds;
mod fastest_window;
pub(crate) mod goal;
mod iterate;
mod limits;
pub(crate) mod loss;
pub(crate) mod pass;
mod query;
mod rows;
pub(crate) mod rowwise;
mod session;
pub(crate) mod stream;
pub(crate) mod target;
mod traction;
pub(crate) mod wanted;
mod window;

pub use aim::Aim;
pub use attack::{Attack, Newcomers, Preference, Standing};
pub use bounds::Bounds;
pub use fastest_window::fastest_window;
pub use goal::Goal;
pub use iterate::Iterate;
pub use limits::Limits;
pub use loss::{Logits, Loss, TowardsGoals};
pub use pass::Pass;
pub use query::{Query, queries};
pub use rows::{Kept, RowState};
pub(crate) use session::follow;
pub use session::{AttackSession, Finished, begin};
pub use target::Target;
