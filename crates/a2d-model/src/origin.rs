//! What a classifier is made of, apart from its weights.

use tch::nn;

use crate::{Blueprint, Classes, Foreign, Normalisation, Precision, Result, weights};

/// What a classifier is made of, apart from its weights.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// It can be built anew.
    Blueprint(Blueprint),
    /// It is a network that was not built here.
    Foreign {
        about: Foreign,
        classes: Classes,
        /// Whether the logits have a gradient.
        gradients: bool,
    },
}

impl Origin {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Blueprint(blueprint) => blueprint.name(),
            Self::Foreign { about, .. } => &about.name,
        }
    }

    pub(crate) fn input_shape(&self) -> [usize; 3] {
        match self {
            Self::Blueprint(blueprint) => blueprint.input_shape(),
            Self::Foreign { about, .. } => about.input_shape,
        }
    }

    pub(crate) fn classes(&self) -> &Classes {
        match self {
            Self::Blueprint(blueprint) => blueprint.classes(),
            Self::Foreign { classes, .. } => classes,
        }
    }

    pub(crate) fn normalisation(&self) -> Option<&Normalisation> {
        match self {
            Self::Blueprint(blueprint) => blueprint.normalisation(),
            Self::Foreign { about, .. } => about.normalisation.as_ref(),
        }
    }

    /// The same with another normalisation.
    pub(crate) fn normalised(self, normalisation: Normalisation) -> Result<Self> {
        match self {
            Self::Blueprint(blueprint) => {
                Ok(Self::Blueprint(blueprint.with_normalisation(normalisation)?))
            }
            Self::Foreign { about, classes, gradients } => {
                normalisation.check(about.input_shape[0])?;
                let about = Foreign { normalisation: Some(normalisation), ..about };
                Ok(Self::Foreign { about, classes, gradients })
            }
        }
    }

    pub(crate) fn gives_gradients(&self) -> bool {
        match self {
            Self::Blueprint(_) => true,
            Self::Foreign { gradients, .. } => *gradients,
        }
    }

    /// Hex SHA-256 of all that decides the logits, with these weights, and the precision that is computed
    /// with, unless that is the one of weights files.
    pub(crate) fn fingerprint(&self, variables: &nn::VarStore, precision: Precision) -> String {
        let decisive = match self {
            Self::Blueprint(blueprint) => blueprint.decisive(),
            Self::Foreign { about, .. } => about.decisive(),
        };
        let digest = weights::fingerprint(self.name(), variables, &decisive);
        match precision {
            Precision::Float32 => digest,
            other => format!("{digest}-{other}"),
        }
    }
}
