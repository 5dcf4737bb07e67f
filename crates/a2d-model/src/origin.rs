//! What a classifier is made of, apart from its weights.

use tch::nn;

use crate::{Blueprint, Classes, Normalisation, Precision, weights};

/// What a classifier is made of, apart from its weights.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// It can be built anew.
    Blueprint(Blueprint),
    /// It is a function, which nobody can look into.
    Function { name: String, input_shape: [usize; 3], classes: Classes, decisive: Vec<u8> },
}

impl Origin {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Blueprint(blueprint) => blueprint.name(),
            Self::Function { name, .. } => name,
        }
    }

    pub(crate) fn input_shape(&self) -> [usize; 3] {
        match self {
            Self::Blueprint(blueprint) => blueprint.input_shape(),
            Self::Function { input_shape, .. } => *input_shape,
        }
    }

    pub(crate) fn classes(&self) -> &Classes {
        match self {
            Self::Blueprint(blueprint) => blueprint.classes(),
            Self::Function { classes, .. } => classes,
        }
    }

    pub(crate) fn normalisation(&self) -> Option<&Normalisation> {
        match self {
            Self::Blueprint(blueprint) => blueprint.normalisation(),
            Self::Function { .. } => None,
        }
    }

    /// Hex SHA-256 of all that decides the logits, with these weights, and the precision that is computed
    /// with, unless that is the one of weights files.
    pub(crate) fn fingerprint(&self, variables: &nn::VarStore, precision: Precision) -> String {
        let decisive = match self {
            Self::Blueprint(blueprint) => blueprint.decisive(),
            Self::Function { decisive, .. } => decisive.clone(),
        };
        let digest = weights::fingerprint(self.name(), variables, &decisive);
        match precision {
            Precision::Float32 => digest,
            other => format!("{digest}-{other}"),
        }
    }
}
