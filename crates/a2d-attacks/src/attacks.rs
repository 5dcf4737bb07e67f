//! The attacks, a file each; what an attack alone needs lies in a folder beside it.

mod ball;
mod bim;
mod bim2;
mod black_box;
mod cw;
mod dba;
mod deepfool;
mod descent;
mod fgsm;
mod fgsm_l2;
mod jsma;
mod jsma_pairs;
mod lbfgs;
mod lsa;
mod pgd;
mod turbo;
mod with_loss;

pub use ball::{Ball, Linf, Rms};
pub use bim::Bim;
pub use bim2::Bim2;
pub use black_box::BlackBox;
pub use cw::CarliniWagner;
pub use dba::Boundary;
pub use deepfool::DeepFool;
pub use descent::{Descent, Steps};
pub use fgsm::Fgsm;
pub use fgsm_l2::FgsmL2;
pub use jsma::Jsma;
pub use jsma_pairs::JsmaPairs;
pub use lbfgs::Lbfgs;
pub use lsa::LocalSearch;
pub use pgd::Pgd;
pub use turbo::{Strides, Turbo};
pub use with_loss::WithLoss;
