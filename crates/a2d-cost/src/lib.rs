//! Numbers of an input: what it costs to attack it, and any other score.
//!
//! An attack that runs until the predicted label flips leaves an [`AttackCost`] behind: iterations,
//! queries and time. Costs of several inputs under several attacks make a [`CostTable`], the seam of
//! a2d: what measures costs needs a neural network, what uses them needs only this table. Other numbers that may
//! tell adversarial inputs make a [`ScoreTable`], and so do costs in one [`Unit`] ([`CostTable::scores`]).
//!
//! ```
//! use a2d_cost::{AttackCost, CostMeter, CostRow, CostTable, Ending, Unit};
//!
//! let mut meter = CostMeter::default();
//! meter.forward_queries(1);
//! for _ in 0..3 {
//!     meter.gradient_queries(1);
//!     meter.iterated(1);
//!     meter.forward_queries(1);
//! }
//! let cost: AttackCost = meter.finish(Ending::Flipped);
//! assert_eq!((cost.iterations, cost.forward_queries), (3, 4));
//!
//! let table = CostTable::from_rows(vec![CostRow::new("7.png", "bim", cost)])?;
//! assert_eq!(table.values(Unit::Iterations)[[0, 0]], 3.0);
//! # Ok::<(), a2d_cost::Error>(())
//! ```
//!
//! # Attacks in vain
//! Where the label did not flip, a cost is a lower bound ([`AttackCost::is_lower_bound`]), never an exact low
//! one. Where numbers are needed, it counts as at least the largest cost of the same attack in sight
//! ([`CostTable::largest`], [`CostTable::completed`]):
//!
//! ```
//! use a2d_cost::{AttackCost, CostRow, CostTable, Unit};
//!
//! let cost = |iterations, flipped| AttackCost {
//!     iterations,
//!     flipped,
//!     censored: false,
//!     gradient_queries: iterations,
//!     forward_queries: iterations,
//!     seconds: 0.5,
//! };
//! let table = CostTable::from_rows(vec![
//!     CostRow::new("7.png", "cw", cost(300, true)),
//!     CostRow::new("8.png", "cw", cost(0, false)), // found no start, and gave up
//! ])?;
//! assert_eq!(table.gave_up(&CostTable::largest([&table])), [1]);
//! assert_eq!(table.values(Unit::Iterations)[[1, 0]], 300.0);
//! # Ok::<(), a2d_cost::Error>(())
//! ```

#![cfg_attr(test, expect(clippy::float_cmp, reason = "tests compare floats that must be the same"))]

mod budget;
mod card;
mod error;
mod inputs;
mod lower_bound;
mod machine;
mod matrix;
mod meter;
mod no_cost;
mod part;
mod provenance;
mod record;
mod score_file;
mod score_table;
mod sign;
mod sketch;
mod table;
mod table_file;
mod twins;
mod unit;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use budget::Budget;
pub use card::CostCard;
pub use error::{Error, Result};
pub use inputs::InputSet;
pub use machine::Machine;
pub use meter::{CostMeter, Ending};
pub use no_cost::{NoCost, Unscored};
pub use part::Part;
pub use provenance::Provenance;
pub use record::{AttackCost, CostRow};
pub use score_file::ScoreCard;
pub use score_table::{Column, ScoreTable};
pub use sign::Sign;
pub use sketch::{Sketch, Sketcher};
pub use table::CostTable;
pub use twins::{Likeness, repeats, twins};
pub use unit::Unit;
