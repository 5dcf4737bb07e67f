//! Where a climber steps: towards a wrong class, or up what it takes for the cost.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::look::marks;

/// Keeps the square that is divided by above zero, as in the published code.
const TINY: f64 = 1e-20;

/// How a climber chooses between its two directions: the one that leads away from the true class, and the one up its
/// surrogate of the cost (O. Bryniarski, N. Hingun, P. Pachuca, V. Wang and N. Carlini, "Evading adversarial example
/// detection defenses with orthogonal projected gradient descent", ICLR 2022). It never follows their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Heading {
    /// Away from the true class until the image is misclassified, then up the surrogate, and so on.
    Selective,
    /// The same, but of either direction what does not go against the other (their equation 6 has the
    /// projections the other way round, their code as here).
    Orthogonal,
}

impl Heading {
    /// The directions, \[N, C, H, W\], of rows by these two, where they are fooled already and where not.
    pub(crate) fn of(self, away: &Tensor, up: &Tensor, fooled: &[bool]) -> Tensor {
        let fooled = marks(fooled, away);
        match self {
            Self::Selective => up.where_self(&fooled, away),
            Self::Orthogonal => without(up, away).where_self(&fooled, &without(away, up)),
        }
    }
}

/// What of each row goes along no part of the other.
fn without(row: &Tensor, other: &Tensor) -> Tensor {
    let dot = |one: &Tensor, other: &Tensor| {
        (one.to_kind(Kind::Double) * other.to_kind(Kind::Double)).sum_dim_intlist(
            [1i64, 2, 3].as_slice(),
            true,
            Kind::Double,
        )
    };
    let share = dot(row, other) / (dot(other, other) + TINY);
    (row.to_kind(Kind::Double) - other.to_kind(Kind::Double) * share).to_kind(row.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn rows(seed: i64) -> Tensor {
        let grid = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([2, 3, 2, 2]);
        (grid * 1.7 + seed as f64).sin()
    }

    fn cosine(one: &Tensor, other: &Tensor, row: i64) -> f64 {
        let flat = |images: &Tensor| images.get(row).view(-1).to_kind(Kind::Double);
        let (one, other) = (flat(one), flat(other));
        (one.dot(&other) / (one.norm() * other.norm())).double_value(&[])
    }

    #[test]
    fn orthogonal_directions_do_not_go_against_each_other() {
        let (away, up) = (rows(0), rows(5));
        let directions = Heading::Orthogonal.of(&away, &up, &[false, true]);
        assert!(cosine(&directions, &up, 0).abs() < 1e-6 && cosine(&directions, &away, 0) > 0.1);
        assert!(cosine(&directions, &away, 1).abs() < 1e-6 && cosine(&directions, &up, 1) > 0.1);
        // Nothing is left of one direction along the other, and all of it beside none.
        let along = Heading::Orthogonal.of(&away, &(&away * 2.0), &[false, true]);
        assert!(along.abs().max().double_value(&[]) < 1e-6);
        let beside_none = Heading::Orthogonal.of(&away, &away.zeros_like(), &[false, false]);
        assert_eq!(beside_none, away);
    }

    #[test]
    fn selective_never_sums() {
        let (away, up) = (rows(0), rows(5));
        let directions = Heading::Selective.of(&away, &up, &[false, true]);
        assert_eq!((directions.get(0), directions.get(1)), (away.get(0), up.get(1)));
    }
}
