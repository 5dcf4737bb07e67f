//! Pages and figures: what an evaluation or a comparison found, to be read in a browser or put into a paper.
//!
//! Each page is one HTML file without scripts or external resources, which opens from disk. Its figures are
//! drawn as SVG, and can be written as files of their own. Nothing here needs libtorch.
//!
//! ```
//! use a2d_eval::{Auroc, RocCurve, Scores};
//! use a2d_report::evaluation::{AttackSection, Evaluation, KindSection, html};
//!
//! let (benign, fgsm) = ([210.0, 95.0, 143.0], [4.0, 12.0]);
//! let scores = Scores::from_costs(&benign, &fgsm)?;
//! let roc = RocCurve::new(&scores);
//! let kind = KindSection {
//!     kind: "fgsm",
//!     costs: fgsm.to_vec(),
//!     auroc: Auroc::new(&scores),
//!     tpr_at_5_fpr: roc.tpr_at_fpr(0.05)?,
//!     flagged: None,
//!     roc,
//! };
//! let page = html(&Evaluation {
//!     title: "What costs of bim tell".into(),
//!     facts: vec![("seed".into(), "0".into())],
//!     attacks: vec![AttackSection {
//!         attack: "bim",
//!         cost_threshold: None,
//!         benign: benign.to_vec(),
//!         benign_flagged: None,
//!         kinds: vec![kind],
//!     }],
//! })?;
//! assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod box_plot;
mod chart;
pub mod document;
mod error;
pub mod evaluation;
mod figure;
mod histogram;
mod lines;
mod markdown;
pub mod matrix;
mod page;
mod price;
pub mod robustness;
mod roc;
mod scatter;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{Error, Result};
pub use figure::{Figure, write};
pub use lines::{Series, chart as line_chart};
pub use price::{Priced, chart as price_chart};
