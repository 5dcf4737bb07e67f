//! The attacks that craft examples.

use super::kind::{Catalogue, Kind};
use crate::{
    Aim, Bim, Bim2, BlackBox, Boundary, CarliniWagner, CwSquashed, DeepFool, Fgsm, FgsmL2,
    FgsmLogit, JsmaGradient, JsmaPairs, JsmaSingle, Lbfgs, LocalSearch, Pgd, Preset,
};

/// The attacks that craft adversarial examples, with the parameters of the paper's first environment, or of
/// the first that uses them.
pub static CRAFTING: Catalogue = Catalogue {
    what: "crafting attack",
    parameters: Preset::crafting,
    kinds: &[
        Kind::of::<Fgsm>("fgsm", Aim::Flip),
        // Steps along the normalised gradient until the label changes.
        Kind::of::<FgsmL2>("fgsm-l2", Aim::Flip),
        // Away from the label's logit alone.
        Kind::of::<FgsmLogit>("fgsm-logit", Aim::Flip),
        // The first misclassified iterate of BIM, and the last.
        Kind::of::<Bim>("bim-a", Aim::Flip),
        Kind::of::<Bim>("bim-b", Aim::Result),
        Kind::of::<Bim2>("bim2", Aim::Flip),
        Kind::of::<Pgd>("pgd", Aim::Result),
        // Two elements at a time, towards a random other class.
        Kind::of::<JsmaPairs>("jsma", Aim::Flip),
        // One element at a time, each once, towards a random other class.
        Kind::of::<JsmaSingle>("jsma-single", Aim::Flip),
        // As Foolbox crafts, towards the class that the gradient leads to.
        Kind::of::<JsmaGradient>("jsma-gradient", Aim::Flip),
        // The closest example found.
        Kind::of::<CarliniWagner>("cw", Aim::Result),
        // The last example on squashed images.
        Kind::of::<CwSquashed>("cw-squashed", Aim::Result),
        Kind::of::<DeepFool>("deepfool", Aim::Flip),
        Kind::of::<Lbfgs>("lbfgs", Aim::Result),
        Kind::of::<LocalSearch>("lsa", Aim::Flip),
        // The closest example found when the distance is near enough.
        Kind::of::<Boundary>("dba", Aim::Flip),
        // FGSM on a substitute, transferred.
        Kind::of::<BlackBox>("bb", Aim::Flip),
    ],
};
