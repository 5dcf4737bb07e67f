//! The attacks whose costs are measured.

use super::kind::{Catalogue, Kind};
use crate::{
    Aim, Bim, Bim2, Boundary, CarliniWagner, Fgsm, Jsma, Lbfgs, Linear, LocalSearch, Preset, Turbo,
};

/// The defense attacks: they stop at the first flip, and what that took is what a detector sees.
///
/// Parameters are those of the paper's section on experiments, per data set.
pub static DEFENSES: Catalogue = Catalogue {
    what: "defense attack",
    parameters: Preset::defenses,
    kinds: &[
        // One step, so its cost says nothing; the paper's counter-example.
        Kind::of::<Fgsm>("fgsm", Aim::Flip),
        Kind::of::<Bim>("bim", Aim::Flip),
        Kind::of::<Bim2>("bim2", Aim::Flip),
        // One element at a time, towards the second most likely class.
        Kind::of::<Jsma>("jsma", Aim::Flip),
        Kind::of::<CarliniWagner>("cw", Aim::Flip),
        Kind::of::<Lbfgs>("lbfgs", Aim::Flip),
        Kind::of::<LocalSearch>("lsa", Aim::Flip),
        Kind::of::<Boundary>("dba", Aim::Flip),
        // In growing strides: our own.
        Kind::of::<Turbo<Bim>>("bim-turbo", Aim::Flip),
        Kind::of::<Turbo<Bim2>>("bim2-turbo", Aim::Flip),
        Kind::of::<Turbo<Jsma>>("jsma-turbo", Aim::Flip),
        // By one gradient, as if the network were linear: our own.
        Kind::of::<Linear<Bim>>("bim-linear", Aim::Flip),
        Kind::of::<Linear<Bim2>>("bim2-linear", Aim::Flip),
        Kind::of::<Linear<Jsma>>("jsma-linear", Aim::Flip),
    ],
};
